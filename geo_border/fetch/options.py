"""Settings of a fetch: networks, mirrors, limits, progress; from the command line and the user's configuration."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from geo_border.errors import CatalogError
from geo_border.fetch.retry import Hosts

Progress = Callable[[str, int, int | None], None]


def _ignore_progress(_name: str, _done: int, _total: int | None) -> None:
    return None


@dataclass(frozen=True)
class Options:
    """How to fetch.

    Attributes
    ----------
    mirrors
        (from, to) URL prefixes; the first whose `from` a URL starts with rewrites it, redirects included.
    countries
        Home countries (alpha-2), for datasets that come by country.
    facing
        Facing countries (alpha-2), for boundaries that come by country.
    offline
        Use only what is on disk; open no socket.
    refresh
        Ask the server whether what is on disk is still the newest (ETag), and replace it if not.
    connections
        Files fetched at once, over all hosts; a dataset may ask for fewer to its own host.
    tries
        Attempts in a row without progress before a file is given up.
    timeout_s
        Longest silence on a connection.
    max_wait_s
        Longest wait that a server may ask for (Retry-After) before the file is given up for this run.
    pause_s
        First pause between attempts; it doubles, with jitter, up to a minute.
    min_bytes_per_s
        A connection that stays below this for `timeout_s` is dropped and resumed.
    progress
        Called with (file name, bytes so far, bytes in all or None).
    hosts
        Which hosts answer and which were given up: `replace` passes it on, so that a run's datasets share it.
    """

    mirrors: tuple[tuple[str, str], ...] = ()
    countries: tuple[str, ...] = ()
    facing: tuple[str, ...] = ()
    offline: bool = False
    refresh: bool = False
    connections: int = 8
    tries: int = 6
    timeout_s: float = 30.0
    max_wait_s: float = 120.0
    pause_s: float = 1.0
    min_bytes_per_s: float = 1_000.0
    progress: Progress = _ignore_progress
    hosts: Hosts = field(default_factory=Hosts, compare=False, repr=False)

    def rewrite(self, url: str) -> str:
        """Say the URL as the mirrors have it.

        >>> Options(mirrors=(("https://a.org/", "http://localhost:1/a/"),)).rewrite("https://a.org/x.tif")
        'http://localhost:1/a/x.tif'
        """
        for prefix, target in self.mirrors:
            if url.startswith(prefix):
                return target + url[len(prefix) :]
        return url


CONFIG = Path(".config") / "geo_border" / "config.toml"


def build_options(offline: bool, mirrors: Sequence[str], home: Path | None = None) -> Options:
    """Options from the command line, and mirrors from `~/.config/geo_border/config.toml` after those given.

    Parameters
    ----------
    offline
        Whether the network must not be used.
    mirrors
        Each as `FROM=TO`, two beginnings of an address.
    home
        The user's home folder; None for that of the system.

    Raises
    ------
    CatalogError
        When a mirror is not FROM=TO, or the file is not TOML.
    """
    pairs = [_parse_mirror(word, "--mirror") for word in mirrors]
    path = (home or Path.home()) / CONFIG
    if path.exists():
        try:
            declared = tomllib.loads(path.read_text("utf-8")).get("mirrors", {})
        except tomllib.TOMLDecodeError as error:
            raise CatalogError(f'{path}: not TOML ({error}). Expected [mirrors] with "FROM" = "TO" lines.') from error
        pairs += list(declared.items())
    return replace(Options(), offline=offline, mirrors=tuple(pairs))


def _parse_mirror(word: str, option: str) -> tuple[str, str]:
    prefix, equals, target = word.partition("=")
    if not equals or not prefix or not target:
        raise CatalogError(f"{option} {word}: expected FROM=TO, two URL prefixes.")
    return prefix, target
