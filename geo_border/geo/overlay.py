"""Polygons out of overlays: the polygonal parts of what GEOS returns, and pieces on a square lattice."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_border.errors import GeometryError
from geo_border.geo.types import GeometryArray, IntArray, Shapes

# Overlay of two arrays, pair by pair.
PairOverlay: TypeAlias = Callable[[GeometryArray, GeometryArray], GeometryArray]
_SPLIT = 4
# Fewer than this are overlaid faster than threads are started.
_MIN_THREADED = 2_000
# Where a union lost more than this, in m² or as a share, it lost a face; less is rounding.
_LEAST_LOST_M2, _LEAST_LOST = 1.0, 1e-10
_GRID_M = 1e-6


@dataclass(frozen=True)
class LatticeParts:
    """Polygons cut by a lattice: each piece's source by index, its square (lower-left corner / size), its shape."""

    source: NDArray[np.int64]
    column: NDArray[np.int64]
    row: NDArray[np.int64]
    shape: GeometryArray
    size_m: float

    def __len__(self) -> int:
        return len(self.source)

    @property
    def is_full(self) -> NDArray[np.bool_]:
        """Whether each piece is its whole square."""
        whole = shapely.area(self.shape) >= self.size_m**2 * (1 - 1e-12)
        return np.asarray(whole & (shapely.get_num_coordinates(self.shape) == 5))


def extract_polygons(geometry: Shapes) -> Shapes:
    """Each geometry (scalar or array) without the points and lines that overlays leave; empty polygon for None.

    Parameters
    ----------
    geometry
        A geometry or an array of them (n), in any CRS; None where there is nothing.
    """
    shapes: GeometryArray = np.asarray(geometry, dtype=object)
    if shapes.ndim == 0:
        return cast("Shapes", extract_polygons(shapes.reshape(1))[0])
    kinds = shapely.get_type_id(shapes)
    out: GeometryArray = np.where(kinds < 0, shapely.Polygon(), shapes)
    for i in np.flatnonzero((kinds >= 0) & (kinds != 3) & (kinds != 6)):
        parts = shapely.get_parts(shapely.get_parts(shapes[i]))
        faces = parts[shapely.get_type_id(parts) == 3]
        # The union of nothing is an empty collection, which is no polygon.
        out[i] = shapely.union_all(faces) if len(faces) else shapely.Polygon()
    return cast("Shapes", out)


def split_edges(geometry: GeometryArray, step: float) -> GeometryArray:
    """Geometries with vertices added so that no edge is longer than a step, polygons ring by ring.

    GEOS mends a polygon that its rounding makes invalid, and one with a spike thinner than that comes back empty.

    Parameters
    ----------
    geometry
        Of any kind.
    step
        Longest edge, in units of their CRS.
    """
    out: GeometryArray = np.asarray(geometry, dtype=object).copy()
    is_areal = np.isin(shapely.get_type_id(out), (3, 6))
    out[~is_areal] = shapely.segmentize(out[~is_areal], step)
    for i in np.flatnonzero(is_areal):
        faces = []
        for part in shapely.get_parts(out[i]):
            rings = shapely.segmentize(shapely.get_rings(part), step)
            faces.append(shapely.Polygon(rings[0], rings[1:]) if len(rings) else part)
        out[i] = faces[0] if len(faces) == 1 else shapely.MultiPolygon(faces)
    return out


def intersect_pairs(a: GeometryArray, b: GeometryArray) -> GeometryArray:
    """Polygonal intersection of two arrays, pair by pair, on all cores (GEOS works outside Python's lock)."""
    cores = os.cpu_count() or 1
    if len(a) < _MIN_THREADED or cores == 1:
        common: GeometryArray = shapely.intersection(a, b)
        return extract_polygons(common)
    # Interleaved, so that each thread gets as many large polygons as the others.
    out: GeometryArray = np.empty(len(a), dtype=object)
    with ThreadPoolExecutor(cores) as pool:
        for i, part in enumerate(pool.map(lambda k: shapely.intersection(a[k::cores], b[k::cores]), range(cores))):
            out[i::cores] = part
    return extract_polygons(out)


def join_touching(a: GeometryArray, b: GeometryArray) -> GeometryArray:
    """Union of two arrays of polygons that touch but do not overlap, pair by pair; areas add up.

    Where edges nearly coincide GEOS (3.14) now and then takes a face for one outside both, and a square kilometre is
    gone: the areas show it, and the other order, or points rounded to a micrometre, give it back.

    Parameters
    ----------
    a, b
        Polygons in the plane, in metres, as many in one array as in the other.

    Raises
    ------
    GeometryError
        When no way of joining a pair keeps its area.
    """
    whole_m2 = shapely.area(a) + shapely.area(b)
    allowed_m2 = np.maximum(_LEAST_LOST_M2, _LEAST_LOST * whole_m2)
    out: GeometryArray = extract_polygons(shapely.union(a, b))
    for one, other, grid_m in ((b, a, None), (a, b, _GRID_M)):
        wrong = np.abs(shapely.area(out) - whole_m2) > allowed_m2
        out[wrong] = extract_polygons(shapely.union(one[wrong], other[wrong], grid_size=grid_m))
    if (np.abs(shapely.area(out) - whole_m2) > allowed_m2).any():
        raise GeometryError("Two outlines that touch could not be joined. Simplify them or round their coordinates.")
    return out


def clip_pairs(polygons: GeometryArray, boxes: GeometryArray) -> GeometryArray:
    """As `intersect_pairs`, where the second of each pair is an upright box and the first valid.

    Faster for polygons with long winding outlines. An overlay stands in where the clip of a polygon is not valid.

    Parameters
    ----------
    polygons
        Valid polygons (n), in any plane.
    boxes
        Upright boxes in the same plane (n).
    """
    clips = [shapely.clip_by_rect(p, *b) for p, b in zip(polygons, shapely.bounds(boxes), strict=True)]
    out: GeometryArray = np.array(clips, dtype=object)
    wrong = ~shapely.is_valid(out)
    out[wrong] = shapely.intersection(polygons[wrong], boxes[wrong])
    return extract_polygons(out)


def cut_by_lattice(
    geometry: GeometryArray,
    size_m: float,
    intersect: PairOverlay = intersect_pairs,
) -> LatticeParts:
    """Polygons (array) cut by the squares of a lattice through the origin, by `intersect_pairs` or `clip_pairs`.

    Squares are halved from coarse to fine, so a large polygon is never cut against single small squares.

    Parameters
    ----------
    geometry
        Polygons (n) in a plane in metres.
    size_m
        Side of a square in metres.
    intersect
        The overlay of pairs.
    """
    bounds = shapely.bounds(geometry)
    size = size_m
    while len(geometry) and size < np.nanmax(bounds[:, 2:] - bounds[:, :2]):
        size *= _SPLIT
    source, piece = np.arange(len(geometry)), np.asarray(geometry, dtype=object)
    while True:
        source, column, row, piece = _cut_once(source, piece, size, intersect)
        if size == size_m:
            return LatticeParts(source, column, row, piece, size_m)
        size /= _SPLIT


def intersect_parts(a: LatticeParts, b: LatticeParts) -> tuple[IntArray, IntArray, GeometryArray]:
    """Where pieces of two layers on one lattice overlap: position in a, position in b, common shape.

    Parameters
    ----------
    a, b
        Pieces cut by one lattice, with squares of one size.
    """
    left = pd.DataFrame({"column": a.column, "row": a.row, "a": np.arange(len(a))})
    right = pd.DataFrame({"column": b.column, "row": b.row, "b": np.arange(len(b))})
    pairs = left.merge(right, on=["column", "row"])
    at, bt = pairs["a"].to_numpy(), pairs["b"].to_numpy()
    whole_a, whole_b = a.is_full[at], b.is_full[bt]
    # A piece that is its whole square leaves the other as it is.
    shape = np.where(whole_b, a.shape[at], b.shape[bt])
    cut = ~whole_a & ~whole_b
    shape[cut] = intersect_pairs(a.shape[at[cut]], b.shape[bt[cut]])
    has_area = shapely.area(shape) > 0
    return at[has_area], bt[has_area], shape[has_area]


def _cut_once(
    source: NDArray[np.int64],
    shapes: GeometryArray,
    size: float,
    intersect: PairOverlay,
) -> tuple[IntArray, IntArray, IntArray, GeometryArray]:
    bounds = shapely.bounds(shapes) / size
    low = np.floor(bounds[:, :2]).astype(np.int64)
    high = np.maximum(np.ceil(bounds[:, 2:]).astype(np.int64), low + 1)
    wide, tall = (high - low).T
    number = np.repeat(np.arange(len(shapes)), wide * tall)
    nth = np.arange(len(number)) - np.repeat(np.cumsum(wide * tall) - wide * tall, wide * tall)
    column = low[number, 0] + nth % wide[number]
    row = low[number, 1] + nth // wide[number]
    out = shapes[number]
    several = (wide * tall)[number] > 1
    box = shapely.box(column * size, row * size, (column + 1) * size, (row + 1) * size)
    # A piece that fills its coarser square fills every finer one: nothing to intersect.
    full = several & (shapely.area(shapes) >= np.prod(bounds[:, 2:] - bounds[:, :2], axis=1) * size**2)[number]
    full &= ((shapely.get_num_coordinates(shapes) == 5) & (bounds == np.floor(bounds)).all(axis=1))[number]
    out[full] = box[full]
    cut = several & ~full
    out[cut] = intersect(out[cut], box[cut])
    has_area = shapely.area(out) > 0
    return source[number[has_area]], column[has_area], row[has_area], out[has_area]
