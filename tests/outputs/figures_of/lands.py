"""Which zones are the same land under different names, so that figures of one land meet whatever it is called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

WHOLE = "all"


class Lands:
    """The pieces (segment and country) that home land is made of, taken from the bands of a table."""

    def __init__(self, zone_ids: Iterable[str]) -> None:
        self._rings: dict[tuple[str, str], set[tuple[float, float]]] = defaultdict(set)
        for zone_id in zone_ids:
            kind, *rest = zone_id.split("|")
            if kind == "band" and len(rest) == 3:
                self._rings[rest[0], rest[1]].add(_edges(rest[2]))
        assert self._rings, "a table without bands"

    def same_land(self, zone_id: str) -> str:
        """One name for all zones of the same land: a first band is a strip, a strip of all countries a distance."""
        kind, *rest = zone_id.split("|")
        if kind == "admin" and len(rest) == 2 and rest[1].startswith("within-"):
            return f"admin|{rest[0]}|0-{rest[1].removeprefix('within-')}"
        if kind not in ("band", "strip", "within"):
            return zone_id
        *names, span = rest
        low, high = _edges(span)
        there = {piece for piece, rings in self._rings.items() if _reaches(rings, low, high)}
        mine = {piece for piece in there if names == [WHOLE] or set(names) <= set(piece)}
        if not mine:
            return zone_id
        name = WHOLE if mine == there else "+".join(f"{s}/{c}" for s, c in sorted(mine))
        return f"land|{name}|{low:g}-{high:g}"


def _edges(span: str) -> tuple[float, float]:
    low, high = span.split("-")
    return float(low), float(high)


def _reaches(rings: set[tuple[float, float]], low: float, high: float) -> bool:
    """Whether a piece has land there: in any ring nearer than a depth, or in that very ring."""
    return any(ring_low < high for ring_low, _ in rings) if low == 0 else (low, high) in rings
