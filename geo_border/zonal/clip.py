"""The rings that reach into a raster, and which zones lie wholly within one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely import Polygon

from geo_border.geo.crs import build_transformer
from geo_border.zonal.raster import Header
from geo_border.zonal.reproject import project_rings, unwrap_rings
from geo_border.zonal.rings import Rings
from geo_border.zonal.zones import RingsByCrs, Zones

Box = tuple[float, float, float, float]
_CHUNK_EDGES = 64
# Beyond this a raster is no tile, and its outline in another plane may not enclose it.
_TILE_DEG = 60.0


def project_near_rings(rings_by_crs: RingsByCrs, header: Header) -> Rings:
    """The zones' outlines in a raster's plane, right wherever the raster is; elsewhere they may be simplified."""
    return rings_by_crs.reuse_last(header.box, header.crs, lambda: _project_near_rings(rings_by_crs, header))


def _project_near_rings(rings_by_crs: RingsByCrs, header: Header) -> Rings:
    """Do the work of `project_near_rings`."""
    box = project_box(rings_by_crs.rings, header)
    if box is None:
        return rings_by_crs.project_to(header.crs)
    near = shorten_rings(rings_by_crs.rings, box)
    if 2 * len(near.x) > len(rings_by_crs.rings.x):
        # Most of it is wanted: move it whole, so that the next raster need not.
        return rings_by_crs.project_to(header.crs)
    return unwrap_rings(project_rings(near, header.crs))


def shorten_rings(rings: Rings, box: Box) -> Rings:
    """Rings that overlap a box, with stretches that stay on one outer side of it replaced by their chord.

    A half-plane is convex, so the chord stays outside as well, and coverage inside the box does not change.
    """
    west, south, east, north = box
    low_x, low_y, high_x, high_y = rings.compute_extents()
    rings = _select_rings(rings, (high_x > west) & (low_x < east) & (high_y > south) & (low_y < north))
    if len(rings.zone) == 0:
        return rings
    count = np.maximum(-(-(np.diff(rings.start) - 1) // _CHUNK_EDGES), 1)
    ring = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(ring)) - (np.cumsum(count) - count)[ring]
    first = rings.start[ring] + step * _CHUNK_EDGES
    last = np.minimum(first + _CHUNK_EDGES, rings.start[ring + 1] - 1)
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


def _select_rings(rings: Rings, keep: NDArray[np.bool_]) -> Rings:
    """Some of the rings."""
    if keep.all():
        return rings
    count = np.diff(rings.start)
    vertex = np.repeat(keep, count)
    start = np.concatenate(([0], np.cumsum(count[keep]))).astype(np.int64)
    return Rings(rings.x[vertex], rings.y[vertex], start, rings.zone[keep], rings.sign[keep], rings.crs)


def project_box(rings: Rings, header: Header) -> Box | None:
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
    box = _project_bounds(header.crs, rings.crs, header.box)
    if not np.isfinite(box).all() or box[0] > box[2]:
        return None
    margin = 0.01 * max(box[2] - box[0], box[3] - box[1])
    return (box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin)


def _project_bounds(source: CRS, target: CRS, box: Box) -> Box:
    """Extent of a box's outline in another CRS."""
    west, south, east, north = build_transformer(source.to_wkt(), target.to_wkt()).transform_bounds(
        *box, densify_pts=101
    )
    return (float(west), float(south), float(east), float(north))


# Points along each side of a raster's outline when it is drawn in the zones' CRS.
_POINTS = 200
_FULL_CIRCLE_DEG = 360.0


def find_covered(zones: Zones, headers: list[Header]) -> NDArray[np.bool_]:
    """Whether each zone lies within the rasters' extents taken together."""
    if len(headers) == 1:
        return _find_covered_by_one(zones, headers[0])
    if any(project_box(zones.rings_by_crs.rings, header) is None for header in headers):
        return _find_covered_in_plane(zones, headers)
    return zones.find_within(shapely.union_all([_project_extent(header, zones) for header in headers]))


def _find_covered_by_one(zones: Zones, header: Header) -> NDArray[np.bool_]:
    """Whether all rings of each zone lie within one raster; on a full circle of longitudes any longitude does."""
    near = project_near_rings(zones.rings_by_crs, header)
    low_x, low_y, high_x, high_y = near.compute_extents()
    west, south, east, north = header.box
    if header.crs.is_geographic and east - west >= _FULL_CIRCLE_DEG - 1e-9:
        west, east = -np.inf, np.inf
    inside = (low_x >= west) & (high_x <= east) & (low_y >= south) & (high_y <= north)
    count = np.bincount(near.zone[inside], minlength=len(zones))
    # Rings that are not near are missing in the first count.
    return np.asarray(count == np.bincount(zones.rings_by_crs.rings.zone, minlength=len(zones)))


def _project_extent(header: Header, zones: Zones) -> Polygon:
    """A raster's outline in the zones' CRS."""
    box = shapely.box(*header.box)
    if zones.rings_by_crs.rings.crs.equals(header.crs, ignore_axis_order=True):
        return box
    move = build_transformer(header.crs.to_wkt(), zones.rings_by_crs.rings.crs.to_wkt())
    line = shapely.segmentize(box, max(header.box[2] - header.box[0], header.box[3] - header.box[1]) / _POINTS)
    return shapely.transform(line, lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1])))


def _find_covered_in_plane(zones: Zones, headers: list[Header]) -> NDArray[np.bool_]:
    """The same in the rasters' plane, ring by ring, for rasters that are no tile; all longitudes are one circle."""
    inside = np.ones(len(zones), dtype=np.bool_)
    crs = headers[0].crs
    rings = zones.rings_by_crs.project_to(crs)
    low_x, low_y, high_x, high_y = rings.compute_extents()
    area = shapely.union_all([shapely.box(*header.box) for header in headers])
    west, _, east, _ = shapely.bounds(area)
    if crs.is_geographic and east - west >= _FULL_CIRCLE_DEG - 1e-9:
        low_x, high_x = np.full_like(low_x, west), np.full_like(high_x, east)
    shapely.prepare(area)
    is_covered = shapely.covers(area, shapely.box(low_x, low_y, high_x, high_y))
    inside[rings.zone[~is_covered]] = False
    return inside
