"""Points that occur more than once, found so that each is moved between planes once: neighbours share their edges."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_border.zonal.jit import compile_kernel

# An odd number whose products spread well (2^64 divided by the golden ratio).
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@compile_kernel()
def _number(x: Any, y: Any, bits: int) -> Any:
    """Number of each point among the distinct ones, in order of first appearance, and where each was first seen."""
    slots = np.full(1 << bits, -1, np.int32)
    number, first = np.empty(x.shape[0], np.int32), np.empty(x.shape[0], np.int32)
    down, last = np.uint64(64 - bits), (1 << bits) - 1
    n = 0
    for i in range(x.shape[0]):
        slot = np.int64(((x[i] * _SPREAD) ^ y[i]) * _SPREAD >> down)
        while slots[slot] >= 0 and (x[first[slots[slot]]] != x[i] or y[first[slots[slot]]] != y[i]):
            slot = (slot + 1) & last
        if slots[slot] < 0:
            slots[slot] = n
            first[n] = i
            n += 1
        number[i] = slots[slot]
    return number, first[:n]


def distinct(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Number of each point (bit by bit equal ones have the same) and the index at which each number first occurs.

    >>> number, first = distinct(np.array([3.0, 1.0, 3.0]), np.array([0.0, 0.0, 0.0]))
    >>> number.tolist(), first.tolist()
    ([0, 1, 0], [0, 1])
    """
    bits = max(4, (2 * len(x)).bit_length())
    number, first = _number(x.view(np.uint64), y.view(np.uint64), bits)
    return number, first
