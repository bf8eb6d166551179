"""Everything within a distance of the frontier, as polygons: built in local planes, piece by piece, then joined."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import shapely
from pyproj import CRS
from scipy.spatial import KDTree

from geo_border.engine import Arrays, Engine, LocalEngine
from geo_border.geo.crs import WGS84, LocalPlane, reproject
from geo_border.geo.line_distance import densify
from geo_border.geo.overlay import extract_polygons
from geo_border.geo.polygon_arrays import declare_polygons, pack_polygons, unpack_polygons
from geo_border.geo.types import CellArray, FloatArray, GeometryArray, LonLatLinear, PlanePolygonal, Polygonal

PART_M = 110_000.0
# Longest edge taken as straight in two planes at once: off by under 2 cm.
_EDGE_M = 1_000.0
# Vertices of a line buffered at once: GEOS buffers of long winding lines leave pinholes (PERFORMANCE).
_RUN_VERTICES = 30
# GEOS now and then buffers a shape wrongly by tens of metres; the same shape simplified a little otherwise comes out
# right, so each outline is measured and, when off, made again with the next tolerance, at last edge by edge.
_SIMPLIFY_M = (0.2, 0.35, 0.05, 0.6)
_CHECK_STEP_M = 25.0
_MAX_OFF_M = 1.0
# From how far off on an edge is split; where along a long one it is measured, and how far a circle bulges from one that
# is long: a notch near its corner does not show at its middle (5.6 m of it, once in 300 lines).
_BRIDGE_M = 0.5
_CHECK_SHARES = np.array([1, 2, 4, 6, 7]) / 8
_BULGE_M = 0.15
_SPLITS = 12
_OUTLINE_EDGE_M = 3_000.0
_THIN_M = 0.4
Task = tuple[int, FloatArray]
# For each piece of the line, by number: all within each distance of it.
Reaches = dict[int, list[PlanePolygonal]]


@dataclass(frozen=True)
class ReachKind:
    """How the surroundings of some pieces of the line lie in a checkpoint.

    Attributes
    ----------
    distances
        Number of distances, and so of polygons a piece.
    """

    distances: int
    name = "reach"

    @property
    def arrays(self) -> Mapping[str, tuple[str, int]]:
        """Numbers of the pieces; their polygons, piece after piece, from near to far."""
        return {"number": ("<i8", 1), **declare_polygons("reach")}

    def encode(self, result: Reaches) -> dict[str, CellArray]:
        """Write the polygons of some pieces as arrays."""
        number = np.array(sorted(result), dtype=np.int64)
        shapes = [shape for piece in number.tolist() for shape in result[piece]]
        return {"number": number, **pack_polygons("reach", shapes)}

    def decode(self, arrays: Arrays, tasks: Sequence[Task]) -> Reaches:
        """Read the polygons of exactly these pieces.

        Raises
        ------
        ValueError
            When the arrays are of other pieces, or no polygons.
        """
        numbers = sorted(number for number, _ in tasks)
        shapes = unpack_polygons("reach", arrays)
        if arrays["number"].tolist() != numbers or len(shapes) != len(numbers) * self.distances:
            raise ValueError("of other pieces of the line")
        if not shapely.is_valid(shapes).all():
            raise ValueError("an invalid polygon")
        by_piece = shapes.reshape(len(numbers), self.distances)
        return {number: list(polygons) for number, polygons in zip(numbers, by_piece, strict=True)}


def buffer_line(
    line: LonLatLinear,
    edges_m: Sequence[float],
    crs: CRS,
    progress: Callable[[int, int], None] | None = None,
    engine: Engine | None = None,
) -> list[PlanePolygonal]:
    """For each distance, the polygon of all points at most that far from the line.

    The line is cut into pieces of about `PART_M`; each is dilated in an azimuthal-equidistant plane of its own, and a
    greater distance is a further dilation of a smaller one's outline (discs add under the Minkowski sum), which stays
    small and free of the pinholes that direct buffers of long lines have.

    Parameters
    ----------
    line
        Lines in lon/lat, straight in lon/lat between vertices.
    edges_m
        Distances in metres, sorted from near to far.
    crs
        Plane of the result.
    engine
        Where the pieces are dilated; on threads here when not given.

    Returns
    -------
    One polygon or multipolygon a distance. Outlines lie within 2 m of the geodesic distance (3 m at 50 km).
    """
    tasks = list(enumerate(cut_line(line, PART_M)))
    work = partial(_run_task, edges_m=tuple(edges_m), crs=crs.to_wkt())
    key = shapely.to_wkb(line) + repr(work.keywords).encode()
    reaches = (engine or LocalEngine()).reduce(work, tasks, _merge_results, progress, key, ReachKind(len(edges_m)))
    # In the line's order, whichever way the pieces came back.
    by_edge = np.array([reaches[number] for number, _ in tasks], dtype=object).T
    with ThreadPoolExecutor() as pool:
        return list(pool.map(_merge_shapes, by_edge))


def _run_task(task: Task, edges_m: tuple[float, ...], crs: str) -> Reaches:
    number, lonlat = task
    return {number: _dilate_line(lonlat, edges_m, CRS.from_wkt(crs))}


def _merge_results(results: Sequence[Reaches]) -> Reaches:
    return {number: shapes for result in results for number, shapes in result.items()}


def _merge_shapes(shapes: GeometryArray) -> PlanePolygonal:
    """All pieces of one distance as one polygon, without the corners that say nothing at this precision."""
    whole = shapely.union_all(shapes)
    thinned = shapely.simplify(whole, _THIN_M, preserve_topology=False)
    return thinned if shapely.is_valid(thinned) else whole


def cut_line(line: LonLatLinear, part_m: float) -> list[FloatArray]:
    """The line's parts as runs of vertices (degrees) of about `part_m` each; neighbours share an end."""
    runs = []
    for part in shapely.get_parts(line):
        lonlat = densify(shapely.get_coordinates(part), _EDGE_M)
        scale = np.column_stack((111_320 * np.cos(np.radians(lonlat[:-1, 1])), np.full(len(lonlat) - 1, 111_320)))
        along = np.concatenate(([0.0], np.hypot(*(np.diff(lonlat, axis=0) * scale).T).cumsum()))
        count = max(1, round(along[-1] / part_m))
        stops = np.searchsorted(along, np.linspace(0, along[-1], count + 1)[1:-1])
        ends = np.unique(np.concatenate(([0], stops, [len(lonlat) - 1])))
        runs += [lonlat[a : b + 1] for a, b in pairwise(ends)]
    return runs


def _dilate_line(lonlat: FloatArray, edges_m: Sequence[float], crs: CRS) -> list[PlanePolygonal]:
    (west, south), (east, north) = lonlat.min(axis=0).tolist(), lonlat.max(axis=0).tolist()
    plane = LocalPlane((west + east) / 2, (south + north) / 2)
    xy = shapely.get_coordinates(plane.project(shapely.linestrings(lonlat)))
    near = KDTree(shapely.get_coordinates(shapely.segmentize(shapely.linestrings(xy), _CHECK_STEP_M)))
    shape, reached, out = None, 0.0, []
    for edge_m in edges_m:
        shape, reached = _grow_shape(xy, shape, reached, edge_m, near), edge_m
        outline = plane.unproject(shapely.segmentize(shape, _OUTLINE_EDGE_M))
        out.append(extract_polygons(shapely.make_valid(reproject(outline, WGS84, crs))))
    return out


def _grow_shape(xy: FloatArray, shape: Polygonal | None, from_m: float, edge_m: float, tree: KDTree) -> Polygonal:
    """All within `edge_m` of the line, from what is within `from_m`; remade another way where an outline is off."""
    for tolerance_m in _SIMPLIFY_M:
        if shape is None:
            grown = _buffer_runs(xy, edge_m, tolerance_m)
        else:
            by_m = edge_m - from_m
            grown = shapely.buffer(shapely.simplify(shape, tolerance_m), by_m, quad_segs=_count_quad_segs(by_m))
        notched = _cut_notches(grown, edge_m, tree)
        if notched is not None:
            return notched
    return _buffer_runs(xy, edge_m, 0.0)


def _cut_notches(shape: Polygonal, edge_m: float, tree: KDTree) -> Polygonal | None:
    """The shape with the notches cut in that GEOS bridges: it ignores hollows of the input up to 1 % of the radius.

    An edge that is not at the distance is split where it is furthest off and that point pulled to it, until no edge
    bridges. None when a corner itself is off: then the outline is wrong, not coarse.
    """
    polygons = []
    for polygon in shapely.get_parts(shape):
        rings = []
        for ring in shapely.get_rings(polygon):
            pulled = _pull_vertices(shapely.get_coordinates(ring), edge_m, tree)
            if pulled is None:
                return None
            rings.append(pulled)
        polygons.append(shapely.Polygon(rings[0], [hole for hole in rings[1:] if len(hole) > 3]))
    return extract_polygons(shapely.make_valid(shapely.multipolygons(polygons)))


def _pull_vertices(ring: FloatArray, edge_m: float, tree: KDTree) -> FloatArray | None:
    start, end = ring[:-1], ring[1:]
    # Each new vertex carries its place along the ring, as the number of the edge it splits and a fraction.
    low, high = np.arange(len(start), dtype=np.float64), np.arange(1, len(ring), dtype=np.float64)
    places, added = [], []
    for _ in range(_SPLITS):
        share, point, distance_m, nearest = _find_furthest_off(start, end, edge_m, tree)
        bridging = np.flatnonzero(np.abs(distance_m - edge_m) > _BRIDGE_M)
        if not len(bridging):
            break
        # A corner that is off takes what lies beside it along, so only the corners of such edges need a look.
        corners = np.concatenate((start[bridging], end[bridging]))
        if np.abs(tree.query(corners)[0] - edge_m).max() > _MAX_OFF_M:
            return None
        pulled = nearest + (point - nearest) * (edge_m / distance_m)[:, None]
        pulled, place = pulled[bridging], (low + (high - low) * share)[bridging]
        places.append(place)
        added.append(pulled)
        start, end = np.concatenate((start[bridging], pulled)), np.concatenate((pulled, end[bridging]))
        low, high = np.concatenate((low[bridging], place)), np.concatenate((place, high[bridging]))
    order = np.argsort(np.concatenate((np.arange(len(ring), dtype=np.float64), *places)), kind="stable")
    return np.concatenate((ring, *added))[order]


def _find_furthest_off(start: FloatArray, end: FloatArray, edge_m: float, tree: KDTree) -> tuple[FloatArray, ...]:
    """Where each edge is furthest off: its share of the edge, the point, its distance, the line's nearest point.

    What an edge bridges shows at its middle by half at least, less what the circle bulges there: only where that is
    much is it looked at elsewhere too.
    """
    share, point = np.full(len(start), 0.5), (start + end) / 2
    distance_m, foot = tree.query(point)
    long = np.flatnonzero(((end - start) ** 2).sum(axis=1) > 8 * edge_m * _BULGE_M)
    if len(long):
        at = start[long, None] + (end - start)[long, None] * _CHECK_SHARES[:, None]
        far_m, feet = tree.query(at)
        worst = (np.arange(len(long)), np.abs(far_m - edge_m).argmax(axis=1))
        share[long], point[long] = _CHECK_SHARES[worst[1]], at[worst]
        distance_m[long], foot[long] = far_m[worst], feet[worst]
    return share, point, distance_m, tree.data[foot]


def _buffer_runs(xy: FloatArray, radius_m: float, tolerance_m: float) -> Polygonal:
    """Union of the capsules of a line's runs of vertices; of its single edges when the tolerance is 0."""
    run = _RUN_VERTICES if tolerance_m else 1
    runs = [shapely.linestrings(xy[i : i + run + 1]) for i in range(0, max(len(xy) - 1, 1), run)]
    capsules = shapely.buffer(shapely.simplify(runs, tolerance_m), radius_m, quad_segs=_count_quad_segs(radius_m))
    return shapely.union_all(capsules)


def _count_quad_segs(radius_m: float, sagitta_m: float = 0.3) -> int:
    """Chords a quarter circle so that none lies more than `sagitta_m` inside it."""
    return max(8, math.ceil(math.pi / 4 / math.acos(1 - sagitta_m / radius_m)))
