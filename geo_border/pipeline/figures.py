"""From what areas hold to the exposure table: the zones, and every figure of each as a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo_border import exposure
from geo_border.catalog import Entry
from geo_border.exposure import Zone
from geo_border.model import MEDIA
from geo_border.pipeline.ground import Ground
from geo_border.pipeline.inputs import Inputs
from geo_border.pipeline.reading import Sums
from geo_border.polygons import polygonal
from geo_border.study import Study
from geo_border.zones import bands


def zones(ground: Ground, study: Study, settlements: gpd.GeoDataFrame) -> list[tuple[Zone, Any]]:
    """Bands, strips and administrative units x bands: (zone, its polygon in the plane)."""
    piece = ground.units["piece"].to_numpy()
    out = []
    for columns, which in bands.zones(ground.pieces, study):
        zone = Zone(_kind_first(columns), np.flatnonzero(np.isin(piece, which)))
        zone = replace(zone, settlements=float(len(in_zone(zone, settlements))))
        out.append((zone, bands.joined(ground.pieces, which)))
    return out + list(_admin_zones(ground, study, settlements))


def in_zone(zone: Zone, points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take the points of a band or strip: those of its segment and country between its distances."""
    own = zone.columns
    inside = points["segment"].eq(own["segment"]) & points["country"].eq(own["country"])
    return points[inside & (points["distance_m"] >= own["from_m"]) & (points["distance_m"] < own["to_m"])]


def _kind_first(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: columns[name] for name in ("zone_kind", "zone_id", "segment", "country", "from_m", "to_m")}


def _admin_zones(ground: Ground, study: Study, settlements: gpd.GeoDataFrame) -> Iterator[tuple[Zone, Any]]:
    if len(ground.admin) == 0:
        return
    outer = np.array([p.to_m for p in ground.pieces])[ground.units["piece"].to_numpy()]
    admin = ground.units["admin"].to_numpy()
    home_of = _nearest_unit(settlements, ground.admin)
    distance = settlements["distance_m"].to_numpy()
    shapes = ground.admin.geometry.to_numpy()
    for low, high in study.bands:
        which: dict[str, list[int]] = {}
        for (_, country), found in bands.between(ground.pieces, low, high).items():
            which.setdefault(country, []).extend(found)
        for at in np.unique(admin[(admin >= 0) & (outer > low) & (outer <= high)]):
            unit = ground.admin.iloc[int(at)]
            parts = np.array([ground.pieces[i].geometry for i in which[unit["country"]]], dtype=object)
            shape = polygonal(shapely.union_all(polygonal(shapely.intersection(parts, shapes[at]))))
            columns = {
                "zone_kind": "admin",
                "zone_id": f"admin|{unit['admin_id']}|{low:g}-{high:g}",
                "segment": None,
                "country": unit["country"],
                "from_m": low,
                "to_m": high,
            }
            inside = (home_of == at) & (distance >= low) & (distance < high)
            rows = np.flatnonzero((admin == at) & (outer > low) & (outer <= high))
            yield Zone(columns, rows, float(inside.sum())), shape


def _nearest_unit(settlements: gpd.GeoDataFrame, admin: gpd.GeoDataFrame) -> Any:
    """Position of each settlement's administrative unit: the nearest of its own country."""
    out = np.full(len(settlements), -1)
    points = settlements.geometry.to_numpy()
    for country in admin["country"].unique():
        rows = np.flatnonzero(admin["country"] == country)
        own = np.flatnonzero(settlements["country"] == country)
        if len(own):
            tree = shapely.STRtree(admin.geometry.to_numpy()[rows])
            out[own] = rows[tree.nearest(points[own])]
    return out


def rows(zone: Zone, sums: Sums, inputs: Inputs, area: float) -> Iterator[dict[str, Any]]:
    """Every figure of one zone; `sums` holds what the areas in `zone.units` hold."""
    yield exposure.simple_row(
        zone, "area", None, area, "km²", inputs.entry("boundaries"), "measured, not estimated; see the segment's source"
    )
    if sums.cover is not None:
        yield from exposure.cover_rows(zone, sums.cover, area, inputs.entry("cover"), inputs.pixel_km2("cover"))
    if sums.people is not None:
        yield from exposure.people_rows(zone, sums.people, area, inputs.entry("people"), inputs.pixel_km2("people"))
    if zone.settlements is not None and len(inputs.layers.get("places", ())):
        note = "places that the dataset names; small ones are missing"
        yield exposure.simple_row(zone, "settlements", None, zone.settlements, "count", inputs.entry("places"), note)
    if sums.road_m is not None:
        length = float(sums.road_m[zone.units].sum()) / 1e3
        yield exposure.simple_row(zone, "road_length", None, length, "km", inputs.entry("roads"), exposure.NO_RANGE)
    if sums.protected_km2 is not None:
        inside = float(sums.protected_km2[zone.units].sum())
        note = "sites as delineated, overlapping ones counted once; some countries withhold sites"
        yield exposure.simple_row(zone, "protected_area", None, inside, "km²", inputs.entry("protected"), note)


def facility_rows(zone: Zone, facilities: gpd.GeoDataFrame, inputs: Inputs) -> Iterator[dict[str, Any]]:
    """`facilities` of one zone by kind, where the run has a dataset of them; `facilities` are those in it."""
    if "facilities" not in inputs.raw:
        return
    for kind, count in facilities["kind"].value_counts().sort_index().items():
        note = "facilities that the dataset has; its completeness is not known"
        yield exposure.simple_row(
            zone, "facilities", str(kind), float(count), "count", inputs.entry("facilities"), note
        )


def segment_rows(ground: Ground, entry: Entry) -> Iterator[dict[str, Any]]:
    """`frontier_length` of every segment by medium."""
    layer = ground.frontier.layer()
    for segment in ground.frontier.segments:
        columns = {
            "zone_kind": "segment",
            "zone_id": f"segment|{segment.id}",
            "segment": segment.id,
            "country": segment.country,
            "from_m": None,
            "to_m": None,
        }
        own = layer[layer["segment"] == segment.id]
        for medium in MEDIA:
            length = float(own.loc[own["medium"] == medium, "length_km"].sum())
            note = "the official length stands in layer segments; narrow rivers count as land"
            yield exposure.simple_row(Zone(columns, None), "frontier_length", medium, length, "km", entry, note)
