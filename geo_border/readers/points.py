"""Places, facilities and public roads, from any file that holds them; whatever is military is dropped here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_border.crs import WGS84
from geo_border.iso3166 import alpha2
from geo_border.readers import geonames, osm, osm_pbf
from geo_border.readers.table import Bounds, columns_of, pick, read_table
from geo_border.store import Raw

PLACE_COLUMNS = ("name", "name_en", "kind", "country", "people", "source_id", "source")
FACILITY_COLUMNS = ("name", "name_en", "kind", "source")
ROAD_COLUMNS = ("kind",)

Reader = Callable[[Raw, Bounds | None], gpd.GeoDataFrame]
_PLACES: dict[str, Reader] = {"geonames": geonames.places, "osm": osm.places, "osm-pbf": osm_pbf.places}
_FACILITIES: dict[str, Reader] = {"osm": osm.facilities, "osm-pbf": osm_pbf.facilities}
_ROADS: dict[str, Reader] = {"osm": osm.roads, "osm-pbf": osm_pbf.roads}


def read_places(raw: Raw, window: Bounds | None = None) -> gpd.GeoDataFrame:
    """Populated places in a window of lon/lat degrees.

    Returns
    -------
    GeoDataFrame
        `name` (its own letters), `name_en` (English or plain letters, or empty), `kind`, `country` (alpha-2 or empty),
        `people` (NaN where not known), `source_id`, `source`, point in EPSG:4326.
    """
    own = _PLACES.get(_reader(raw))
    if own is None:
        optional = {"name_en": None, "kind": "place", "country": None, "people": np.nan, "source_id": None}
        table = _table(raw, window, ("name",), optional)
    else:
        table = own(raw, window)
    table["people"] = pd.to_numeric(table["people"], errors="coerce").astype(np.float64)
    # Sources write 0 where they do not know: nobody lives in no village.
    table.loc[table["people"] <= 0, "people"] = np.nan
    table["country"] = alpha2(table["country"])
    table = table[table["name"].notna()]
    return _canonical(table, raw, PLACE_COLUMNS)


def read_facilities(raw: Raw, window: Bounds | None = None) -> gpd.GeoDataFrame:
    """Civilian facilities in a window of lon/lat degrees: `name`, `name_en`, `kind`, `source`, point in EPSG:4326.

    `kind` is one of `osm_tags.FACILITY_KINDS`; a feature of any other kind is dropped.
    """
    own = _FACILITIES.get(_reader(raw))
    table = own(raw, window) if own else _table(raw, window, ("kind",), {"name": None, "name_en": None})
    return _canonical(table[table["kind"].isin(osm.FACILITY_KINDS)], raw, FACILITY_COLUMNS)


def read_roads(raw: Raw, window: Bounds | None = None) -> gpd.GeoDataFrame:
    """Public roads that meet a window of lon/lat degrees: `kind`, line in EPSG:4326."""
    own = _ROADS.get(_reader(raw))
    table = own(raw, window) if own else pick(read_table(raw, window), columns_of(raw, ROAD_COLUMNS), raw.paths[0])
    return table[[*ROAD_COLUMNS, "geometry"]].reset_index(drop=True)


def _reader(raw: Raw) -> str:
    # A user's own extract is known by its name; its catalogue entry is made up on the spot.
    return "osm-pbf" if raw.paths[0].name.endswith(".osm.pbf") else raw.entry.reader


def _table(raw: Raw, window: Bounds | None, needed: Sequence[str], optional: dict[str, Any]) -> gpd.GeoDataFrame:
    table = read_table(raw, window, raw.entry.options.get("layer"))
    columns = columns_of(raw, (*needed, *optional))
    there = {ours: theirs for ours, theirs in columns.items() if ours in needed or theirs in table.columns}
    out = pick(table, there, raw.paths[0])
    for name, fallback in optional.items():
        if name not in out.columns:
            out[name] = fallback
    return out


def _canonical(table: gpd.GeoDataFrame, raw: Raw, columns: Sequence[str]) -> gpd.GeoDataFrame:
    table = table.assign(source=raw.entry.name).reset_index(drop=True)
    points = table.geometry.to_numpy()
    flat = shapely.get_type_id(points) != 0
    if flat.any():
        points = points.copy()
        points[flat] = shapely.point_on_surface(points[flat])
    table = table.set_geometry(gpd.GeoSeries(points, index=table.index, crs=WGS84))
    return table[[*columns, "geometry"]]
