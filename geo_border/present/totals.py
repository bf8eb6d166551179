"""Figures of all land to a distance, of strips and of corridors, rounded for reading: what stories and sheets quote.

Nothing is summed here: every number is one row of the exposure table, as it may be shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from geo_border.present import rounding
from geo_border.present.figures import add_rounded_columns
from geo_border.schemas import MEDIA, WHOLE
from geo_border.study import Corridor, Study

# Cover classes that stories and sheets quote, each as its own share.
QUOTED_COVER = ("tree", "crop", "grass", "water", "wetland", "built")
# How the notes of figures begin whose zone is narrower than the data's pixel (DESIGN section 5).
INDICATIVE = "indicative"
# The distance at which a segment's land is set beside its whole country.
COMPARED_M = 10_000.0
_CAUTIONED = ("people", "cover_share")
_NOTHING = pd.DataFrame(
    columns=["measure", "category", "shown", "shown_low", "shown_high", "withheld", "basis", "note"], dtype=object
)

Rows = Mapping[str, pd.DataFrame]


def compute_totals(study: Study, layers: Mapping[str, Any], exposure: pd.DataFrame) -> dict[str, Any]:
    """Figures of the whole, and of each segment and country.

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
        edge of a band, as `_round_zone` says) and `strips` (for each depth); beside them `corridor`, `comparison`
        (each segment's land within 10 km beside its whole country) and `basis` (what each share of cover is of).
    """
    rows = _group(add_rounded_columns(exposure), "zone_id")
    segments = layers["segments"]
    found: dict[str, Any] = {WHOLE: _summarise(study, rows, WHOLE, list(segments["segment"]))}
    for column in ("segment", "country"):
        for value in pd.unique(segments[column]):
            own = list(segments.loc[segments[column] == value, "segment"])
            found[str(value)] = _summarise(study, rows, str(value), own)
    found["corridor"] = [_summarise_corridor(corridor, rows, layers) for corridor in study.corridors]
    found["comparison"] = [
        _compare(rows, segment, country)
        for segment, country in zip(segments["segment"], segments["country"], strict=True)
        if _name_within(segment, COMPARED_M) in rows
    ]
    shares = exposure[(exposure["measure"] == "cover_share") & exposure["basis"].notna()].drop_duplicates("category")
    found["basis"] = dict(zip(shares["category"], shares["basis"], strict=True))
    return found


def _group(rows: pd.DataFrame, column: str) -> Rows:
    return {str(key): group for key, group in rows.groupby(column, sort=False)}


def _name_within(key: str, to_m: float) -> str:
    return f"within|{key}|0-{to_m:g}"


def _summarise(study: Study, rows: Rows, key: str, segments: list[str]) -> dict[str, Any]:
    """One subject: its length over its segments, which add up, and its land to every distance."""
    lengths = [rows[f"segment|{segment}"] for segment in segments if f"segment|{segment}" in rows]
    by_medium = pd.concat(lengths).groupby("category")["value"].sum() if lengths else pd.Series(dtype=float)
    media = {medium: float(by_medium[medium]) for medium in MEDIA if medium in by_medium}
    # The strips of a segment that touches several countries are of each; all its land to a depth is one zone.
    return {
        "length": rounding.round_length_km(sum(media.values())) if media else None,
        "media": {medium: rounding.round_length_km(value) for medium, value in media.items()},
        "within": [_summarise_depth(rows, key, to_m) for _, to_m in study.bands],
        "strips": [_summarise_depth(rows, key, to_m) for to_m in study.strips_m],
    }


def _summarise_depth(rows: Rows, key: str, to_m: float) -> dict[str, Any]:
    zone_id = _name_within(key, to_m)
    return {"to_m": to_m, "zone_id": zone_id, **_round_zone(rows.get(zone_id))}


def _round_zone(rows: pd.DataFrame | None) -> dict[str, Any]:
    """The figures of one zone as they are shown, None where it has none.

    Returns
    -------
    dict
        `people` (value, low, high), `area`, `settlements`; `cover` and `facilities` by class; `indicative` and
        `withheld`: the measures whose zone is narrower than the data's pixel, and those that too few pixels carry.
    """
    own = {} if rows is None else _group(rows, "measure")
    cover, people, facilities = (own.get(name, _NOTHING) for name in ("cover_share", "people", "facilities"))
    cover = cover[cover["category"].isin(QUOTED_COVER) & cover["shown"].notna()]
    people = people[(people["category"] == "total") & people["shown"].notna()]
    return {
        "indicative": [name for name in _CAUTIONED if _is_indicative(own.get(name, _NOTHING))],
        "withheld": [name for name in _CAUTIONED if own.get(name, _NOTHING)["withheld"].any()],
        "people": tuple(people[["shown", "shown_low", "shown_high"]].iloc[0]) if len(people) else None,
        "area": _get_shown(own, "area"),
        "cover": dict(zip(cover["category"], cover["shown"], strict=True)),
        "settlements": _get_shown(own, "settlements"),
        "facilities": dict(zip(facilities["category"], facilities["shown"], strict=True)),
    }


def _get_shown(own: Rows, measure: str, category: str | None = None) -> rounding.RoundedValue:
    rows = own.get(measure, _NOTHING)
    rows = rows if category is None else rows[rows["category"] == category]
    found: rounding.RoundedValue = rows["shown"].iloc[0] if len(rows) else None
    return found


def _is_indicative(rows: pd.DataFrame) -> bool:
    """Whether figures are of land narrower than the data's pixel."""
    part = rows[rows["shown"].notna()]
    return bool(part["note"].fillna("").str.startswith(INDICATIVE).any())


def _compare(rows: Rows, segment: str, country: str) -> dict[str, Any]:
    """Shares of trees and density of a segment's land within 10 km and of its country, each with what it is of."""
    entry: dict[str, Any] = {"segment": segment, "country": country, "to_m": COMPARED_M}
    for side, zone_id in (("near", _name_within(segment, COMPARED_M)), ("whole", f"country|{country}")):
        zone = rows.get(zone_id, _NOTHING)
        own = _group(zone, "measure")
        bases = own.get("people_per_km2", _NOTHING)["basis"].dropna()
        entry[side] = {
            "zone_id": zone_id,
            "tree": _get_shown(own, "cover_share", "tree"),
            "people_per_km2": _get_shown(own, "people_per_km2"),
            "density_basis": bases.iloc[0] if len(bases) else None,
            "withheld": bool(zone["withheld"].any()),
        }
    return entry


def _summarise_corridor(corridor: Corridor, rows: Rows, layers: Mapping[str, Any]) -> dict[str, Any]:
    """A corridor over all its countries, and its axes."""
    axis = layers["corridor_axis"]
    lines = [
        {"name": row["name"], "length": rounding.round_length_km(float(row["length_km"]))} for _, row in axis.iterrows()
    ]
    zone_id = f"corridor|{corridor.id}|{WHOLE}"
    figures = _round_zone(rows.get(zone_id))
    return {"id": corridor.id, "name": corridor.name, "zone_id": zone_id, **figures, "axis": lines, "k": corridor.k}
