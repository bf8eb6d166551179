"""Integer sums of all strips made into the table that users read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_border.zonal.accumulate import SumTable
from geo_border.zonal.kernels import LOW_BITS, LOW_MASK

# A sliver of this many area units (2^-42 of a cell) is rounding, not cover.
_MIN_UNITS = 64
# Share of a zone below which what seems to lie outside the rasters is the edges' tenth of a metre.
_ROUNDING = 1e-9
_KM2 = 1e6


@dataclass(frozen=True)
class ZoneExtent:
    """Zones' own areas.

    Attributes
    ----------
    area_m2
        True area of each zone.
    is_covered
        Whether the rasters' extents hold the whole zone.
    """

    area_m2: NDArray[np.float64]
    is_covered: NDArray[np.bool_]


def _convert_pair(lines: SumTable, high: int) -> NDArray[np.float64]:
    """Value of the parts (high, low) in two columns."""
    return np.asarray(lines[:, high] * float(1 << LOW_BITS) + lines[:, high + 1], dtype=np.float64)


def build_class_table(merged: SumTable, ids: pd.Index, field: str, unit_m2: float, extent: ZoneExtent) -> pd.DataFrame:
    """Area of each zone and class; one line a zone with class <NA> for what has no data or lies outside."""
    zones = len(ids)
    zone, label, known = merged[:, 0], merged[:, 1], merged[:, 2] == 1
    area = _convert_pair(merged, 3) * unit_m2
    known &= area > _MIN_UNITS * unit_m2
    with_data = np.asarray(np.bincount(zone[known], weights=area[known], minlength=zones), dtype=np.float64)
    inside = np.asarray(np.bincount(zone, weights=area, minlength=zones), dtype=np.float64)
    total = np.where(extent.is_covered, inside, np.maximum(extent.area_m2, inside))
    without = np.maximum(total - with_data, 0.0)
    without[without < _ROUNDING * total] = 0.0
    order = np.lexsort(
        (
            np.r_[label[known], np.zeros(zones)],
            np.r_[np.zeros(int(known.sum()), bool), np.ones(zones, bool)],
            np.r_[zone[known], np.arange(zones)],
        )
    )
    rows = np.r_[zone[known], np.arange(zones)][order]
    values = np.r_[area[known], without][order]
    missing = np.r_[np.zeros(int(known.sum()), bool), np.ones(zones, bool)][order]
    classes = pd.array(np.r_[label[known], np.zeros(zones, np.int64)][order], dtype="Int64")
    classes[missing] = pd.NA
    own = {field: ids[rows], "class": classes, "area_km2": values / _KM2, "share": _compute_share(values, total[rows])}
    return _build_table(own, rows, total, _compute_share(with_data, total), _compute_share(without, total))


def build_sum_table(
    merged: SumTable, ids: pd.Index, field: str, unit_m2: float, extent: ZoneExtent, plane_m2: NDArray[np.float64]
) -> pd.DataFrame:
    """Sum of each zone; shares are of the zone's area in the raster's plane (`plane_m2`)."""
    zones = len(ids)
    sums, known, unknown = np.zeros(zones), np.zeros(zones), np.zeros(zones)
    at = merged[:, 0]
    sums[at] = _convert_sums(merged[:, 1:5])
    known[at], unknown[at] = _convert_pair(merged, 5) * unit_m2, _convert_pair(merged, 7) * unit_m2
    total = np.where(extent.is_covered, known + unknown, np.maximum(plane_m2, known + unknown))
    share = _compute_share(known, total)
    own = {field: ids, "sum": sums}
    return _build_table(own, np.arange(zones), extent.area_m2, share, np.where(total > 0, 1.0 - share, 0.0))


def _convert_sums(parts: SumTable) -> NDArray[np.float64]:
    """Value of sums of four parts each, the first of which carries the sign."""
    negative = parts[:, 0] < 0
    size = np.where(negative[:, None], -parts, parts)
    # Turned positive before it becomes a float: -1e-5 is -2^40 and nearly 2^40 more, which a float cannot hold.
    for low in (3, 2, 1):
        size[:, low - 1] += size[:, low] >> LOW_BITS
        size[:, low] &= LOW_MASK
    value = np.zeros(len(parts))
    # Smallest part first, so that nothing is lost on the way up.
    for place in (3, 2, 1, 0):
        value += size[:, place] * 2.0 ** (LOW_BITS * (1 - place))
    return np.where(negative, -value, value)


def _compute_share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part / whole, 0 where the whole is nothing."""
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


def _build_table(
    columns: Mapping[str, object],
    rows: NDArray[np.int64],
    area_m2: NDArray[np.float64],
    data: NDArray[np.float64],
    nodata: NDArray[np.float64],
) -> pd.DataFrame:
    """Table of a mode's own columns and those that every table carries."""
    shared = {"zone_area_km2": area_m2[rows] / _KM2, "data_share": data[rows], "nodata_share": nodata[rows]}
    # All at once: a column added to a frame costs as much as tabulating a block.
    return pd.DataFrame({**columns, **shared})
