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
# Words of eight codes, first code in the lowest byte (numba compiles for little-endian machines only).
_BYTES, _TOPS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_ONE, _SEVEN, _LAST = np.uint64(1), np.uint64(7), np.uint64(56)


@numba.njit(cache=True, nogil=True)
def _add(pair: Any, at: Any, amount: Any) -> None:
    """Add an integer to the two limbs at pair[at], pair[at + 1]."""
    total = pair[at + 1] + amount
    pair[at] += total >> LIMB
    pair[at + 1] = total & _LOW


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
def _count_singly(codes: Any, first: int, last: int, counts: Any, size: int) -> None:
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


@numba.njit(cache=True, nogil=True)
def _count_runs(codes: Any, words: Any, first: int, last: int, counts: Any, size: int) -> bool:  # noqa: PLR0912
    """Count the codes at first <= i < last, at least eight, word by word; whether any were counted singly.

    `words` is the memory of `codes` as words of eight. Runs are followed by four words at a time.
    """
    code, run, mixed = codes[first], 0, False
    same = np.uint64(code) * _BYTES
    w, end = first // 8, last // 8
    if first % 8 != 0:
        # The word in which the span begins, without what lies before.
        w += 1
        if (words[w - 1] ^ same) >> np.uint64(8 * (first % 8)) == 0:
            run = 8 * w - first
        else:
            _count_singly(codes, first, 8 * w, counts, size)
            mixed = True
    while w < end:
        while w + 4 <= end and not (
            (words[w] ^ same) | (words[w + 1] ^ same) | (words[w + 2] ^ same) | (words[w + 3] ^ same)
        ):
            run += 32
            w += 4
        near = min(w + 4, end)
        while w < near:
            other = words[w] ^ same
            if other == 0:
                run += 8
            else:
                # How many codes at the word's beginning are still of the run, by the lowest bit that differs.
                low = (other & (~other + _ONE)) - _ONE
                still = int((((low & _TOPS) >> _SEVEN) * _BYTES) >> _LAST)
                after = codes[8 * w + 7]
                same = np.uint64(after) * _BYTES
                if (words[w] ^ same) >> np.uint64(8 * still) == 0:
                    # One change within the word: the run ends, the next one begins.
                    counts[code] += run + still
                    run = 8 - still
                else:
                    counts[code] += run
                    run, mixed = 0, True
                    for i in range(8 * w, 8 * w + 8, 4):
                        counts[codes[i]] += 1
                        counts[size + codes[i + 1]] += 1
                        counts[2 * size + codes[i + 2]] += 1
                        counts[3 * size + codes[i + 3]] += 1
                code = after
            w += 1
    if last % 8 != 0:
        if (words[end] ^ same) << np.uint64(64 - 8 * (last % 8)) == 0:
            run += last % 8
        else:
            _count_singly(codes, 8 * end, last, counts, size)
            mixed = True
    counts[code] += run
    return mixed


@numba.njit(cache=True, nogil=True)
def _fold(counts: Any, size: int, known: Any, n: int) -> None:
    """Add the second to fourth table up into the first for the codes known so far."""
    for k in range(n):
        code = known[k]
        counts[code] += counts[size + code] + counts[2 * size + code] + counts[3 * size + code]
        counts[size + code], counts[2 * size + code], counts[3 * size + code] = 0, 0, 0


@numba.njit(cache=True, nogil=True)
def add_classes(
    codes: Any,
    words: Any,
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
    words
        The same memory as 8-byte words, or empty where a row is not a whole number of them.
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
    n = 0
    for s in range(cells.shape[0]):
        base = (cells[s, 0] - origin[0]) * width - origin[1]
        first, last = base + cells[s, 1], base + cells[s, 2]
        at = index[cells[s, 3]]
        area = areas[cells[s, 0]]
        if weight[s] != 1.0 or last - first < 8:
            amount = int(np.rint(weight[s] * area))
            for i in range(first, last):
                _add(sums, at + column[codes[i]], amount)
            continue
        if words.shape[0] == 0:
            _count_singly(codes, first, last, counts, size)
            _fold(counts, size, known, n)
        elif _count_runs(codes, words, first, last, counts, size):
            _fold(counts, size, known, n)
        left = last - first
        k = 0
        while left > 0:
            while k < n:
                code = known[k]
                count = counts[code]
                if count > 0:
                    counts[code] = 0
                    _add(sums, at + column[code], count * area)
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
                _fold(counts, size, known[k:], n - k)


@numba.njit(cache=True, nogil=True)
def add_values(
    block: Any, stored: Any, origin: Any, cells: Any, weight: Any, areas: Any, index: Any, sums: Any
) -> float:
    """Add value x share of each cell to its zones' sums, and its area to those with or without data.

    `block` is float32 or float64, NaN where there is no data; `stored` is nodata, scale and offset: a cell of the first
    (which may be NaN) is no data, any other is worth value x scale + offset. Returns the first value too large to be a
    count, or 0.
    """
    nodata, scale, offset = stored
    for s in range(cells.shape[0]):
        row = cells[s, 0] - origin[0]
        line = sums[index[cells[s, 3]]]
        share, area = weight[s], areas[cells[s, 0]]
        amount = int(np.rint(share * area))
        top, high, low, least, known, total = 0, 0, 0, 0, 0, 0
        for c in range(cells[s, 1] - origin[1], cells[s, 2] - origin[1]):
            total += 1
            raw = np.float64(block[row, c])
            if raw == nodata or np.isnan(raw):
                continue
            known += 1
            value = raw * scale + offset
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
            least += int(np.rint((rest - fine) * _UNIT))
        if known > 0:
            least += line[3]
            low += line[2] + (least >> LIMB)
            high += low >> LIMB
            line[3] = least & _LOW
            line[2] = low & _LOW
            _add(line, np.int64(0), high)
            line[0] += top
            _add(line, np.int64(4), known * amount)
        if total > known:
            _add(line, np.int64(6), (total - known) * amount)
    return 0.0
