"""Zones as flat arrays of signed rings: the form in which every later step reads them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo_border.errors import FileError, GeometryError
from geo_border.files.vector import is_parquet, read_geoparquet, read_vector
from geo_border.geo.crs import parse_crs
from geo_border.geo.types import GeometryArray

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
    sign
        +1 where the ring as stored runs with its polygon on its left (x east, y north), -1 where on its right.
    crs
        The plane of x and y; an edge is straight in it.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    start: NDArray[np.int64]
    zone: NDArray[np.int64]
    sign: NDArray[np.int64]
    crs: CRS

    def find_edges(self) -> NDArray[np.bool_]:
        """Which of the vertices i = 0 .. n - 2 begin an edge (i, i + 1) of one ring."""
        inside = np.ones(max(len(self.x) - 1, 0), dtype=np.bool_)
        inside[self.start[1:-1] - 1] = False
        return inside

    def sum_by_ring(self, edge_areas: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over each ring of a figure for each edge (i, i + 1)."""
        if len(self.zone) == 0:
            return np.zeros(0)
        padded = np.append(edge_areas, 0.0)
        padded[self.start[1:] - 1] = 0.0
        return np.asarray(np.add.reduceat(padded, self.start[:-1]))

    def integrate_edges(self) -> NDArray[np.float64]:
        """Planar area between each edge (i, i + 1) and the y axis."""
        return np.asarray((self.x[:-1] + self.x[1:]) * np.diff(self.y) / 2)

    def compute_extents(
        self,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Least x, least y, greatest x, greatest y of each ring."""
        first = self.start[:-1]
        if len(first) == 0:
            none = np.empty(0)
            return none, none, none, none
        low, high = np.minimum.reduceat, np.maximum.reduceat
        return low(self.x, first), low(self.y, first), high(self.x, first), high(self.y, first)


def read_zones(zones: gpd.GeoDataFrame | str | Path, zone_field: str) -> gpd.GeoDataFrame:
    """The zones' layer with its id column, from memory or from any vector file that is opened here.

    Raises
    ------
    GeometryError
        When the file cannot be opened, the column is missing, or an id or a geometry is null.
    CRSError
        When the layer has no CRS.
    """
    frame, where = _load_layer(zones)
    if zone_field not in frame.columns:
        names = ", ".join(str(c) for c in frame.columns)
        raise GeometryError(f"{where}: no column {zone_field!r}; there are {names}. Name one with --zone-field.")
    parse_crs(frame.crs, where)
    for problem, rows in (("id", frame[zone_field].isna()), ("geometry", frame.geometry.isna())):
        if rows.any():
            first = frame.index[rows.to_numpy()][:5].tolist()
            raise GeometryError(
                f"{where}: {int(rows.sum())} rows have no {problem} (first: {first}). Drop or mend them, then run "
                "again."
            )
    return frame


def _load_layer(zones: gpd.GeoDataFrame | str | Path) -> tuple[gpd.GeoDataFrame, str]:
    """The layer and what to call it in messages."""
    if isinstance(zones, gpd.GeoDataFrame):
        return zones, "zones"
    path = Path(zones)
    try:
        frame = read_geoparquet(path) if is_parquet(path) else read_vector(zones)
    except FileError as error:
        raise GeometryError(str(error)) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise GeometryError(f"{zones}: has no geometry column; give a layer of polygons.")
    return frame, str(zones)


def number_zones(frame: gpd.GeoDataFrame, zone_field: str) -> tuple[NDArray[np.int64], pd.Index]:
    """Zone number of every row, and the ids in order of first appearance; rows with one id are one zone."""
    codes, ids = pd.factorize(frame[zone_field])
    return np.asarray(codes, dtype=np.int64), pd.Index(ids)


def flatten_polygons(geometries: GeometryArray, zone: NDArray[np.int64], crs: CRS) -> Rings:
    """All polygons' rings as flat arrays.

    Raises
    ------
    GeometryError
        When a geometry holds points or lines only, or coordinates that are not finite.
    """
    parts, owner = split_polygons(geometries)
    # Asking for the rings of a polygon copies them; those without holes are their own outline.
    holed = shapely.get_num_interior_rings(parts) > 0
    rings, of_part = shapely.get_rings(parts[holed], return_index=True)
    plain = parts[~holed]
    count = np.concatenate((shapely.get_num_coordinates(plain), shapely.get_num_coordinates(rings)))
    xy = np.concatenate((shapely.get_coordinates(plain), shapely.get_coordinates(rings)))
    if not np.isfinite(xy).all():
        raise GeometryError("zones: a vertex is not a finite number; mend the layer, then run again.")
    hole = np.zeros(len(count), dtype=np.bool_)
    hole[len(plain) + 1 :] = of_part[1:] == of_part[:-1]
    owner = np.concatenate((owner[~holed], owner[holed][of_part]))
    start = np.concatenate(([0], np.cumsum(count))).astype(np.int64)
    flat = Rings(xy[:, 0].copy(), xy[:, 1].copy(), start, zone[owner], np.ones(len(count), np.int64), crs)
    leftward = flat.sum_by_ring(flat.integrate_edges()) > 0
    flat.sign[leftward == hole] = -1
    return flat


def split_polygons(geometries: GeometryArray) -> tuple[GeometryArray, NDArray[np.int64]]:
    """Single polygons, and the row that each comes from."""
    kind = shapely.get_type_id(geometries)
    owner = np.arange(len(geometries))
    wrong = ~np.isin(kind, (_POLYGON, _MULTIPOLYGON, _COLLECTION)) & ~shapely.is_empty(geometries)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise GeometryError(f"zones: row {row} is a {geometries[row].geom_type}; only polygons have an area.")
    # A collection may hold multipolygons: a second pass leaves single parts only.
    for _ in range(2):
        if (kind != _POLYGON).any():
            geometries, inner = shapely.get_parts(geometries, return_index=True)
            owner, kind = owner[inner], shapely.get_type_id(geometries)
    keep = (kind == _POLYGON) & ~shapely.is_empty(geometries)
    return geometries[keep], owner[keep]
