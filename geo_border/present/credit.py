"""Whose data an output is made of: every holder named once, however many datasets carry the name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def list_holders(sources: Iterable[Mapping[str, object]]) -> list[str]:
    """Name the holders of a passport's sources once each, in their order.

    An attribution that names several has them apart by `; `.

    >>> list_holders([{"attribution": "© A"}, {"attribution": "© A; B"}, {"attribution": "C"}])
    ['© A', 'B', 'C']

    Parameters
    ----------
    sources
        Rows of a passport's `sources`; `attribution` is read.
    """
    named = (part for source in sources for part in str(source.get("attribution", "")).split("; "))
    return [part for part in dict.fromkeys(named) if part]
