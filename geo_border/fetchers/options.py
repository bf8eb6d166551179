"""How to fetch: mirrors, offline, patience, and how many connections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from geo_border.fetchers.troubles import Hosts

Progress = Callable[[str, int, int | None], None]


def _silent(_name: str, _done: int, _total: int | None) -> None:
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
    patience_s
        Longest wait that a server may ask for (Retry-After) before the file is given up for this run.
    pause_s
        First pause between attempts; it doubles, with jitter, up to a minute.
    slowest_bytes_per_s
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
    patience_s: float = 120.0
    pause_s: float = 1.0
    slowest_bytes_per_s: float = 1_000.0
    progress: Progress = _silent
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
