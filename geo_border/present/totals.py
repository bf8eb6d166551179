"""Totals over bands, strips and the corridor, rounded for reading: what stories, comparisons and sheets quote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from geo_border.model import MEDIA
from geo_border.present import figures, rounding
from geo_border.study import Study

FARMLAND = ("crop", "grass")
_LEAST_KNOWN = 0.5
# How the notes of such figures begin (DESIGN section 5).
INDICATIVE = "indicative"
_COVER_GROUPS = {"tree": ("tree",), "farm": FARMLAND, "water": ("water", "wetland"), "built": ("built",)}


def totals(study: Study, layers: Mapping[str, Any], exposure: pd.DataFrame) -> dict[str, Any]:
    """Compute totals of the whole, and of each segment and country.

    Parameters
    ----------
    layers
        At least `segments`, `zones` and `corridor_axis`.

    Returns
    -------
    dict
        `all`, and one entry for each segment and country: `length`, `media` (km by medium), `within` (for each outer
        edge of a band: people, tree, farm, water shares, settlements, facilities) and `strips` (for each depth: area,
        people); beside them `corridor`.
    """
    found: dict[str, Any] = {"all": _of(study, exposure)}
    for column in ("segment", "country"):
        for value in pd.unique(layers["segments"][column]):
            found[str(value)] = _of(study, exposure[exposure[column] == value])
    found["corridor"] = _corridors(study, layers, exposure)
    return found


def _of(study: Study, rows: pd.DataFrame) -> dict[str, Any]:
    bands = [{"to_m": to_m, **_tally(figures.within(rows, to_m))} for _, to_m in study.bands]
    strips = []
    for depth_m in study.strips_m:
        part = rows[(rows["zone_kind"] == "strip") & (rows["to_m"] == depth_m)]
        strips.append({"to_m": depth_m, **_tally(part)})
    lengths = rows[(rows["zone_kind"] == "segment") & (rows["measure"] == "frontier_length")]
    by_medium = lengths.groupby("category")["value"].sum()
    media = {medium: float(by_medium[medium]) for medium in MEDIA if medium in by_medium}
    return {
        "length": rounding.length_km(sum(media.values())) if media else None,
        "media": {medium: rounding.length_km(value) for medium, value in media.items()},
        "within": bands,
        "strips": strips,
    }


def _tally(rows: pd.DataFrame) -> dict[str, Any]:
    """Sum rows of disjoint zones into people, area, cover shares, settlements and facilities, as shown."""
    totals = rows[rows["category"].isin(["total", "all"]) | rows["category"].isna()]
    people = figures.total(rows, "people", ["total"])
    cover = rows[rows["measure"] == "cover_area"]
    known = float(cover["value"].sum())
    own = figures.total(rows, "area")
    area = own.value if own else known
    shares = {
        group: rounding.percent(float(cover.loc[cover["category"].isin(list(classes)), "value"].sum()) / known)
        for group, classes in _COVER_GROUPS.items()
        # Zones of too few pixels have no cover; shares of less than half the land would say little of it.
        if known > _LEAST_KNOWN * area > 0
    }
    settlements = figures.total(totals, "settlements")
    facilities = rows[rows["measure"] == "facilities"]
    return {
        "indicative": [measure for measure in ("people", "cover_area") if _indicative(rows, measure)],
        "people": people.shown() if people else None,
        "area": rounding.area_km2(area) if area > 0 else None,
        "cover": shares,
        "settlements": rounding.count(settlements.value) if settlements else None,
        "facilities": {
            str(kind): rounding.count(float(part["value"].sum())) for kind, part in facilities.groupby("category")
        },
    }


def _indicative(rows: pd.DataFrame, measure: str) -> bool:
    """Whether the outermost zones of a sum are narrower than the data's pixel."""
    part = rows[(rows["measure"] == measure) & rows["value"].notna()]
    if part["to_m"].notna().any():
        part = part[part["to_m"] == part["to_m"].max()]
    return bool(part["note"].fillna("").str.startswith(INDICATIVE).any())


def _corridors(study: Study, layers: Mapping[str, Any], exposure: pd.DataFrame) -> list[dict[str, Any]]:
    """Sum each corridor over its countries, and tell its axes."""
    axis = layers["corridor_axis"]
    zones = layers["zones"]
    corridors = []
    for corridor in study.corridors:
        ids = zones.loc[zones["zone_id"].str.startswith(f"corridor|{corridor.id}|"), "zone_id"]
        rows = exposure[exposure["zone_id"].isin(list(ids))]
        tally = _tally(rows)
        area = float(zones.loc[zones["zone_id"].isin(list(ids)), "area_km2"].sum())
        lines = [
            {"name": row["name"], "length": rounding.length_km(float(row["length_km"]))} for _, row in axis.iterrows()
        ]
        corridors.append(
            {
                "id": corridor.id,
                "name": corridor.name,
                **tally,
                "area": rounding.area_km2(area),
                "axis": lines,
                "k": corridor.k,
            }
        )
    return corridors
