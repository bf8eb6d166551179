"""Polygons thinned only where far from the frontier, rounded, made valid and written as GeoParquet."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray

from geo_border.errors import GeometryError
from geo_border.geo.crs import build_transformer
from geo_border.store import replace_atomically

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Keep = Callable[[FloatArray], BoolArray]

# Metres for tests of nearness only; nothing that is published is measured in it.
PLANE = "EPSG:3035"


def to_plane(lonlat: FloatArray) -> FloatArray:
    """Lon/lat (n x 2, degrees) in the metre plane of the builder."""
    return np.column_stack(build_transformer("EPSG:4326", PLANE).transform(lonlat[:, 0], lonlat[:, 1]))


def plane(geometry: Any) -> Any:
    """Move a lon/lat geometry (scalar or array), vertex by vertex, to the metre plane."""
    return shapely.transform(geometry, to_plane)


def unplane(geometry: Any) -> Any:
    """Move a geometry of the metre plane back to lon/lat."""
    back = build_transformer(PLANE, "EPSG:4326")
    return shapely.transform(geometry, lambda xy: np.column_stack(back.transform(xy[:, 0], xy[:, 1])))


def thin(geometry: Any, keep: Keep, tolerance_m: float) -> Any:
    """Drop vertices where `keep` (asked with metre-plane x, y) is false, by no more than `tolerance_m`.

    Kept vertices stay bit for bit; rings smaller than the tolerance that have none of them vanish.
    """
    thinned = [_thin_polygon(polygon, keep, tolerance_m) for polygon in polygons(geometry)]
    return merge([polygon for polygon in thinned if polygon is not None])


def _thin_polygon(polygon: Any, keep: Keep, tolerance_m: float) -> Any:
    for step_m in (tolerance_m, tolerance_m / 4, tolerance_m / 16):
        shell = _thin_ring(polygon.exterior, keep, step_m)
        if shell is None:
            return None
        holes = [ring for ring in (_thin_ring(hole, keep, step_m) for hole in polygon.interiors) if ring is not None]
        thinned = shapely.Polygon(shell, holes)
        if thinned.is_valid:
            return thinned
    return polygon


def _thin_ring(ring: Any, keep: Keep, tolerance_m: float) -> FloatArray | None:
    lonlat: FloatArray = shapely.get_coordinates(ring)
    xy = to_plane(lonlat)
    kept = keep(xy)
    if kept.all():
        return lonlat
    if not kept.any():
        # Two anchors far apart, because a ring that starts and ends in one point has no direction to thin along.
        kept[[0, int(np.argmax(np.hypot(*(xy - xy[0]).T)))]] = True
    if not kept[0]:
        # Start the ring at a kept vertex, so that no run spans its ends.
        first = int(np.flatnonzero(kept)[0])
        order = np.concatenate((np.arange(first, len(xy) - 1), np.arange(first + 1)))
        lonlat, xy, kept = lonlat[order], xy[order], kept[order]
    kept[-1] = True
    chosen = _thin_runs(xy, np.flatnonzero(kept), tolerance_m)
    thinned: FloatArray = lonlat[chosen]
    return thinned if len(chosen) >= 4 else None


def _thin_runs(xy: FloatArray, anchors: NDArray[np.int64], tolerance_m: float) -> NDArray[np.int64]:
    chosen = [anchors]
    for start, end in pairwise(anchors):
        if end - start > 1:
            # The vertex's index rides as z through the simplification.
            run = shapely.LineString(np.column_stack((xy[start : end + 1], np.arange(start, end + 1))))
            simple = shapely.simplify(run, tolerance_m, preserve_topology=False)
            chosen.append(shapely.get_coordinates(simple, include_z=True)[:, 2].astype(np.int64))
    return np.unique(np.concatenate(chosen))


def polygons(geometry: Any) -> list[Any]:
    """List the polygons of a geometry; lines and points that make_valid or a clip leaves are dropped."""
    parts = shapely.get_parts(shapely.get_parts(np.atleast_1d(np.asarray(geometry, dtype=object))))
    wanted = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    return list(parts[wanted])


def merge(parts: list[Any]) -> Any:
    """One valid polygon or multipolygon from polygons that may overlap."""
    collected = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    if collected.is_valid:
        return collected
    return shapely.MultiPolygon(polygons(shapely.union_all(mended(parts))))


def mended(parts: Any) -> Any:
    """Polygons made valid; whatever collapses to a line is gone."""
    return shapely.make_valid(np.asarray(parts, dtype=object), method="structure", keep_collapsed=False)


def rounded(geometry: Any, digits: int) -> Any:
    """Round coordinates to decimal digits of a degree; valid, and empty when it collapses."""
    near = geometry
    for _ in range(6):
        near = shapely.transform(near, lambda xy: np.round(xy, digits))
        if near.is_valid:
            return near
        near = shapely.MultiPolygon(polygons(mended([near])))
    raise GeometryError(f"a polygon at {geometry.bounds} stays invalid when rounded to {digits} digits.")


def write(frame: geopandas.GeoDataFrame, path: Path, compression_level: int = 19) -> None:
    """Write GeoParquet whose bytes depend on the rows alone.

    Raises
    ------
    GeometryError
        When a geometry is invalid or empty.
    """
    wrong = (~frame.geometry.is_valid) | frame.geometry.is_empty
    if wrong.any():
        raise GeometryError(f"{path.name}: {int(wrong.sum())} invalid or empty geometries; the builder must mend them.")
    with replace_atomically(path) as partial:
        frame.to_parquet(partial, index=False, compression="zstd", compression_level=compression_level)
