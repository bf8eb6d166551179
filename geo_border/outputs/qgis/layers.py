"""The project's layers, in their order from the top: lines, places, areas, cells, zones, background, tables."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from geo_border.outputs.qgis import expressions, renderers, symbols
from geo_border.outputs.qgis.expressions import Labels
from geo_border.outputs.qgis.layerdef import (
    ALWAYS,
    AREAS,
    BACKGROUND,
    CELLS,
    CORRIDOR,
    EXPOSURE,
    FOREST,
    LINES,
    LOCATOR,
    OVERVIEW,
    PEOPLE,
    PLACES,
    TABLES,
    ZONES,
    Drawn,
    Say,
    drawn,
)
from geo_border.outputs.qgis.renderers import Rule
from geo_border.outputs.qgis.xml import layer_id
from geo_border.outputs.questions import QUESTIONS, SHEETS, WIDE, WIDE_ABOUT
from geo_border.present import labels, palette
from geo_border.schemas import LAYERS
from geo_border.study import Study


def layers(study: Study, say: Say) -> list[Drawn]:
    """List the layers and tables of the schema, and the zones with figures."""
    return [
        *lines(say),
        *places(say),
        *areas(say),
        *zones(study, say),
        *background(say),
        *tables(say),
    ]


def answers(say: Say) -> list[Drawn]:
    """List what is there only to be asked: the question views, the sources, and the pages of the sheets."""
    views = [Drawn(q.view, say(q.title), q.view, TABLES, None, q.about, expanded=False) for q in QUESTIONS]
    about = "Every dataset used, its licence and attribution."
    sources = Drawn("sources", say("Sources and licences"), "sources", TABLES, None, about, expanded=False)
    return [sheets(say), *views, sources]


def for_table(table: str, study: Study, say: Say) -> Drawn:
    """Give the layer whose style is the default of a table."""
    return next(layer for layer in layers(study, say) if layer.id == table)


# Residents from which a settlement is drawn larger and from farther away, and its scale limit (0: always).
_PLACES = ((50_000, 1.4, 0), (10_000, 1.1, 4_000_000), (2_000, 0.9, 1_500_000), (0, 0.7, 600_000))
_FACILITIES_FROM, _CELLS_FROM, _OUTLINES_FROM = 500_000, 300_000, 400_000


def lines(say: Say) -> Iterator[Drawn]:
    """Give the frontier on land and water, at sea, and the axis of a corridor."""
    length = expressions.shown_length('"length_km"', say)
    media = [
        (m, say(labels.class_label("frontier", m)), symbols.line(palette.style("frontier", m)))
        for m in palette.classes("frontier")
    ]
    yield drawn(
        "frontier",
        LINES,
        renderers.categories("medium", media),
        say,
        themes=(*ALWAYS, CORRIDOR, LOCATOR),
        words=Labels("frontier", '"segment"', (("", 9.0, 0),), place="line", bold=True),
        tip=expressions.tip(
            expressions.shown_text('"segment"'), ("", 'represent_value("medium")'), (say("Length"), length)
        ),
    )
    sea = renderers.single(symbols.line(palette.style("frontier_sea")))
    yield drawn("frontier_sea", LINES, sea, say, themes=ALWAYS)
    axis = Labels("corridor_axis", f"\"name\" || ' ' || {length}", (("", 9.0, 2_000_000),), place="line")
    yield drawn(
        "corridor_axis",
        LINES,
        renderers.single(symbols.line(palette.style("corridor_axis"))),
        say,
        themes=(CORRIDOR,),
        words=axis,
        tip=expressions.tip(expressions.shown_text('"name"'), (say("Length"), length)),
    )


def places(say: Say) -> Iterator[Drawn]:
    """Give facilities and settlements, fewer of them the farther one looks from."""
    kinds = [
        (k, say(labels.class_label("facilities", k)), symbols.marker(palette.style("facilities", k)))
        for k in palette.classes("facilities")
    ]
    away = (say("Distance"), expressions.shown_km('"distance_m"', say))
    yield drawn(
        "facilities",
        PLACES,
        renderers.categories("kind", kinds),
        say,
        themes=(PEOPLE, EXPOSURE),
        farthest=_FACILITIES_FROM,
        tip=expressions.tip(expressions.shown_text('"name"'), ("", 'represent_value("kind")'), away),
    )
    style = palette.style("settlements")
    steps = list(_place_steps(say))
    rules = [
        Rule(label, condition, symbols.marker(style, scale=scale), 0, far) for label, condition, scale, far in steps
    ]
    yield drawn(
        "settlements",
        PLACES,
        renderers.rules("settlements", rules),
        say,
        themes=(*ALWAYS, CORRIDOR),
        words=Labels("settlements", '"name"', tuple((c, 6.5 + 2 * scale, far) for _, c, scale, far in steps)),
        tip=expressions.tip(
            expressions.shown_text('"name"'), (say("People"), expressions.shown_people('"people"', say)), away
        ),
    )


def _place_steps(say: Say) -> Iterator[tuple[str, str, float, int]]:
    above: int | None = None
    for least, scale, farthest in _PLACES:
        value = 'coalesce("people", 0)'
        condition = f"{value} >= {least}" + (f" AND {value} < {above}" if above else "")
        if least:
            label = say("{n} people or more", n=f"{least:,}".replace(",", "\u202f"))
        else:
            label = say("Fewer people, or not known")
        yield label, condition, scale, farthest
        above = least


def areas(say: Say) -> Iterator[Drawn]:
    """Give the dissolved classes, and the cells that have one."""
    people = (say("People"), expressions.shown_people('"people"', say))
    for name, theme in (("civilian_exposure", EXPOSURE), ("populated", PEOPLE), ("forested", FOREST)):
        tip = expressions.tip(
            'represent_value("class")', (say("Area"), expressions.shown_area('"area_km2"', say)), people
        )
        yield drawn(name, AREAS, by_class(name, "class", say, _OUTLINES_FROM), say, themes=(theme,), tip=tip)
    known = [
        (c, say(labels.class_label("civilian_exposure", c)), symbols.fill(palette.style("cells")))
        for c in palette.classes("civilian_exposure")
    ]
    # A cell with no known exposure is in no class here, so it is not drawn: blank is not empty.
    yield drawn(
        "cells",
        CELLS,
        renderers.categories("civilian_exposure", known),
        say,
        farthest=_CELLS_FROM,
        expanded=False,
        tip=expressions.tip(
            '"cell_id"',
            ("", 'represent_value("civilian_exposure")'),
            people,
            (say("Tree cover"), expressions.shown_percent('"tree_share"', say)),
            (say("Distance"), expressions.shown_km('"distance_m"', say)),
        ),
    )


def background(say: Say) -> Iterator[Drawn]:
    """Give the countries by their treaty status."""
    yield drawn(
        "countries",
        BACKGROUND,
        by_class("countries", "treaty_status", say),
        say,
        themes=(*ALWAYS, CORRIDOR, LOCATOR),
        words=Labels("countries", 'upper("name")', (("", 11.0, 0),), place="area"),
        tip=expressions.tip(expressions.shown_text('"name"'), ("", 'represent_value("treaty_status")')),
    )


def tables(say: Say) -> Iterator[Drawn]:
    """Give the tables of the schema that have no geometry."""
    figure = "\"zone_name\" || ': ' || \"measure\" || coalesce(' ' || \"category\", '')"
    for name, display in (("exposure", figure), ("segments", '"segment"')):
        yield drawn(name, TABLES, None, say, expanded=False, display=display)


def by_class(layer: str, field: str, say: Say, outlined_from: int = 0) -> ET.Element:
    """Draw an area layer by its class, from the palette."""
    classes = [
        (c, say(labels.class_label(layer, c)), symbols.fill(palette.style(layer, c), "0", outlined_from))
        for c in palette.classes(layer)
    ]
    return renderers.categories(field, classes)


# Which zones each layer holds, in SQL. Zones of a segment, a country and the whole are of the same land, as are a
# corridor and its parts: a layer holds one partition, so that it draws each place once (strips nest by depth alone).
_HELD = {
    "strips": '"zone_kind" = \'strip\' AND "segment" IS NOT NULL',
    "corridor": '"zone_kind" = \'corridor\' AND "country" IS NOT NULL',
    "admin": "\"part_of\" = 'admin'",
    "bands": "\"part_of\" = 'bands'",
}
_NAMED = '"zone_name"'


def zones(study: Study, say: Say) -> Iterator[Drawn]:
    """Give every layer of zones, topmost first."""
    yield _draw_part("strips", renderers.single(symbols.fill(palette.style("strips"))), (EXPOSURE,), say)
    yield corridor(say)
    yield _draw_part("admin", renderers.single(symbols.fill(palette.style("admin"))), (), say)
    classes = [(_write_edge(edge), label, symbol) for edge, label, symbol in band_classes(study)]
    yield _draw_part("bands", renderers.categories("to_m", classes), (OVERVIEW, CORRIDOR), say)
    yield all_zones(study, say)
    # Every zone is in its table; of those, bands are outlined, which make up all the land.
    rule = Rule(say(labels.LAYERS["bands"]), _HELD["bands"], symbols.fill(palette.style("admin")))
    outline = renderers.rules(WIDE, [rule])
    title, tip = say("Zones with figures"), _tip(say, "people_total")
    yield Drawn(WIDE, title, WIDE, ZONES, outline, WIDE_ABOUT, tip=tip, expanded=False, display=_NAMED)


def all_zones(study: Study, say: Say) -> Drawn:
    """Give all zones as one layer; its style is the table's own."""
    bands = say(labels.LAYERS["bands"])
    listed = [
        Rule(f"{bands}: {label}", f'{_HELD["bands"]} AND "to_m" = {_write_edge(edge)}', symbol)
        for edge, label, symbol in band_classes(study)
    ]
    listed += [
        Rule(say(labels.LAYERS[name]), _HELD[name], symbols.fill(palette.style(name)))
        for name in ("strips", "corridor", "admin")
    ]
    about, tip = LAYERS["zones"].about, _tip(say)
    drawn_by = renderers.rules("zones", listed)
    return Drawn("zones", say("All zones"), "zones", ZONES, drawn_by, about, tip=tip, expanded=False, display=_NAMED)


def corridor(say: Say) -> Drawn:
    """Give the corridor."""
    # Its parts have one name; that of the zone tells the country too.
    zone = f"attribute(get_feature('{layer_id('zones')}', 'zone_id', \"zone_id\"), 'zone_name')"
    tip = expressions.tip(
        expressions.shown_text(f'coalesce({zone}, "name")'),
        (say("Area"), expressions.shown_area('"area_km2"', say)),
        (say("People"), expressions.shown_people('"people"', say)),
    )
    symbol = symbols.fill(palette.style("corridor"))
    return drawn("corridor", ZONES, renderers.single(symbol), say, themes=(CORRIDOR,), tip=tip)


def sheets(say: Say) -> Drawn:
    """Give the pages of the printed sheets; not drawn, and hidden in the list of layers."""
    about = "One row a segment with its lengths: the pages of the printed sheets."
    return Drawn(SHEETS, say("Segment sheets"), SHEETS, ZONES, renderers.nothing(), about, private=True)


def band_classes(study: Study) -> list[tuple[float, str, ET.Element]]:
    """List each band's outer edge, label and symbol; the ramp runs from the frontier outwards."""
    style = palette.style("bands")
    colours = palette.ramp_colours("bands", len(study.bands_m))
    made = []
    for (from_m, to_m), fill in zip(study.bands, colours, strict=True):
        symbol = symbols.fill(style.model_copy(update={"fill": fill}))
        made.append((to_m, f"{from_m / 1000:g}–{to_m / 1000:g} km", symbol))
    return made


def _draw_part(name: str, renderer: ET.Element, themes: tuple[str, ...], say: Say) -> Drawn:
    title, about = say(labels.LAYERS[name]), LAYERS["zones"].about
    return Drawn(name, title, "zones", ZONES, renderer, about, themes, _HELD[name], tip=_tip(say), display=_NAMED)


def _write_edge(edge_m: float) -> str:
    # All digits of a distance, so that it equals the column's.
    return f"{edge_m:.15g}"


def _tip(say: Say, people: str = "people") -> str:
    """Write the tip of a zone: its name, its kind, so that a strip is always called hypothetical, rounded figures."""
    kinds = " ".join(
        f'WHEN "zone_kind" = {expressions.literal(kind)} THEN {expressions.literal(say(label))}'
        for kind, label in labels.ZONE_KINDS.items()
    )
    return expressions.tip(
        expressions.shown_text(_NAMED),
        ("", f"CASE {kinds} END"),
        (say("Area"), expressions.shown_area('"area_km2"', say)),
        (say("People"), expressions.shown_people(f'"{people}"', say)),
    )
