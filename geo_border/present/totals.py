"""Totals over bands, strips and the corridor, rounded for reading: what stories, comparisons and sheets quote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from geo_border import catalog
from geo_border.model import MEDIA, WHOLE
from geo_border.present import figures, rounding
from geo_border.study import Study

FARMLAND = ("crop", "grass")
_LEAST_KNOWN = 0.5
# How the notes of such figures begin (DESIGN section 5).
INDICATIVE = "indicative"
_COVER_GROUPS = {"tree": ("tree",), "farm": FARMLAND, "water": ("water", "wetland"), "built": ("built",)}


def totals(study: Study, layers: Mapping[str, Any], exposure: pd.DataFrame, within: pd.DataFrame) -> dict[str, Any]:
    """Compute totals of the whole, and of each segment and country.

    Parameters
    ----------
    layers
        At least `segments`, `zones` and `corridor_axis`.
    within
        Figures of all that lies nearer than each distance: a sum of bands would lack the small ones.

    Returns
    -------
    dict
        `all`, and one entry for each segment and country: `length`, `media` (km by medium), `within` (for each outer
        edge of a band: people, tree, farm, water shares, settlements, facilities) and `strips` (for each depth: area,
        people); beside them `corridor`.
    """
    found: dict[str, Any] = {WHOLE: _of(study, exposure, within[within["of"] == WHOLE])}
    for column in ("segment", "country"):
        for value in pd.unique(layers["segments"][column]):
            found[str(value)] = _of(study, exposure[exposure[column] == value], within[within["of"] == value])
    found["corridor"] = _corridors(study, layers, exposure)
    return found


def _of(study: Study, rows: pd.DataFrame, within: pd.DataFrame) -> dict[str, Any]:
    def near(edges: Iterable[float]) -> list[dict[str, Any]]:
        return [{"to_m": to_m, **_tally(within[within["to_m"] == to_m])} for to_m in edges]

    lengths = rows[(rows["zone_kind"] == "segment") & (rows["measure"] == "frontier_length")]
    by_medium = lengths.groupby("category")["value"].sum()
    media = {medium: float(by_medium[medium]) for medium in MEDIA if medium in by_medium}
    return {
        "length": rounding.length_km(sum(media.values())) if media else None,
        "media": {medium: rounding.length_km(value) for medium, value in media.items()},
        "within": near(to_m for _, to_m in study.bands),
        "strips": near(study.strips_m),
    }


def _tally(rows: pd.DataFrame) -> dict[str, Any]:
    """Sum rows of disjoint areas into people, area, cover shares, settlements and facilities, as shown."""
    totals = rows[rows["category"].isin(["total", "all"]) | rows["category"].isna()]
    people = figures.total(rows, "people", ["total"])
    cover = rows[rows["measure"] == "cover_area"]
    by_class = cover.groupby("category")["value"].sum()
    entry = catalog.entries().get(str(cover["dataset"].max())) if len(cover) else None
    known = float(catalog.known_km2(by_class, entry.legend if entry else None)) if len(cover) else 0.0
    own = figures.total(rows, "area")
    area = own.value if own else known
    shares = {
        group: rounding.percent(float(sum(by_class.get(name, 0.0) for name in classes)) / known)
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
    """Whether figures are of land narrower than the data's pixel."""
    part = rows[(rows["measure"] == measure) & rows["value"].notna()]
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
