"""Overpass responses read to places, facilities, public roads and country polygons; each feature once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Required, TypedDict

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geo_border.errors import GeometryError
from geo_border.geo.crs import WGS84
from geo_border.read.military import drop_military
from geo_border.read.osm_tags import (
    FACILITY_KINDS,
    classify_facility,
    classify_place,
    classify_road,
    find_english_name,
    parse_population,
)
from geo_border.read.table import Bounds, split_at_antimeridian
from geo_border.store import Raw

__all__ = ["FACILITY_KINDS", "read_boundaries", "read_facilities", "read_places", "read_roads"]

Row = dict[str, Any]


class Vertex(TypedDict):
    """A place in degrees, EPSG:4326."""

    lon: float
    lat: float


class Member(TypedDict, total=False):
    """A part of a relation."""

    type: Required[str]
    role: str
    geometry: list[Vertex]


class Element(TypedDict, total=False):
    """A node, way or relation as Overpass writes it; a node has `lon` and `lat`, the others may have `center`."""

    type: Required[str]
    id: Required[int]
    lon: float
    lat: float
    center: Vertex
    tags: dict[str, str]
    geometry: list[Vertex]
    members: list[Member]


def read_places(raw: Raw, window: Bounds | None) -> gpd.GeoDataFrame:
    """Populated places as points."""
    rows = (
        {**build_place_row(element.get("tags", {}), kind, format_element_id(element)), "geometry": point}
        for element in _features(raw)
        if (kind := classify_place(element.get("tags", {}))) and (point := _build_point(element))
    )
    return build_frame(rows, window)


def read_facilities(raw: Raw, window: Bounds | None) -> gpd.GeoDataFrame:
    """Civilian facilities, each as one point: a node, or the centre of its outline."""
    rows = (
        {**build_facility_row(element.get("tags", {}), kind), "geometry": point}
        for element in _features(raw)
        if (kind := classify_facility(element.get("tags", {}))) and (point := _build_point(element))
    )
    return build_frame(rows, window)


def read_roads(raw: Raw, window: Bounds | None) -> gpd.GeoDataFrame:
    """Public roads as lines, whole as they are mapped."""
    rows = (
        {"kind": kind, "geometry": shapely.LineString([(p["lon"], p["lat"]) for p in line])}
        for element in _features(raw)
        if (kind := classify_road(element.get("tags", {}))) and len(line := element.get("geometry", [])) > 1
    )
    return build_frame(rows, window)


def read_boundaries(raw: Raw) -> gpd.GeoDataFrame:
    """Countries from their boundary relations: `country`, `name`, `geometry`.

    Raises
    ------
    GeometryError
        When the outer ways of a relation do not close: the answer or the map is broken.
    """
    rows = []
    for element in _iterate_elements(raw):
        tags = element.get("tags", {})
        if element["type"] == "relation" and "ISO3166-1" in tags:
            code = tags["ISO3166-1"]
            rows.append(
                {
                    "country": code,
                    "name": find_english_name(tags) or tags.get("name", code),
                    "geometry": _build_area(element),
                }
            )
    return gpd.GeoDataFrame(rows, columns=["country", "name", "geometry"], geometry="geometry", crs=WGS84)


def build_place_row(tags: dict[str, str], kind: str, source_id: str) -> Row:
    """The columns of a place."""
    return {
        "name": tags.get("name"),
        "name_en": find_english_name(tags),
        "kind": kind,
        "country": None,
        "people": parse_population(tags),
        "source_id": source_id,
    }


def build_facility_row(tags: dict[str, str], kind: str) -> Row:
    """The columns of a facility."""
    return {"name": tags.get("name"), "name_en": find_english_name(tags), "kind": kind}


def build_frame(rows: Iterator[Row], window: Bounds | None) -> gpd.GeoDataFrame:
    """Rows as a table in EPSG:4326, those whose geometry meets the window."""
    table = gpd.GeoDataFrame(list(rows) or {"geometry": []}, geometry="geometry", crs=WGS84)
    for name in ("name", "name_en", "kind", "country", "people", "source_id"):
        if table.empty and name not in table.columns:
            table[name] = None
    if window is None or table.empty:
        return table
    inside = np.zeros(len(table), dtype=bool)
    for part in split_at_antimeridian(window):
        if part is not None:
            inside |= shapely.intersects(table.geometry.to_numpy(), shapely.box(*part))
    return table[inside].reset_index(drop=True)


def format_element_id(element: Mapping[str, object]) -> str:
    """How OpenStreetMap names an element: `node/123`."""
    return f"{element['type']}/{element['id']}"


def _iterate_elements(raw: Raw) -> Iterator[Element]:
    """Elements of all tiles, one that lies in two of them once."""
    seen: set[tuple[str, int]] = set()
    for path in raw.paths:
        for element in json.loads(path.read_text("utf-8"))["elements"]:
            key = (element["type"], element["id"])
            if key not in seen:
                seen.add(key)
                yield element


def _features(raw: Raw) -> list[Element]:
    """Elements that may be looked at: none that is military."""
    elements = list(_iterate_elements(raw))
    tags = pd.DataFrame({"tags": [element.get("tags", {}) for element in elements]})
    return [elements[row] for row in drop_military(tags, raw.entry.name).index]


def _build_point(element: Element) -> shapely.Point | None:
    at = element if "lat" in element else element.get("center")
    return shapely.Point(at["lon"], at["lat"]) if at else None


def _build_area(relation: Element) -> BaseGeometry:
    """Outer rings less inner ones, put together from the relation's ways."""
    outer, inner = (_build_rings(relation, role) for role in ("outer", "inner"))
    if not outer:
        raise GeometryError(
            f"relation {relation['id']}: its outer ways do not close. Use another dataset for boundaries."
        )
    whole = shapely.union_all(outer)
    return whole.difference(shapely.union_all(inner)) if inner else whole


def _build_rings(relation: Element, role: str) -> list[shapely.Polygon]:
    lines = [
        shapely.LineString([(p["lon"], p["lat"]) for p in member["geometry"]])
        for member in relation.get("members", [])
        if member["type"] == "way" and (member.get("role") or "outer") == role and len(member.get("geometry", [])) > 1
    ]
    rings = shapely.polygonize(lines)
    return [shapely.Polygon(part.exterior) for part in shapely.get_parts(rings)]
