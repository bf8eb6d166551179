"""First-level administrative units from Natural Earth, under today's codes and their own names."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import geopandas
import shapely
from places import plain
from shapes import mended, merge, polygons, rounded

from geo_border.errors import SchemaError

COUNTRIES = ("BY", "EE", "FI", "LT", "LV", "NO", "PL")
KALININGRAD = "RU-KGD"
# Svalbard and Bouvet.
_FAR_AWAY = ("NO-21", "NO-X01~")


@cache
def _corrections() -> dict[str, dict[str, str]]:
    return tomllib.loads((Path(__file__).with_name("admin.toml")).read_text("utf-8"))


def build(path: Path) -> geopandas.GeoDataFrame:
    """Build the layer `admin`: admin_id, name, name_en, country, geometry.

    Raises
    ------
    SchemaError
        When two units have the same code.
    """
    rows = [_row(feature) for feature in json.loads(path.read_text("utf-8"))["features"] if _wanted(feature)]
    rows.sort(key=lambda row: str(row["admin_id"]))
    frame = geopandas.GeoDataFrame(rows, crs="EPSG:4326")
    twice = frame.admin_id[frame.admin_id.duplicated()].unique()
    if len(twice):
        raise SchemaError(f"admin: codes {sorted(twice)} stand for two units each; add them to admin.toml.")
    return frame


def _wanted(feature: dict[str, Any]) -> bool:
    properties = feature["properties"]
    code = properties["iso_3166_2"]
    return code == KALININGRAD or (properties["iso_a2"] in COUNTRIES and code not in _FAR_AWAY)


def _row(feature: dict[str, Any]) -> dict[str, Any]:
    properties, corrections = feature["properties"], _corrections()
    code = str(properties["iso_3166_2"])
    if properties["type_en"] == "Municipality":
        code = corrections["municipality_codes"].get(code, code)
    code = corrections["codes"].get(code, code)
    name = corrections["names"].get(code) or _name(properties)
    geometry = shapely.from_geojson(json.dumps(feature["geometry"]))
    return {
        "admin_id": code,
        "name": name,
        # Natural Earth calls a quarter of Latvia's units Valmiera in English.
        "name_en": plain(name) if code.startswith("LV-") else properties["name_en"] or name,
        "country": code[:2],
        "geometry": rounded(merge(polygons(mended([geometry]))), 6),
    }


def _name(properties: dict[str, Any]) -> str:
    # Natural Earth drops Latvian marks in its own name and keeps them in the Dutch one, which is not translated.
    if properties["iso_a2"] == "LV":
        return str(properties["name_nl"])
    return str(properties["name"])
