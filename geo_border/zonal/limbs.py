"""Sums as pairs of integers: exact, so that no order changes them, and free of overflow."""

from __future__ import annotations

from typing import Any

from geo_border.zonal.jit import compile_kernel

# A sum is kept as high * 2^40 + low, which holds the area of the whole earth at any pixel.
LIMB = 40
LOW = (1 << LIMB) - 1
# Cells of one row that may be added at once: their area, up to 2^42 units a cell, must stay within 64 bits.
WIDEST = 1 << 20
# Columns of a zone's line in sum mode: four limbs of the sum, two of the area with data, two of that without.
SUM_COLUMNS = 8


@compile_kernel(forceinline=True)
def add_pair(sums: Any, at: Any, amount: Any) -> None:
    """Add an integer to the two limbs at sums[at], sums[at + 1]."""
    total = sums[at + 1] + amount
    sums[at] += total >> LIMB
    sums[at + 1] = total & LOW
