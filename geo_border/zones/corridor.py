"""The corridor between two facing territories: where the sum of the distances to both is at most k times the gap."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import contourpy
import numpy as np
import shapely
from pyproj import CRS
from shapely import LineString, MultiLineString

from geo_border.errors import StudyError
from geo_border.geo.crs import GEOD, WGS84, LocalPlane, convert_to_ecef, distance_m, reproject
from geo_border.geo.line_distance import STEP_M, LineIndex, densify
from geo_border.geo.overlay import extract_polygons
from geo_border.geo.types import FloatArray, IntArray, LonLatPolygonal, PlanePolygonal, Polygonal
from geo_border.study import Corridor

LonLat = tuple[float, float]
_STEP_M = 500.0
# Samples of the territories' boundaries: at a kilometre from them 100 m apart is 1 m off.
_SAMPLE_M = 100.0
_AXIS_POINTS = 60
# Territories farther apart than this have no corridor that a local plane could hold.
_MAX_GAP_M = 300_000.0


@dataclass(frozen=True)
class CorridorShape:
    """A corridor's outlines in the study's plane, by k, before they are cut to home land; and its axis in lon/lat."""

    gap_m: float
    axis: LineString
    by_k: dict[float, PlanePolygonal]


def build_corridor(corridor: Corridor, a: LonLatPolygonal, b: LonLatPolygonal, crs: CRS) -> CorridorShape:
    """All places p with d(p, A) + d(p, B) <= k x gap, for the corridor's k, k_low and k_high.

    The sum is taken on a 500 m lattice and its level line interpolated; the edge is within a few metres.

    Parameters
    ----------
    a, b
        The two territories' polygons in lon/lat.

    Raises
    ------
    StudyError
        When they touch or lie more than 300 km apart.
    """
    gap_m, start, end = _find_shortest_line(a, b)
    if not 0 < gap_m < _MAX_GAP_M:
        raise StudyError(
            f"corridor {corridor.id}: the gap between {' and '.join(corridor.between)} is {gap_m / 1e3:.1f} km; "
            f"a corridor needs one above 0 and below {_MAX_GAP_M / 1e3:g} km."
        )
    plane = LocalPlane(*GEOD.npts(*start, *end, 1)[0])
    # Far enough for a corridor between two long, parallel coasts; what lies farther is cut straight.
    reach = corridor.k_high * gap_m
    along = np.arange(-reach, reach + _STEP_M, _STEP_M)
    x, y = np.meshgrid(along, along)
    lonlat = shapely.get_coordinates(plane.unproject(shapely.points(x.ravel(), y.ravel())))
    total = (_measure_distance(a, lonlat) + _measure_distance(b, lonlat)).reshape(x.shape)
    levels = {k: _trace_level(x, y, total, k * gap_m) for k in (corridor.k_low, corridor.k, corridor.k_high)}
    by_k = {k: reproject(plane.unproject(shape), WGS84, crs) for k, shape in levels.items()}
    axis = shapely.linestrings([start, *GEOD.npts(*start, *end, _AXIS_POINTS), end])
    return CorridorShape(gap_m, axis, by_k)


def _build_boundary(shape: LonLatPolygonal) -> MultiLineString:
    return shapely.multilinestrings(list(shapely.get_rings(shapely.get_parts(shape))))


def _measure_distance(shape: LonLatPolygonal, lonlat: FloatArray) -> FloatArray:
    distance = LineIndex([_build_boundary(shape)], [0], _SAMPLE_M).find_nearest(lonlat[:, 0], lonlat[:, 1]).distance_m
    shapely.prepare(shape)
    distance[shapely.contains_xy(shape, lonlat)] = 0.0
    return distance


def _find_shortest_line(a: LonLatPolygonal, b: LonLatPolygonal) -> tuple[float, LonLat, LonLat]:
    """Shortest geodesic between two territories, between points of their boundaries at most 20 m apart."""
    points, others = _sample_boundary(a), _sample_boundary(b)
    near = LineIndex([_build_boundary(b)], [0]).find_nearest(points[:, 0], points[:, 1])
    best = int(near.distance_m.argmin())
    lon, lat = points[best].tolist()
    # The chord through the earth is shortest where the geodesic is, and costs no geodesic a sample.
    here = convert_to_ecef(np.array([lon]), np.array([lat]))
    far = int(np.linalg.norm(convert_to_ecef(others[:, 0], others[:, 1]) - here, axis=1).argmin())
    far_lon, far_lat = others[far].tolist()
    return float(distance_m(lon, lat, far_lon, far_lat)), (lon, lat), (far_lon, far_lat)


def _sample_boundary(shape: LonLatPolygonal) -> FloatArray:
    rings = shapely.get_rings(shapely.get_parts(shape))
    return np.concatenate([densify(shapely.get_coordinates(ring), STEP_M) for ring in rings])


def _trace_level(x: FloatArray, y: FloatArray, total: FloatArray, at_m: float) -> Polygonal:
    generator = contourpy.contour_generator(x, y, total, fill_type=contourpy.FillType.OuterOffset)
    # What comes back depends on the fill type: here points and offsets, one array of each a polygon.
    points, offsets = cast("tuple[list[FloatArray], list[IntArray]]", generator.filled(0.0, at_m))
    faces = []
    for xy, starts in zip(points, offsets, strict=True):
        shell, *holes = (xy[a:b] for a, b in pairwise(starts))
        faces.append(shapely.Polygon(shell, holes))
    return extract_polygons(shapely.union_all(shapely.make_valid(faces)))
