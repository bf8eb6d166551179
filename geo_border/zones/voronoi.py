"""The plane shared out: to each label the part that lies nearest to its points, without gaps or overlaps."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy.spatial import KDTree, Voronoi
from shapely import Polygon

from geo_border.geo.crs import WGS84, reproject
from geo_border.geo.line_distance import LineIndex, densify
from geo_border.geo.types import FloatArray, LonLatLinear, PlanePolygonal
from geo_border.zones.ridges import LineDistances, Ridges, correct_labels, move_ridges

_FINE_M = 20.0
_COARSE_M = 250.0
# Samples this near to another label's line are taken finely: there the line between the two starts.
_MEETING_M = 3_000.0


def partition_by_lines(lines: list[LonLatLinear], crs: CRS, max_distance_m: float) -> list[PlanePolygonal]:
    """For each line (lon/lat) the polygon, in `crs`, of all points nearer to it than to any other.

    A Voronoi diagram of samples gives the shape; its ridges are then moved to where the geodesic distances are equal,
    so that neither the plane's distortion nor the step between samples matters.

    Parameters
    ----------
    lines
        One a label; they may touch at their ends.
    max_distance_m
        Distance in metres to which the result is exact to 0.5 m (ridges farther out stay where the plane has them).
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
    distances = LineDistances([LineIndex([line], [0]) for line in lines], crs, max_distance_m)
    return partition_by_points(np.concatenate(points), np.concatenate(labels), max_distance_m, distances)


def partition_by_points(
    points: FloatArray, labels: NDArray[np.int64], max_distance_m: float, distances: LineDistances | None = None
) -> list[PlanePolygonal]:
    """For each label 0..n-1 the polygon of all places nearest to one of its points (n x 2, metres).

    With `distances`, nearest to its line: what parts the points in the plane is only where the search begins.
    """
    frame = _build_frame(points, max_distance_m)
    points, first = np.unique(np.round(points, 3), axis=0, return_index=True)
    labels = labels[first]
    tree = KDTree(points)
    ridges = _find_ridges(points, labels, _build_frame(points, 20 * max_distance_m + 2e6))
    if distances is not None:
        ridges = move_ridges(ridges, distances, tree)
    net = shapely.union_all(shapely.linestrings(ridges.vertices[ridges.edges]))
    net = shapely.node(shapely.union(shapely.intersection(net, frame), frame.exterior))
    faces = shapely.get_parts(shapely.polygonize([*shapely.get_parts(net)]))
    inside = shapely.get_coordinates(shapely.point_on_surface(faces))
    nearest = labels[tree.query(inside)[1]]
    if distances is not None:
        nearest = correct_labels(nearest, inside, distances)
    return [shapely.union_all(faces[nearest == label]) for label in range(int(labels.max()) + 1)]


def _find_ridges(points: FloatArray, labels: NDArray[np.int64], far: Polygon) -> Ridges:
    """What parts the labels in the plane; `far` lies around them, so that no ridge is endless."""
    corners = shapely.get_coordinates(shapely.segmentize(far.exterior, 1e6))[:-1]
    diagram = Voronoi(np.concatenate((points, corners)))
    owner = np.concatenate((labels, np.full(len(corners), -1)))
    between = owner[diagram.ridge_points]
    edges = np.array(diagram.ridge_vertices)
    real = (between[:, 0] != between[:, 1]) & (between.min(axis=1) >= 0) & (edges.min(axis=1) >= 0)
    return Ridges(vertices=diagram.vertices, edges=edges[real], between=between[real])


def _sample_line(line: LonLatLinear, step_m: float, crs: CRS) -> FloatArray:
    lonlat = np.concatenate([densify(shapely.get_coordinates(part), step_m) for part in shapely.get_parts(line)])
    if step_m > _FINE_M:
        lonlat = _thin_vertices(lonlat, step_m)
    return np.asarray(shapely.get_coordinates(reproject(shapely.points(lonlat), WGS84, crs)))


def _thin_vertices(lonlat: FloatArray, step_m: float) -> FloatArray:
    """Some of the vertices: about one in every half step, where the source has many more."""
    degrees = step_m / 2 / 111_320
    bins = np.floor(lonlat / degrees).astype(np.int64)
    return np.asarray(lonlat[np.unique(bins, axis=0, return_index=True)[1]])


def _build_frame(points: FloatArray, margin_m: float) -> Polygon:
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    return shapely.box(west - 2 * margin_m, south - 2 * margin_m, east + 2 * margin_m, north + 2 * margin_m)
