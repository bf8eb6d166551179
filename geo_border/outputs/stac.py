"""A STAC item of the run's outputs, in a collection that tells sources and terms, so that catalogues can list them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import shapely

from geo_border.outputs import extent, geoparquet
from geo_border.outputs.table import CSV_FILE, WITHIN_CSV
from geo_border.present import read_disclaimer
from geo_border.result import COVER_FILE, EXPOSURE_FILE, LAYERS_FILE, PASSPORT_FILE, PEOPLE_FILE, READINGS_FILE, Result
from geo_border.store import write_text

ITEM_FILE, COLLECTION_FILE = "item.json", "collection.json"
_VERSION = "1.0.0"
_PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
_FILE = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
_COG = "image/tiff; application=geotiff; profile=cloud-optimized"
_GPKG = "application/geopackage+sqlite3"
_PARQUET = "application/vnd.apache.parquet"
# (file, what it is, media type, roles)
_ASSETS = (
    (LAYERS_FILE, "Layers, tables, styles", _GPKG, ["data"]),
    (CSV_FILE, "Every figure, one row each", "text/csv", ["data"]),
    (EXPOSURE_FILE, "Every figure, one row each", _PARQUET, ["data"]),
    (WITHIN_CSV, "Sums by distance, one row each: a view of the figures", "text/csv", ["data"]),
    (READINGS_FILE, "What each dataset and reading gives, one row each", _PARQUET, ["data"]),
    (COVER_FILE, "Land cover", _COG, ["data"]),
    (PEOPLE_FILE, "People", _COG, ["data"]),
)


def write(result: Result, folder: Path) -> list[Path]:
    """Write `item.json` and `collection.json` about the outputs that stand in `folder`; call it last.

    The item has no time of its own but that of its data: the years of the sources' vintages.

    Parameters
    ----------
    result
        What a run measured, or `result.read` read.
    folder
        The study's folder, with the outputs in it.

    Raises
    ------
    StoreError
        When the folder cannot be written.
    """
    item, collection = folder / ITEM_FILE, folder / COLLECTION_FILE
    write_text(item, _format_json(_build_item(result, folder)))
    write_text(collection, _format_json(_build_collection(result)))
    return [item, collection]


def _build_item(result: Result, folder: Path) -> dict[str, Any]:
    zones = result.layers["zones"]
    box = list(extent.compute_lonlat_bounds(result))
    authority = zones.crs.to_authority()
    start, end = _find_years(result)
    return {
        "type": "Feature",
        "stac_version": _VERSION,
        "stac_extensions": [_PROJECTION, _FILE],
        "id": result.study.name,
        "collection": f"geo-border-{result.study.name}",
        "bbox": box,
        "geometry": _build_geometry(box),
        "properties": {
            "title": result.study.title,
            "description": f"{result.study.about} {read_disclaimer()}".strip(),
            "datetime": None,
            "start_datetime": f"{start}-01-01T00:00:00Z",
            "end_datetime": f"{end}-12-31T23:59:59Z",
            "proj:code": ":".join(authority) if authority else None,
            "proj:projjson": None if authority else zones.crs.to_json_dict(),
        },
        "links": [
            {"rel": "self", "href": f"./{ITEM_FILE}", "type": "application/geo+json"},
            {"rel": "collection", "href": f"./{COLLECTION_FILE}", "type": "application/json"},
        ],
        "assets": _list_assets(result, folder),
    }


def _build_geometry(box: list[float]) -> dict[str, Any]:
    """Give a box as GeoJSON; one that crosses the antimeridian in two parts, as GeoJSON wants."""
    west, south, east, north = box
    parts = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    return dict(shapely.geometry.mapping(shapely.union_all([shapely.box(a, south, b, north) for a, b in parts])))


def _list_assets(result: Result, folder: Path) -> dict[str, Any]:
    listed = list(_ASSETS)
    listed += [
        (f"{geoparquet.FOLDER}/{path.name}", f"Layer {path.stem}", _PARQUET, ["data"])
        for path in sorted((folder / geoparquet.FOLDER).glob("*.parquet"))
    ]
    project = f"{result.study.name}.qgz"
    listed.append((project, "QGIS project", "application/zip", ["overview"]))
    # The passport vouches for all files and so comes last: it is described before it is written, and without its size.
    passport = {"href": f"./{PASSPORT_FILE}", "title": "Inputs, parameters, checks", "type": "application/json"}
    assets: dict[str, Any] = {PASSPORT_FILE: {**passport, "roles": ["metadata"]}}
    for name, title, media, roles in listed:
        path = folder / name
        if path.exists():
            assets[name.replace("/", "-")] = {
                "href": f"./{name}",
                "title": title,
                "type": media,
                "roles": roles,
                # The checksums of all files stand in the passport.
                "file:size": path.stat().st_size,
            }
    return assets


def _build_collection(result: Result) -> dict[str, Any]:
    sources = result.passport.get("sources", [])
    start, end = _find_years(result)
    terms = sorted({str(s.get("licence", "")) for s in sources})
    return {
        "type": "Collection",
        "stac_version": _VERSION,
        "id": f"geo-border-{result.study.name}",
        "title": result.study.title,
        "description": f"{result.study.about} {read_disclaimer()}".strip(),
        "license": terms[0] if len(terms) == 1 else "other",
        "providers": [{"name": "geo_border", "roles": ["processor"]}]
        + [
            {"name": name, "roles": ["producer"]}
            for name in dict.fromkeys(str(s.get("publisher", "")) for s in sources)
        ],
        "extent": {
            "spatial": {"bbox": [list(extent.compute_lonlat_bounds(result))]},
            "temporal": {"interval": [[f"{start}-01-01T00:00:00Z", f"{end}-12-31T23:59:59Z"]]},
        },
        "summaries": {"sources": [f"{s.get('citation', '')} ({s.get('licence', '')})" for s in sources]},
        "links": [
            {"rel": "self", "href": f"./{COLLECTION_FILE}", "type": "application/json"},
            {"rel": "item", "href": f"./{ITEM_FILE}", "type": "application/geo+json"},
            *(
                {"rel": "license", "href": str(s["licence_url"]), "title": str(s.get("licence", ""))}
                for s in sources
                if s.get("licence_url")
            ),
        ],
    }


def _find_years(result: Result) -> tuple[int, int]:
    """Give the first and last year named in the sources' vintages."""
    words = " ".join(str(s.get("vintage", "")) for s in result.passport.get("sources", []))
    found = [int(word) for word in re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", words)]
    return (min(found), max(found)) if found else (1970, 1970)


def _format_json(document: Mapping[str, object]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
