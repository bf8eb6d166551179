"""The plane shared out: to each label the part that lies nearest to its points, without gaps or overlaps."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy.spatial import KDTree, Voronoi

from geo_border.geo.crs import WGS84, FloatArray, reproject
from geo_border.geo.line_distance import LineIndex, densify

_FINE_M = 20.0
_COARSE_M = 250.0
# Samples this near to another label's line are taken finely: there the line between the two starts.
_MEETING_M = 3_000.0
_NEWTON_STEPS = 4
_RIDGE_M = 500.0
_RIDGE_CUTS = 400


def partition_by_lines(lines: list[Any], crs: CRS, max_distance_m: float) -> list[Any]:
    """For each line (lon/lat) the polygon, in `crs`, of all points nearer to it than to any other.

    A Voronoi diagram of samples gives the shape; its corners are then moved to where the geodesic distances are equal,
    so that the plane's distortion does not matter.

    Parameters
    ----------
    lines
        One a label; they may touch at their ends.
    max_distance_m
        Distance in metres to which the result is exact (corners farther out stay where the plane has them).
    """
    fine = [_sample_line(line, _FINE_M, crs) for line in lines]
    if len(lines) == 1:
        return [_build_frame(fine[0], max_distance_m)]
    points, labels = [], []
    for label, line in enumerate(lines):
        others = KDTree(np.concatenate([xy for other, xy in enumerate(fine) if other != label]))
        meeting = others.query(fine[label], distance_upper_bound=_MEETING_M)[0] < _MEETING_M
        chosen = np.concatenate((fine[label][meeting], _sample_line(line, _COARSE_M, crs)))
        points.append(chosen)
        labels.append(np.full(len(chosen), label))
    indices = [LineIndex([line], [0]) for line in lines]
    return partition_by_points(np.concatenate(points), np.concatenate(labels), max_distance_m, (indices, crs))


def partition_by_points(
    points: FloatArray,
    labels: NDArray[np.int64],
    max_distance_m: float,
    exact: tuple[list[LineIndex], CRS] | None = None,
) -> list[Any]:
    """For each label 0..n-1 the polygon of all places nearest to one of its points (n x 2, metres)."""
    frame = _build_frame(points, max_distance_m)
    far = _build_frame(points, 20 * max_distance_m + 2e6)
    points, first = np.unique(np.round(points, 3), axis=0, return_index=True)
    labels = labels[first]
    corners = shapely.get_coordinates(shapely.segmentize(far.exterior, 1e6))[:-1]
    diagram = Voronoi(np.concatenate((points, corners)))
    owner = np.concatenate((labels, np.full(len(corners), -1)))
    between = owner[diagram.ridge_points]
    ridges = np.array(diagram.ridge_vertices)
    real = (between[:, 0] != between[:, 1]) & (between.min(axis=1) >= 0) & (ridges.min(axis=1) >= 0)
    vertices, ridges, between = diagram.vertices, ridges[real], between[real]
    if exact is not None:
        vertices, ridges, between = _cut_ridges(vertices, ridges, between)
        vertices = _equalise_ridges(vertices, ridges, between, exact, max_distance_m)
    lines = shapely.linestrings(vertices[ridges])
    inside = shapely.intersection(shapely.union_all(lines), frame)
    net = shapely.node(shapely.union(inside, frame.exterior))
    faces = shapely.get_parts(shapely.polygonize([*shapely.get_parts(net)]))
    middle = shapely.get_coordinates(shapely.point_on_surface(faces))
    nearest = labels[KDTree(points).query(middle)[1]]
    return [shapely.union_all(faces[nearest == label]) for label in range(int(labels.max()) + 1)]


def _sample_line(line: Any, step_m: float, crs: CRS) -> FloatArray:
    lonlat = np.concatenate([densify(shapely.get_coordinates(part), step_m) for part in shapely.get_parts(line)])
    if step_m > _FINE_M:
        lonlat = _thin_vertices(lonlat, step_m)
    return np.asarray(shapely.get_coordinates(reproject(shapely.points(lonlat), WGS84, crs)))


def _thin_vertices(lonlat: FloatArray, step_m: float) -> FloatArray:
    """Some of the vertices: about one in every half step, where the source has many more."""
    degrees = step_m / 2 / 111_320
    bins = np.floor(lonlat / degrees).astype(np.int64)
    return np.asarray(lonlat[np.unique(bins, axis=0, return_index=True)[1]])


def _build_frame(points: FloatArray, margin_m: float) -> Any:
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    return shapely.box(west - 2 * margin_m, south - 2 * margin_m, east + 2 * margin_m, north + 2 * margin_m)


def _cut_ridges(
    vertices: FloatArray, ridges: NDArray[np.int64], between: NDArray[np.int64]
) -> tuple[FloatArray, NDArray[np.int64], NDArray[np.int64]]:
    """Ridges cut into edges of at most `_RIDGE_M`, as far as `_RIDGE_CUTS` go, so that each follows its curve."""
    start, end = vertices[ridges[:, 0]], vertices[ridges[:, 1]]
    pieces = np.clip(np.ceil(np.hypot(*(end - start).T) / _RIDGE_M), 1, _RIDGE_CUTS).astype(np.int64)
    ridge = np.repeat(np.arange(len(ridges)), pieces)
    nth = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    inner = nth > 0
    share = (nth / pieces[ridge])[inner, None]
    added = start[ridge[inner]] + share * (end - start)[ridge[inner]]
    number = np.empty(len(ridge), dtype=np.int64)
    number[~inner] = ridges[:, 0]
    number[inner] = len(vertices) + np.arange(inner.sum())
    last = np.append(nth[1:] == 0, True)
    following = np.where(last, ridges[ridge, 1], np.append(number[1:], 0))
    return np.concatenate((vertices, added)), np.stack((number, following), axis=1), between[ridge]


def _equalise_ridges(
    vertices: FloatArray, ridges: NDArray[np.int64], between: NDArray[np.int64], exact: Any, max_distance_m: float
) -> FloatArray:
    """The ridge vertices moved to where the geodesic distances to their labels' lines are equal."""
    indices, crs = exact
    labels_of: dict[int, set[int]] = defaultdict(set)
    for ends, pair in zip(ridges.tolist(), between.tolist(), strict=True):
        for vertex in ends:
            labels_of[vertex].update(pair)
    groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for vertex, labels in labels_of.items():
        groups[tuple(sorted(labels))].append(vertex)
    moved = vertices.copy()
    for shared, members in groups.items():
        rows = np.array(members)
        moved[rows] = _move_to_equal_distance(vertices[rows], [indices[label] for label in shared], crs, max_distance_m)
    return moved


def _move_to_equal_distance(xy: FloatArray, indices: list[LineIndex], crs: CRS, max_distance_m: float) -> FloatArray:
    xy = xy.copy()
    active = np.arange(len(xy))
    for _ in range(_NEWTON_STEPS):
        lonlat = shapely.get_coordinates(reproject(shapely.points(xy[active]), crs, WGS84))
        near = [index.find_nearest(lonlat[:, 0], lonlat[:, 1]) for index in indices]
        distance = np.stack([n.distance_m for n in near], axis=1)
        use = (distance.min(axis=1) < 1.2 * max_distance_m) & (distance.min(axis=1) > 1.0)
        use &= np.ptp(distance, axis=1) > 0.01
        active, lonlat = active[use], lonlat[use]
        if len(active) == 0:
            break
        plane = np.stack([_convert_to_east_north(n.direction[use], lonlat) for n in near], axis=1)
        # d falls along `towards`: the gradient of (d_0 - d_i) is towards_i - towards_0.
        slope = plane[:, 1:] - plane[:, :1]
        gap = distance[use, :1] - distance[use, 1:]
        step = np.clip(-(np.linalg.pinv(slope, rcond=1e-2) @ gap[..., None])[..., 0], -2_000, 2_000)
        xy[active] += _convert_step(step, lonlat, crs)
    return xy


def _convert_to_east_north(vectors: FloatArray, lonlat: FloatArray) -> FloatArray:
    """East and north components of earth-centred vectors at each point."""
    lon, lat = np.radians(lonlat).T
    east = np.column_stack((-np.sin(lon), np.cos(lon), np.zeros(len(lon))))
    north = np.column_stack((-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)))
    return np.stack(((vectors * east).sum(axis=1), (vectors * north).sum(axis=1)), axis=1)


def _convert_step(step: FloatArray, lonlat: FloatArray, crs: CRS) -> FloatArray:
    """Steps in metres east and north as steps in the plane's x and y."""
    degrees = 1e-4
    scale = np.column_stack((1 / (111_320 * np.cos(np.radians(lonlat[:, 1]))), np.full(len(lonlat), 1 / 111_320)))
    at = shapely.get_coordinates(reproject(shapely.points(lonlat), WGS84, crs))
    by_lon = shapely.get_coordinates(reproject(shapely.points(lonlat + np.array((degrees, 0))), WGS84, crs)) - at
    by_lat = shapely.get_coordinates(reproject(shapely.points(lonlat + np.array((0, degrees))), WGS84, crs)) - at
    turned = step * scale / degrees
    return np.asarray(turned[:, :1] * by_lon + turned[:, 1:] * by_lat)
