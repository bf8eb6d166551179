"""The ground under a map: land, lakes and regions around a study that are drawn, and from which nothing is measured."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from io import BytesIO

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo_border.files.vector import read_geoparquet
from geo_border.geo.crs import WGS84, reproject
from geo_border.store import locate_embedded

ATTRIBUTION = "Made with Natural Earth"
# A country of which more than this is land in the coarse ground has its own coast already.
_MIN_LAND_SHARE = 0.97
_SHORE_M = 60.0
_DENSE_DEG = 0.5
_EDGE_M = 50_000.0
_COAST = ("geo-maps-coastline-2017", "land.parquet")
_LAKES = ("geo-maps-water-2017", "water.parquet")
_REGIONS = ("ne-admin1-10m", "admin.parquet")
Window = tuple[float, float, float, float]


def read_land(crs: CRS, window: Window) -> NDArray[np.object_]:
    """Land of the world (array of polygons in `crs`, a plane in metres) cut to a window x0, y0, x1, y1."""
    centre = reproject(shapely.Point((window[0] + window[2]) / 2, (window[1] + window[3]) / 2), crs, WGS84)
    west, south, east, north = _compute_lonlat_span(crs, window, float(centre.x))
    sides = []
    for turn in (-360.0, 0.0, 360.0):
        # On either side of the antimeridian the world goes on: look there too.
        cut = shapely.clip_by_rect(_read_world_land(), centre.x + west - turn, south, centre.x + east - turn, north)
        dense = shapely.segmentize(cut[~shapely.is_empty(cut)], _DENSE_DEG)
        sides.append(shapely.make_valid(reproject(dense, WGS84, crs)))
    placed = np.concatenate(sides)
    if sum(len(side) > 0 for side in sides) > 1:
        placed = shapely.get_parts(shapely.union_all(placed))
    return _select_polygons(shapely.clip_by_rect(placed, *window))


def clip_to_land(
    countries: NDArray[np.object_], land: NDArray[np.object_], crs: CRS, window: Window
) -> NDArray[np.object_]:
    """Cut countries (array of polygons) that reach out to sea back to land; leave the others as they are.

    The embedded snapshot's fine coast is taken where it knows a country's land, else the ground's.
    """
    size = shapely.area(countries)
    coarse = shapely.intersection(countries, shapely.multipolygons(land))
    fine = np.full(len(countries), shapely.Polygon(), dtype=object)
    coast = _read_embedded(*_COAST)
    if coast is not None:
        shores = shapely.simplify(_clip_to_window(coast.geometry.to_numpy(), crs, window)[0], _SHORE_M)
        fine = shapely.intersection(countries, shapely.union_all(shapely.make_valid(shores)))
    known = shapely.area(fine) > _MIN_LAND_SHARE * shapely.area(coarse)
    return np.where(shapely.area(coarse) >= _MIN_LAND_SHARE * size, countries, np.where(known, fine, coarse))


def read_lakes(crs: CRS, window: Window, min_area_km2: float) -> NDArray[np.object_]:
    """Lakes of the embedded snapshot in a window (array of polygons in `crs`), those of at least a size."""
    frame = _read_embedded(*_LAKES)
    if frame is None:
        return np.array([], dtype=object)
    return _clip_to_window(frame[frame["area_km2"] >= min_area_km2].geometry.to_numpy(), crs, window)[0]


def read_regions(crs: CRS, window: Window) -> gpd.GeoDataFrame:
    """Regions of the embedded snapshot in a window, in `crs`: admin_id, name, country, geometry."""
    frame = _read_embedded(*_REGIONS)
    if frame is None:
        return gpd.GeoDataFrame({"admin_id": [], "name": [], "country": []}, geometry=[], crs=crs)
    shapes, keep = _clip_to_window(frame.geometry.to_numpy(), crs, window)
    return gpd.GeoDataFrame(frame.loc[keep, ["admin_id", "name", "country"]], geometry=shapes, crs=crs)


def _compute_lonlat_span(crs: CRS, window: Window, centre_lon: float) -> Window:
    edge = shapely.segmentize(shapely.box(*window), _EDGE_M)
    lonlat = shapely.get_coordinates(reproject(edge, crs, WGS84))
    away = (lonlat[:, 0] - centre_lon + 180.0) % 360.0 - 180.0
    return (float(away.min()), float(lonlat[:, 1].min()), float(away.max()), float(lonlat[:, 1].max()))


def _clip_to_window(
    lonlat: NDArray[np.object_], crs: CRS, window: Window
) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Place polygons that touch a window in its plane, cut to it; with them, which of the given ones those are."""
    centre = reproject(shapely.Point((window[0] + window[2]) / 2, (window[1] + window[3]) / 2), crs, WGS84)
    west, south, east, north = _compute_lonlat_span(crs, window, float(centre.x))
    near = shapely.intersects(lonlat, shapely.box(centre.x + west, south, centre.x + east, north))
    placed = shapely.clip_by_rect(shapely.make_valid(reproject(lonlat[near], WGS84, crs)), *window)
    full = ~shapely.is_empty(placed)
    keep = np.flatnonzero(near)[full]
    mask = np.zeros(len(lonlat), dtype=bool)
    mask[keep] = True
    return placed[full], mask


def _select_polygons(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    parts = shapely.get_parts(shapes)
    polygons: NDArray[np.object_] = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return polygons


@lru_cache(maxsize=2)
def _read_embedded(dataset: str, file: str) -> gpd.GeoDataFrame | None:
    path = locate_embedded() / dataset / file
    return read_geoparquet(path) if path.exists() else None


@lru_cache(maxsize=1)
def _read_world_land() -> NDArray[np.object_]:
    path = resources.files(__package__) / "land.parquet"
    land: NDArray[np.object_] = read_geoparquet(BytesIO(path.read_bytes())).geometry.to_numpy()
    return land
