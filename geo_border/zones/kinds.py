"""Every zone kind, and the zones of each: segments, bands, strips, sums by distance, corridors, units, countries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypedDict

from geo_border.errors import SchemaError
from geo_border.present import labels
from geo_border.schemas import WHOLE, ZONE_KINDS
from geo_border.zones.layout import Layout, format_depth, format_ring, name_rest
from geo_border.zones.membership import LINE, NO_UNIT, Membership, Selection, Zone, build_membership


def list_segments(layout: Layout) -> Iterator[Zone]:
    """`segment|FI-RU`: the stretches of one segment; they add up to the frontier."""
    for segment in layout.segments:
        yield Zone(
            "segment",
            f"segment|{segment.id}",
            layout.name_segment(segment.id),
            Selection(segment=segment.id),
            segment=segment.id,
            country=segment.country,
            part_of="segments",
            carrier=LINE,
        )


def list_bands(layout: Layout) -> Iterator[Zone]:
    """`band|FI-RU|FI|1000-5000`: land of one country nearest to one segment in one ring; bands add up."""
    for from_m, to_m in layout.study.bands:
        for segment, country in layout.list_pairs(from_m, to_m):
            yield Zone(
                "band",
                f"band|{segment}|{country}|{from_m:g}-{to_m:g}",
                f"{layout.name_segment(segment)}, {layout.name_country(country)}, {format_ring(from_m, to_m)}",
                Selection(segment=segment, country=country, from_m=from_m, to_m=to_m),
                segment=segment,
                country=country,
                from_m=from_m,
                to_m=to_m,
                part_of="bands",
            )


def list_strips(layout: Layout) -> Iterator[Zone]:
    """`strip|FI-RU|FI|0-1000`, `strip|FI|0-1000`, `strip|all|0-1000`: hypothetical strips to a depth; they nest.

    A depth is of every segment and country and of the whole, or of one of these.
    """
    study = layout.study
    for to_m in study.depths:
        for segment, country in layout.list_pairs(0.0, to_m):
            if to_m not in study.list_depths(segment):
                continue
            yield Zone(
                "strip",
                f"strip|{segment}|{country}|0-{to_m:g}",
                f"Hypothetical strip, {layout.name_segment(segment)}, {layout.name_country(country)}, "
                f"{format_ring(0, to_m)}",
                Selection(segment=segment, country=country, to_m=to_m),
                segment=segment,
                country=country,
                from_m=0.0,
                to_m=to_m,
            )
        for key, name, selection in _list_countries_and_whole(layout, to_m):
            if to_m not in study.list_depths(key):
                continue
            yield Zone(
                "strip",
                f"strip|{key}|0-{to_m:g}",
                f"Hypothetical strip, {name}, {format_ring(0, to_m)}",
                selection,
                country=selection.country,
                from_m=0.0,
                to_m=to_m,
            )


def list_within(layout: Layout) -> Iterator[Zone]:
    """`within|all|0-5000`, `within|FI-RU|...`, `within|FI|...`: all land to a distance, as one area; they nest."""
    countries = {segment.id: segment.country for segment in layout.segments}
    for to_m in layout.study.common_edges_m:
        nearest = [(pair[0], Selection(segment=pair[0], to_m=to_m)) for pair in layout.list_pairs(0.0, to_m)]
        parts = [(key, layout.name_segment(key), selection) for key, selection in dict(nearest).items()]
        for key, name, selection in [*parts, *_list_countries_and_whole(layout, to_m)]:
            yield Zone(
                "within",
                f"within|{key}|0-{to_m:g}",
                f"{name}, within {format_depth(to_m)}",
                selection,
                segment=selection.segment,
                country=selection.country or countries.get(selection.segment or ""),
                from_m=0.0,
                to_m=to_m,
            )


def list_corridors(layout: Layout) -> Iterator[Zone]:
    """`corridor|suwalki|PL`, `corridor|suwalki|all`: home land between two facing territories."""
    parts = [polygon for polygon in layout.polygons if polygon.kind == "corridor"]
    for place in dict.fromkeys(polygon.place_id for polygon in parts):
        own = [polygon for polygon in parts if polygon.place_id == place]
        name = own[0].place_name
        pieces = [(p.country, f"{name} ({place}), {layout.name_country(p.country)}", p.country, [p]) for p in own]
        for key, title, country, members in [*pieces, (WHOLE, f"{name} ({place})", None, own)]:
            yield Zone(
                "corridor",
                f"corridor|{place}|{key}",
                title,
                Selection(polygons=tuple(p.number for p in members)),
                country=country,
                place_id=place,
                place_name=name,
                variants={
                    width: Selection(polygons=tuple(p.variants[width] for p in members)) for width in own[0].variants
                },
                range_from=own[0].range_from,
            )


def list_admin(layout: Layout) -> Iterator[Zone]:
    """`admin|PL-20|1000-5000` (rings, which add up), `admin|PL-20|within-10000` and `admin|PL-20|PL-BY` (line only)."""
    for (from_m, to_m), present in layout.admin_rings.items():
        for unit in present:
            yield Zone(
                **_describe_unit(layout, unit, f"{from_m:g}-{to_m:g}", format_ring(from_m, to_m)),
                selection=replace(_select_unit(layout, unit), from_m=from_m, to_m=to_m),
                from_m=from_m,
                to_m=to_m,
                part_of="admin",
            )
    for _, to_m in layout.study.bands:
        near = {unit for (_, outer), present in layout.admin_rings.items() if outer <= to_m for unit in present}
        for unit in sorted(near):
            yield Zone(
                **_describe_unit(layout, unit, f"within-{to_m:g}", f"within {format_depth(to_m)}"),
                selection=replace(_select_unit(layout, unit), to_m=to_m),
                from_m=0.0,
                to_m=to_m,
            )
    for unit, segment in layout.admin_segments:
        yield Zone(
            **_describe_unit(layout, unit, segment, layout.name_segment(segment)),
            selection=replace(_select_unit(layout, unit), segment=segment),
            segment=segment,
            part_of="admin-segments",
            carrier=LINE,
        )


class _OfUnit(TypedDict):
    """What every zone of one administrative unit has."""

    kind: str
    id: str
    name: str
    country: str
    place_id: str
    place_name: str


def _describe_unit(layout: Layout, unit: str, key: str, ending: str) -> _OfUnit:
    country, name = layout.find_unit(unit)
    return _OfUnit(
        kind="admin",
        id=f"admin|{unit}|{key}",
        name=f"{name} ({unit}), {ending}" if name != unit else f"{unit}, {ending}",
        country=country,
        place_id=unit,
        place_name=name,
    )


def _select_unit(layout: Layout, unit: str) -> Selection:
    country, _ = layout.find_unit(unit)
    return Selection(country=country, admin=NO_UNIT if unit == name_rest(country) else unit)


def list_own(layout: Layout) -> Iterator[Zone]:
    """`own|<id>`: a user's own polygons, clipped to home land, in the order of the file."""
    parts = [polygon for polygon in layout.polygons if polygon.kind == "own"]
    for place in dict.fromkeys(polygon.place_id for polygon in parts):
        own = [polygon for polygon in parts if polygon.place_id == place]
        countries = list(dict.fromkeys(polygon.country for polygon in own))
        yield Zone(
            "own",
            f"own|{place}",
            f"{own[0].place_name} ({place})" if own[0].place_name != place else place,
            Selection(polygons=tuple(polygon.number for polygon in own)),
            country=countries[0] if len(countries) == 1 else None,
            place_id=place,
            place_name=own[0].place_name,
        )


# In the order in which they stand in the table. Countries as a whole are no sum of areas near the frontier: their rows
# come from totals of the whole territory (measures/countries.py).
KINDS: dict[str, Callable[[Layout], Iterator[Zone]]] = {
    "segment": list_segments,
    "band": list_bands,
    "strip": list_strips,
    "within": list_within,
    "corridor": list_corridors,
    "admin": list_admin,
    "own": list_own,
}


def check_kinds() -> None:
    """Fail where a zone kind is unknown to the schema or lacks its label.

    Raises
    ------
    SchemaError
        With what is forgotten, and where it belongs.
    """
    places = (("schemas.ZONE_KINDS", ZONE_KINDS), ("present/labels.py", labels.ZONE_KINDS))
    for place, known in places:
        missing = [kind for kind in KINDS if kind not in known]
        if missing:
            raise SchemaError(f"zone kinds that are forgotten: {', '.join(missing)}. Add them to {place}.")


check_kinds()


def list_zones(layout: Layout) -> Membership:
    """Every zone of every kind, in the order in which they stand in the table.

    Parameters
    ----------
    layout
        Segments, pieces of land, units and polygons that zones are made of.
    """
    return build_membership(zone for lister in KINDS.values() for zone in lister(layout))


def _list_countries_and_whole(layout: Layout, to_m: float) -> list[tuple[str, str, Selection]]:
    near = {country for _, country in layout.list_pairs(0.0, to_m)}
    countries = [
        (code, layout.name_country(code), Selection(country=code, to_m=to_m))
        for code in layout.countries
        if code in near
    ]
    return [*countries, (WHOLE, "Whole frontier", Selection(to_m=to_m))] if near else []
