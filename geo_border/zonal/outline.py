"""Zones as flat arrays of signed rings: the form in which every later step reads them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo_border.crs import parse_crs
from geo_border.errors import GeometryError

_POLYGON, _MULTIPOLYGON, _COLLECTION = 3, 6, 7


@dataclass(frozen=True)
class Rings:
    """Closed rings of all zones in one CRS.

    Attributes
    ----------
    x, y
        Vertices of all rings, one after another, each ring closed (first vertex repeated).
    start
        Index of each ring's first vertex, and the number of vertices at the end: rings + 1 numbers.
    zone
        Zone number of each ring, 0 .. zones - 1.
    hole
        Whether each ring is a hole.
    crs
        The plane of x and y; an edge is straight in it.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    start: NDArray[np.int64]
    zone: NDArray[np.int64]
    hole: NDArray[np.bool_]
    crs: CRS


def read_zones(zones: gpd.GeoDataFrame | str | Path, zone_field: str) -> gpd.GeoDataFrame:
    """The zones' layer with its id column, from memory or from any file that pyogrio or parquet opens.

    Raises
    ------
    GeometryError
        When the file cannot be opened, the column is missing, or an id or a geometry is null.
    CRSError
        When the layer has no CRS.
    """
    frame, where = _load(zones)
    if zone_field not in frame.columns:
        names = ", ".join(str(c) for c in frame.columns)
        raise GeometryError(f"{where}: no column {zone_field!r}; there are {names}. Name one with --zone-field.")
    parse_crs(frame.crs, where)
    for problem, rows in (("id", frame[zone_field].isna()), ("geometry", frame.geometry.isna())):
        if rows.any():
            first = frame.index[rows.to_numpy()][:5].tolist()
            raise GeometryError(
                f"{where}: {int(rows.sum())} rows have no {problem} (first: {first}). Drop or mend them, then run again."
            )
    return frame


def _load(zones: gpd.GeoDataFrame | str | Path) -> tuple[gpd.GeoDataFrame, str]:
    """The layer and what to call it in messages."""
    if isinstance(zones, gpd.GeoDataFrame):
        return zones, "zones"
    path = Path(zones)
    try:
        frame = gpd.read_parquet(path) if path.suffix == ".parquet" else pyogrio.read_dataframe(zones)
    except (pyogrio.errors.DataSourceError, OSError, ValueError) as error:
        raise GeometryError(f"{zones}: not a polygon layer that can be opened ({error}).") from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise GeometryError(f"{zones}: has no geometry column; give a layer of polygons.")
    return frame, str(zones)


def number_zones(frame: gpd.GeoDataFrame, zone_field: str) -> tuple[NDArray[np.int64], pd.Index]:
    """Zone number of every row, and the ids in order of first appearance; rows with one id are one zone."""
    codes, ids = pd.factorize(frame[zone_field])
    return np.asarray(codes, dtype=np.int64), pd.Index(ids)


def flatten(geometries: Any, zone: NDArray[np.int64], crs: CRS) -> Rings:
    """All polygons' rings as flat arrays; invalid polygons are mended first, with a warning.

    Raises
    ------
    GeometryError
        When a geometry holds points or lines only, or coordinates that are not finite.
    """
    parts, owner = _polygons(np.asarray(geometries, dtype=object))
    parts, owner = _valid(parts, owner)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    count = shapely.get_num_coordinates(rings).astype(np.int64)
    xy = shapely.get_coordinates(rings)
    if not np.isfinite(xy).all():
        raise GeometryError("zones: a vertex is not a finite number; mend the layer, then run again.")
    of_part = of_part.astype(np.int64)
    hole = np.zeros(len(rings), dtype=np.bool_)
    hole[1:] = of_part[1:] == of_part[:-1]
    start = np.concatenate(([0], np.cumsum(count))).astype(np.int64)
    return Rings(xy[:, 0].copy(), xy[:, 1].copy(), start, zone[owner[of_part]], hole, crs)


def _polygons(geometries: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Single polygons and the row that each comes from."""
    kind = shapely.get_type_id(geometries)
    wrong = ~np.isin(kind, (_POLYGON, _MULTIPOLYGON, _COLLECTION)) & ~shapely.is_empty(geometries)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise GeometryError(f"zones: row {row} is a {geometries[row].geom_type}; only polygons have an area.")
    parts, owner = shapely.get_parts(geometries, return_index=True)
    # A collection may hold multipolygons: a second pass leaves single parts only.
    parts, inner = shapely.get_parts(parts, return_index=True)
    keep = (shapely.get_type_id(parts) == _POLYGON) & ~shapely.is_empty(parts)
    return parts[keep], owner[inner][keep].astype(np.int64)


def _valid(parts: NDArray[Any], owner: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Polygons with the invalid ones mended: the area that an even-odd reading of their rings encloses."""
    good = shapely.is_valid(parts)
    if good.all():
        return parts, owner
    rows = np.unique(owner[~good])
    warnings.warn(
        f"zones: {len(rows)} invalid polygons were mended (first rows: {rows[:5].tolist()}); "
        "check them if their shape matters.",
        stacklevel=2,
    )
    mended = parts.copy()
    mended[~good] = shapely.make_valid(parts[~good])
    pieces, of_row = _polygons(mended)
    return pieces, owner[of_row]
