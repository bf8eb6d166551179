"""Only what reaches a raster: zones elsewhere are dropped and far stretches of outline shortened before any work."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from geo_border.crs import transformer
from geo_border.zonal.header import Header
from geo_border.zonal.outline import Rings
from geo_border.zonal.plane import into_plane
from geo_border.zonal.wrap import unwrap
from geo_border.zonal.zones import Outlines

Box = tuple[float, float, float, float]
_STRETCH = 64
# Beyond this a raster is no tile, and its outline in another plane may not enclose it.
_TILE_DEG = 60.0


def rings_near(outlines: Outlines, header: Header) -> Rings:
    """The zones' outlines in a raster's plane, right wherever the raster is; elsewhere they may be simplified."""
    return outlines.once(header.box, header.crs, lambda: _rings_near(outlines, header))


def _rings_near(outlines: Outlines, header: Header) -> Rings:
    """Do the work of `rings_near`."""
    box = box_in(outlines.rings, header)
    if box is None:
        return outlines.in_plane(header.crs)
    near = shorten(outlines.rings, box)
    if 2 * len(near.x) > len(outlines.rings.x):
        # Most of it is wanted: move it whole, so that the next raster need not.
        return outlines.in_plane(header.crs)
    return unwrap(into_plane(near, header.crs))


def shorten(rings: Rings, box: Box) -> Rings:
    """Rings that overlap a box, with stretches that stay on one outer side of it replaced by their chord.

    A half-plane is convex, so the chord stays outside as well, and coverage inside the box does not change.
    """
    west, south, east, north = box
    low_x, low_y, high_x, high_y = rings.extent()
    rings = _only(rings, (high_x > west) & (low_x < east) & (high_y > south) & (low_y < north))
    if len(rings.zone) == 0:
        return rings
    count = np.maximum(-(-(np.diff(rings.start) - 1) // _STRETCH), 1)
    ring = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(ring)) - (np.cumsum(count) - count)[ring]
    first = rings.start[ring] + step * _STRETCH
    last = np.minimum(first + _STRETCH, rings.start[ring + 1] - 1)
    ends = np.column_stack((first, last + 1)).ravel()
    x, y = np.append(rings.x, rings.x[-1]), np.append(rings.y, rings.y[-1])
    away = (np.minimum.reduceat(x, ends)[::2] > east) | (np.maximum.reduceat(x, ends)[::2] < west)
    away |= (np.minimum.reduceat(y, ends)[::2] > north) | (np.maximum.reduceat(y, ends)[::2] < south)
    if not away.any():
        return rings
    keep = np.repeat(~away, np.diff(np.append(first, len(rings.x))))
    keep[first] = True
    keep[last[last == rings.start[ring + 1] - 1]] = True
    place = np.concatenate(([0], np.cumsum(keep)))
    return replace(rings, x=rings.x[keep], y=rings.y[keep], start=place[rings.start])


def _only(rings: Rings, keep: NDArray[np.bool_]) -> Rings:
    """Some of the rings."""
    if keep.all():
        return rings
    count = np.diff(rings.start)
    vertex = np.repeat(keep, count)
    start = np.concatenate(([0], np.cumsum(count[keep]))).astype(np.int64)
    return Rings(rings.x[vertex], rings.y[vertex], start, rings.zone[keep], rings.sign[keep], rings.crs)


def box_in(rings: Rings, header: Header) -> Box | None:
    """A box in the rings' CRS that holds the raster with a margin, or None where that is not certain."""
    west, south, east, north = header.box
    if len(rings.x) == 0:
        return None
    if rings.crs.is_geographic and np.abs(rings.x).max() > 180.0:
        return None
    if rings.crs.equals(header.crs, ignore_axis_order=True):
        return None if rings.crs.is_geographic and (west < -180.0 or east > 180.0) else header.box
    if header.crs.is_geographic and max(east - west, north - south) > _TILE_DEG:
        return None
    box = _bounds(header.crs, rings.crs, header.box)
    if not np.isfinite(box).all() or box[0] > box[2]:
        return None
    margin = 0.01 * max(box[2] - box[0], box[3] - box[1])
    return (box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin)


def _bounds(source: CRS, target: CRS, box: Box) -> Box:
    """Extent of a box's outline in another CRS."""
    west, south, east, north = transformer(source.to_wkt(), target.to_wkt()).transform_bounds(*box, densify_pts=101)
    return (float(west), float(south), float(east), float(north))
