"""Overpass answers read to places, facilities, public roads and country polygons; each feature once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_border.errors import GeometryError
from geo_border.geo.crs import WGS84
from geo_border.read.military import drop_military
from geo_border.read.osm_tags import FACILITY_KINDS, english, facility_kind, people, place_kind, road_kind
from geo_border.read.table import Bounds, halves
from geo_border.store import Raw

__all__ = ["FACILITY_KINDS", "boundaries", "facilities", "places", "roads"]

Row = dict[str, Any]


def places(raw: Raw, window: Bounds | None) -> gpd.GeoDataFrame:
    """Populated places as points."""
    rows = (
        {**place_row(element.get("tags", {}), kind, element_id(element)), "geometry": point}
        for element in _features(raw)
        if (kind := place_kind(element.get("tags", {}))) and (point := _point(element))
    )
    return frame(rows, window)


def facilities(raw: Raw, window: Bounds | None) -> gpd.GeoDataFrame:
    """Civilian facilities, each as one point: a node, or the centre of its outline."""
    rows = (
        {**facility_row(element.get("tags", {}), kind), "geometry": point}
        for element in _features(raw)
        if (kind := facility_kind(element.get("tags", {}))) and (point := _point(element))
    )
    return frame(rows, window)


def roads(raw: Raw, window: Bounds | None) -> gpd.GeoDataFrame:
    """Public roads as lines, whole as they are mapped."""
    rows = (
        {"kind": kind, "geometry": shapely.LineString([(p["lon"], p["lat"]) for p in line])}
        for element in _features(raw)
        if (kind := road_kind(element.get("tags", {}))) and len(line := element.get("geometry", [])) > 1
    )
    return frame(rows, window)


def boundaries(raw: Raw) -> gpd.GeoDataFrame:
    """Countries from their boundary relations: `country`, `name`, `geometry`.

    Raises
    ------
    GeometryError
        When the outer ways of a relation do not close: the answer or the map is broken.
    """
    rows = []
    for element in _elements(raw):
        tags = element.get("tags", {})
        if element["type"] == "relation" and "ISO3166-1" in tags:
            code = tags["ISO3166-1"]
            rows.append({"country": code, "name": english(tags) or tags.get("name", code), "geometry": _area(element)})
    return gpd.GeoDataFrame(rows, columns=["country", "name", "geometry"], geometry="geometry", crs=WGS84)


def place_row(tags: dict[str, str], kind: str, source_id: str) -> Row:
    """The columns of a place."""
    return {
        "name": tags.get("name"),
        "name_en": english(tags),
        "kind": kind,
        "country": None,
        "people": people(tags),
        "source_id": source_id,
    }


def facility_row(tags: dict[str, str], kind: str) -> Row:
    """The columns of a facility."""
    return {"name": tags.get("name"), "name_en": english(tags), "kind": kind}


def frame(rows: Iterator[Row], window: Bounds | None) -> gpd.GeoDataFrame:
    """Rows as a table in EPSG:4326, those whose geometry meets the window."""
    table = gpd.GeoDataFrame(list(rows) or {"geometry": []}, geometry="geometry", crs=WGS84)
    for name in ("name", "name_en", "kind", "country", "people", "source_id"):
        if table.empty and name not in table.columns:
            table[name] = None
    if window is None or table.empty:
        return table
    inside = np.zeros(len(table), dtype=bool)
    for part in halves(window):
        if part is not None:
            inside |= shapely.intersects(table.geometry.to_numpy(), shapely.box(*part))
    return table[inside].reset_index(drop=True)


def element_id(element: dict[str, Any]) -> str:
    """How OpenStreetMap names an element: `node/123`."""
    return f"{element['type']}/{element['id']}"


def _elements(raw: Raw) -> Iterator[dict[str, Any]]:
    """Elements of all tiles, one that lies in two of them once."""
    seen: set[tuple[str, int]] = set()
    for path in raw.paths:
        for element in json.loads(path.read_text("utf-8"))["elements"]:
            key = (element["type"], element["id"])
            if key not in seen:
                seen.add(key)
                yield element


def _features(raw: Raw) -> list[dict[str, Any]]:
    """Elements that may be looked at: none that is military."""
    elements = list(_elements(raw))
    tags = pd.DataFrame({"tags": [element.get("tags", {}) for element in elements]})
    return [elements[row] for row in drop_military(tags, raw.entry.name).index]


def _point(element: dict[str, Any]) -> shapely.Point | None:
    at = element if "lat" in element else element.get("center")
    return shapely.Point(at["lon"], at["lat"]) if at else None


def _area(relation: dict[str, Any]) -> Any:
    """Outer rings less inner ones, put together from the relation's ways."""
    outer, inner = (_rings(relation, role) for role in ("outer", "inner"))
    if not outer:
        raise GeometryError(
            f"relation {relation['id']}: its outer ways do not close. Use another dataset for boundaries."
        )
    whole = shapely.union_all(outer)
    return whole.difference(shapely.union_all(inner)) if inner else whole


def _rings(relation: dict[str, Any], role: str) -> list[Any]:
    lines = [
        shapely.LineString([(p["lon"], p["lat"]) for p in member["geometry"]])
        for member in relation.get("members", [])
        if member["type"] == "way" and (member.get("role") or "outer") == role and len(member.get("geometry", [])) > 1
    ]
    rings = shapely.polygonize(lines)
    return [shapely.Polygon(part.exterior) for part in shapely.get_parts(rings)]
