"""Places, facilities and public roads, from any file that holds them."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_border.errors import SchemaError
from geo_border.facts.iso3166 import convert_to_alpha2
from geo_border.geo.crs import WGS84
from geo_border.read import geonames, osm, osm_pbf
from geo_border.read.osm_tags import OTHER_WAY_KINDS, ROAD_KINDS, classify_road, way_kind
from geo_border.read.table import Bounds, map_columns, read_table, select_columns
from geo_border.read.tags import read_tag, tag_key
from geo_border.store import Raw

PLACE_COLUMNS = ("name", "name_en", "kind", "country", "people", "source_id", "source")
FACILITY_COLUMNS = ("name", "name_en", "kind", "source")
ROAD_COLUMNS = ("kind",)

# Where a file keeps the class of a road: ours, OpenStreetMap's, Geofabrik's, Overture's, and others'.
_ROAD_CLASS_KEYS = ("kind", "highway", "fclass", "class", "road_class")
_ANY_ROAD = "unclassified"
LOG = logging.getLogger("geo_border")

Reader = Callable[[Raw, Bounds | None], gpd.GeoDataFrame]
_PLACES: dict[str, Reader] = {"geonames": geonames.read_places, "osm": osm.read_places, "osm-pbf": osm_pbf.read_places}
_FACILITIES: dict[str, Reader] = {"osm": osm.read_facilities, "osm-pbf": osm_pbf.read_facilities}
_ROADS: dict[str, Reader] = {"osm": osm.read_roads, "osm-pbf": osm_pbf.read_roads}


def read_places(raw: Raw, window: Bounds | None = None) -> gpd.GeoDataFrame:
    """Populated places in a window of lon/lat degrees.

    Parameters
    ----------
    raw
        The dataset's files.
    window
        (west, south, east, north) in degrees, EPSG:4326; None for the whole file.

    Returns
    -------
    GeoDataFrame
        `name` (its own letters), `name_en` (English or plain letters, or empty), `kind`, `country` (alpha-2 or empty),
        `people` (NaN where not known), `source_id`, `source`, point in EPSG:4326.
    """
    own = _PLACES.get(_choose_reader(raw))
    if own is None:
        optional = {"name_en": None, "kind": "place", "country": None, "people": np.nan, "source_id": None}
        table = _read_columns(raw, window, ("name",), optional)
    else:
        table = own(raw, window)
    table["people"] = pd.to_numeric(table["people"], errors="coerce").astype(np.float64)
    # Sources write 0 where they do not know: nobody lives in no village.
    table.loc[table["people"] <= 0, "people"] = np.nan
    table["country"] = convert_to_alpha2(table["country"])
    table = table[table["name"].notna()]
    return _build_canonical(table, raw, PLACE_COLUMNS)


def read_facilities(raw: Raw, window: Bounds | None = None) -> gpd.GeoDataFrame:
    """Civilian facilities in a window of lon/lat degrees: `name`, `name_en`, `kind`, `source`, point in EPSG:4326.

    `kind` is one of `osm_tags.FACILITY_KINDS`; a feature of any other kind is dropped.

    Parameters
    ----------
    raw
        The dataset's files.
    window
        (west, south, east, north) in degrees, EPSG:4326; None for the whole file.
    """
    own = _FACILITIES.get(_choose_reader(raw))
    table = own(raw, window) if own else _read_columns(raw, window, ("kind",), {"name": None, "name_en": None})
    return _build_canonical(table[table["kind"].isin(osm.FACILITY_KINDS)], raw, FACILITY_COLUMNS)


def read_lines(raw: Raw, window: Bounds | None = None) -> gpd.GeoDataFrame:
    """Lines of any kind that meet a window of lon/lat degrees: `kind` (empty where the file has none), EPSG:4326.

    Parameters
    ----------
    raw
        The dataset's files.
    window
        (west, south, east, north) in degrees, EPSG:4326; None for the whole file.
    """
    return _read_columns(raw, window, (), {"kind": None})[[*ROAD_COLUMNS, "geometry"]]


def read_roads(raw: Raw, window: Bounds | None = None) -> gpd.GeoDataFrame:
    """Public roads that meet a window of lon/lat degrees: `kind`, line in EPSG:4326.

    Of a user's own file, roads of another class or without public access are left out, and their number is logged.
    Where the file has no class, every road counts and `kind` is empty.

    Parameters
    ----------
    raw
        The dataset's files.
    window
        (west, south, east, north) in degrees, EPSG:4326; None for the whole file.

    Raises
    ------
    SchemaError
        When the file has classes, and none of those near the study is one of OpenStreetMap's.
    """
    own = _ROADS.get(_choose_reader(raw))
    table = own(raw, window) if own else _choose_public(read_table(raw, window, raw.entry.options.get("layer")), raw)
    return table[[*ROAD_COLUMNS, "geometry"]].reset_index(drop=True)


def _choose_public(table: gpd.GeoDataFrame, raw: Raw) -> gpd.GeoDataFrame:
    highway, access = _read_road_class(table, raw), read_tag(table, "access")
    classed = any(highway)
    # Where no row has a class, access alone decides.
    ways = [way or ("" if classed else _ANY_ROAD) for way in highway]
    kinds = [classify_road({"highway": way, "access": may or ""}) for way, may in zip(ways, access, strict=True)]
    public = np.array([kind is not None for kind in kinds], dtype=bool)
    if not public.all():
        others = Counter(way_kind(way) for way, kind in zip(ways, kinds, strict=True) if kind is None)
        listed = ", ".join(f"{way or 'no class'} {count}" for way, count in others.most_common(5))
        LOG.warning(
            "%s: %d of %d rows left out: not public roads, by class or access (%s).",
            *(raw.entry.name, int((~public).sum()), len(table), listed if classed else "by access alone"),
        )
    return table.assign(kind=kinds if classed else None)[public]


def _read_road_class(table: gpd.GeoDataFrame, raw: Raw) -> list[str | None]:
    """What each road says of its class, from the first column that has one of OpenStreetMap's."""
    declared = raw.entry.columns.get("kind")
    known = {*ROAD_KINDS, *OTHER_WAY_KINDS}
    other: list[str] = []
    for key in [tag_key(declared)] if declared else _ROAD_CLASS_KEYS:
        found = read_tag(table, key)
        classes = {way_kind(way) for way in found if way}
        if classes & known:
            return found
        other.extend(sorted(classes))
    if other:
        raise SchemaError(
            f"{raw.entry.name}: none of its classes of road is known ({', '.join(other[:5])}). Expected those of "
            f"OpenStreetMap ({', '.join(ROAD_KINDS[:3])}, ...), best in a column `highway`. Rename them, or delete the "
            "column to count every road."
        )
    return [None] * len(table)


def _choose_reader(raw: Raw) -> str:
    # A user's own extract is known by its name; its catalogue entry is made up on the spot.
    return "osm-pbf" if raw.paths[0].name.endswith(".osm.pbf") else raw.entry.reader


def _read_columns(
    raw: Raw, window: Bounds | None, needed: Sequence[str], optional: Mapping[str, object]
) -> gpd.GeoDataFrame:
    table = read_table(raw, window, raw.entry.options.get("layer"))
    columns = map_columns(raw, (*needed, *optional))
    there = {ours: theirs for ours, theirs in columns.items() if ours in needed or theirs in table.columns}
    out = select_columns(table, there, raw.paths[0])
    for name, fallback in optional.items():
        if name not in out.columns:
            out[name] = fallback
    return out


def _build_canonical(table: gpd.GeoDataFrame, raw: Raw, columns: Sequence[str]) -> gpd.GeoDataFrame:
    table = table.assign(source=raw.entry.name).reset_index(drop=True)
    points = table.geometry.to_numpy()
    flat = shapely.get_type_id(points) != 0
    if flat.any():
        points = points.copy()
        points[flat] = shapely.point_on_surface(points[flat])
    table = table.set_geometry(gpd.GeoSeries(points, index=table.index, crs=WGS84))
    return table[[*columns, "geometry"]]
