"""What the page's decoder does, written again in Python for the tests: texts back into arcs, rings, runs and rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import shapely

from geo_border.outputs.webmap.topology import TOLERANCES

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def numbers(text: str) -> list[int]:
    """Whole numbers of a text."""
    found, value, scale = [], 0, 1
    for digit in map(_DIGITS.index, text):
        value += (digit & 31) * scale
        scale *= 32
        if not digit & 32:
            found.append(-((value + 1) // 2) if value % 2 else value // 2)
            value, scale = 0, 1
    return found


def list_rows(page: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows of the table that a page carries: columns of the zone, texts, and numbers (`<10` for a trace)."""
    figures = page["figures"]
    records = [_list_records(held) for held in (page["zones"], figures["kinds"], figures["remarks"])]
    codes = (accumulate(numbers(figures[name])) for name in ("zone", "kind", "remark"))
    columns = {name: [_read_number(part) for part in text.split(",")] for name, text in figures["numbers"].items()}
    for row, found in enumerate(zip(*codes, strict=True)):
        merged: dict[str, Any] = {}
        for one, code in zip(records, found, strict=True):
            merged |= one[code]
        yield merged | {name: values[row] for name, values in columns.items()}


def _list_records(held: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(zip(held["columns"], row, strict=True)) for row in held["rows"]]


def _read_number(part: str) -> float | str | None:
    return None if not part else f"<{part[1:]}" if part.startswith("~") else float(part)


@dataclass
class Arcs:
    """Arcs with each vertex's coarsest level."""

    xy: list[np.ndarray]
    level: list[np.ndarray]

    def ring(self, refs: list[int], level: int) -> np.ndarray:
        """Vertices of a ring or line at a level, without the repeats where arcs meet."""
        out: list[tuple[int, int]] = []
        for ref in refs:
            number = ~ref if ref < 0 else ref
            xy = self.xy[number][self.level[number] >= level]
            for point in map(tuple, xy[::-1] if ref < 0 else xy):
                if not out or out[-1] != point:
                    out.append(point)
        return np.array(out)

    def polygon(self, rings: list[list[int]], level: int = 0) -> shapely.Geometry:
        """Polygon by the even-odd rule, as the page fills it."""
        whole: shapely.Geometry = shapely.Polygon()
        for refs in rings:
            xy = self.ring(refs, level)
            if len(xy) >= 4:
                whole = shapely.symmetric_difference(whole, shapely.make_valid(shapely.Polygon(xy)))
        return whole


def arcs(steps: str, marks: str) -> Arcs:
    """Arcs of the two texts."""
    found = Arcs([], [])
    flat, at, mark, here = numbers(steps), 0, 0, np.zeros(2, dtype=np.int64)
    while at < len(flat):
        count = flat[at]
        xy = here + np.cumsum(np.array(flat[at + 1 : at + 1 + 2 * count]).reshape(-1, 2), axis=0)
        at, here = at + 1 + 2 * count, xy[-1]
        level = np.full(count, len(TOLERANCES) - 1)
        for inner in range(count - 2):
            level[inner + 1] = (_DIGITS.index(marks[mark + inner // 3]) >> (4 - 2 * (inner % 3))) & 3
        mark += -(-(count - 2) // 3)
        found.xy.append(xy)
        found.level.append(level)
    assert mark == len(marks)
    return found
