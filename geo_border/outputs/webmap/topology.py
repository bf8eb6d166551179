"""Geometry for the page: quantised, neighbours sharing one arc, each vertex marked with the zoom it is needed from."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from geo_border.geo.crs import WGS84, reproject
from geo_border.geo.overlay import split_edges

# EPSG:3857 is the plane that Leaflet draws in; nothing is measured there.
_MERCATOR_R_M = 6_378_137.0
UNIT_M = 16.0
# Tolerances in units, finest first; the page uses level k from the zoom where it is under a pixel.
TOLERANCES = (1.5, 7.0, 27.0, 110.0)
# Long arcs are cut so that the page can skip what is out of view.
_MAX_ARC_VERTICES = 256
_MAX_EDGE_M = 10_000.0
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

Int = NDArray[np.int64]


@dataclass(frozen=True)
class Plane:
    """The page's integer plane: Mercator in units of 16 m from an origin, longitudes unwrapped around its centre."""

    centre_lon: float
    origin_x: int
    origin_y: int

    @classmethod
    def build_at(cls, lon: float, lat: float) -> Plane:
        """Build the plane whose origin is at a point."""
        x, y = _project_mercator(np.array([lon]), np.array([lat]))
        return cls(lon, round(float(x[0]) / UNIT_M), round(float(y[0]) / UNIT_M))

    def project(self, geometries: NDArray[np.object_], crs: CRS) -> NDArray[np.object_]:
        """Move geometries (array) from their CRS onto the plane, still in floating point."""
        dense = split_edges(geometries, _MAX_EDGE_M) if crs.is_projected else geometries
        lonlat = reproject(np.asarray(dense, dtype=object), crs, WGS84)

        def _project_vertices(xy: NDArray[np.float64]) -> NDArray[np.float64]:
            x, y = _project_mercator(self.unwrap(xy[:, 0]), xy[:, 1])
            return np.column_stack((x / UNIT_M - self.origin_x, y / UNIT_M - self.origin_y))

        placed: NDArray[np.object_] = shapely.transform(lonlat, _project_vertices)
        return placed

    def unwrap(self, lon: NDArray[np.float64]) -> NDArray[np.float64]:
        """Bring longitudes within half a turn of the centre, so that the antimeridian cuts nothing."""
        return np.asarray((lon - self.centre_lon + 180.0) % 360.0 - 180.0 + self.centre_lon)


@dataclass
class Topology:
    """Lines and polygons taken in by `add`, given back by `build` as arcs and, for each geometry, its rings of arcs."""

    _paths: list[Int] = field(default_factory=list)
    _closed: list[bool] = field(default_factory=list)
    _owner: list[int] = field(default_factory=list)
    _count: int = 0

    def add(self, geometries: NDArray[np.object_]) -> range:
        """Take geometries on the plane; the range holds their numbers in what `build` returns."""
        first = self._count
        found = np.asarray(geometries, dtype=object)
        paths, closed, owner = _extract_paths(found)
        self._paths += paths
        self._closed += closed
        self._owner += [first + number for number in owner]
        self._count += len(found)
        return range(first, self._count)

    def build(self, finest_tolerance: float = TOLERANCES[0]) -> tuple[str, str, list[list[list[int]]]]:
        """Encode everything taken; `finest_tolerance` is the smallest detail kept, in units.

        Returns
        -------
        arcs, levels, geometries
            `arcs` and `levels` are texts for the page's decoder; each geometry is a list of rings (or lines), each ring
            a list of arc numbers, ~number (-number - 1) where the arc is walked backwards.
        """
        rings: list[list[list[int]]] = [[] for _ in range(self._count)]
        if not self._paths:
            return "", "", rings
        ids, cuts = _find_junctions(self._paths, self._closed)
        known: dict[bytes, list[int]] = {}
        arcs: list[Int] = []
        for path, path_ids, cut, closed, owner in zip(self._paths, ids, cuts, self._closed, self._owner, strict=True):
            refs: list[int] = []
            for piece, piece_ids in _split_path(path, path_ids, cut, closed):
                refs += _refer_to_arcs(piece, piece_ids, known, arcs)
            rings[owner].append(refs)
        return *_encode_arcs(_assign_levels(arcs, finest_tolerance)), rings


def encode_points(xy: NDArray[np.float64]) -> str:
    """Encode points on the plane (n x 2) as one text, each as the step from the one before."""
    return encode_numbers(np.diff(np.rint(xy).astype(np.int64), axis=0, prepend=[[0, 0]]).ravel())


def encode_numbers(numbers: ArrayLike) -> str:
    """Encode whole numbers as digits of 5 bits and a continuation, small ones short.

    >>> encode_numbers([0, -1, 15, 16])
    'ABegB'
    """
    left = np.asarray(numbers, dtype=np.int64)
    left = np.where(left >= 0, left << 1, (-left << 1) - 1)
    rounds = []
    going = np.ones(len(left), dtype=bool)
    while going.any():
        more = left > 31
        rounds.append(np.where(going, (left & 31) | np.where(more, 32, 0), -1))
        going, left = going & more, left >> 5
    if not rounds:
        return ""
    digits = np.column_stack(rounds).ravel()
    alphabet = np.frombuffer(_DIGITS.encode(), dtype=np.uint8)
    return str(alphabet[digits[digits >= 0]].tobytes(), "ascii")


def _project_mercator(
    lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    # Spherical Mercator ends at 85.05 degrees, where the world is square.
    clipped = np.radians(np.clip(lat, -85.05, 85.05))
    return _MERCATOR_R_M * np.radians(lon), _MERCATOR_R_M * np.log(np.tan(np.pi / 4 + clipped / 2))


def _extract_paths(geometries: NDArray[np.object_]) -> tuple[list[Int], list[bool], list[int]]:
    """Take rings (without their last point) and lines as whole numbers, and which geometry each belongs to."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    kind = shapely.get_type_id(parts)
    polygon, line = kind == shapely.GeometryType.POLYGON, kind == shapely.GeometryType.LINESTRING
    rings, ring_of = shapely.get_rings(parts[polygon], return_index=True)
    curves = np.concatenate((rings, parts[line]))
    owners = np.concatenate((owner[polygon][ring_of], owner[line]))
    closed = np.arange(len(curves)) < len(rings)
    raw, curve = shapely.get_coordinates(curves, return_index=True)
    xy = np.rint(raw).astype(np.int64)
    same = np.zeros(len(xy), dtype=bool)
    same[1:] = (curve[1:] == curve[:-1]) & np.all(xy[1:] == xy[:-1], axis=1)
    xy, curve = xy[~same], curve[~same]
    last = np.append(curve[1:] != curve[:-1], True) if len(curve) else np.zeros(0, dtype=bool)
    keep = ~(last & closed[curve])
    xy, curve = xy[keep], curve[keep]
    sizes = np.bincount(curve, minlength=len(curves))
    pieces = np.split(xy, np.cumsum(sizes)[:-1]) if len(curves) else []
    enough = sizes >= np.where(closed, 3, 2)
    wanted = np.flatnonzero(enough).tolist()
    return [pieces[n] for n in wanted], closed[wanted].tolist(), owners[wanted].tolist()


def _find_junctions(paths: list[Int], closed: list[bool]) -> tuple[list[Int], list[NDArray[np.bool_]]]:
    """Give every distinct point a number, and mark those where a path ends or where paths meet or part."""
    xy = np.concatenate(paths)
    _, ids = np.unique((xy[:, 0] << 32) + xy[:, 1], return_inverse=True)
    ends = np.cumsum([len(path) for path in paths])
    starts = np.append(0, ends[:-1])
    before, after = np.roll(ids, 1), np.roll(ids, -1)
    before[starts], after[ends - 1] = ids[ends - 1], ids[starts]
    count = int(ids.max()) + 1
    low, high = np.minimum(before, after), np.maximum(before, after)
    differs = np.zeros(count, dtype=bool)
    for side in (low, high):
        least, most = np.full(count, count), np.full(count, -1)
        np.minimum.at(least, ids, side)
        np.maximum.at(most, ids, side)
        differs |= least != most
    opened = ~np.asarray(closed)
    differs[ids[starts[opened]]] = True
    differs[ids[ends[opened] - 1]] = True
    bounds = list(zip(starts.tolist(), ends.tolist(), strict=True))
    return [ids[a:b] for a, b in bounds], [differs[ids[a:b]] for a, b in bounds]


def _split_path(path: Int, ids: Int, is_junction: NDArray[np.bool_], closed: bool) -> list[tuple[Int, Int]]:
    """Cut a path at its junctions; a closed one without any starts at its lowest point number."""
    if closed:
        at = int(np.argmax(is_junction)) if is_junction.any() else int(np.argmin(ids))
        order = np.append(np.arange(at, len(ids)), np.arange(at + 1))
        path, ids, is_junction = path[order], ids[order], is_junction[order]
    edges = [0, *(np.flatnonzero(is_junction[1:-1]) + 1).tolist(), len(ids) - 1]
    return [(path[a : b + 1], ids[a : b + 1]) for a, b in itertools.pairwise(edges)]


def _refer_to_arcs(piece: Int, ids: Int, arcs_by_key: dict[bytes, list[int]], arcs: list[Int]) -> list[int]:
    """Refer to a piece by its arcs, making them when the piece is new in both directions."""
    # Both neighbours must arrive at the same key, whichever way round they walk.
    first, second, last_but_one, last = ids[[0, 1, -2, -1]].tolist()
    backwards = (first, second) > (last, last_but_one)
    if backwards:
        piece, ids = piece[::-1], ids[::-1]
    key = ids.tobytes()
    if key not in arcs_by_key:
        first = len(arcs)
        arcs += [piece[a : a + _MAX_ARC_VERTICES + 1] for a in range(0, len(piece) - 1, _MAX_ARC_VERTICES)]
        arcs_by_key[key] = list(range(first, len(arcs)))
    return [~number for number in reversed(arcs_by_key[key])] if backwards else arcs_by_key[key]


def _assign_levels(arcs: list[Int], finest_tolerance: float) -> list[tuple[Int, Int]]:
    """Pair each arc's needed vertices with the coarsest level each belongs to; ends belong to all, so no gap opens."""
    sizes = np.array([len(arc) for arc in arcs])
    owner = np.repeat(np.arange(len(arcs)), sizes)
    xy = np.concatenate(arcs)
    level = np.full(len(xy), -1)
    # The third coordinate carries each vertex's number through the simplification.
    lines = shapely.linestrings(np.column_stack((xy, np.arange(len(xy)))).astype(np.float64), indices=owner)
    for number, tolerance in enumerate((finest_tolerance, *(max(t, finest_tolerance) for t in TOLERANCES[1:]))):
        lines = shapely.simplify(lines, tolerance, preserve_topology=False)
        kept = shapely.get_coordinates(lines, include_z=True)[:, 2]
        level[kept.astype(np.int64)] = number
    last = np.cumsum(sizes) - 1
    level[last] = level[np.append(0, last[:-1] + 1)] = len(TOLERANCES) - 1
    parts = zip(arcs, np.split(level, last[:-1] + 1), strict=True)
    return [(arc[part >= 0], part[part >= 0]) for arc, part in parts]


def _encode_arcs(arcs: list[tuple[Int, Int]]) -> tuple[str, str]:
    """Write arcs as numbers (count, then steps), levels as 3 vertices a digit."""
    sizes = np.array([len(xy) for xy, _ in arcs])
    steps = np.diff(np.concatenate([xy for xy, _ in arcs]), axis=0, prepend=[[0, 0]])
    counted = np.insert(steps.ravel(), 2 * np.append(0, np.cumsum(sizes)[:-1]), sizes)
    marks: list[str] = []
    for _, level in arcs:
        inner = level[1:-1]
        padded = np.append(inner, np.zeros(-len(inner) % 3, dtype=np.int64)).reshape(-1, 3)
        marks += [_DIGITS[d] for d in (padded @ np.array([16, 4, 1])).tolist()]
    return encode_numbers(counted), "".join(marks)
