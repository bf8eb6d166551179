"""The kernel that adds up areas by class, in integers, so that no order changes a sum."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo_border.zonal.jit import compile_kernel
from geo_border.zonal.limbs import add_pair
from geo_border.zonal.turns import ONE, STRETCH, find_turns, how_many, lowest

# Changes in a stretch of 64 codes from which on its codes are counted one by one.
_MANY = 10


@compile_kernel(forceinline=True)
def number_lines(cells: Any, zones: int) -> Any:
    """The zones that spans name, in order of first appearance, and the line of each of 0 .. zones - 1 among them."""
    index = np.empty(zones, np.int64)
    for zone in range(zones):
        index[zone] = -1
    found = np.empty(min(zones, cells.shape[0]), np.int64)
    n = 0
    for s in range(cells.shape[0]):
        zone = cells[s, 3]
        if index[zone] < 0:
            index[zone] = n
            found[n] = zone
            n += 1
    return found[:n], index


@compile_kernel()
def class_lines(sums: Any, zones: Any, label: Any, missing: int) -> Any:
    """Lines of zone, class, has data, high, low of what is not nothing in sums[zone, column] of such pairs."""
    n = 0
    for line in range(sums.shape[0]):
        for column in range(sums.shape[1]):
            n += (sums[line, column, 0] | sums[line, column, 1]) != 0
    out = np.empty((n, 5), np.int64)
    n = 0
    for line in range(sums.shape[0]):
        for column in range(sums.shape[1]):
            high, low = sums[line, column, 0], sums[line, column, 1]
            if (high | low) != 0:
                known = column != missing
                out[n, 0], out[n, 1], out[n, 2] = zones[line], label[column] if known else 0, known
                out[n, 3], out[n, 4] = high, low
                n += 1
    return out


@compile_kernel()
def _count_singly(codes: Any, first: Any, last: Any, counts: Any, size: Any) -> None:
    """Count codes one by one into four tables: an increment must wait for the one before it to the same place."""
    i = first
    while i + 4 <= last:
        counts[codes[i]] += 1
        counts[size + codes[i + 1]] += 1
        counts[2 * size + codes[i + 2]] += 1
        counts[3 * size + codes[i + 3]] += 1
        i += 4
    while i < last:
        counts[codes[i]] += 1
        i += 1


@compile_kernel(forceinline=True)
def _fold(counts: Any, size: Any, known: Any, begin: Any, end: Any) -> None:
    """Add the second to fourth table up into the first for the codes known[begin:end]."""
    for k in range(begin, end):
        code = known[k]
        counts[code] += counts[size + code] + counts[2 * size + code] + counts[3 * size + code]
        counts[size + code], counts[2 * size + code], counts[3 * size + code] = 0, 0, 0


@compile_kernel(forceinline=True)
def _add_counts(
    counts: Any, known: Any, is_known: Any, n: Any, left: Any, area: Any, sums: Any, at: Any, column: Any
) -> Any:
    """Move the `left` counted cells from the tables to the sums; how many codes are known then."""
    size = column.shape[0]
    _fold(counts, size, known, 0, n)
    k = 0
    while left > 0:
        while k < n:
            code = known[k]
            count = counts[code]
            if count > 0:
                counts[code] = 0
                add_pair(sums, at + column[code], count * area)
                left -= count
            k += 1
        if left > 0:
            # A code that this block had not yet: look for it among all.
            for code in range(size):
                met = counts[code] + counts[size + code] + counts[2 * size + code] + counts[3 * size + code] > 0
                if met and not is_known[code]:
                    is_known[code] = True
                    known[n] = code
                    n += 1
            _fold(counts, size, known, k, n)
    return n


@compile_kernel(forceinline=True)
def _add_runs(
    codes: Any,
    first: Any,
    last: Any,
    where: Any,
    turns: Any,
    n: Any,
    counts: Any,
    area: Any,
    sums: Any,
    at: Any,
    column: Any,
) -> Any:
    """Add the runs of equal codes in codes[first:last]; how many cells lie in no run and are in the tables now."""
    start, single = first, 0
    for k in range(n):
        i, bits = where[k], turns[k]
        if how_many(bits) > _MANY:
            if start < i:
                add_pair(sums, at + column[codes[start]], (i - start) * area)
            start = min(i + STRETCH, last)
            _count_singly(codes, i, start, counts, column.shape[0])
            single += start - i
            continue
        while True:
            end = i + lowest(bits) + 1
            add_pair(sums, at + column[codes[start]], (end - start) * area)
            start = end
            bits &= bits - ONE
            if bits == 0:
                break
    if start < last:
        add_pair(sums, at + column[codes[start]], (last - start) * area)
    return single


@compile_kernel(forceinline=True)
def add_classes(
    codes: Any,
    width: int,
    origin: Any,
    cells: Any,
    weight: Any,
    areas: Any,
    index: Any,
    column: Any,
    sums: Any,
) -> None:
    """Add the area of each class in each span to the sums of its zone and class.

    Parameters
    ----------
    codes
        Codes of the block's cells, row after row in one line (uint8 or uint16).
    width
        Columns of the block.
    origin
        Row and column of the block's first cell in the raster.
    cells, weight
        The spans within the block.
    areas
        Area of a cell of each raster row, an integer number of area units up to 2^42.
    index, column
        Where each zone's sums begin, and how far behind that those of each code are.
    sums
        Two limbs a zone and class.
    """
    size = column.shape[0]
    counts = np.zeros(4 * size, np.int64)
    known = np.empty(size, np.int64)
    is_known = np.zeros(size, np.bool_)
    where = np.empty(width // STRETCH + 2, np.int64)
    turns = np.empty(width // STRETCH + 2, np.uint64)
    known_codes = np.int64(0)
    for s in range(cells.shape[0]):
        base = (cells[s, 0] - origin[0]) * width - origin[1]
        first, last = base + cells[s, 1], base + cells[s, 2]
        at = index[cells[s, 3]]
        area = areas[cells[s, 0]]
        if weight[s] != 1.0:
            amount = int(np.rint(weight[s] * area))
            for i in range(first, last):
                add_pair(sums, at + column[codes[i]], amount)
            continue
        n = find_turns(codes, first, last, where, turns)
        single = _add_runs(codes, first, last, where, turns, n, counts, area, sums, at, column)
        if single > 0:
            known_codes = _add_counts(counts, known, is_known, known_codes, single, area, sums, at, column)
