"""How to fetch: mirrors, offline, and how many connections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[str, int, int | None], None]


def _silent(_name: str, _done: int, _total: int | None) -> None:
    return None


@dataclass(frozen=True)
class Options:
    """How to fetch.

    Attributes
    ----------
    mirrors
        (from, to) URL prefixes; the first whose `from` a URL starts with rewrites it.
    offline
        Use only what is on disk; open no socket.
    connections
        Files fetched at once, over all hosts.
    progress
        Called with (file name, bytes so far, bytes in all or None).
    """

    mirrors: tuple[tuple[str, str], ...] = ()
    offline: bool = False
    connections: int = 8
    progress: Progress = _silent

    def rewrite(self, url: str) -> str:
        """The URL as the mirrors have it.

        >>> Options(mirrors=(("https://a.org/", "http://localhost:1/a/"),)).rewrite("https://a.org/x.tif")
        'http://localhost:1/a/x.tif'
        """
        for prefix, target in self.mirrors:
            if url.startswith(prefix):
                return target + url[len(prefix) :]
        return url
