"""Lines, places, areas, cells and countries: how each is drawn, labelled and explained in a tip."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from geo_border import palette
from geo_border.outputs.qgis import renderers, symbols, words
from geo_border.outputs.qgis.drawn import (
    ALWAYS,
    AREAS,
    BACKGROUND,
    CELLS,
    CORRIDOR,
    EXPOSURE,
    FOREST,
    LINES,
    LOCATOR,
    PEOPLE,
    PLACES,
    TABLES,
    Drawn,
    Say,
    drawn,
)
from geo_border.outputs.qgis.renderers import Rule
from geo_border.outputs.qgis.words import Labels
from geo_border.present import labels

# Residents from which a settlement is drawn larger and from farther away, and its scale limit (0: always).
_PLACES = ((50_000, 1.4, 0), (10_000, 1.1, 4_000_000), (2_000, 0.9, 1_500_000), (0, 0.7, 600_000))
_FACILITIES_FROM, _CELLS_FROM, _OUTLINES_FROM = 500_000, 300_000, 400_000


def lines(say: Say) -> Iterator[Drawn]:
    """Give the frontier on land and water, at sea, and the axis of a corridor."""
    length = words.shown_length('"length_km"', say)
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
        tip=words.tip(words.shown_text('"segment"'), ("", 'represent_value("medium")'), (say("Length"), length)),
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
        tip=words.tip(words.shown_text('"name"'), (say("Length"), length)),
    )


def places(say: Say) -> Iterator[Drawn]:
    """Give facilities and settlements, fewer of them the farther one looks from."""
    kinds = [
        (k, say(labels.class_label("facilities", k)), symbols.marker(palette.style("facilities", k)))
        for k in palette.classes("facilities")
    ]
    away = (say("Distance"), words.shown_km('"distance_m"', say))
    yield drawn(
        "facilities",
        PLACES,
        renderers.categories("kind", kinds),
        say,
        themes=(PEOPLE, EXPOSURE),
        farthest=_FACILITIES_FROM,
        tip=words.tip(words.shown_text('"name"'), ("", 'represent_value("kind")'), away),
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
        tip=words.tip(words.shown_text('"name"'), (say("People"), words.shown_people('"people"', say)), away),
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
    people = (say("People"), words.shown_people('"people"', say))
    for name, theme in (("civilian_exposure", EXPOSURE), ("populated", PEOPLE), ("forested", FOREST)):
        tip = words.tip('represent_value("class")', (say("Area"), words.shown_area('"area_km2"', say)), people)
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
        tip=words.tip(
            '"cell_id"',
            ("", 'represent_value("civilian_exposure")'),
            people,
            (say("Tree cover"), words.shown_percent('"tree_share"', say)),
            (say("Distance"), words.shown_km('"distance_m"', say)),
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
        tip=words.tip(words.shown_text('"name"'), ("", 'represent_value("treaty_status")')),
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
