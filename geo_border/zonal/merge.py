"""Partial sums of strips, blocks and workers added up: integers, so any order gives the same bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo_border.zonal.limbs import LIMB, LOW, SUM_COLUMNS

Part = NDArray[np.int64]


def merge(parts: list[Part], keys: int) -> Part:
    """Parts added up into one ascending line per distinct first `keys` columns, whatever the order of the parts."""
    filled = [part for part in parts if len(part)]
    if not filled:
        return parts[0][:0] if parts else np.empty((0, 5 if keys == 3 else 1 + SUM_COLUMNS), np.int64)
    lines = np.concatenate(filled)
    lines = lines[np.lexsort(tuple(lines[:, k] for k in reversed(range(keys))))]
    new = np.ones(len(lines), dtype=np.bool_)
    new[1:] = (lines[1:, :keys] != lines[:-1, :keys]).any(axis=1)
    merged = lines[new]
    merged[:, keys:] = np.add.reduceat(lines[:, keys:], np.flatnonzero(new), axis=0)
    # Each limb passes on what it cannot hold, so that equal sums have equal limbs. Areas come as (high, low) pairs,
    # a sum as four limbs.
    pairs = range(keys + 1, merged.shape[1], 2) if keys == 3 else (4, 3, 2, 6, 8)
    for low in pairs:
        merged[:, low - 1] += merged[:, low] >> LIMB
        merged[:, low] &= LOW
    return merged
