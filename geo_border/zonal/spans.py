"""Edge records made into spans: stretches of one row that one zone covers by one weight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from geo_border.geo.types import FloatArray, IntArray, KernelInt
from geo_border.zonal.jit import compile_kernel
from geo_border.zonal.scanline import COLUMN_BITS, SCALE

_COLUMN_MASK = (1 << COLUMN_BITS) - 1


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


@compile_kernel()
def _sort_by_insertion(lines: IntArray, begin: KernelInt, end: KernelInt, gap: KernelInt, max_moves: KernelInt) -> bool:
    """Insertion sort of every `gap`-th of lines[begin:end] by key; False when it ran out of patience."""
    for i in range(begin + gap, end):
        key, cover, area = lines[i, 0], lines[i, 1], lines[i, 2]
        j: KernelInt = i
        while j >= begin + gap and lines[j - gap, 0] > key:
            lines[j, 0], lines[j, 1], lines[j, 2] = lines[j - gap, 0], lines[j - gap, 1], lines[j - gap, 2]
            j -= gap
        if j < i:
            lines[j, 0], lines[j, 1], lines[j, 2] = key, cover, area
            max_moves -= i - j
            if max_moves < 0:
                return False
    return True


@compile_kernel()
def _sort_lines(lines: IntArray, begin: KernelInt, end: KernelInt) -> None:
    """Sort lines[begin:end] by key.

    Zones come one after another, so a row is nearly in order and insertion is all it takes; where it is not, Shell's
    gaps (no library sort, which would take longer to compile than all else here).
    """
    if _sort_by_insertion(lines, begin, end, np.int64(1), 16 * (end - begin)):
        return
    gap = np.int64(1)
    while gap < (end - begin) // 3:
        gap = 3 * gap + 1
    while gap > 0:
        _sort_by_insertion(lines, begin, end, gap, (end - begin) ** 2)
        gap //= 3


@compile_kernel()
def _order_by_row(cells: IntArray, top: int, rows: int) -> tuple[IntArray, IntArray]:
    """The records' key, cover and area by row, then key, and where each row begins among them."""
    begin = np.zeros(rows + 1, np.int64)
    for i in range(cells.shape[0]):
        begin[cells[i, 0] - top + 1] += 1
    for row in range(rows):
        begin[row + 1] += begin[row]
    lines = np.empty((cells.shape[0], 3), np.int64)
    place = begin.copy()
    for i in range(cells.shape[0]):
        row = cells[i, 0] - top
        k = place[row]
        lines[k, 0], lines[k, 1], lines[k, 2] = cells[i, 1], cells[i, 2], cells[i, 3]
        place[row] += 1
    for row in range(rows):
        _sort_lines(lines, begin[row], begin[row + 1])
    return lines, begin


@compile_kernel()
def _append_span(
    out: NDArray[np.int32],
    weight: FloatArray,
    n: KernelInt,
    row: KernelInt,
    first: KernelInt,
    last: KernelInt,
    zone: KernelInt,
    cover: KernelInt,
) -> KernelInt:
    """Append a span, or lengthen the one before when it goes on with the same weight; the new count."""
    share = cover / SCALE
    if n > 0 and out[n - 1, 0] == row and out[n - 1, 3] == zone and out[n - 1, 2] == first and weight[n - 1] == share:
        out[n - 1, 2] = last
        return n
    out[n, 0], out[n, 1], out[n, 2], out[n, 3] = row, first, last, zone
    weight[n] = share
    return n + 1


@compile_kernel()
def _build_arrays(cells: IntArray, top: int, rows: int, width: int) -> tuple[NDArray[np.int32], FloatArray]:
    """Spans of all records, and their number."""
    lines, begin = _order_by_row(cells, top, rows)
    out = np.empty((2 * cells.shape[0] + 1, 4), np.int32)
    weight = np.empty(2 * cells.shape[0] + 1, np.float64)
    n: KernelInt = np.int64(0)
    for row in range(rows):
        i, end = begin[row], begin[row + 1]
        while i < end:
            key = lines[i, 0]
            zone = key >> COLUMN_BITS
            running, column = np.int64(0), np.int64(0)
            while i < end and key >> COLUMN_BITS == zone:
                here = (key & _COLUMN_MASK) - 1
                cover, area, this = 0, 0, key
                while key == this:
                    cover += lines[i, 1]
                    area += lines[i, 2]
                    i += 1
                    key = lines[i, 0] if i < end else np.int64(-1)
                if here >= 0:
                    if running != 0 and here > column:
                        n = _append_span(out, weight, n, top + row, column, here, zone, running)
                    if running + area != 0:
                        n = _append_span(out, weight, n, top + row, here, here + 1, zone, running + area)
                    column = here + 1
                running += cover
            if running != 0 and column < width:
                n = _append_span(out, weight, n, top + row, column, width, zone, running)
    return out[:n], weight[:n]


def build_spans(cells: NDArray[np.int64], rows: tuple[int, int], width: int) -> Spans:
    """Spans within rows[0] <= row < rows[1] and 0 <= column < width from the records of `trace`."""
    out, weight = _build_arrays(cells, rows[0], rows[1] - rows[0], width)
    return Spans(out, weight)


@compile_kernel()
def _group_blocks(cells: NDArray[np.int32], size: int, width: int, max_blocks: int) -> tuple[IntArray, IntArray]:
    """Group of each block of `size` columns (0 where no span reaches), and the groups' edges in columns.

    A group is at most `max_blocks` neighbouring blocks that spans reach into. No span crosses an untouched block, so a
    group may seem to reach up to the next one's first column.
    """
    blocks = -(-width // size)
    touched = np.zeros(blocks, np.bool_)
    for i in range(cells.shape[0]):
        for block in range(cells[i, 1] // size, (cells[i, 2] - 1) // size + 1):
            touched[block] = True
    group = np.zeros(blocks, np.int64)
    edge = np.empty(blocks + 1, np.int64)
    n: KernelInt = 0
    blocks_in_group: KernelInt = 0
    for block in range(blocks):
        if not touched[block]:
            blocks_in_group = 0
            continue
        if blocks_in_group == 0:
            edge[n] = block * size
            n += 1
        group[block] = n - 1
        blocks_in_group = (blocks_in_group + 1) % max_blocks
    edge[n] = width
    return group, edge[: n + 1]


@compile_kernel()
def _cut_at_groups(
    cells: NDArray[np.int32], weight: FloatArray, size: int, group: IntArray, edge: IntArray
) -> tuple[NDArray[np.int32], FloatArray, IntArray, IntArray]:
    """Spans cut at the groups' edges and gathered by group, each group's in the old order; its columns' extent."""
    begin = np.zeros(edge.shape[0], np.int64)
    for i in range(cells.shape[0]):
        for g in range(group[cells[i, 1] // size], group[(cells[i, 2] - 1) // size] + 1):
            begin[g + 1] += 1
    extent = np.empty((edge.shape[0], 2), np.int64)
    for g in range(edge.shape[0] - 1):
        begin[g + 1] += begin[g]
        extent[g, 0], extent[g, 1] = edge[g + 1], edge[g]
    out = np.empty((begin[-1], 4), np.int32)
    share = np.empty(begin[-1], np.float64)
    place = begin.copy()
    for i in range(cells.shape[0]):
        for g in range(group[cells[i, 1] // size], group[(cells[i, 2] - 1) // size] + 1):
            k = place[g]
            first, last = max(cells[i, 1], edge[g]), min(cells[i, 2], edge[g + 1])
            out[k, 0], out[k, 1], out[k, 2], out[k, 3] = cells[i, 0], first, last, cells[i, 3]
            share[k] = weight[i]
            place[g] += 1
            extent[g, 0], extent[g, 1] = min(extent[g, 0], first), max(extent[g, 1], last)
    return out, share, begin, extent


def group_spans(spans: Spans, size: int, width: int, max_blocks: int) -> Iterator[tuple[Spans, tuple[int, int]]]:
    """Spans by group of neighbouring blocks of `size` columns that they touch, at most `max_blocks` blocks a group.

    With each group's spans come their first column and the one after their last.
    """
    if len(spans) == 0:
        return
    group, edge = _group_blocks(spans.cells, size, width, max_blocks)
    cells, weight, begin, extent = _cut_at_groups(spans.cells, spans.weight, size, group, edge)
    for (a, b), (left, right) in zip(pairwise(begin.tolist()), extent.tolist(), strict=False):
        yield Spans(cells[a:b], weight[a:b]), (left, right)
