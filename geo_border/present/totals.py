"""Figures of all land to a distance, of strips and of corridors, rounded for reading: what stories and sheets quote.

Nothing is summed here: every number is one row of the exposure table, as it may be shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from geo_border.model import MEDIA, WHOLE
from geo_border.present import rounding
from geo_border.present.withholding import withhold
from geo_border.study import Study

# Cover classes that stories and sheets quote, each as its own share.
QUOTED_COVER = ("tree", "crop", "grass", "water", "wetland", "built")
# How the notes of figures begin whose zone is narrower than the data's pixel (DESIGN section 5).
INDICATIVE = "indicative"


def totals(study: Study, layers: Mapping[str, Any], exposure: pd.DataFrame) -> dict[str, Any]:
    """Totals of the whole, and of each segment and country.

    Parameters
    ----------
    layers
        At least `segments` and `corridor_axis`.
    exposure
        The exposure table.

    Returns
    -------
    dict
        `all`, and one entry for each segment and country: `length`, `media` (km by medium), `within` (for each outer
        edge of a band: people, cover shares, settlements, facilities) and `strips` (for each depth); beside them
        `corridor`.
    """
    rows = {str(key): group for key, group in withhold(exposure).groupby("zone_id", sort=False)}
    segments = layers["segments"]
    found: dict[str, Any] = {WHOLE: _summarise(study, rows, WHOLE, list(segments["segment"]))}
    for column in ("segment", "country"):
        for value in pd.unique(segments[column]):
            own = list(segments.loc[segments[column] == value, "segment"])
            found[str(value)] = _summarise(study, rows, str(value), own)
    found["corridor"] = [_summarise_corridor(corridor, rows, layers) for corridor in study.corridors]
    return found


def _summarise(study: Study, rows: Mapping[str, pd.DataFrame], key: str, segments: list[str]) -> dict[str, Any]:
    """One subject: its length over its segments, which add up, and its land to every distance."""
    lengths = [rows[f"segment|{segment}"] for segment in segments if f"segment|{segment}" in rows]
    by_medium = pd.concat(lengths).groupby("category")["value"].sum() if lengths else pd.Series(dtype=float)
    media = {medium: float(by_medium[medium]) for medium in MEDIA if medium in by_medium}
    # The strips of a segment that touches several countries are of each; all its land to a depth is one zone.
    return {
        "length": rounding.length_km(sum(media.values())) if media else None,
        "media": {medium: rounding.length_km(value) for medium, value in media.items()},
        "within": [_summarise_depth(rows, key, to_m) for _, to_m in study.bands],
        "strips": [_summarise_depth(rows, key, to_m) for to_m in study.strips_m],
    }


def _summarise_depth(rows: Mapping[str, pd.DataFrame], key: str, to_m: float) -> dict[str, Any]:
    zone_id = f"within|{key}|0-{to_m:g}"
    return {"to_m": to_m, "zone_id": zone_id, **_round_zone(rows.get(zone_id))}


def _round_zone(rows: pd.DataFrame | None) -> dict[str, Any]:
    """The figures of one zone as they are shown; empty where it has none."""
    if rows is None:
        return {
            "indicative": [],
            "people": None,
            "area": None,
            "cover": {},
            "settlements": None,
            "facilities": {},
        }
    cover = rows[(rows["measure"] == "cover_share") & rows["category"].isin(QUOTED_COVER) & rows["value"].notna()]
    people = rows[(rows["measure"] == "people") & (rows["category"] == "total") & rows["value"].notna()]
    facilities = rows[rows["measure"] == "facilities"]
    return {
        "indicative": [name for name in ("people", "cover_area") if _is_indicative(rows, name)],
        "people": _round_range(people.iloc[0]) if len(people) else None,
        "area": _round_value(rows, "area"),
        "cover": {str(name): rounding.percent(float(v)) for name, v in _pair(cover)},
        "settlements": _round_value(rows, "settlements"),
        "facilities": {str(name): rounding.count(float(v)) for name, v in _pair(facilities)},
    }


def _pair(rows: pd.DataFrame) -> Iterable[tuple[str, float]]:
    return zip(rows["category"], rows["value"], strict=True)


def _round_value(rows: pd.DataFrame, measure: str) -> rounding.Shown:
    row = rows[rows["measure"] == measure]
    return rounding.by_unit(float(row["value"].iloc[0]), str(row["unit"].iloc[0])) if len(row) else None


def _round_range(row: pd.Series[Any]) -> tuple[rounding.Shown, rounding.Shown, rounding.Shown]:
    value, low, high = (rounding.by_unit(float(row[name]), str(row["unit"])) for name in ("value", "low", "high"))
    return value, low, high


def _is_indicative(rows: pd.DataFrame, measure: str) -> bool:
    """Whether figures are of land narrower than the data's pixel."""
    part = rows[(rows["measure"] == measure) & rows["value"].notna()]
    return bool(part["note"].fillna("").str.startswith(INDICATIVE).any())


def _summarise_corridor(corridor: Any, rows: Mapping[str, pd.DataFrame], layers: Mapping[str, Any]) -> dict[str, Any]:
    """A corridor over all its countries, and its axes."""
    axis = layers["corridor_axis"]
    lines = [{"name": row["name"], "length": rounding.length_km(float(row["length_km"]))} for _, row in axis.iterrows()]
    zone_id = f"corridor|{corridor.id}|{WHOLE}"
    figures = _round_zone(rows.get(zone_id))
    return {"id": corridor.id, "name": corridor.name, "zone_id": zone_id, **figures, "axis": lines, "k": corridor.k}
