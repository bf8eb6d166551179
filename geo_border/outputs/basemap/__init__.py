"""The ground under a map: land around the study that no layer of the result covers."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from io import BytesIO
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geo_border.crs import WGS84, to_crs

ATTRIBUTION = "Made with Natural Earth"
# Coasts differ between the coarse ground and the fine layers by less than this; slivers of that width are dropped.
_SLIVER_M = 6_000.0
_DENSE_DEG = 0.5
Window = tuple[float, float, float, float]


def land_around(known: Any, crs: CRS, window: Window) -> Any:
    """Cut the land of the world to a window, less what finer layers know.

    Parameters
    ----------
    known
        Polygons (array, in `crs`) whose land is drawn from the result itself.
    crs
        A plane in metres.
    window
        x0, y0, x1, y1 in it.

    Returns
    -------
    array of Polygon
        In `crs`.
    """
    world = _world()
    corners = shapely.segmentize(shapely.box(*window), 50_000.0)
    lonlat = shapely.get_coordinates(to_crs(corners, crs, WGS84))
    centre = to_crs(shapely.Point((window[0] + window[2]) / 2, (window[1] + window[3]) / 2), crs, WGS84)
    away = (lonlat[:, 0] - centre.x + 180.0) % 360.0 - 180.0
    span = (float(away.min()), float(lonlat[:, 1].min()), float(away.max()), float(lonlat[:, 1].max()))
    pieces = []
    for turn in (-360.0, 0.0, 360.0):
        # On either side of the antimeridian the world goes on: look there too.
        box = (span[0] + centre.x - turn, span[1] - 0.5, span[2] + centre.x - turn, span[3] + 0.5)
        cut = shapely.clip_by_rect(world, *box)
        pieces += [part for part in shapely.get_parts(cut) if not part.is_empty]
    dense = shapely.segmentize(np.array(pieces, dtype=object), _DENSE_DEG)
    placed = shapely.union_all(shapely.make_valid(to_crs(dense, WGS84, crs)))
    own = shapely.union_all(shapely.make_valid(np.asarray(known, dtype=object)))
    rest = shapely.difference(shapely.clip_by_rect(placed, *window), own)
    opened = shapely.buffer(shapely.buffer(rest, -_SLIVER_M / 2), _SLIVER_M / 2, quad_segs=2)
    parts = shapely.get_parts(shapely.intersection(opened, rest))
    return parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]


@lru_cache(maxsize=1)
def _world() -> Any:
    path = resources.files(__package__) / "land.parquet"
    return gpd.read_parquet(BytesIO(path.read_bytes())).geometry.to_numpy()
