"""Administrative units shared out over home land, so that units x bands add up to the bands."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geo_border.errors import SchemaError
from geo_border.geo.crs import WGS84, reproject
from geo_border.geo.overlay import extract_polygons, join_touching, split_edges
from geo_border.geo.types import PlanePolygonal
from geo_border.zones.voronoi import partition_by_points

_STEP_M = 500.0
_SEARCH_M = 20_000.0


def build_admin_units(admin: gpd.GeoDataFrame, home: dict[str, PlanePolygonal], crs: CRS) -> gpd.GeoDataFrame:
    """Each country's home land divided among its units.

    Published units are generalised and do not follow our boundary: home land outside all of them goes to the nearest.

    Parameters
    ----------
    admin
        `admin_id`, `name`, `country` and polygons in lon/lat, as published.
    home
        Home land by country, in the study's plane.
    crs
        That plane.

    Returns
    -------
    GeoDataFrame
        `admin_id` (text), `name`, `country`, geometry in the plane; the units of a country are disjoint and make up its
        land. Rows of one id are one unit.

    Raises
    ------
    SchemaError
        When units of two home countries have one id.
    """
    admin = admin.assign(admin_id=admin["admin_id"].astype(str))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        frames = list(
            pool.map(lambda item: _divide_country(admin[admin["country"] == item[0]], item[1], crs), home.items())
        )
    filled = [frame for frame in frames if len(frame)]
    columns = ["admin_id", "name", "country", "geometry"]
    if not filled:
        return gpd.GeoDataFrame({name: [] for name in columns}, geometry="geometry", crs=crs)
    rows = [row for frame in filled for row in frame[columns].itertuples(index=False)]
    out = gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=crs)
    repeated = out[out["admin_id"].duplicated(keep=False)]
    if len(repeated):
        name, countries = repeated["admin_id"].iloc[0], sorted(set(repeated["country"]))
        raise SchemaError(
            f"admin: the unit {name!r} stands in {' and '.join(countries)}. Give every unit an id of its own, for "
            "instance with the country's code before it."
        )
    return out


def _divide_country(rows: gpd.GeoDataFrame, land: PlanePolygonal, crs: CRS) -> gpd.GeoDataFrame:
    if len(rows) == 0:
        return rows
    rows = rows.dissolve("admin_id", as_index=False) if rows["admin_id"].duplicated().any() else rows
    rows = rows.sort_values("admin_id").reset_index(drop=True)
    flat = shapely.make_valid(reproject(split_edges(rows.geometry.to_numpy(), 0.05), WGS84, crs))
    near = shapely.intersects(flat, land)
    if not near.any():
        near = shapely.distance(flat, land) == shapely.distance(flat, land).min()
    rows, flat = rows[near].reset_index(drop=True), flat[near]
    own = extract_polygons(shapely.intersection(flat, land))
    # Published units of one file overlap by rounding at most; the earlier one keeps what two claim.
    first, second = shapely.STRtree(own).query(own, predicate="overlaps")
    for a, b in sorted(zip(first.tolist(), second.tolist(), strict=True)):
        if a < b:
            own[b] = extract_polygons(shapely.difference(own[b], own[a]))
    rest = extract_polygons(shapely.difference(land, shapely.union_all(own)))
    shapes = own.copy()
    if len(rows) > 1 and shapely.area(rest) > 0:
        xy, owner = shapely.get_coordinates(
            shapely.segmentize(
                shapely.boundary(shapely.intersection(flat, shapely.buffer(land, _SEARCH_M, quad_segs=4))), _STEP_M
            ),
            return_index=True,
        )
        parts = np.array(partition_by_points(xy, owner, _SEARCH_M), dtype=object)
        extra = extract_polygons(shapely.intersection(parts, rest))
        shapes[: len(parts)] = join_touching(shapes[: len(parts)], extra)
    elif len(rows) == 1:
        shapes = np.array([land], dtype=object)
    out = rows.set_geometry(gpd.GeoSeries(shapes, index=rows.index, crs=crs))
    return out[shapely.area(shapes) > 1.0]
