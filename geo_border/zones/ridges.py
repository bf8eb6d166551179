"""Ridges of a Voronoi diagram in the plane, moved to where the geodesic distances to both sides are equal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy.spatial import KDTree

from geo_border.geo.crs import WGS84, reproject
from geo_border.geo.line_distance import LineIndex, NearestLine
from geo_border.geo.types import FloatArray

# So many times the reach away from the lines, in the plane, nothing has to be exact: no plane stretches so much.
_CERTAINLY_FAR = 1.5
_RIDGE_M = 500.0
_RIDGE_CUTS = 400
# Distances that differ by less are equal.
_EQUAL_M = 0.01
# Nearer to a line than this, which is the step of its samples, ends of two lines that nearly meet are one point.
_MET_M = 20.0
# So near to a line there is hardly a direction towards it.
_ON_LINE_M = 1.0
_NEWTON_STEPS = 4
# Where Newton's steps fail the curve is looked for on a straight way: at these shares of it, forwards and backwards.
_FARTHEST_M = 2_000.0
_SEARCHED = [sign * 2.0**-i for i in range(7, -1, -1) for sign in (1, -1)]
_BISECTIONS = 20
# An edge follows its curve when the two distances differ by less at these shares of its length.
_FOLLOWS_M = 0.2
_LOOKED_AT = np.array((0.03, 0.25, 0.5, 0.75, 0.97))[:, None, None]
_SHORTEST_M = 0.5
_HALVINGS = 12


@dataclass(frozen=True)
class Ridges:
    """The net of edges that parts the labels of a diagram.

    Attributes
    ----------
    vertices
        n x 2, metres in the plane.
    edges
        m x 2, positions of vertices.
    between
        m x 2, the labels on both sides of each edge.
    """

    vertices: FloatArray
    edges: NDArray[np.int64]
    between: NDArray[np.int64]

    def ends(self) -> tuple[FloatArray, FloatArray]:
        """Where each edge starts and ends."""
        return self.vertices[self.edges[:, 0]], self.vertices[self.edges[:, 1]]

    def choose(self, edges: NDArray[np.bool_]) -> Ridges:
        """Some of the edges, with all vertices."""
        return replace(self, edges=self.edges[edges], between=self.between[edges])

    def pairs(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Two labels and the positions of the edges between them, for all that meet."""
        pairs, pair = np.unique(np.sort(self.between, axis=1), axis=0, return_inverse=True)
        for i, labels in enumerate(pairs):
            yield labels, np.flatnonzero(pair.ravel() == i)


@dataclass(frozen=True)
class LineDistances:
    """Geodesic distances from points of the plane to each label's line.

    Attributes
    ----------
    lines
        One index a label.
    crs
        The plane.
    max_distance_m
        Farther from all lines than this nothing has to be exact.
    """

    lines: list[LineIndex]
    crs: CRS
    max_distance_m: float

    def find_nearest(self, xy: FloatArray, labels: NDArray[np.int64]) -> tuple[FloatArray, list[NearestLine]]:
        """Lon/lat of points of the plane (n x 2, metres), and what is nearest to them on the labels' lines."""
        lonlat = shapely.get_coordinates(reproject(shapely.points(xy), self.crs, WGS84))
        return lonlat, [self.lines[label].find_nearest(lonlat[:, 0], lonlat[:, 1]) for label in labels]

    def measure(self, xy: FloatArray, labels: NDArray[np.int64]) -> FloatArray:
        """Distances (n x labels, metres) from points of the plane (n x 2, metres) to the labels' lines."""
        return np.stack([near.distance_m for near in self.find_nearest(xy, labels)[1]], axis=1)


def move_ridges(ridges: Ridges, distances: LineDistances, samples: KDTree) -> Ridges:
    """The ridges on the curves of equal geodesic distance; more edges where those curves bend.

    Parameters
    ----------
    ridges
        As the plane has them, with straight edges.
    distances
        To the lines that the labels stand for; within its `max_distance_m` the result is exact to `_FOLLOWS_M`.
    samples
        Of those lines, in the plane: edges far from all of them stay as they are.
    """
    ridges = _cut_edges(ridges)
    start, end = ridges.ends()
    far_m = _CERTAINLY_FAR * distances.max_distance_m + np.hypot(*(end - start).T)
    near = samples.query((start + end) / 2, distance_upper_bound=far_m.max(initial=1.0))[0] < far_m
    moved = _bend_edges(_level_vertices(ridges.choose(near), distances), distances)
    start, end = moved.ends()
    return _join_edges(moved.vertices, [ridges.choose(~near), moved.choose((start != end).any(axis=1))])


def correct_labels(labels: NDArray[np.int64], xy: FloatArray, distances: LineDistances) -> NDArray[np.int64]:
    """The labels of points of the plane (n x 2, metres), another where the plane errs; a tie changes nothing."""
    distance_m = distances.measure(xy, np.arange(len(distances.lines)))
    nearest_m = distance_m.min(axis=1)
    wrong = distance_m[np.arange(len(xy)), labels] - nearest_m > _FOLLOWS_M
    return np.where(wrong & (nearest_m < distances.max_distance_m), distance_m.argmin(axis=1), labels)


def _cut_edges(ridges: Ridges) -> Ridges:
    """Edges of at most `_RIDGE_M`, as far as `_RIDGE_CUTS` go, so that each follows its curve."""
    start, end = ridges.ends()
    pieces = np.clip(np.ceil(np.hypot(*(end - start).T) / _RIDGE_M), 1, _RIDGE_CUTS).astype(np.int64)
    edge = np.repeat(np.arange(len(ridges.edges)), pieces)
    nth = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    inner = nth > 0
    share = (nth / pieces[edge])[inner, None]
    added = start[edge[inner]] + share * (end - start)[edge[inner]]
    number = np.empty(len(edge), dtype=np.int64)
    number[~inner] = ridges.edges[:, 0]
    number[inner] = len(ridges.vertices) + np.arange(inner.sum())
    last = np.append(nth[1:] == 0, True)
    following = np.where(last, ridges.edges[edge, 1], np.append(number[1:], 0))
    return Ridges(
        vertices=np.concatenate((ridges.vertices, added)),
        edges=np.stack((number, following), axis=1),
        between=ridges.between[edge],
    )


def _level_vertices(ridges: Ridges, distances: LineDistances) -> Ridges:
    """The vertices moved to where the distances to the lines of all labels that meet there are equal."""
    labels_of: dict[int, set[int]] = defaultdict(set)
    for ends, pair in zip(ridges.edges.tolist(), ridges.between.tolist(), strict=True):
        for vertex in ends:
            labels_of[vertex].update(pair)
    groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for vertex, labels in labels_of.items():
        groups[tuple(sorted(labels))].append(vertex)
    moved = ridges.vertices.copy()
    for shared, members in groups.items():
        rows = np.array(members)
        moved[rows] = _move_to_equal_distance(ridges.vertices[rows], np.array(shared), distances)
    junctions = {labels: moved[members] for labels, members in groups.items() if len(labels) > 2}
    for shared, members in groups.items():
        if len(shared) == 2 and junctions:
            moved[members] = _draw_back(moved[members], shared, junctions, distances)
    return replace(ridges, vertices=moved)


def _draw_back(
    xy: FloatArray, pair: tuple[int, ...], junctions: dict[tuple[int, ...], FloatArray], distances: LineDistances
) -> FloatArray:
    """Vertices between two labels, those to which a third is nearer drawn back to where the three meet.

    In the plane they lay before that junction; moved, it lies before them, and they would make a spike of no width.
    """
    distance_m = distances.measure(xy, np.arange(len(distances.lines)))
    nearest_m = distance_m.min(axis=1)
    past = (distance_m[:, pair].min(axis=1) - nearest_m > _FOLLOWS_M) & (nearest_m < distances.max_distance_m)
    drawn = xy.copy()
    for row in np.flatnonzero(past).tolist():
        meeting = {*pair, int(distance_m[row].argmin())}
        places = [places for labels, places in junctions.items() if meeting <= set(labels)]
        if places:
            found = np.concatenate(places)
            drawn[row] = found[np.hypot(*(found - xy[row]).T).argmin()]
    return drawn


def _bend_edges(ridges: Ridges, distances: LineDistances) -> Ridges:
    """Edges halved, their middles moved, until each follows its curve.

    Between two points of equal distance the curve bends, and it has a corner where the nearest point leaps from one
    place of a line to another: there an edge of `_RIDGE_M` passes up to 100 m beside it.
    """
    done = []
    for _ in range(_HALVINGS):
        start, end = ridges.ends()
        length_m, middle = np.hypot(*(end - start).T), (start + end) / 2
        moved, off = middle.copy(), _find_bent_edges(ridges, length_m, distances)
        across = (end - start)[:, ::-1] * (1, -1)
        for labels, rows in ridges.pairs():
            halved = rows[off[rows]]
            moved[halved] = _move_to_equal_distance(middle[halved], labels, distances)
            # Where both lines lie in nearly one direction, Newton's steps leap off along the curve.
            leapt = halved[np.hypot(*(moved - middle)[halved].T) > length_m[halved] / 4]
            moved[leapt], off[leapt] = _search_across(middle[leapt], across[leapt], labels, distances)
        done.append(ridges.choose(~off))
        ridges = _halve_edges(ridges.choose(off), moved[off])
    return _join_edges(ridges.vertices, [*done, ridges])


def _find_bent_edges(ridges: Ridges, length_m: FloatArray, distances: LineDistances) -> NDArray[np.bool_]:
    """Which edges do not follow their curve."""
    start, end = ridges.ends()
    bent = np.zeros(len(ridges.edges), dtype=bool)
    for labels, rows in ridges.pairs():
        looked_at = start[rows] + _LOOKED_AT * (end - start)[rows]
        distance_m = distances.measure(looked_at.reshape(-1, 2), labels).reshape(len(_LOOKED_AT), len(rows), 2)
        nearest_m = distance_m.min(axis=2)
        # The nearer to the lines, the sharper the curve may turn between the places looked at.
        off = (np.ptp(distance_m, axis=2) > _FOLLOWS_M) | (length_m[rows] > 2 * nearest_m)
        off &= (nearest_m > _MET_M) & (nearest_m - length_m[rows] < distances.max_distance_m)
        bent[rows] = off.any(axis=0)
    return bent & (length_m > _SHORTEST_M)


def _join_edges(vertices: FloatArray, parts: list[Ridges]) -> Ridges:
    return Ridges(
        vertices=vertices,
        edges=np.concatenate([part.edges for part in parts]),
        between=np.concatenate([part.between for part in parts]),
    )


def _halve_edges(ridges: Ridges, middle: FloatArray) -> Ridges:
    """Two edges in place of each, by way of a new vertex (n x 2, metres)."""
    added = len(ridges.vertices) + np.arange(len(middle))
    first = np.column_stack((ridges.edges[:, 0], added))
    second = np.column_stack((added, ridges.edges[:, 1]))
    return Ridges(
        vertices=np.concatenate((ridges.vertices, middle)),
        edges=np.concatenate((first, second)),
        between=np.concatenate((ridges.between, ridges.between)),
    )


def _move_to_equal_distance(xy: FloatArray, labels: NDArray[np.int64], distances: LineDistances) -> FloatArray:
    """Points of the plane (n x 2, metres) moved to where they are equally far from the labels' lines."""
    xy = xy.copy()
    active = np.arange(len(xy))
    for _ in range(_NEWTON_STEPS):
        lonlat, near = distances.find_nearest(xy[active], labels)
        distance_m = np.stack([n.distance_m for n in near], axis=1)
        use = (distance_m.min(axis=1) < 1.2 * distances.max_distance_m) & (distance_m.min(axis=1) > _ON_LINE_M)
        use &= np.ptp(distance_m, axis=1) > _EQUAL_M
        active, lonlat = active[use], lonlat[use]
        if len(active) == 0:
            return xy
        plane = np.stack([_convert_to_east_north(n.direction[use], lonlat) for n in near], axis=1)
        # d falls along `towards`: the gradient of (d_0 - d_i) is towards_i - towards_0.
        slope = plane[:, 1:] - plane[:, :1]
        gap = distance_m[use, :1] - distance_m[use, 1:]
        step = np.clip(-(np.linalg.pinv(slope, rcond=1e-3) @ gap[..., None])[..., 0], -2_000, 2_000)
        xy[active] += _convert_step(step, lonlat, distances.crs)
    if len(labels) == 2:
        # A corner of the curve, where the slope leaps: Newton's steps go back and forth.
        lonlat, (first, second) = distances.find_nearest(xy[active], labels)
        slope = _convert_to_east_north(second.direction, lonlat) - _convert_to_east_north(first.direction, lonlat)
        across = _convert_step(slope / np.maximum(np.hypot(*slope.T), 1e-6)[:, None], lonlat, distances.crs)
        xy[active] = _search_across(xy[active], across * _FARTHEST_M, labels, distances)[0]
    return xy


def _search_across(
    xy: FloatArray, way: FloatArray, labels: NDArray[np.int64], distances: LineDistances
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Points moved along a straight way to where they are equally far from two lines, and whether that lies on it.

    Parameters
    ----------
    xy
        n x 2, metres in the plane.
    way
        n x 2, from each point the farthest that it may move, in metres of the plane; backwards as far.
    """
    if len(xy) == 0:
        return xy, np.zeros(0, dtype=bool)
    distance_m = distances.measure(xy, labels)
    sign = np.sign(distance_m[:, 0] - distance_m[:, 1])

    def find_crossed(share: FloatArray) -> NDArray[np.bool_]:
        distance_m = distances.measure(xy + share[:, None] * way, labels)
        return np.asarray(sign * (distance_m[:, 0] - distance_m[:, 1]) < _EQUAL_M)

    far, found = np.zeros(len(xy)), np.zeros(len(xy), dtype=bool)
    for share in _SEARCHED:
        new = ~found & find_crossed(np.full(len(xy), share))
        far[new] = share
        found |= new
    near = np.zeros(len(xy))
    for _ in range(_BISECTIONS):
        middle = (near + far) / 2
        crossed = find_crossed(middle)
        near, far = np.where(crossed, near, middle), np.where(crossed, middle, far)
    return xy + np.where(found, far, 0.0)[:, None] * way, found


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
