"""OpenStreetMap extracts (.osm.pbf) read through GDAL to places, facilities and public roads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd

from geo_border.errors import FileError, SchemaError
from geo_border.files.vector import read_vector
from geo_border.read.military import drop_military
from geo_border.read.osm import build_facility_row, build_frame, build_place_row
from geo_border.read.osm_tags import PLACE_KINDS, ROAD_KINDS, classify_facility, classify_place, classify_road
from geo_border.read.table import Bounds, split_at_antimeridian
from geo_border.read.tags import parse_hstore
from geo_border.store import Raw

_FACILITY_WORDS = ("amenity", "healthcare")


def read_places(raw: Raw, window: Bounds | None) -> gpd.GeoDataFrame:
    """Populated places, from the extract's nodes."""
    named = ", ".join(f"'{kind}'" for kind in PLACE_KINDS)
    rows = (
        {**build_place_row(tags, kind, f"node/{tags['osm_id']}"), "geometry": geometry}
        for tags, geometry in _iterate_features(raw, "points", window, f"place IN ({named})")
        if (kind := classify_place(tags))
    )
    return build_frame(rows, window)


def read_facilities(raw: Raw, window: Bounds | None) -> gpd.GeoDataFrame:
    """Civilian facilities, from nodes and outlines."""
    tagged = " OR ".join(f"other_tags LIKE '%\"{word}\"=>%'" for word in _FACILITY_WORDS)
    outlined = f"amenity IS NOT NULL OR {tagged}"
    rows = (
        {**build_facility_row(tags, kind), "geometry": geometry.representative_point()}
        for layer, where in (("points", tagged), ("multipolygons", outlined))
        for tags, geometry in _iterate_features(raw, layer, window, where)
        if (kind := classify_facility(tags))
    )
    return build_frame(rows, window)


def read_roads(raw: Raw, window: Bounds | None) -> gpd.GeoDataFrame:
    """Public roads, from the extract's ways."""
    named = ", ".join(f"'{kind}', '{kind}_link'" for kind in ROAD_KINDS)
    rows = (
        {"kind": kind, "geometry": geometry}
        for tags, geometry in _iterate_features(raw, "lines", window, f"highway IN ({named})")
        if (kind := classify_road(tags))
    )
    return build_frame(rows, window)


def _iterate_features(raw: Raw, layer: str, window: Bounds | None, where: str) -> Iterator[tuple[dict[str, str], Any]]:
    for path in raw.paths:
        for part in split_at_antimeridian(window):
            found = drop_military(_read_layer(path, layer, part, where), raw.entry.name)
            for record in found.to_dict("records"):
                geometry = record.pop("geometry")
                if geometry is not None:
                    yield _parse_tags(record), geometry


def _read_layer(path: Path, layer: str, window: Bounds | None, where: str) -> gpd.GeoDataFrame:
    try:
        return read_vector(path, layer=layer, bbox=window, where=where)
    except FileError as error:
        raise SchemaError(f"{path}: cannot be read as an OpenStreetMap extract ({error}).") from error


def _parse_tags(record: Mapping[str, object]) -> dict[str, str]:
    """All tags of a feature, GDAL's columns and its hstore together.

    >>> _parse_tags({"highway": "primary", "other_tags": '"access"=>"private"', "name": None})
    {'highway': 'primary', 'access': 'private'}
    """
    tags = {key: value for key, value in record.items() if isinstance(value, str) and key != "other_tags"}
    hstore = record.get("other_tags")
    if isinstance(hstore, str):
        tags |= parse_hstore(hstore)
    return tags
