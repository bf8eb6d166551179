"""Home land near the frontier: each home territory less the sea, in the study's plane."""

from __future__ import annotations

import numpy as np
import shapely
from pyproj import CRS

from geo_border.geo.crs import WGS84, reproject
from geo_border.geo.overlay import extract_polygons, split_edges
from geo_border.geo.types import GeometryArray, LonLatPolygonal, PlanePolygonal

# Lon/lat edges longer than this bend visibly in the plane; about 1 km of latitude.
_EDGE_DEG = 0.01
# What is left of a gap in the land after its rim is taken off; less than this is a misfit between two coastlines.
_MIN_SEA_M2 = 1e5


def cut_home_land(
    territory: LonLatPolygonal,
    land: GeometryArray,
    lagoons: GeometryArray,
    window: PlanePolygonal,
    crs: CRS,
    rim_m: float,
) -> PlanePolygonal:
    """The part of a home territory inside a window that is not sea.

    Parameters
    ----------
    territory
        Polygon in lon/lat, its territorial sea included.
    land, lagoons
        Arrays of polygons in the plane; without land, all of the territory is land.
    window
        Polygon in the plane.
    rim_m
        Coastline files of neighbours leave gaps between them; a gap that is nowhere twice this wide is land.

    Returns
    -------
    Polygon or multipolygon in the plane, lakes and rivers included.
    """
    flat = reproject(split_edges(np.array([_clip_to_window(territory, window, crs)]), _EDGE_DEG)[0], WGS84, crs)
    shape = extract_polygons(shapely.intersection(shapely.make_valid(flat), window))
    if len(land):
        touching = land[shapely.STRtree(land).query(shape, predicate="intersects")]
        gaps = shapely.get_parts(extract_polygons(shapely.difference(shape, shapely.union_all(touching))))
        core_m2 = shapely.area(shapely.buffer(gaps, -rim_m, quad_segs=2))
        shape = extract_polygons(shapely.difference(shape, shapely.union_all(gaps[core_m2 > _MIN_SEA_M2])))
    if len(lagoons):
        shape = extract_polygons(shapely.difference(shape, shapely.union_all(lagoons)))
    return shape


def _clip_to_window(territory: LonLatPolygonal, window: PlanePolygonal, crs: CRS) -> LonLatPolygonal:
    """The territory cut to the window's surroundings, in lon/lat, before its many far vertices are moved."""
    outline = reproject(shapely.segmentize(shapely.box(*shapely.bounds(window)), 50_000), crs, WGS84)
    lon = shapely.get_coordinates(outline)[:, 0]
    west, _, east, _ = shapely.bounds(territory)
    # The window's longitudes come back within +-180; the territory may lie on the next sheet.
    lon = lon + 360 * np.round(((west + east) / 2 - lon) / 360)
    lat = shapely.get_coordinates(outline)[:, 1]
    if lon.max() - lon.min() > 180:
        return territory
    box = shapely.box(lon.min() - 0.5, lat.min() - 0.5, lon.max() + 0.5, min(lat.max() + 0.5, 90.0))
    return extract_polygons(shapely.intersection(territory, box))
