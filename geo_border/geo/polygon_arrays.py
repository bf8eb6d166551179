"""Polygons as plain arrays of numbers, vertex for vertex, and back where the numbers make polygons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_border.geo.types import CellArray, GeometryArray, Polygonal

_POLYGON, _MULTIPOLYGON = 3, 6
_FEWEST_POINTS = 4


def declare_polygons(name: str) -> dict[str, tuple[str, int]]:
    """Arrays that hold polygons, with their types and dimensions; `name` begins the name of each.

    `_xy`: vertices of all rings; `_ring`: vertices of each ring; `_part`: rings of each part, its outline first;
    `_shape`: parts of each shape; `_multi`: 1 for a multipolygon, 0 for a polygon.

    Parameters
    ----------
    name
        First part of the arrays' names.
    """
    return {
        f"{name}_xy": ("<f8", 2),
        f"{name}_ring": ("<i8", 1),
        f"{name}_part": ("<i8", 1),
        f"{name}_shape": ("<i8", 1),
        f"{name}_multi": ("|u1", 1),
    }


def pack_polygons(name: str, shapes: Sequence[Polygonal] | GeometryArray) -> dict[str, CellArray]:
    """Write polygons and multipolygons (array, 2D) as the arrays of `declare_polygons`.

    Parameters
    ----------
    name
        First part of the arrays' names.
    shapes
        Polygons and multipolygons without heights, in any CRS.

    Raises
    ------
    ValueError
        When one is neither.
    """
    shapes = np.asarray(shapes, dtype=object)
    types = shapely.get_type_id(shapes)
    if not np.isin(types, (_POLYGON, _MULTIPOLYGON)).all() or shapely.has_z(shapes).any():
        raise ValueError("neither a polygon nor a multipolygon in the plane")
    parts, shape_of_part = shapely.get_parts(shapes, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    # The outline of an empty polygon is no ring.
    filled = ~shapely.is_empty(rings)
    rings, part_of_ring = rings[filled], part_of_ring[filled]
    return {
        f"{name}_xy": shapely.get_coordinates(rings),
        f"{name}_ring": shapely.get_num_coordinates(rings).astype(np.int64),
        f"{name}_part": np.bincount(part_of_ring, minlength=len(parts)).astype(np.int64),
        f"{name}_shape": np.bincount(shape_of_part, minlength=len(shapes)).astype(np.int64),
        f"{name}_multi": (types == _MULTIPOLYGON).astype(np.uint8),
    }


def unpack_polygons(name: str, arrays: Mapping[str, NDArray[Any]]) -> GeometryArray:
    """Build the polygons that `pack_polygons` wrote.

    Parameters
    ----------
    name
        First part of the arrays' names.
    arrays
        Arrays by name, of the types that `declare_polygons` gives.

    Raises
    ------
    ValueError
        When numbers of rings, vertices or parts do not agree, a vertex is not finite, or a ring has under 4 vertices.
    """
    xy, ring, part, shape, multi = (arrays[f"{name}_{of}"] for of in ("xy", "ring", "part", "shape", "multi"))
    _require_sum(ring, len(xy), _FEWEST_POINTS)
    _require_sum(part, len(ring), 0)
    _require_sum(shape, len(part), 0)
    if xy.shape[1] != 2 or not np.isfinite(xy).all():
        raise ValueError("a vertex that is no point")
    if len(multi) != len(shape) or (multi > 1).any() or (shape[multi == 0] != 1).any():
        raise ValueError("a polygon of other than one part")
    parts = _filled(len(part), shapely.Polygon())
    if len(ring):
        rings = shapely.linearrings(xy, indices=np.repeat(np.arange(len(ring)), ring))
        shapely.polygons(rings, indices=np.repeat(np.arange(len(part)), part), out=parts)
    out = _filled(len(shape), shapely.MultiPolygon())
    of_part = np.repeat(np.arange(len(shape)), shape)
    if len(part):
        shapely.multipolygons(parts, indices=of_part, out=out)
    single = multi == 0
    out[single] = parts[single[of_part]]
    return out


def _require_sum(counts: NDArray[np.int64], total: int, least: int) -> None:
    """Refuse counts that do not add up; each is looked at first, so that no sum can run over."""
    if len(counts) and (counts.min() < least or counts.max() > total):
        raise ValueError("a count out of range")
    if int(counts.sum()) != total:
        raise ValueError("counts that do not add up")


def _filled(count: int, shape: Polygonal) -> GeometryArray:
    """Array of one shape many times."""
    out = np.empty(count, dtype=object)
    out[:] = shape
    return out
