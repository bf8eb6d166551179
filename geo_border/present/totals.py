"""Figures of all land to a distance, of strips and of corridors, rounded for reading: what stories and sheets quote.

Nothing is summed here: every number is one row of the exposure table, as it may be shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypedDict

import pandas as pd

from geo_border.present import rounding
from geo_border.present.figures import add_rounded_columns
from geo_border.present.rounding import RoundedValue
from geo_border.schemas import MEDIA, WHOLE
from geo_border.study import Corridor, Study

# Cover classes that stories and sheets quote, each as its own share.
QUOTED_COVER = ("tree", "crop", "grass", "water", "wetland", "built")
# How the notes of figures begin whose zone is narrower than the data's pixel (DESIGN section 5).
INDICATIVE = "indicative"
# The distance at which a segment's land is set beside its whole country.
COMPARED_M = 10_000.0
_CAUTIONED = ("people", "cover_share")


class _Row(NamedTuple):
    """One row of the table: its value, and how it is shown."""

    value: float
    shown: RoundedValue
    shown_low: RoundedValue
    shown_high: RoundedValue
    withheld: bool
    basis: str | None
    note: str | None


# Rows of one zone by measure and category, None where a measure has no categories.
_Zone = Mapping[tuple[str, str | None], _Row]
_NOTHING: _Zone = {}


def compute_totals(study: Study, layers: Mapping[str, pd.DataFrame], exposure: pd.DataFrame) -> dict[str, Any]:
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
        edge of a band, as `_round_zone` says) and `strips` (for each depth); beside them `corridor`, `own` (a user's
        own areas, in the order of their file), `comparison` (each segment's land within 10 km beside its whole country)
        and `basis` (what each share of cover is of).
    """
    zones = _index_rows(exposure)
    segments = layers["segments"]
    found: dict[str, Any] = {WHOLE: _summarise(study, zones, WHOLE, list(segments["segment"]))}
    for column in ("segment", "country"):
        for value in pd.unique(segments[column]):
            own = list(segments.loc[segments[column] == value, "segment"])
            found[str(value)] = _summarise(study, zones, str(value), own)
    found["corridor"] = [_summarise_corridor(corridor, zones, layers) for corridor in study.corridors]
    found["comparison"] = [
        _compare(zones, segment, country)
        for segment, country in zip(segments["segment"], segments["country"], strict=True)
        if _name_within(segment, COMPARED_M) in zones
    ]
    areas = exposure[exposure["zone_kind"] == "own"].drop_duplicates("zone_id")
    found["own"] = [
        {"zone_id": zone_id, "name": name, **_round_zone(zones.get(zone_id, _NOTHING))}
        for zone_id, name in zip(areas["zone_id"], areas["zone_name"], strict=True)
    ]
    shares = exposure[(exposure["measure"] == "cover_share") & exposure["basis"].notna()].drop_duplicates("category")
    found["basis"] = dict(zip(shares["category"], shares["basis"], strict=True))
    return found


def _index_rows(exposure: pd.DataFrame) -> dict[str, _Zone]:
    """Rows of the table by zone, measure and category."""
    rows = add_rounded_columns(exposure)
    for name in ("category", "basis", "note"):
        # None, not NaN, where a text is empty.
        rows[name] = rows[name].astype(object).where(rows[name].notna(), None)
    zones: dict[str, dict[tuple[str, str | None], _Row]] = {}
    for row in rows[["zone_id", "measure", "category", *_Row._fields]].itertuples(index=False):
        zone_id, measure, category, *fields = row
        zones.setdefault(zone_id, {})[measure, category] = _Row._make(fields)
    return dict(zones)


def _name_within(key: str, to_m: float) -> str:
    return f"within|{key}|0-{to_m:g}"


def _summarise(study: Study, zones: Mapping[str, _Zone], key: str, segments: list[str]) -> dict[str, Any]:
    """One subject: its length over its segments, which add up, and its land to every distance."""
    lines = [zones.get(f"segment|{segment}", _NOTHING) for segment in segments]
    # A line of a user's own has a length without a medium.
    lengths = {
        medium: sum(line["frontier_length", medium].value for line in lines if ("frontier_length", medium) in line)
        for medium in (None, *MEDIA)
        if any(("frontier_length", medium) in line for line in lines)
    }
    # The strips of a segment that touches several countries are of each; all its land to a depth is one zone.
    return {
        "length": rounding.round_length_km(sum(lengths.values())) if lengths else None,
        "media": {medium: rounding.round_length_km(value) for medium, value in lengths.items() if medium is not None},
        "within": [_summarise_depth(zones, key, to_m) for _, to_m in study.bands],
        "strips": [_summarise_strip(study, zones, key, to_m) for to_m in study.list_depths(key)],
    }


def _summarise_depth(zones: Mapping[str, _Zone], key: str, to_m: float) -> dict[str, Any]:
    zone_id = _name_within(key, to_m)
    return {"to_m": to_m, "zone_id": zone_id, **_round_zone(zones.get(zone_id, _NOTHING))}


def _summarise_strip(study: Study, zones: Mapping[str, _Zone], key: str, to_m: float) -> dict[str, Any]:
    """The land of one subject to a depth; to one of its own, the strip of its own country."""
    if to_m in study.common_edges_m:
        return _summarise_depth(zones, key, to_m)
    country = study.find_country_of_segment(key)
    zone_id = f"strip|{key}|0-{to_m:g}" if country is None else f"strip|{key}|{country}|0-{to_m:g}"
    return {"to_m": to_m, "zone_id": zone_id, **_round_zone(zones.get(zone_id, _NOTHING))}


class ZoneFigures(TypedDict):
    """The figures of a zone as `_round_zone` gives them: persons, km², counts, whole percent."""

    indicative: list[str]
    withheld: list[str]
    people: tuple[RoundedValue, RoundedValue, RoundedValue] | None
    area: RoundedValue
    cover: dict[str, RoundedValue]
    settlements: RoundedValue
    facilities: dict[str | None, RoundedValue]


def _round_zone(zone: _Zone) -> ZoneFigures:
    """The figures of one zone as they are shown, None where it has none.

    Returns
    -------
    dict
        `people` (value, low, high), `area`, `settlements`; `cover` and `facilities` by class; `indicative` and
        `withheld`: the measures whose zone is narrower than the data's pixel, and those that too few pixels carry.
    """
    people = zone.get(("people", "total"))
    shares = {name: _get_shown(zone, "cover_share", name) for name in QUOTED_COVER}
    return {
        "indicative": [name for name in _CAUTIONED if any(_is_indicative(row) for row in _list_rows(zone, name))],
        "withheld": [name for name in _CAUTIONED if any(row.withheld for row in _list_rows(zone, name))],
        "people": None
        if people is None or people.shown is None
        else (people.shown, people.shown_low, people.shown_high),
        "area": _get_shown(zone, "area"),
        "cover": {name: shown for name, shown in shares.items() if shown is not None},
        "settlements": _get_shown(zone, "settlements"),
        "facilities": {kind: row.shown for (measure, kind), row in zone.items() if measure == "facilities"},
    }


def _list_rows(zone: _Zone, measure: str) -> list[_Row]:
    return [row for (name, _), row in zone.items() if name == measure]


def _get_shown(zone: _Zone, measure: str, category: str | None = None) -> RoundedValue:
    row = zone.get((measure, category))
    return None if row is None else row.shown


def _is_indicative(row: _Row) -> bool:
    """Whether a figure that is shown is of land narrower than the data's pixel."""
    return row.shown is not None and (row.note or "").startswith(INDICATIVE)


def _compare(zones: Mapping[str, _Zone], segment: str, country: str) -> dict[str, Any]:
    """Shares of trees and density of a segment's land within 10 km and of its country, each with what it is of."""
    entry: dict[str, Any] = {"segment": segment, "country": country, "to_m": COMPARED_M}
    for side, zone_id in (("near", _name_within(segment, COMPARED_M)), ("whole", f"country|{country}")):
        zone = zones.get(zone_id, _NOTHING)
        density = zone.get(("people_per_km2", None))
        entry[side] = {
            "zone_id": zone_id,
            "tree": _get_shown(zone, "cover_share", "tree"),
            "people_per_km2": _get_shown(zone, "people_per_km2"),
            "density_basis": None if density is None else density.basis,
            "withheld": any(row.withheld for row in zone.values()),
        }
    return entry


def _summarise_corridor(
    corridor: Corridor, zones: Mapping[str, _Zone], layers: Mapping[str, pd.DataFrame]
) -> dict[str, Any]:
    """A corridor over all its countries, and its axes."""
    axis = layers["corridor_axis"]
    lines = [
        {"name": row["name"], "length": rounding.round_length_km(float(row["length_km"]))} for _, row in axis.iterrows()
    ]
    zone_id = f"corridor|{corridor.id}|{WHOLE}"
    figures = _round_zone(zones.get(zone_id, _NOTHING))
    return {"id": corridor.id, "name": corridor.name, "zone_id": zone_id, **figures, "axis": lines, "k": corridor.k}
