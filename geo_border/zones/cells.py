"""1 km cells of the study's grid, clipped to home land, with their distance and segment."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geo_border.geo.crs import WGS84, area_km2, reproject
from geo_border.geo.line_distance import LineIndex
from geo_border.geo.overlay import cut_by_lattice
from geo_border.geo.types import PlanePolygonal

CELL_M = 1_000.0
# Slivers under a square metre are rounding at a cell's edge.
_MIN_KM2 = 1e-6


def build_cells(
    home: dict[str, PlanePolygonal], segments: list[str], index: LineIndex, crs: CRS, widest_m: float
) -> gpd.GeoDataFrame:
    """Every cell with home land whose clipped centroid lies within the widest band.

    Parameters
    ----------
    home
        Home land by country, in the study's plane.
    segments
        Ids of the segments, by the labels of `index`.
    index
        The frontier's lines.
    crs
        The study's plane.
    widest_m
        Upper edge of the widest band in metres.

    Returns
    -------
    GeoDataFrame
        `cell_id` (as in the EEA grid: 1kmN3456E5123), `column`, `row` (lower-left corner in km), `country`, `segment`,
        `distance_m`, `area_km2`, `lon`, `lat` of the clipped centroid, geometry in the plane; sorted by row, column.
    """
    countries = list(home)
    cut = cut_by_lattice(np.array(list(home.values()), dtype=object), CELL_M)
    area = area_km2(cut.shape, crs)
    has_land = area > _MIN_KM2
    source, column, row, piece, area = (
        cut.source[has_land],
        cut.column[has_land],
        cut.row[has_land],
        cut.shape[has_land],
        area[has_land],
    )
    lonlat = shapely.get_coordinates(reproject(shapely.centroid(piece), crs, WGS84))
    near = index.find_nearest(lonlat[:, 0], lonlat[:, 1])
    inside = np.flatnonzero(near.distance_m < widest_m)
    order = inside[np.lexsort((source[inside], column[inside], row[inside]))]
    data = {
        "cell_id": [f"1kmN{r}E{c}" for r, c in zip(row[order], column[order], strict=True)],
        "column": column[order],
        "row": row[order],
        "country": np.array(countries)[source[order]],
        "segment": np.array(segments)[near.label[order]],
        "distance_m": near.distance_m[order],
        "area_km2": area[order],
        "lon": lonlat[order, 0],
        "lat": lonlat[order, 1],
    }
    return gpd.GeoDataFrame(data, geometry=piece[order], crs=crs)
