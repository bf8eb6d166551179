"""Bands, strips, corridor and regions: one table drawn as several layers, each kind its own way."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from geo_border import palette
from geo_border.outputs.qgis import renderers, symbols, words
from geo_border.outputs.qgis.drawn import CORRIDOR, EXPOSURE, OVERVIEW, ZONES, Drawn, Say, drawn
from geo_border.outputs.qgis.renderers import Rule
from geo_border.outputs.questions import SHEETS, WIDE
from geo_border.present import labels
from geo_border.schemas import LAYERS
from geo_border.study import Study

_KINDS = {"strips": "strip", "bands": "band", "admin": "admin", "corridor": "corridor"}


def zones(study: Study, say: Say) -> Iterator[Drawn]:
    """Give every layer of zones, topmost first."""
    yield _of_kind("strips", renderers.single(symbols.fill(palette.style("strips"))), (EXPOSURE,), say)
    yield corridor(say)
    yield _of_kind("admin", renderers.single(symbols.fill(palette.style("admin"))), (), say)
    classes = [(f"{edge:g}", label, symbol) for edge, label, symbol in band_classes(study)]
    yield _of_kind("bands", renderers.categories("to_m", classes), (OVERVIEW, CORRIDOR), say)
    yield all_zones(study, say)
    outline = renderers.single(symbols.fill(palette.style("admin")))
    about = "Every figure of a zone in one row."
    tip = _tip(say, "people_total")
    yield Drawn(WIDE, say("Zones with figures"), WIDE, ZONES, outline, about, tip=tip, expanded=False)


def all_zones(study: Study, say: Say) -> Drawn:
    """Give all zones as one layer; its style is the table's own."""
    bands = say(labels.LAYERS["bands"])
    listed = [
        Rule(f"{bands}: {label}", f'"zone_kind" = \'band\' AND "to_m" = {edge:g}', symbol)
        for edge, label, symbol in band_classes(study)
    ]
    for name in ("strips", "corridor", "admin"):
        symbol = symbols.fill(palette.style(name))
        listed.append(Rule(say(labels.LAYERS[name]), _kind_is(name), symbol))
    about, tip = LAYERS["zones"].about, _tip(say)
    drawn_by = renderers.rules("zones", listed)
    return Drawn("zones", say("All zones"), "zones", ZONES, drawn_by, about, tip=tip, expanded=False)


def corridor(say: Say) -> Drawn:
    """Give the corridor."""
    tip = words.tip(
        words.shown_text('"name"'),
        (say("Area"), words.shown_area('"area_km2"', say)),
        (say("People"), words.shown_people('"people"', say)),
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


def _of_kind(name: str, renderer: ET.Element, themes: tuple[str, ...], say: Say) -> Drawn:
    title, about = say(labels.LAYERS[name]), LAYERS["zones"].about
    return Drawn(name, title, "zones", ZONES, renderer, about, themes, _kind_is(name), tip=_tip(say))


def _kind_is(name: str) -> str:
    return f"\"zone_kind\" = '{_KINDS[name]}'"


def _tip(say: Say, people: str = "people") -> str:
    """Write the tip of a zone: its kind, so that a strip is always called hypothetical, and its rounded figures."""
    kinds = " ".join(
        f"WHEN {_kind_is(name)} THEN {words.literal(say(labels.ZONE_KINDS[kind]))}" for name, kind in _KINDS.items()
    )
    return words.tip(
        f"CASE {kinds} END || ' ' || \"zone_id\"",
        (say("Area"), words.shown_area('"area_km2"', say)),
        (say("People"), words.shown_people(f'"{people}"', say)),
    )
