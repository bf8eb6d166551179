"""Kernels that add a block's cells to the zones that cover them, in integers, so that no order changes a sum."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

# A sum is kept as high * 2^40 + low: exact, and free of overflow for the area of the whole earth at any pixel.
LIMB = 40
_LOW = (1 << LIMB) - 1
# Columns of a zone's line in sum mode: four limbs of the sum, two of the area with data, two of that without.
SUM_COLUMNS = 8
# A cell's share of a sum is split at these powers of two; beyond the last the value is no count but a stray nodata.
_BIG, _TOO_BIG = float(1 << 44), float(2**80)
_UNIT = float(1 << LIMB)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add(pair: Any, at: int, amount: int) -> None:
    """Add an integer to the two limbs at pair[at], pair[at + 1]."""
    total = pair[at + 1] + amount
    pair[at] += total >> LIMB
    pair[at + 1] = total & _LOW


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def number_lines(cells: Any, zones: int) -> Any:
    """The zones that spans name, in order of first appearance, and the line of each of 0 .. zones - 1 among them."""
    index = np.full(zones, -1, np.int64)
    found = np.empty(min(zones, cells.shape[0]), np.int64)
    n = 0
    for s in range(cells.shape[0]):
        zone = cells[s, 3]
        if index[zone] < 0:
            index[zone] = n
            found[n] = zone
            n += 1
    return found[:n], index


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def add_classes(
    block: Any, words: Any, origin: Any, cells: Any, weight: Any, areas: Any, index: Any, column: Any, sums: Any
) -> None:
    """Add the area of each class in each span to sums[zone, class].

    Parameters
    ----------
    block
        Codes of the block's cells, rows x columns (uint8 or uint16).
    words
        The same memory as one line of 8-byte words, or an empty array where a row is not a whole number of words.
    origin
        Row and column of the block's first cell in the raster.
    cells, weight
        The spans within the block.
    areas
        Area of a cell of each raster row, an integer number of area units below 2^42.
    index, column
        Line of `sums` of each zone, and its class column of each code.
    sums
        Lines x classes x 2 limbs.
    """
    per_word = 8 // block.itemsize
    pattern = np.uint64(0x0101010101010101 if block.itemsize == 1 else 0x0001000100010001)
    skip = words.shape[0] > 0
    row_words = block.shape[1] // per_word
    counts = np.zeros(column.shape[0], np.int64)
    seen = np.empty(column.shape[0], np.int64)
    for s in range(cells.shape[0]):
        row, first, last = cells[s, 0] - origin[0], cells[s, 1] - origin[1], cells[s, 2] - origin[1]
        line = sums[index[cells[s, 3]]]
        area = areas[cells[s, 0]]
        if weight[s] != 1.0:
            amount = int(round(weight[s] * area))
            for c in range(first, last):
                _add(line[column[block[row, c]]], 0, amount)
            continue
        distinct = 0
        c = first
        while c < last:
            code = block[row, c]
            begin = c
            c += 1
            near = min(last, begin + 2 * per_word)
            while c < near and block[row, c] == code:
                c += 1
            if skip and c == near and c < last:
                # A long run: compare four words at once from the next word on.
                while c < last and c % per_word != 0 and block[row, c] == code:
                    c += 1
                if c % per_word == 0:
                    same = np.uint64(code) * pattern
                    w = row * row_words + c // per_word
                    while c + 4 * per_word <= last and (
                        ((words[w] ^ same) | (words[w + 1] ^ same) | (words[w + 2] ^ same) | (words[w + 3] ^ same))
                        == np.uint64(0)
                    ):
                        c += 4 * per_word
                        w += 4
            while c < last and block[row, c] == code:
                c += 1
            if counts[code] == 0:
                seen[distinct] = code
                distinct += 1
            counts[code] += c - begin
        for k in range(distinct):
            code = seen[k]
            _add(line[column[code]], 0, counts[code] * area)
            counts[code] = 0


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def add_values(
    block: Any, origin: Any, cells: Any, weight: Any, areas: Any, index: Any, sums: Any
) -> float:
    """Add value x share of each cell to its zones' lines of `sums`, and its area to those with or without data.

    `block` is float64 with scale and offset applied, NaN where there is no data. Returns the first value too large to
    be a count, or 0.
    """
    for s in range(cells.shape[0]):
        row = cells[s, 0] - origin[0]
        line = sums[index[cells[s, 3]]]
        share, area = weight[s], areas[cells[s, 0]]
        amount = int(round(share * area))
        top, high, low, least, known, total = 0, 0, 0, 0, 0, 0
        for c in range(cells[s, 1] - origin[1], cells[s, 2] - origin[1]):
            total += 1
            value = block[row, c]
            if value != value:
                continue
            known += 1
            if value == 0.0:
                continue
            part = share * value
            if abs(part) >= _BIG:
                if abs(part) >= _TOO_BIG:
                    return float(value)
                over = np.floor(part / _UNIT)
                top += int(over)
                part -= over * _UNIT
            whole = np.floor(part)
            rest = (part - whole) * _UNIT
            fine = np.floor(rest)
            high += int(whole)
            low += int(fine)
            least += int(np.floor((rest - fine) * _UNIT + 0.5))
        if known > 0:
            least += line[3]
            low += line[2] + (least >> LIMB)
            high += low >> LIMB
            line[3] = least & _LOW
            line[2] = low & _LOW
            _add(line, 0, high)
            line[0] += top
            _add(line, 4, known * amount)
        if total > known:
            _add(line, 6, (total - known) * amount)
    return 0.0
