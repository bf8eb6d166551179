"""The smallest areas of a study: 1 km squares cut by bands, segments, countries and administrative units."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
from pyproj import CRS

from geo_border.crs import area_km2
from geo_border.polygons import Pieces, crossed, on_lattice
from geo_border.zones.bands import Piece
from geo_border.zones.cells import SIZE_M


def units(parts: list[Piece], admin: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """Disjoint units that make up home land; every zone and every cell is a sum of them.

    Figures are read once for units and added up, so that strips nest, bands add up to admin units and a cell's people
    are its zone's.

    Returns
    -------
    GeoDataFrame
        `unit` (0..n-1), `piece` (position in `parts`), `admin` (position in `admin`, -1 without), `column`, `row` of
        the square in km, `country`, `area_km2`, geometry in the plane.
    """
    squares = on_lattice(np.array([part.geometry for part in parts], dtype=object), SIZE_M)
    country = np.array([part.country for part in parts])[squares.source]
    at, admin_at, shape = _by_admin(squares, country, admin)
    data = {
        "unit": np.arange(len(at)),
        "piece": squares.source[at],
        "admin": admin_at,
        "column": squares.column[at],
        "row": squares.row[at],
        "country": country[at],
        "area_km2": area_km2(shape, crs),
    }
    return gpd.GeoDataFrame(data, geometry=shape, crs=crs)


def _by_admin(squares: Pieces, country: Any, admin: gpd.GeoDataFrame) -> tuple[Any, Any, Any]:
    """Position of the square, of the administrative unit (-1 in a country that has none), and their common shape."""
    without = np.flatnonzero(~np.isin(country, admin["country"].to_numpy()))
    own = on_lattice(admin.geometry.to_numpy(), SIZE_M)
    at, of, shape = crossed(squares, own)
    admin_at = own.source[of]
    # Units of one country never cut land of another: the small overlaps along a border are not theirs.
    same = country[at] == admin["country"].to_numpy()[admin_at]
    return (
        np.concatenate((at[same], without)),
        np.concatenate((admin_at[same], np.full(len(without), -1))),
        np.concatenate((shape[same], squares.shape[without])),
    )


def water_in(frame: gpd.GeoDataFrame, water: Any, crs: CRS) -> gpd.GeoDataFrame:
    """The parts of inland water polygons (array, plane) that lie in units: `unit`, geometry."""
    if len(water) == 0:
        return gpd.GeoDataFrame({"unit": np.array([], dtype=np.int64)}, geometry=[], crs=crs)
    own = Pieces(
        frame["unit"].to_numpy(), frame["column"].to_numpy(), frame["row"].to_numpy(), frame.geometry.to_numpy(), SIZE_M
    )
    at, _, shape = crossed(own, on_lattice(water, SIZE_M))
    return gpd.GeoDataFrame({"unit": own.source[at]}, geometry=shape, crs=crs)
