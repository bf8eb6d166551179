"""Where a result lies on the globe."""

from __future__ import annotations

from math import ceil, floor

from geo_border.geo.crs import WGS84, build_transformer
from geo_border.result import Result


def compute_lonlat_bounds(result: Result) -> tuple[float, float, float, float]:
    """Give west, south, east, north in degrees of a box that holds the zones; west > east across the antimeridian.

    It is the box around their bounds in the study's CRS, a little larger than the tightest: the millions of vertices
    inside are not moved for it.
    """
    zones = result.layers["zones"]
    move = build_transformer(zones.crs.to_wkt(), WGS84.to_wkt())
    left, bottom, right, top = (float(v) for v in zones.total_bounds)
    west, south, east, north = move.transform_bounds(left, bottom, right, top, densify_pts=101)
    # Outwards, so that the box still holds them.
    return floor(west * 1e6) / 1e6, floor(south * 1e6) / 1e6, ceil(east * 1e6) / 1e6, ceil(north * 1e6) / 1e6
