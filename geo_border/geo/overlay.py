"""Polygons out of overlays: the polygonal parts of what GEOS returns, and pieces on a square lattice."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

# What every overlay of polygons gives once points and lines are dropped.
Surface = shapely.Polygon | shapely.MultiPolygon
_SPLIT = 4
# Fewer than this are overlaid faster than threads are started.
_MIN_THREADED = 2_000


@dataclass(frozen=True)
class LatticeParts:
    """Polygons cut by a lattice: each piece's source by index, its square (lower-left corner / size), its shape."""

    source: NDArray[np.int64]
    column: NDArray[np.int64]
    row: NDArray[np.int64]
    shape: Any
    size_m: float

    def __len__(self) -> int:
        return len(self.source)

    @property
    def is_full(self) -> NDArray[np.bool_]:
        """Whether each piece is its whole square."""
        whole = shapely.area(self.shape) >= self.size_m**2 * (1 - 1e-12)
        return np.asarray(whole & (shapely.get_num_coordinates(self.shape) == 5))


def extract_polygons(geometry: Any) -> Any:
    """Each geometry (scalar or array) without the points and lines that overlays leave; empty polygon for None."""
    if np.ndim(geometry) == 0:
        return extract_polygons(np.array([geometry], dtype=object))[0]
    kinds = shapely.get_type_id(geometry)
    out = np.where(kinds < 0, shapely.Polygon(), geometry)
    for i in np.flatnonzero((kinds >= 0) & (kinds != 3) & (kinds != 6)):
        parts = shapely.get_parts(shapely.get_parts(geometry[i]))
        faces = parts[shapely.get_type_id(parts) == 3]
        # The union of nothing is an empty collection, which is no polygon.
        out[i] = shapely.union_all(faces) if len(faces) else shapely.Polygon()
    return out


def densify(geometry: NDArray[np.object_], step: float) -> NDArray[np.object_]:
    """Geometries with vertices added so that no edge is longer than a step, polygons ring by ring.

    GEOS mends a polygon that its rounding makes invalid, and one with a spike thinner than that comes back empty.

    Parameters
    ----------
    geometry
        Of any kind.
    step
        Longest edge, in units of their CRS.
    """
    out = np.asarray(geometry, dtype=object).copy()
    areal = np.isin(shapely.get_type_id(out), (3, 6))
    out[~areal] = shapely.segmentize(out[~areal], step)
    for i in np.flatnonzero(areal):
        faces = []
        for part in shapely.get_parts(out[i]):
            rings = shapely.segmentize(shapely.get_rings(part), step)
            faces.append(shapely.Polygon(rings[0], rings[1:]) if len(rings) else part)
        out[i] = faces[0] if len(faces) == 1 else shapely.MultiPolygon(faces)
    return out


def intersect_pairs(a: Any, b: Any) -> Any:
    """Polygonal intersection of two arrays, pair by pair, on all cores (GEOS works outside Python's lock)."""
    cores = os.cpu_count() or 1
    if len(a) < _MIN_THREADED or cores == 1:
        return extract_polygons(shapely.intersection(a, b))
    # Interleaved, so that each thread gets as many large polygons as the others.
    out = np.empty(len(a), dtype=object)
    with ThreadPoolExecutor(cores) as pool:
        for i, part in enumerate(pool.map(lambda k: shapely.intersection(a[k::cores], b[k::cores]), range(cores))):
            out[i::cores] = part
    return extract_polygons(out)


def clip_pairs(polygons: Any, boxes: Any) -> Any:
    """As `common`, where the second of each pair is an upright box and the first valid: faster where it winds much.

    An overlay stands in where the clip of a polygon is not valid.
    """
    out = np.array([shapely.clip_by_rect(p, *b) for p, b in zip(polygons, shapely.bounds(boxes), strict=True)], object)
    wrong = ~shapely.is_valid(out)
    out[wrong] = shapely.intersection(polygons[wrong], boxes[wrong])
    return extract_polygons(out)


def cut_by_lattice(
    geometry: Any, size_m: float, intersect: Callable[[Any, Any], Any] = intersect_pairs
) -> LatticeParts:
    """Polygons (array) cut by the squares of a lattice through the origin, by `intersect_pairs` or `clip_pairs`.

    Squares are halved from coarse to fine, so a large polygon is never cut against single small squares.
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


def intersect_parts(a: LatticeParts, b: LatticeParts) -> tuple[NDArray[np.int64], NDArray[np.int64], Any]:
    """Where pieces of two layers on one lattice overlap: position in a, position in b, common shape."""
    left = pd.DataFrame({"column": a.column, "row": a.row, "a": np.arange(len(a))})
    right = pd.DataFrame({"column": b.column, "row": b.row, "b": np.arange(len(b))})
    pairs = left.merge(right, on=["column", "row"])
    at, bt = pairs["a"].to_numpy(), pairs["b"].to_numpy()
    whole_a, whole_b = a.is_full[at], b.is_full[bt]
    # A piece that is its whole square leaves the other as it is.
    shape = np.where(whole_b, a.shape[at], b.shape[bt])
    cut = ~whole_a & ~whole_b
    shape[cut] = intersect_pairs(a.shape[at[cut]], b.shape[bt[cut]])
    kept = shapely.area(shape) > 0
    return at[kept], bt[kept], shape[kept]


def _cut_once(
    source: NDArray[np.int64], shapes: Any, size: float, intersect: Callable[[Any, Any], Any]
) -> tuple[Any, Any, Any, Any]:
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
    kept = shapely.area(out) > 0
    return source[number[kept]], column[kept], row[kept], out[kept]
