"""Figures of the tidy table, whatever file holds it, and what a reader adds up from its rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from geo_border.present.withholding import withhold
from tests.outputs.figures_of.figure import EXACT, RELATIVE, Figure

ENDS = ("value", "low", "high")
# Cover classes that texts name together.
GROUPS = {"crop+grass": ("crop", "grass"), "water+wetland": ("water", "wetland")}
# Under it a share would say little of the land (`present.totals`).
LEAST_KNOWN = 0.5


def plain(value: Any) -> float | None:
    """A number, or None for what a file leaves empty."""
    return None if value is None or pd.isna(value) else float(value)


def text(value: Any) -> str:
    """A text; empty for what a file leaves empty."""
    return "" if value is None or pd.isna(value) else str(value)


def of_table(frame: pd.DataFrame, output: str, place: str) -> Iterator[Figure]:
    """Every value, low and high of a table with `zone_id`, or with `of`, `from_m` and `to_m` in its place."""
    ends = [end for end in ENDS if end in frame]
    # A view of the table without pixels leaves nothing out by itself.
    shown = withhold(frame) if {"pixels", "zone_id"} <= set(frame) else frame
    for row, kept in zip(frame.to_dict("records"), shown.to_dict("records"), strict=True):
        zone_id = row["zone_id"] if "zone_id" in row else f"within|{row['of']}|{row['from_m']:.0f}-{row['to_m']:.0f}"
        category = category_of(str(row["measure"]), text(row["category"]))
        for end in ends:
            value = plain(row[end])
            withheld = value is not None and plain(kept[end]) is None
            key = (zone_id, str(row["measure"]), category, str(row["unit"]))
            yield Figure(output, place, *key, value, end, within=EXACT, withheld=withheld)


def category_of(measure: str, category: str) -> str:
    """The category that all outputs call it by: a measure of one kind only has none.

    >>> category_of("settlements", "all"), category_of("people", "total")
    ('', 'total')
    """
    return "" if measure in ("area", "settlements", "people_per_km2") else category


Key = tuple[str, str, str, str]
Values = dict[Key, Figure]


def add_up(figures: Iterable[Figure]) -> list[Figure]:
    """What a reader works out from the rows of a table: lengths in all, rings, deeper strips, corridors, shares."""
    known: Values = {(f.zone_id, f.measure, f.category, f.end): f for f in figures}
    for step in (_lengths, _corridors, _deeper, _rings, _shares, _densities):
        for found in list(step(known)):
            key = (found.zone_id, found.measure, found.category, found.end)
            # A row of the table itself stands above what is worked out.
            known.setdefault(key, replace(found, place="added up", derived=True, within=RELATIVE))
    return [figure for figure in known.values() if figure.derived]


def _sum(parts: list[Figure], zone_id: str, **changes: str) -> Figure:
    """The sum of figures, blank where one of them is."""
    values = [part.value for part in parts]
    total = None if None in values else float(sum(values))  # type: ignore[arg-type]
    return replace(parts[0], zone_id=zone_id, value=total, **changes)


def _lengths(known: Values) -> Iterator[Figure]:
    """Lengths of the whole, and of a country's segments, by medium and in all."""
    media = [f for (_, measure, _, end), f in known.items() if (measure, end) == ("frontier_length", "value")]
    media = [f for f in media if f.zone_id.startswith("segment|")]
    segments = list(dict.fromkeys(f.zone_id for f in media))
    owners: dict[str, list[str]] = {"all": segments}
    for segment in segments:
        owners.setdefault(segment.split("|")[1].split("-")[0], []).append(segment)
    for name, own in {**owners, **{s.split("|")[1]: [s] for s in segments}}.items():
        mine = [f for f in media if f.zone_id in own]
        yield _sum(mine, f"segment|{name}", category="all")
        for medium in dict.fromkeys(f.category for f in mine):
            yield _sum([f for f in mine if f.category == medium], f"segment|{name}")


def _corridors(known: Values) -> Iterator[Figure]:
    """Each corridor over its countries."""
    parts: dict[Key, list[Figure]] = defaultdict(list)
    for (zone_id, *rest), figure in known.items():
        kind, name, *_ = zone_id.split("|")
        if kind == "corridor" and zone_id != f"corridor|{name}|all":
            parts[f"corridor|{name}|all", *rest].append(figure)
    for (zone_id, *_), figures in parts.items():
        yield _sum(figures, zone_id)


def _deeper(known: Values) -> Iterator[Figure]:
    """Land of a segment in a country out to each edge of a band; strips end before the widest."""
    bands: dict[tuple[str, ...], list[tuple[float, Figure]]] = defaultdict(list)
    for (zone_id, measure, category, end), figure in known.items():
        if zone_id.startswith("band|") and end == "value":
            _, segment, country, span = zone_id.split("|")
            bands[segment, country, measure, category].append((float(span.split("-")[1]), figure))
    for (segment, country, *_), parts in bands.items():
        parts.sort(key=lambda part: part[0])
        for number, (edge, _) in enumerate(parts):
            yield _sum([figure for _, figure in parts[: number + 1]], f"strip|{segment}|{country}|0-{edge:.0f}")


def _rings(known: Values) -> Iterator[Figure]:
    """Rings of the whole, of a segment and of a country: what lies within one edge, less what lies within the last."""
    edges = sorted({float(z.rsplit("-", 1)[1]) for z, *_ in known if z.startswith("band|")})
    for (zone_id, measure, category, end), figure in known.items():
        kind, *rest = zone_id.split("|")
        if kind != "within" or end != "value" or len(rest) != 2:
            continue
        high = float(rest[1].split("-")[1])
        if high not in edges[1:]:
            continue
        low = edges[edges.index(high) - 1]
        inner = known.get((f"within|{rest[0]}|0-{low:.0f}", measure, category, end))
        if inner is not None:
            blank = figure.value is None or inner.value is None
            value = None if blank else figure.value - inner.value  # type: ignore[operator]
            yield replace(figure, zone_id=f"band|{rest[0]}|{low:.0f}-{high:.0f}", value=value)


def _shares(known: Values) -> Iterator[Figure]:
    """Share of each cover class in the land whose cover is known."""
    by_zone: dict[str, dict[str, Figure]] = defaultdict(dict)
    for (zone_id, measure, category, end), figure in known.items():
        if (measure, end) == ("cover_area", "value"):
            by_zone[zone_id][category] = figure
    for zone_id, classes in by_zone.items():
        one = next(iter(classes.values()))
        values = {name: f.value for name, f in classes.items()}
        for category in [*(name for name in values if name != "unknown"), *GROUPS]:
            share = _share_of(values, GROUPS.get(category, (category,)))
            yield replace(one, zone_id=zone_id, measure="cover_share", category=category, unit="share", value=share)


def _share_of(values: Mapping[str, Any], group: tuple[str, ...]) -> float | None:
    if any(value is None for value in values.values()):
        return None
    whole = sum(values.values())
    known = whole - values.get("unknown", 0.0)
    return None if known <= LEAST_KNOWN * whole else sum(values.get(name, 0.0) for name in group) / known


def _densities(known: Values) -> Iterator[Figure]:
    """People per km² of a zone."""
    for (zone_id, measure, category, end), figure in known.items():
        area = known.get((zone_id, "area", "", "value"))
        if (measure, category, end) == ("people", "total", "value") and area is not None and area.value:
            value = None if figure.value is None else figure.value / area.value  # type: ignore[operator]
            yield replace(figure, measure="people_per_km2", category="", unit="persons/km²", value=value)
