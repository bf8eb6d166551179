"""Bands, strips, corridor and regions: one table drawn as several layers, each kind its own way."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from geo_border import palette
from geo_border.outputs.qgis import renderers, symbols, words
from geo_border.outputs.qgis.drawn import CORRIDOR, EXPOSURE, OVERVIEW, ZONES, Drawn, Say, drawn
from geo_border.outputs.qgis.renderers import Rule
from geo_border.outputs.qgis.xml import layer_id
from geo_border.outputs.questions import SHEETS, WIDE, WIDE_ABOUT
from geo_border.present import labels
from geo_border.schemas import LAYERS
from geo_border.study import Study

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
    tip = words.tip(
        words.shown_text(f'coalesce({zone}, "name")'),
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


def _draw_part(name: str, renderer: ET.Element, themes: tuple[str, ...], say: Say) -> Drawn:
    title, about = say(labels.LAYERS[name]), LAYERS["zones"].about
    return Drawn(name, title, "zones", ZONES, renderer, about, themes, _HELD[name], tip=_tip(say), display=_NAMED)


def _write_edge(edge_m: float) -> str:
    # All digits of a distance, so that it equals the column's.
    return f"{edge_m:.15g}"


def _tip(say: Say, people: str = "people") -> str:
    """Write the tip of a zone: its name, its kind, so that a strip is always called hypothetical, rounded figures."""
    kinds = " ".join(
        f'WHEN "zone_kind" = {words.literal(kind)} THEN {words.literal(say(label))}'
        for kind, label in labels.ZONE_KINDS.items()
    )
    return words.tip(
        words.shown_text(_NAMED),
        ("", f"CASE {kinds} END"),
        (say("Area"), words.shown_area('"area_km2"', say)),
        (say("People"), words.shown_people(f'"{people}"', say)),
    )
