"""OpenStreetMap extracts (.osm.pbf) read through GDAL to places, facilities and public roads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd

from geo_border.errors import FileError, SchemaError
from geo_border.files.vector import read_vector
from geo_border.read.military import drop_military
from geo_border.read.osm import facility_row, frame, place_row
from geo_border.read.osm_tags import PLACE_KINDS, ROAD_KINDS, facility_kind, place_kind, road_kind
from geo_border.read.table import Bounds, halves
from geo_border.read.tags import parse_hstore
from geo_border.store import Raw

_FACILITY_WORDS = ("amenity", "healthcare")


def places(raw: Raw, window: Bounds | None) -> gpd.GeoDataFrame:
    """Populated places, from the extract's nodes."""
    named = ", ".join(f"'{kind}'" for kind in PLACE_KINDS)
    rows = (
        {**place_row(tags, kind, f"node/{tags['osm_id']}"), "geometry": geometry}
        for tags, geometry in _features(raw, "points", window, f"place IN ({named})")
        if (kind := place_kind(tags))
    )
    return frame(rows, window)


def facilities(raw: Raw, window: Bounds | None) -> gpd.GeoDataFrame:
    """Civilian facilities, from nodes and outlines."""
    tagged = " OR ".join(f"other_tags LIKE '%\"{word}\"=>%'" for word in _FACILITY_WORDS)
    outlined = f"amenity IS NOT NULL OR {tagged}"
    rows = (
        {**facility_row(tags, kind), "geometry": geometry.representative_point()}
        for layer, where in (("points", tagged), ("multipolygons", outlined))
        for tags, geometry in _features(raw, layer, window, where)
        if (kind := facility_kind(tags))
    )
    return frame(rows, window)


def roads(raw: Raw, window: Bounds | None) -> gpd.GeoDataFrame:
    """Public roads, from the extract's ways."""
    named = ", ".join(f"'{kind}', '{kind}_link'" for kind in ROAD_KINDS)
    rows = (
        {"kind": kind, "geometry": geometry}
        for tags, geometry in _features(raw, "lines", window, f"highway IN ({named})")
        if (kind := road_kind(tags))
    )
    return frame(rows, window)


def _features(raw: Raw, layer: str, window: Bounds | None, where: str) -> Iterator[tuple[dict[str, str], Any]]:
    for path in raw.paths:
        for part in halves(window):
            found = drop_military(_read(path, layer, part, where), raw.entry.name)
            for record in found.to_dict("records"):
                geometry = record.pop("geometry")
                if geometry is not None:
                    yield _tags(record), geometry


def _read(path: Path, layer: str, window: Bounds | None, where: str) -> gpd.GeoDataFrame:
    try:
        return read_vector(path, layer=layer, bbox=window, where=where)
    except FileError as error:
        raise SchemaError(f"{path}: cannot be read as an OpenStreetMap extract ({error}).") from error


def _tags(record: dict[str, Any]) -> dict[str, str]:
    """All tags of a feature, GDAL's columns and its hstore together.

    >>> _tags({"highway": "primary", "other_tags": '"access"=>"private"', "name": None})
    {'highway': 'primary', 'access': 'private'}
    """
    tags = {key: value for key, value in record.items() if isinstance(value, str) and key != "other_tags"}
    hstore = record.get("other_tags")
    if isinstance(hstore, str):
        tags |= parse_hstore(hstore)
    return tags
