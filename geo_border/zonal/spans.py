"""Edge records made into spans: stretches of one row that one zone covers by one weight."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from geo_border.zonal.trace import COLUMN_BITS, SCALE

_COLUMN = (1 << COLUMN_BITS) - 1


@dataclass(frozen=True)
class Spans:
    """Covered stretches, ordered by row, then zone, then column.

    Attributes
    ----------
    cells
        One line a span: row, first column, column after the last, zone.
    weight
        Share of every cell of the span that the zone covers: 1 inside, less at the edge, more where the zone's own
        parts lie over one another.
    """

    cells: NDArray[np.int32]
    weight: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.weight)


@numba.njit(cache=True, nogil=True)
def _insert(order: Any, cells: Any, begin: Any, end: Any, gap: Any, patience: Any) -> bool:
    """Insertion sort of every `gap`-th of order[begin:end] by the records' key; False when it ran out of patience."""
    for i in range(begin + gap, end):
        item = order[i]
        key = cells[item, 1]
        j = i
        while j >= begin + gap and cells[order[j - gap], 1] > key:
            order[j] = order[j - gap]
            j -= gap
            patience -= 1
        order[j] = item
        if patience < 0:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _sort(order: Any, cells: Any, begin: Any, end: Any) -> None:
    """Sort order[begin:end] by the records' key.

    Zones come one after another, so a row is nearly in order and insertion is all it takes; where it is not, Shell's
    gaps (no library sort, which would take longer to compile than all else here).
    """
    if _insert(order, cells, begin, end, np.int64(1), 16 * (end - begin)):
        return
    gap = np.int64(1)
    while gap < (end - begin) // 3:
        gap = 3 * gap + 1
    while gap > 0:
        _insert(order, cells, begin, end, gap, (end - begin) ** 2)
        gap //= 3


@numba.njit(cache=True, nogil=True)
def _by_row(cells: Any, top: int, rows: int) -> Any:
    """Order of the records by row, then key, and where each row begins in it."""
    begin = np.zeros(rows + 1, np.int64)
    for i in range(cells.shape[0]):
        begin[cells[i, 0] - top + 1] += 1
    for row in range(rows):
        begin[row + 1] += begin[row]
    order = np.empty(cells.shape[0], np.int64)
    place = begin.copy()
    for i in range(cells.shape[0]):
        row = cells[i, 0] - top
        order[place[row]] = i
        place[row] += 1
    for row in range(rows):
        _sort(order, cells, begin[row], begin[row + 1])
    return order, begin


@numba.njit(cache=True, nogil=True)
def _put(out: Any, weight: Any, n: Any, row: Any, first: Any, last: Any, zone: Any, cover: Any) -> Any:
    """Append a span, or lengthen the one before when it goes on with the same weight; the new count."""
    share = cover / SCALE
    if n > 0 and out[n - 1, 0] == row and out[n - 1, 3] == zone and out[n - 1, 2] == first and weight[n - 1] == share:
        out[n - 1, 2] = last
        return n
    out[n, 0], out[n, 1], out[n, 2], out[n, 3] = row, first, last, zone
    weight[n] = share
    return n + 1


@numba.njit(cache=True, nogil=True)
def _build(cells: Any, top: int, rows: int, width: int) -> Any:
    """Spans of all records, and their number."""
    order, begin = _by_row(cells, top, rows)
    out = np.empty((2 * cells.shape[0] + 1, 4), np.int32)
    weight = np.empty(2 * cells.shape[0] + 1, np.float64)
    n = np.int64(0)
    for row in range(rows):
        i, end = begin[row], begin[row + 1]
        while i < end:
            key = cells[order[i], 1]
            zone = key >> COLUMN_BITS
            running, column = np.int64(0), np.int64(0)
            while i < end and key >> COLUMN_BITS == zone:
                here = (key & _COLUMN) - 1
                cover, area, this = 0, 0, key
                while key == this:
                    cover += cells[order[i], 2]
                    area += cells[order[i], 3]
                    i += 1
                    key = cells[order[i], 1] if i < end else np.int64(-1)
                if here >= 0:
                    if running != 0 and here > column:
                        n = _put(out, weight, n, top + row, column, here, zone, running)
                    if running + area != 0:
                        n = _put(out, weight, n, top + row, here, here + 1, zone, running + area)
                    column = here + 1
                running += cover
            if running != 0 and column < width:
                n = _put(out, weight, n, top + row, column, width, zone, running)
    return out[:n], weight[:n]


def build_spans(cells: NDArray[np.int64], rows: tuple[int, int], width: int) -> Spans:
    """Spans within rows[0] <= row < rows[1] and 0 <= column < width from the records of `trace`."""
    out, weight = _build(cells, rows[0], rows[1] - rows[0], width)
    return Spans(out, weight)


@numba.njit(cache=True, nogil=True)
def _touched(cells: Any, size: int, blocks: int) -> Any:
    """Whether any span reaches into each block of `size` columns."""
    touched = np.zeros(blocks, np.bool_)
    for i in range(cells.shape[0]):
        for block in range(cells[i, 1] // size, (cells[i, 2] - 1) // size + 1):
            touched[block] = True
    return touched


@numba.njit(cache=True, nogil=True)
def _cut(cells: Any, weight: Any, size: int, group: Any, edge: Any) -> Any:
    """Spans cut at the groups' edges (columns) and gathered by group, each group's in the old order."""
    begin = np.zeros(edge.shape[0], np.int64)
    for i in range(cells.shape[0]):
        for g in range(group[cells[i, 1] // size], group[(cells[i, 2] - 1) // size] + 1):
            begin[g + 1] += 1
    for g in range(edge.shape[0] - 1):
        begin[g + 1] += begin[g]
    out = np.empty((begin[-1], 4), np.int32)
    share = np.empty(begin[-1], np.float64)
    place = begin.copy()
    for i in range(cells.shape[0]):
        for g in range(group[cells[i, 1] // size], group[(cells[i, 2] - 1) // size] + 1):
            k = place[g]
            out[k, 0] = cells[i, 0]
            out[k, 1] = max(cells[i, 1], edge[g])
            out[k, 2] = min(cells[i, 2], edge[g + 1])
            out[k, 3] = cells[i, 3]
            share[k] = weight[i]
            place[g] += 1
    return out, share, begin


def cut_spans(spans: Spans, size: int, width: int, most: int) -> list[Spans]:
    """Spans by group of neighbouring blocks of `size` columns that they touch, at most `most` blocks a group."""
    if len(spans) == 0:
        return []
    touched = _touched(spans.cells, size, -(-width // size))
    block = np.flatnonzero(touched)
    stretch = np.cumsum(np.diff(block, prepend=block[0]) > 1)
    # Place of each block in its unbroken stretch: a group begins at every `most`-th.
    place = np.arange(len(block)) - np.searchsorted(stretch, stretch)
    first = place % most == 0
    group = np.zeros(len(touched), dtype=np.int64)
    group[block] = np.cumsum(first) - 1
    # No span crosses an untouched block, so a group may seem to reach up to the next one's first column.
    edge = np.append(block[first] * size, width)
    cells, weight, begin = _cut(spans.cells, spans.weight, size, group, edge)
    return [Spans(cells[a:b], weight[a:b]) for a, b in pairwise(begin)]
