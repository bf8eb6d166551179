"""What the line runs through: land, river, lake, or the sea, decided every few metres."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely import LineString

from geo_border.geo.crs import WGS84, reproject
from geo_border.geo.line_distance import densify
from geo_border.geo.types import FloatArray, GeometryArray, LonLatLinear
from geo_border.schemas import MEDIA

SEA = len(MEDIA)
_STEP_M = 20.0
# Coastline files of neighbours disagree by up to 150 m, so inland gaps open between them along the line. The sea is
# never that short.
_MIN_SEA_M = 1_000.0


@dataclass(frozen=True)
class Surroundings:
    """Land and water near the line, in the study's plane.

    Attributes
    ----------
    land
        Polygons of land, lakes and rivers included; empty where the study has no land dataset (then all is land).
    water
        Polygons of inland water; `is_lake` says for each whether it is a lake (else a river).
    lagoons
        Polygons treated as sea.
    """

    land: GeometryArray
    water: GeometryArray
    is_lake: NDArray[np.bool_]
    lagoons: GeometryArray


def build_surroundings(
    land: gpd.GeoDataFrame | None,
    water: gpd.GeoDataFrame | None,
    points: list[tuple[float, float]],
    lake_width_m: float,
    crs: CRS,
) -> Surroundings:
    """Land and water in the study's plane; a water polygon that holds one of `points` (lon, lat) is a lagoon.

    A polygon's own `kind` (river or lake) counts where its source states one; else it is a lake where 2 x area /
    perimeter, about its mean width, is over `lake_width_m`, and a river below.

    Parameters
    ----------
    land
        Land polygons in lon/lat; None takes all to be land.
    water
        Inland water in lon/lat with `area_km2`, `perimeter_km` and, where its source has it, `kind`; None for none.
    points
        Lon and lat of a point in each lagoon.
    lake_width_m
        Mean width in metres from which a water polygon is a lake.
    crs
        The study's plane.
    """
    none = np.array([], dtype=object)
    ground = none if land is None else shapely.get_parts(reproject(land.geometry.to_numpy(), WGS84, crs))
    if water is None or len(water) == 0:
        return Surroundings(ground, none, np.array([], dtype=bool), none)
    wet = reproject(water.geometry.to_numpy(), WGS84, crs)
    width_m = 2 * water["area_km2"].to_numpy() / np.maximum(water["perimeter_km"].to_numpy(), 1e-9) * 1e3
    kind = water["kind"].to_numpy() if "kind" in water else np.full(len(wet), None)
    is_lake = np.where(np.isin(kind, MEDIA), kind == "lake", width_m > lake_width_m).astype(bool)
    marks = reproject(shapely.points(points), WGS84, crs) if points else none
    lagoon = np.zeros(len(wet), dtype=bool)
    lagoon[shapely.STRtree(wet).query(marks, predicate="within")[1]] = True
    return Surroundings(ground, wet[~lagoon], is_lake[~lagoon], wet[lagoon])


def cut_by_medium(
    line: LonLatLinear, surroundings: Surroundings, tolerance_m: float, crs: CRS
) -> list[tuple[int, LineString]]:
    """The line (lon/lat) cut where its medium changes: (index into MEDIA, or SEA; line) in the line's order."""
    out = []
    for part in shapely.get_parts(line):
        lonlat = densify(shapely.get_coordinates(part), _STEP_M)
        middle = shapely.points((lonlat[1:] + lonlat[:-1]) / 2)
        xy = shapely.get_coordinates(reproject(middle, WGS84, crs))
        code = _classify_points(xy, surroundings, tolerance_m)
        code = _remove_short_sea(code, xy)
        starts = np.flatnonzero(np.concatenate(([True], code[1:] != code[:-1])))
        ends = np.append(starts[1:], len(code))
        # A run keeps its ends and, of the vertices between, those that the source has.
        source = set(map(tuple, shapely.get_coordinates(part).tolist()))
        is_source_vertex = np.array([tuple(v) in source for v in lonlat.tolist()])
        for a, b in zip(starts, ends, strict=True):
            keep = is_source_vertex[a : b + 1].copy()
            keep[[0, -1]] = True
            out.append((int(code[a]), shapely.linestrings(lonlat[a : b + 1][keep])))
    return out


def _classify_points(xy: FloatArray, surroundings: Surroundings, tolerance_m: float) -> NDArray[np.int64]:
    code = np.zeros(len(xy), dtype=np.int64)
    point = shapely.points(xy)
    if len(surroundings.water):
        at, which = shapely.STRtree(surroundings.water).query(point, predicate="dwithin", distance=tolerance_m)
        gap = shapely.distance(point[at], surroundings.water[which])
        # Nearest water wins; inside two at once (gap 0) the lake does.
        for i in np.lexsort((surroundings.is_lake[which], -gap)):
            code[at[i]] = 2 if surroundings.is_lake[which[i]] else 1
    if len(surroundings.land):
        dry = _is_near_any(point, surroundings.land, tolerance_m)
        code[~dry] = SEA
    if len(surroundings.lagoons):
        code[_is_near_any(point, surroundings.lagoons, tolerance_m)] = SEA
    return code


def _is_near_any(point: GeometryArray, polygons: GeometryArray, tolerance_m: float) -> NDArray[np.bool_]:
    shapely.prepare(polygons)
    near = np.zeros(len(point), dtype=bool)
    tree = shapely.STRtree(point)
    for polygon in polygons:
        candidates = tree.query(shapely.box(*(shapely.bounds(polygon) + np.array([-1, -1, 1, 1]) * tolerance_m)))
        candidates = candidates[~near[candidates]]
        inside = shapely.contains_xy(polygon, shapely.get_coordinates(point[candidates]))
        near[candidates[inside]] = True
        outside = candidates[~inside]
        near[outside[shapely.dwithin(polygon, point[outside], tolerance_m)]] = True
    return near


def _remove_short_sea(code: NDArray[np.int64], xy: FloatArray) -> NDArray[np.int64]:
    """Sea runs shorter than any sea, with land at both ends, made land: they are gaps between two coastline files."""
    step = np.append(np.hypot(*np.diff(xy, axis=0).T), 0.0)
    starts = np.flatnonzero(np.concatenate(([True], code[1:] != code[:-1])))
    ends = np.append(starts[1:], len(code))
    out = code.copy()
    for a, b in zip(starts, ends, strict=True):
        inner = a > 0 and b < len(code)
        if code[a] == SEA and inner and step[a:b].sum() < _MIN_SEA_M:
            out[a:b] = 0
    return out
