"""A made-up OpenStreetMap: answers Overpass queries for a square, and writes the same as .osm.pbf."""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo_border.store import locate_embedded
from tests.worldserver.faults import Fault

DATED = "2026-11-01T00:00:00Z"
_PLACE_OF = {"city": 50_000, "town": 5_000, "village": 500, "hamlet": 0}
Element = dict[str, Any]


@lru_cache(maxsize=1)
def elements() -> tuple[Element, ...]:
    """Places, facilities of each kind, roads between neighbours, and military features that must never come out."""
    table = gpd.read_parquet(locate_embedded() / "geonames-2025" / "places.parquet")
    table["people"] = table["people"].fillna(0).astype(int)
    # Rows of half a degree, so that neighbours in the list are neighbours on the ground.
    table = table.iloc[np.lexsort((table.geometry.x, (table.geometry.y * 2).round()))]
    out: list[Element] = []
    before = None
    for i, place in enumerate(table.rename(columns={"name": "own"}).itertuples()):
        x, y = round(place.geometry.x, 6), round(place.geometry.y, 6)
        kind = next(k for k, least in _PLACE_OF.items() if place.people >= least)
        tags = {"place": kind, "name": place.own, "name:en": place.name_en, "population": str(place.people)}
        out.append({"type": "node", "id": 1_000_000 + i, "lat": y, "lon": x, "tags": tags})
        out.extend(_facilities(i, x, y, place.own))
        if before is not None and abs(before[0] - x) + abs(before[1] - y) < 0.6:
            out.append(_road(i, before, (x, y)))
        before = (x, y)
    return tuple(out)


def _facilities(i: int, x: float, y: float, name: str) -> list[Element]:
    kinds: list[dict[str, str]] = [
        {"amenity": "school", "name": f"{name} kool", "name:en": f"{name} school"},
        {"amenity": "kindergarten"},
        {"healthcare": "clinic"},
        {"amenity": "social_facility", "social_facility": "nursing_home"},
        {"amenity": "hospital", "name": f"{name} hospital"},
        {"amenity": "hospital", "military": "base", "name": "Secret hospital"},
        {"amenity": "school", "landuse": "military", "name": "Secret school"},
    ]
    tags = kinds[i % len(kinds)]
    if i % 2:
        return [{"type": "node", "id": 2_000_000 + i, "lat": y + 0.002, "lon": x + 0.002, "tags": tags}]
    return [
        {"type": "way", "id": 3_000_000 + i, "center": {"lat": y + 0.002, "lon": x + 0.002}, "nodes": [1], "tags": tags}
    ]


def _road(i: int, a: tuple[float, float], b: tuple[float, float]) -> Element:
    kinds = [{"highway": "primary"}, {"highway": "residential"}, {"highway": "tertiary_link"}]
    kinds += [{"highway": "secondary", "access": "military"}, {"highway": "track"}, {"highway": "unclassified"}]
    middle = ((a[0] + b[0]) / 2 + 0.01, (a[1] + b[1]) / 2)
    line = [{"lat": round(p[1], 6), "lon": round(p[0], 6)} for p in (a, middle, b)]
    return {"type": "way", "id": 4_000_000 + i, "geometry": line, "tags": kinds[i % len(kinds)]}


def answer(query: str, fault: Fault | None = None) -> bytes:
    """Answer a query as Overpass does: JSON, with a remark where the square is too large for the fault in force."""
    box = re.search(r"\[bbox:([-\d.]+),([-\d.]+),([-\d.]+),([-\d.]+)\]", query)
    head = {"version": 0.6, "generator": "Overpass API (world server)", "osm3s": {"timestamp_osm_base": DATED}}
    relation = re.search(r'relation.*"ISO3166-1"="(\w\w)"', query)
    if relation:
        return json.dumps({**head, "elements": [boundary(relation.group(1))]}).encode()
    if box is None:
        return b"<html>no square</html>"
    south, west, north, east = (float(v) for v in box.groups())
    found = [e for e in elements() if _wanted(e, query) and _meets(e, west, south, east, north)]
    if fault is not None and (fault.kind == "timeout_504" and north - south > fault.largest_deg):
        return b"504"
    if fault is not None and fault.kind == "garbage_json":
        return json.dumps({**head, "elements": found}).encode()[:-20]
    if fault is not None and fault.kind == "remark" and north - south > fault.largest_deg:
        remark = 'runtime error: Query timed out in "query" at line 1 after 180 seconds.'
        return json.dumps({**head, "elements": found[: len(found) // 2], "remark": remark}).encode()
    return json.dumps({**head, "elements": found}, ensure_ascii=False).encode()


def _wanted(element: Element, query: str) -> bool:
    tags = element["tags"]
    if 'way["highway"' in query:
        return "highway" in tags
    if 'node["place"' in query:
        return "place" in tags
    # A careless server: military features are sent although the query leaves them out.
    return "amenity" in tags or "healthcare" in tags


def _meets(element: Element, west: float, south: float, east: float, north: float) -> bool:
    points = element.get("geometry") or [element.get("center") or element]
    lon, lat = [p["lon"] for p in points], [p["lat"] for p in points]
    return min(lon) <= east and max(lon) >= west and min(lat) <= north and max(lat) >= south


@lru_cache(maxsize=16)
def boundary(code: str) -> Element:
    """A country's boundary relation: each ring as two ways, with their geometry."""
    table = gpd.read_parquet(locate_embedded() / "osm-boundaries-2026c" / "boundaries.parquet")
    shape = shapely.union_all(table[table["country"] == code].geometry.to_numpy())
    members = []
    for part in shapely.get_parts(shape):
        for role, ring in [("outer", part.exterior), *(("inner", hole) for hole in part.interiors)]:
            points = [{"lat": y, "lon": x} for x, y in ring.coords]
            half = len(points) // 2
            for piece in (points[: half + 1], points[half:]):
                members.append({"type": "way", "ref": len(members), "role": role, "geometry": piece})
    tags = {
        "boundary": "administrative",
        "admin_level": "2",
        "ISO3166-1": code,
        "name": f"riik {code}",
        "name:en": code,
    }
    return {
        "type": "relation",
        "id": int(hashlib.sha256(code.encode()).hexdigest()[:8], 16),
        "members": members,
        "tags": tags,
    }


def write_pbf(path: Path) -> None:
    """Write the same world as an .osm.pbf extract, with its md5 beside it."""
    import osmium
    from osmium.osm.mutable import Node, Way

    path.parent.mkdir(parents=True, exist_ok=True)
    nodes, ways, number = [], [], 10_000_000
    for element in elements():
        if element["type"] == "node":
            nodes.append((element["id"], element["lon"], element["lat"], element["tags"]))
            continue
        at = element.get("center")
        corners = [(0, 0), (0, 0.001), (0.001, 0.001), (0.001, 0)]
        line = element.get("geometry") or [{"lon": at["lon"] + dx, "lat": at["lat"] + dy} for dx, dy in corners]
        refs = []
        for p in line:
            number += 1
            nodes.append((number, p["lon"], p["lat"], {}))
            refs.append(number)
        ways.append((element["id"], refs if "geometry" in element else [*refs, refs[0]], element["tags"]))
    with osmium.SimpleWriter(str(path)) as out:
        for number, lon, lat, tags in sorted(nodes):
            out.add_node(Node(id=number, location=(lon, lat), tags=tags, version=1))
        for number, refs, tags in sorted(ways):
            out.add_way(Way(id=number, nodes=refs, tags=tags, version=1))
    digest = hashlib.md5(path.read_bytes()).hexdigest()
    path.with_name(path.name + ".md5").write_text(f"{digest}  {path.name}\n")
