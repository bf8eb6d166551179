"""Edge records made into spans: stretches of one row that one zone covers by one weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from geo_border.zonal.trace import SCALE


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


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _sort(order: Any, cells: Any, begin: int, end: int) -> None:
    """Shell sort of order[begin:end] by the records' key: short rows in cache, and no second sort to compile."""
    gap = 1
    while gap < (end - begin) // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for i in range(begin + gap, end):
            item = order[i]
            key = cells[item, 1]
            j = i
            while j >= begin + gap and cells[order[j - gap], 1] > key:
                order[j] = order[j - gap]
                j -= gap
            order[j] = item
        gap //= 3


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
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


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _put(out: Any, weight: Any, n: int, row: int, first: int, last: int, zone: int, cover: int) -> int:
    """Append a span, or lengthen the one before when it goes on with the same weight; the new count."""
    share = cover / SCALE
    if n > 0 and out[n - 1, 0] == row and out[n - 1, 3] == zone and out[n - 1, 2] == first and weight[n - 1] == share:
        out[n - 1, 2] = last
        return n
    out[n, 0], out[n, 1], out[n, 2], out[n, 3] = row, first, last, zone
    weight[n] = share
    return n + 1


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _build(cells: Any, top: int, rows: int, width: int) -> Any:
    """Spans of all records, and their number."""
    order, begin = _by_row(cells, top, rows)
    out = np.empty((2 * cells.shape[0] + 1, 4), np.int32)
    weight = np.empty(2 * cells.shape[0] + 1, np.float64)
    n = 0
    for row in range(rows):
        i, end = begin[row], begin[row + 1]
        while i < end:
            zone = cells[order[i], 1] // (width + 2)
            running, column = 0, 0
            while i < end and cells[order[i], 1] // (width + 2) == zone:
                key = cells[order[i], 1]
                here = key % (width + 2) - 1
                cover, area = 0, 0
                while i < end and cells[order[i], 1] == key:
                    cover += cells[order[i], 2]
                    area += cells[order[i], 3]
                    i += 1
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


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _cut(cells: Any, weight: Any, size: int, blocks: int) -> Any:
    """Spans cut at every `size` columns and gathered by column block, each block's in the old order."""
    begin = np.zeros(blocks + 1, np.int64)
    for i in range(cells.shape[0]):
        for block in range(cells[i, 1] // size, (cells[i, 2] - 1) // size + 1):
            begin[block + 1] += 1
    for block in range(blocks):
        begin[block + 1] += begin[block]
    out = np.empty((begin[blocks], 4), np.int32)
    share = np.empty(begin[blocks], np.float64)
    place = begin.copy()
    for i in range(cells.shape[0]):
        for block in range(cells[i, 1] // size, (cells[i, 2] - 1) // size + 1):
            k = place[block]
            out[k, 0] = cells[i, 0]
            out[k, 1] = max(cells[i, 1], block * size)
            out[k, 2] = min(cells[i, 2], (block + 1) * size)
            out[k, 3] = cells[i, 3]
            share[k] = weight[i]
            place[block] += 1
    return out, share, begin


def cut_spans(spans: Spans, size: int, width: int) -> list[tuple[int, Spans]]:
    """Spans by block of `size` columns: (block number, its spans) for the blocks that any span touches."""
    blocks = -(-width // size)
    cells, weight, begin = _cut(spans.cells, spans.weight, size, blocks)
    return [
        (block, Spans(cells[begin[block] : begin[block + 1]], weight[begin[block] : begin[block + 1]]))
        for block in np.flatnonzero(np.diff(begin)).tolist()
    ]
