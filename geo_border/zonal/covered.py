"""Which zones lie wholly within the rasters, so that nothing of them is outside."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_border.crs import transformer
from geo_border.zonal.header import Header
from geo_border.zonal.reach import box_in, rings_near
from geo_border.zonal.zones import Zones

# Points along each side of a raster's outline when it is drawn in the zones' CRS.
_POINTS = 200
_TURN_DEG = 360.0


def covered(zones: Zones, headers: list[Header]) -> NDArray[np.bool_]:
    """Whether each zone lies within the rasters' extents taken together."""
    if len(headers) == 1:
        return _covered_by_one(zones, headers[0])
    if any(box_in(zones.outlines.rings, header) is None for header in headers):
        return _covered_in_plane(zones, headers)
    return zones.within(shapely.union_all([_outline(header, zones) for header in headers]))


def _covered_by_one(zones: Zones, header: Header) -> NDArray[np.bool_]:
    """Whether all rings of each zone lie within one raster; on a full circle of longitudes any longitude does."""
    near = rings_near(zones.outlines, header)
    low_x, low_y, high_x, high_y = near.extent()
    west, south, east, north = header.box
    if header.crs.is_geographic and east - west >= _TURN_DEG - 1e-9:
        west, east = -np.inf, np.inf
    inside = (low_x >= west) & (high_x <= east) & (low_y >= south) & (high_y <= north)
    count = np.bincount(near.zone[inside], minlength=len(zones))
    # Rings that are not near are missing in the first count.
    return np.asarray(count == np.bincount(zones.outlines.rings.zone, minlength=len(zones)))


def _outline(header: Header, zones: Zones) -> Any:
    """A raster's outline in the zones' CRS."""
    box = shapely.box(*header.box)
    if zones.outlines.rings.crs.equals(header.crs, ignore_axis_order=True):
        return box
    move = transformer(header.crs.to_wkt(), zones.outlines.rings.crs.to_wkt())
    line = shapely.segmentize(box, max(header.box[2] - header.box[0], header.box[3] - header.box[1]) / _POINTS)
    return shapely.transform(line, lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1])))


def _covered_in_plane(zones: Zones, headers: list[Header]) -> NDArray[np.bool_]:
    """The same in the rasters' plane, ring by ring, for rasters that are no tile; all longitudes are one circle."""
    inside = np.ones(len(zones), dtype=np.bool_)
    crs = headers[0].crs
    rings = zones.outlines.in_plane(crs)
    low_x, low_y, high_x, high_y = rings.extent()
    area = shapely.union_all([shapely.box(*header.box) for header in headers])
    west, _, east, _ = shapely.bounds(area)
    if crs.is_geographic and east - west >= _TURN_DEG - 1e-9:
        low_x, high_x = np.full_like(low_x, west), np.full_like(high_x, east)
    shapely.prepare(area)
    held = shapely.covers(area, shapely.box(low_x, low_y, high_x, high_y))
    inside[rings.zone[~held]] = False
    return inside
