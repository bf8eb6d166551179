"""The compiled loops that add up areas by class and values by zone, in integers, so that no order changes a sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from llvmlite import ir
from numpy.typing import NDArray

from geo_border.geo.types import BoolArray, CellArray, FloatArray, IntArray, KernelInt

# numba comes by way of `jit`, which first refuses a settings file in the working folder.
from geo_border.zonal.jit import BaseContext, Signature, compile_kernel, intrinsic, types

# Codes of classes: uint8 where they are the bytes of the raster, else uint16.
CodeArray: TypeAlias = NDArray[np.unsignedinteger]
# What numba is given of an intrinsic: its signature, and what writes its code.
Intrinsic: TypeAlias = tuple[Signature, Callable[..., ir.Value]]
# A sum is kept as high * 2^40 + low, which holds the area of the whole earth at any pixel.
LOW_BITS = 40
LOW_MASK = (1 << LOW_BITS) - 1
# Cells of one row that may be added at once: their area, up to 2^42 units a cell, must stay within 64 bits.
MAX_SPAN_CELLS = 1 << 20
# Columns of a zone's line in sum mode: four parts of the sum, two of the area with data, two of that without.
SUM_COLUMNS = 8


@compile_kernel(forceinline=True)
def add_pair(sums: IntArray, at: KernelInt, amount: KernelInt) -> None:
    """Add an integer to the two parts (high, low) at sums[at], sums[at + 1]."""
    total = sums[at + 1] + amount
    sums[at] += total >> LOW_BITS
    sums[at + 1] = total & LOW_MASK


# Bits of a machine word, and so codes that are compared at once.
WORD_BITS = 64
ONE = np.uint64(1)


def _declare_compare(_context: BaseContext, codes: types.Array, at: types.Integer) -> Intrinsic:  # noqa: ARG001 - numba goes by these names
    def build(context: Any, builder: ir.IRBuilder, signature: Signature, args: Sequence[ir.Value]) -> ir.Value:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        bits = signature.args[0].dtype.bitwidth
        vector = ir.VectorType(ir.IntType(bits), WORD_BITS)
        after = builder.add(args[1], ir.Constant(ir.IntType(64), 1))
        places = [builder.bitcast(builder.gep(array.data, [at]), vector.as_pointer()) for at in (args[1], after)]
        # One code's alignment: a stretch begins anywhere.
        pair = [builder.load(place, align=bits // 8) for place in places]
        return builder.bitcast(builder.icmp_unsigned("!=", *pair), ir.IntType(WORD_BITS))

    return types.uint64(codes, types.int64), build


def _declare_find_lowest(_context: BaseContext, bits: types.Integer) -> Intrinsic:  # noqa: ARG001
    def build(_target: BaseContext, builder: ir.IRBuilder, _signature: Signature, args: Sequence[ir.Value]) -> ir.Value:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), build


def _declare_count_bits(_context: BaseContext, bits: types.Integer) -> Intrinsic:  # noqa: ARG001
    def build(_target: BaseContext, builder: ir.IRBuilder, _signature: Signature, args: Sequence[ir.Value]) -> ir.Value:
        return builder.ctpop(args[0])

    return types.int64(types.uint64), build


# What follows may be called from compiled code only.
# Bit k of compare(codes, at) says whether codes[at + k] != codes[at + k + 1], for k < 64; it reads 65 codes.
_compare: Any = intrinsic(_declare_compare)
# Place of the lowest bit that is set, of a number that is not 0; and number of bits that are set.
find_lowest_bit: Any = intrinsic(_declare_find_lowest)
count_bits: Any = intrinsic(_declare_count_bits)


@compile_kernel(forceinline=True)
def find_changes(
    codes: CodeArray, first: KernelInt, last: KernelInt, positions: IntArray, changes: NDArray[np.uint64]
) -> KernelInt:
    """Find the stretches of codes[first:last] within which codes change; their number.

    `positions[k]` is the k-th such stretch's first code; bit j of `changes[k]` says whether the j-th code of it differs
    from the next one, which lies before `last` as well. To store each stretch and keep only those that count needs no
    branch that the processor could guess wrongly.
    """
    n: KernelInt = 0
    safe = codes.shape[0] - WORD_BITS - 1
    full = min(last - 1 - WORD_BITS, safe)
    i = first
    while i <= full:
        here = _compare(codes, i)
        positions[n], changes[n] = i, here
        n += here != 0
        i += WORD_BITS
    while i < last - 1:
        # The last stretch is cut short; at the very end of the codes it must not be read beyond them either.
        left = min(last - 1 - i, WORD_BITS)
        bits: Any = np.uint64(0)
        if i <= safe:
            bits = _compare(codes, i)
        else:
            for k in range(left):
                bits |= np.uint64(codes[i + k] != codes[i + k + 1]) << np.uint64(k)
        if left < WORD_BITS:
            bits &= (ONE << np.uint64(left)) - ONE
        positions[n], changes[n] = i, bits
        n += bits != 0
        i += WORD_BITS
    return n


# Changes in a stretch of 64 codes from which on its codes are counted one by one.
_MAX_CHANGES = 10


@compile_kernel(forceinline=True)
def number_lines(cells: NDArray[np.int32], zones: int) -> tuple[IntArray, IntArray]:
    """The zones that spans name, in order of first appearance, and the line of each of 0 .. zones - 1 among them."""
    index = np.empty(zones, np.int64)
    for zone in range(zones):
        index[zone] = -1
    present = np.empty(min(zones, cells.shape[0]), np.int64)
    n = 0
    for s in range(cells.shape[0]):
        zone = cells[s, 3]
        if index[zone] < 0:
            index[zone] = n
            present[n] = zone
            n += 1
    return present[:n], index


@compile_kernel()
def list_class_lines(sums: IntArray, zones: IntArray, label: IntArray, missing: int) -> IntArray:
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
def _count_singly(codes: CodeArray, first: KernelInt, last: KernelInt, counts: IntArray, size: KernelInt) -> None:
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
def _fold_counts(counts: IntArray, size: KernelInt, known: IntArray, begin: KernelInt, end: KernelInt) -> None:
    """Add the second to fourth table up into the first for the codes known[begin:end]."""
    for k in range(begin, end):
        code = known[k]
        counts[code] += counts[size + code] + counts[2 * size + code] + counts[3 * size + code]
        counts[size + code], counts[2 * size + code], counts[3 * size + code] = 0, 0, 0


@compile_kernel(forceinline=True)
def _add_counts(
    counts: IntArray,
    known: IntArray,
    is_known: BoolArray,
    n: KernelInt,
    remaining: KernelInt,
    area: KernelInt,
    sums: IntArray,
    at: KernelInt,
    column: IntArray,
) -> KernelInt:
    """Move the `remaining` counted cells from the tables to the sums; how many codes are known then."""
    size = column.shape[0]
    _fold_counts(counts, size, known, 0, n)
    k = 0
    while remaining > 0:
        while k < n:
            code = known[k]
            count = counts[code]
            if count > 0:
                counts[code] = 0
                add_pair(sums, at + column[code], count * area)
                remaining -= count
            k += 1
        if remaining > 0:
            # A code that this block had not yet: look for it among all.
            for code in range(size):
                met = counts[code] + counts[size + code] + counts[2 * size + code] + counts[3 * size + code] > 0
                if met and not is_known[code]:
                    is_known[code] = True
                    known[n] = code
                    n += 1
            _fold_counts(counts, size, known, k, n)
    return n


@compile_kernel(forceinline=True)
def _add_runs(
    codes: CodeArray,
    first: KernelInt,
    last: KernelInt,
    positions: IntArray,
    changes: NDArray[np.uint64],
    n: KernelInt,
    counts: IntArray,
    area: KernelInt,
    sums: IntArray,
    at: KernelInt,
    column: IntArray,
) -> KernelInt:
    """Add the runs of equal codes in codes[first:last]; how many cells lie in no run and are in the tables now."""
    start, single = first, 0
    for k in range(n):
        i, bits = positions[k], changes[k]
        if count_bits(bits) > _MAX_CHANGES:
            if start < i:
                add_pair(sums, at + column[codes[start]], (i - start) * area)
            start = min(i + WORD_BITS, last)
            _count_singly(codes, i, start, counts, column.shape[0])
            single += start - i
            continue
        while True:
            end = i + find_lowest_bit(bits) + 1
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
    codes: CodeArray,
    width: int,
    origin: tuple[int, int],
    cells: NDArray[np.int32],
    weight: FloatArray,
    areas: IntArray,
    index: IntArray,
    column: IntArray,
    sums: IntArray,
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
        Two parts (high, low) a zone and class.
    """
    size = column.shape[0]
    counts = np.zeros(4 * size, np.int64)
    known = np.empty(size, np.int64)
    is_known = np.zeros(size, np.bool_)
    where = np.empty(width // WORD_BITS + 2, np.int64)
    changes = np.empty(width // WORD_BITS + 2, np.uint64)
    known_codes: KernelInt = np.int64(0)
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
        n = find_changes(codes, first, last, where, changes)
        single = _add_runs(codes, first, last, where, changes, n, counts, area, sums, at, column)
        if single > 0:
            known_codes = _add_counts(counts, known, is_known, known_codes, single, area, sums, at, column)


# A cell's share of a sum is split at these powers of two; beyond the last the value is no count but a stray nodata.
_SPLIT_LIMIT, _MAX_COUNT = float(1 << 44), float(2**80)
_UNIT = float(1 << LOW_BITS)


@compile_kernel()
def add_values(
    block: CellArray,
    stored: tuple[float, float, float],
    origin: tuple[int, int],
    cells: NDArray[np.int32],
    weight: FloatArray,
    areas: IntArray,
    index: IntArray,
    sums: IntArray,
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
            if abs(part) >= _SPLIT_LIMIT:
                if abs(part) >= _MAX_COUNT:
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
            low += line[2] + (least >> LOW_BITS)
            high += low >> LOW_BITS
            line[3] = least & LOW_MASK
            line[2] = low & LOW_MASK
            add_pair(line, np.int64(0), high)
            line[0] += top
            add_pair(line, np.int64(4), known * amount)
        if total > known:
            add_pair(line, np.int64(6), (total - known) * amount)
    return 0.0
