"""The kernel that adds counts to the zones that cover their cells, in integers, so that no order changes a sum."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo_border.zonal.jit import compile_kernel
from geo_border.zonal.limbs import LIMB, LOW, add_pair

# A cell's share of a sum is split at these powers of two; beyond the last the value is no count but a stray nodata.
_BIG, _TOO_BIG = float(1 << 44), float(2**80)
_UNIT = float(1 << LIMB)


@compile_kernel()
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
            line[3] = least & LOW
            line[2] = low & LOW
            add_pair(line, np.int64(0), high)
            line[0] += top
            add_pair(line, np.int64(4), known * amount)
        if total > known:
            add_pair(line, np.int64(6), (total - known) * amount)
    return 0.0
