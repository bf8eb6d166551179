"""Zones and figures of the made-up world: the real zone kinds, with sums over pieces of land that anyone can check.

People and trees are so many per km² in each segment's land, so that sums and shares can be worked out by hand, and the
share of a larger zone is not the mean of its parts. Cover has pixels of 0.9 km² and people of 1 km²: the land of one
segment to 500 m has fewer than 30 of either, and is not shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_border.measures.base import NARROW, NO_RANGE
from geo_border.present.withholding import FEW, LEAST_PIXELS, withhold
from geo_border.schemas import LAYERS, conform
from geo_border.zones.bands import BandPart
from geo_border.zones.kinds import list_zones
from geo_border.zones.layout import Layout
from geo_border.zones.membership import LINE, Selection, Zone

# Persons per km² and share of trees in the land nearest to each segment.
PEOPLE_PER_KM2 = {"LT-RU": 3.0, "LT-BY": 4.0, "PL-RU": 5.0, "PL-BY": 6.0}
TREE_SHARE = {"LT-RU": 0.40, "LT-BY": 0.45, "PL-RU": 0.50, "PL-BY": 0.55}
OTHER_COVERS = ("shrub", "grass", "crop", "built", "bare", "snow", "water", "wetland", "moss", "unknown")
COVER_PIXEL_KM2, PEOPLE_PIXEL_KM2 = 0.9, 1.0
# Of each segment's line.
MEDIA_KM = {"land": 12.0, "river": 8.0, "lake": 10.0}
COUNTRY_KM2 = {"LT": 65_300.0, "PL": 312_700.0}


def build_table(layout: Layout, settlements: gpd.GeoDataFrame) -> pd.DataFrame:
    """The exposure table.

    Parameters
    ----------
    settlements
        Populated places; they are counted where their distance, segment and country lie.
    """
    rows: list[dict[str, Any]] = []
    for zone in list_zones(layout).zones:
        if zone.carrier == LINE:
            rows += [_row(zone, "frontier_length", medium, km, "km") for medium, km in MEDIA_KM.items()]
        else:
            rows += _list_figures(zone, layout, settlements)
    rows += [row for code, area in COUNTRY_KM2.items() for row in _list_country(code, layout, area)]
    frame = pd.DataFrame(rows, columns=LAYERS["exposure"].column_names)
    table: pd.DataFrame = conform("exposure", frame)
    return table


def build_zones(layout: Layout, polygons: Sequence[Any], table: pd.DataFrame) -> gpd.GeoDataFrame:
    """The layer `zones`: every zone with land but units' land to a distance.

    Parameters
    ----------
    polygons
        Shapes of the layout's polygons, in their order.
    """
    shown = withhold(table)
    keys = [(str(i), str(m), None if pd.isna(c) else str(c)) for i, m, c in zip(*_keys(shown), strict=True)]
    place = {key: row for row, key in enumerate(keys)}
    rows = []
    for zone in list_zones(layout).zones:
        if zone.carrier == LINE or (zone.kind == "admin" and zone.part_of is None):
            continue

        def pick(measure: str, category: str | None, column: str, zone_id: str = zone.id) -> float:
            row = place.get((zone_id, measure, category))
            return np.nan if row is None else float(shown[column].iloc[row])

        rows.append(
            {
                **_describe(zone),
                "place_id": zone.place_id,
                "place_name": zone.place_name,
                "area_km2": pick("area", None, "value"),
                "people": pick("people", "total", "value"),
                "people_low": pick("people", "total", "low"),
                "people_high": pick("people", "total", "high"),
                "tree_share": pick("cover_share", "tree", "value"),
                "geometry": _outline(zone.selection, layout, polygons),
            }
        )
    return conform("zones", gpd.GeoDataFrame(rows, geometry="geometry", crs=layout.admin.crs))


def build_readings(table: pd.DataFrame) -> pd.DataFrame:
    """The readings: here each figure's own value alone."""
    own = table[table["measure"].isin(["cover_area", "people"]) & table["value"].notna()]
    readings: pd.DataFrame = conform(
        "readings",
        own[["zone_id", "measure", "category", "dataset", "value"]].assign(reading="value", known_share=np.nan),
    )
    return readings


def _list_figures(zone: Zone, layout: Layout, settlements: gpd.GeoDataFrame) -> Iterator[dict[str, Any]]:
    parts = list(_list_parts(zone.selection, layout))
    area = sum(km2 for _, km2 in parts)
    yield _row(zone, "area", None, area, "km²")
    tree = sum(TREE_SHARE[segment] * km2 for segment, km2 in parts)
    other = (area - tree) / len(OTHER_COVERS)
    classes = {"tree": tree, **dict.fromkeys(OTHER_COVERS, other)}
    for name, km2 in classes.items():
        spread = (km2 * 0.9, km2 * 1.1) if name == "tree" else None
        yield _row(zone, "cover_area", name, km2, "km²", spread, area / COVER_PIXEL_KM2, COVER_PIXEL_KM2)
    dry = area - 2 * other
    for name, km2 in classes.items():
        if name == "unknown":
            continue
        share = km2 / (dry + other if name == "water" else dry)
        spread = (share * 0.9, share * 1.1) if name == "tree" else None
        basis = "known cover" if name == "water" else "known cover without water"
        row = _row(zone, "cover_share", name, share, "share", spread, area / COVER_PIXEL_KM2, COVER_PIXEL_KM2)
        yield {**row, "basis": basis}
    if zone.kind != "corridor":
        people = sum(PEOPLE_PER_KM2[segment] * km2 for segment, km2 in parts)
        pixels = (area / PEOPLE_PIXEL_KM2, PEOPLE_PIXEL_KM2)
        yield _row(zone, "people", "total", people, "persons", (people * 0.9, people * 1.2), *pixels)
        density = people / area
        row = _row(zone, "people_per_km2", None, density, "persons/km²", (density * 0.9, density * 1.2), *pixels)
        yield {**row, "basis": "land without inland water"}
    yield _row(zone, "settlements", None, _count(zone.selection, settlements), "count")


def _list_country(code: str, layout: Layout, area_km2: float) -> Iterator[dict[str, Any]]:
    zone = Zone("country", f"country|{code}", layout.name_country(code), Selection(country=code), country=code)
    yield _row(zone, "area", None, area_km2, "km²")
    yield _row(zone, "people", "total", area_km2 * 40, "persons")
    yield _row(zone, "people_per_km2", None, 40.0, "persons/km²")
    yield {**_row(zone, "cover_share", "tree", np.nan, "share"), "note": "no total of the whole country"}


def _row(
    zone: Zone,
    measure: str,
    category: str | None,
    value: float,
    unit: str,
    spread: tuple[float, float] | None = None,
    pixels: float | None = None,
    pixel_km2: float = 0.0,
) -> dict[str, Any]:
    width_m = (zone.to_m or np.inf) - (zone.from_m or 0.0)
    few = pixels is not None and pixels < LEAST_PIXELS
    caution = FEW if few else NARROW if width_m < np.sqrt(pixel_km2) * 1e3 else None
    notes = [text for text in (caution, None if spread else NO_RANGE) if text]
    low, high = spread or (np.nan, np.nan)
    return {
        **_describe(zone),
        "measure": measure,
        "category": category,
        "value": value,
        "low": low,
        "high": high,
        "known_share": np.nan,
        "unit": unit,
        "dataset": "made-up",
        "vintage": "2025",
        "range_from": "made-up readings" if spread else None,
        "pixels": np.nan if pixels is None else pixels,
        "known_basis": None,
        "basis": None,
        "note": "; ".join(notes) or None,
    }


def _describe(zone: Zone) -> dict[str, Any]:
    return {
        "zone_kind": zone.kind,
        "zone_id": zone.id,
        "zone_name": zone.name,
        "segment": zone.segment,
        "country": zone.country,
        "from_m": zone.from_m,
        "to_m": zone.to_m,
        "part_of": zone.part_of,
    }


def _list_parts(selection: Selection, layout: Layout) -> Iterator[tuple[str, float]]:
    """Segments with the km² of theirs that a zone holds."""
    if selection.polygons:
        # Each polygon is all home land of a country, half of it nearest to either segment.
        for number in selection.polygons:
            code = layout.polygons[number].country
            for segment in layout.segments:
                if segment.country == code:
                    yield segment.id, sum(p.geometry.area for p in layout.pieces if p.segment == segment.id) / 1e6
        return
    yield from ((piece.segment, piece.geometry.area / 1e6) for piece in layout.pieces if _holds(selection, piece))


def _outline(selection: Selection, layout: Layout, polygons: Sequence[Any]) -> Any:
    if selection.polygons:
        return shapely.union_all([polygons[number] for number in selection.polygons])
    return shapely.union_all([piece.geometry for piece in layout.pieces if _holds(selection, piece)])


def _holds(selection: Selection, piece: BandPart) -> bool:
    return (
        selection.segment in (None, piece.segment)
        and selection.country in (None, piece.country)
        and piece.from_m >= selection.from_m
        and piece.to_m <= selection.to_m
    )


def _count(selection: Selection, settlements: gpd.GeoDataFrame) -> float:
    if selection.polygons:
        return float(len(settlements))
    inside = (settlements["distance_m"] >= selection.from_m) & (settlements["distance_m"] < selection.to_m)
    for name in ("segment", "country"):
        wanted = getattr(selection, name)
        inside &= True if wanted is None else settlements[name] == wanted
    return float(inside.sum())


def _keys(table: pd.DataFrame) -> tuple[pd.Series[Any], ...]:
    return table["zone_id"], table["measure"], table["category"]
