"""Where codes that lie side by side differ, 64 at a time: one bit each, found by the processor's vector unit."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir

from geo_border.zonal.jit import compile_kernel, intrinsic, types

# Bits of a machine word, and so codes that are compared at once.
STRETCH = 64
ONE = np.uint64(1)


def _typed_compare(_context: Any, codes: Any, at: Any) -> Any:  # noqa: ARG001 - numba goes by these names
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        bits = signature.args[0].dtype.bitwidth
        vector = ir.VectorType(ir.IntType(bits), STRETCH)
        after = builder.add(args[1], ir.Constant(ir.IntType(64), 1))
        places = [builder.bitcast(builder.gep(array.data, [at]), vector.as_pointer()) for at in (args[1], after)]
        # One code's alignment: a stretch begins anywhere.
        pair = [builder.load(place, align=bits // 8) for place in places]
        return builder.bitcast(builder.icmp_unsigned("!=", *pair), ir.IntType(STRETCH))

    return types.uint64(codes, types.int64), build


def _typed_lowest(_context: Any, bits: Any) -> Any:  # noqa: ARG001
    def build(_target: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), build


def _typed_count(_context: Any, bits: Any) -> Any:  # noqa: ARG001
    def build(_target: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.int64(types.uint64), build


# What follows may be called from compiled code only.
# Bit k of compare(codes, at) says whether codes[at + k] != codes[at + k + 1], for k < 64; it reads 65 codes.
_compare: Any = intrinsic(_typed_compare)
# Place of the lowest bit that is set, of a number that is not 0; and number of bits that are set.
lowest: Any = intrinsic(_typed_lowest)
how_many: Any = intrinsic(_typed_count)


@compile_kernel(forceinline=True)
def find_turns(codes: Any, first: Any, last: Any, where: Any, turns: Any) -> Any:
    """Find the stretches of codes[first:last] within which codes change; their number.

    `where[k]` is the k-th such stretch's first code; bit j of `turns[k]` says whether the j-th code of it differs from
    the next one, which lies before `last` as well. To store each stretch and keep only those that count needs no
    branch that the processor could guess wrongly.
    """
    n: Any = 0
    safe = codes.shape[0] - STRETCH - 1
    full = min(last - 1 - STRETCH, safe)
    i = first
    while i <= full:
        here = _compare(codes, i)
        where[n], turns[n] = i, here
        n += here != 0
        i += STRETCH
    while i < last - 1:
        # The last stretch is cut short; at the very end of the codes it must not be read beyond them either.
        left = min(last - 1 - i, STRETCH)
        bits: Any = np.uint64(0)
        if i <= safe:
            bits = _compare(codes, i)
        else:
            for k in range(left):
                bits |= np.uint64(codes[i + k] != codes[i + k + 1]) << np.uint64(k)
        if left < STRETCH:
            bits &= (ONE << np.uint64(left)) - ONE
        where[n], turns[n] = i, bits
        n += bits != 0
        i += STRETCH
    return n
