"""The layers of the project: from which table, in which group, drawn how, with which words and in which themes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from geo_border import palette
from geo_border.outputs.qgis import renderers, symbols, words
from geo_border.outputs.qgis.renderers import Rule
from geo_border.outputs.qgis.words import Labels
from geo_border.outputs.questions import SHEETS, WIDE
from geo_border.present import labels
from geo_border.result import Result
from geo_border.schemas import LAYERS
from geo_border.study import Study

OVERVIEW, FOREST, PEOPLE, EXPOSURE = "Overview", "Forest", "People", "Exposure"
ALWAYS = (OVERVIEW, FOREST, PEOPLE, EXPOSURE)
# Themes of a corridor are called after it; here this stands for all of them.
CORRIDOR = "corridor"
LINES, PLACES, AREAS, CELLS, ZONES, BACKGROUND, TABLES = (
    "Frontier",
    "Places",
    "Land and people",
    "Cells",
    "Zones",
    "Background",
    "Tables",
)
# Residents from which a settlement is drawn larger and from farther away, and its scale limit (0: always).
_PLACES = ((50_000, 2.0, 0), (10_000, 1.5, 4_000_000), (2_000, 1.2, 1_500_000), (0, 0.9, 600_000))
_CELLS_FROM = 300_000


@dataclass(frozen=True)
class Drawn:
    """One layer of the project; `id` is made into what SQL and expressions call it by `xml.layer_id`.

    `farthest` is the scale denominator beyond which it is not drawn (0: none); `themes` are those that show it.
    """

    id: str
    title: str
    table: str
    group: str
    renderer: ET.Element | None
    about: str
    themes: tuple[str, ...] = ()
    subset: str = ""
    labels: Labels | None = None
    tip: str = ""
    farthest: int = 0
    expanded: bool = True
    private: bool = False


def layers(result: Result) -> list[Drawn]:
    """List every vector layer and table of the project, topmost first."""
    study = result.study
    return [*_lines(), *_places(), *_areas(), *_zones(study), *_background(), *_tables()]


def for_table(table: str, study: Study) -> Drawn:
    """Give the layer whose style is the default of a table."""
    if table == "zones":
        return all_zones(study)
    made = (*_lines(), *_places(), *_areas(), *_background(), *_corridor())
    return next(layer for layer in made if layer.table == table and not layer.subset)


def _lines() -> Iterator[Drawn]:
    frontier = [
        (m, labels.class_label("frontier", m), symbols.line(palette.style("frontier", m)))
        for m in palette.classes("frontier")
    ]
    yield _drawn(
        "frontier",
        LINES,
        renderers.categories("medium", frontier),
        themes=(*ALWAYS, CORRIDOR),
        labels=Labels("frontier", '"segment"', (("", 9.0, 0),), place="line", bold=True),
        tip=words.tip(words.shown_text('"segment"'), ("Runs through", '"medium"'), ("Length of this stretch", _KM)),
    )
    yield _drawn("frontier_sea", LINES, _single_line("frontier_sea"), themes=ALWAYS)
    yield _drawn(
        "corridor_axis",
        LINES,
        _single_line("corridor_axis"),
        themes=(CORRIDOR,),
        labels=Labels("corridor_axis", "\"name\" || ' ' || " + _KM, (("", 9.0, 2_000_000),), place="line"),
        tip=words.tip(words.shown_text('"name"'), ("Length", _KM)),
    )


_KM = "format_number(\"length_km\", 1) || ' km'"


def _places() -> Iterator[Drawn]:
    kinds = [
        (k, labels.class_label("facilities", k), symbols.marker(palette.style("facilities", k)))
        for k in palette.classes("facilities")
    ]
    yield _drawn(
        "facilities",
        PLACES,
        renderers.categories("kind", kinds),
        themes=(PEOPLE, EXPOSURE),
        farthest=500_000,
        tip=words.tip(
            words.shown_text('"name"'), ("Kind", '"kind"'), ("To the frontier", words.shown_km('"distance_m"'))
        ),
    )
    style = palette.style("settlements")
    listed = [
        Rule(label, condition, symbols.marker(style, scale=scale), 0, farthest)
        for label, condition, scale, farthest in _place_steps()
    ]
    steps = tuple((condition, 7.0 + 2 * scale, farthest) for _, condition, scale, farthest in _place_steps())
    yield _drawn(
        "settlements",
        PLACES,
        renderers.rules("settlements", listed),
        themes=(*ALWAYS, CORRIDOR),
        labels=Labels("settlements", '"name"', steps),
        tip=words.tip(
            words.shown_text('"name"'),
            ("Residents", words.shown_people('"people"')),
            ("To the frontier", words.shown_km('"distance_m"')),
        ),
    )


def _place_steps() -> Iterator[tuple[str, str, float, int]]:
    above: int | None = None
    for least, scale, farthest in _PLACES:
        value = 'coalesce("people", 0)'
        condition = f"{value} >= {least}" + (f" AND {value} < {above}" if above else "")
        label = f"{least:,} residents or more" if least else f"under {above:,} residents, or not known"
        yield label, condition, scale, farthest
        above = least


def _areas() -> Iterator[Drawn]:
    for name, theme in (("civilian_exposure", EXPOSURE), ("populated", PEOPLE), ("forested", FOREST)):
        tip = words.tip(
            words.shown_text('"class"'),
            ("Area", words.shown_area('"area_km2"')),
            ("People", words.shown_people('"people"')),
        )
        yield _drawn(name, AREAS, by_class(name, "class"), themes=(theme,), tip=tip)
    known = [
        (c, labels.class_label("civilian_exposure", c), symbols.fill(palette.style("cells")))
        for c in palette.classes("civilian_exposure")
    ]
    # A cell with no known exposure is in no class here, so it is not drawn: blank is not empty.
    yield _drawn(
        "cells",
        CELLS,
        renderers.categories("civilian_exposure", known),
        farthest=_CELLS_FROM,
        expanded=False,
        tip=words.tip(
            '"cell_id"',
            ("People", words.shown_people('"people"')),
            ("Tree cover", words.shown_percent('"tree_share"')),
            ("To the frontier", words.shown_km('"distance_m"')),
        ),
    )


def by_class(layer: str, field: str) -> ET.Element:
    """Draw an area layer by its class, from the palette."""
    return renderers.categories(
        field,
        [(c, labels.class_label(layer, c), symbols.fill(palette.style(layer, c))) for c in palette.classes(layer)],
    )


def band_classes(study: Study) -> list[tuple[float, str, ET.Element]]:
    """List each band's outer edge, label and symbol; the ramp runs from the frontier outwards."""
    style = palette.style("bands")
    colours = palette.ramp_colours("bands", len(study.bands_m))
    made = []
    for (from_m, to_m), fill in zip(study.bands, colours, strict=True):
        symbol = symbols.fill(style.model_copy(update={"fill": fill}))
        made.append((to_m, f"{from_m / 1000:g}–{to_m / 1000:g} km", symbol))
    return made


def _zones(study: Study) -> Iterator[Drawn]:
    about = LAYERS["zones"].about
    tip = zone_tip()
    strips = symbols.fill(palette.style("strips"))
    yield Drawn(
        "strips",
        labels.LAYERS["strips"],
        "zones",
        ZONES,
        renderers.single(strips),
        about,
        (EXPOSURE,),
        "\"zone_kind\" = 'strip'",
        tip=tip,
        expanded=False,
    )
    yield from _corridor()
    admin = symbols.fill(palette.style("admin"))
    yield Drawn(
        "admin",
        labels.LAYERS["admin"],
        "zones",
        ZONES,
        renderers.single(admin),
        about,
        (),
        "\"zone_kind\" = 'admin'",
        tip=tip,
        expanded=False,
    )
    bands = renderers.categories("to_m", [(f"{edge:g}", label, symbol) for edge, label, symbol in band_classes(study)])
    yield Drawn(
        "bands",
        labels.LAYERS["bands"],
        "zones",
        ZONES,
        bands,
        about,
        (OVERVIEW, CORRIDOR),
        "\"zone_kind\" = 'band'",
        tip=tip,
    )
    yield all_zones(study)
    outline = renderers.single(symbols.fill(palette.style("admin"), "0"))
    yield Drawn(
        WIDE,
        "Zones with figures",
        WIDE,
        ZONES,
        outline,
        "Every figure of a zone in one row.",
        tip=tip.replace('"people"', '"people_total"'),
        expanded=False,
    )


def all_zones(study: Study) -> Drawn:
    """Give all zones as one layer, each kind drawn its own way."""
    listed = [
        Rule(f"{labels.LAYERS['bands']}: {label}", f'"zone_kind" = \'band\' AND "to_m" = {edge:g}', symbol)
        for edge, label, symbol in band_classes(study)
    ]
    for kind, name in (("strip", "strips"), ("corridor", "corridor"), ("admin", "admin")):
        symbol = symbols.fill(palette.style(name))
        listed.append(Rule(labels.LAYERS[name], f"\"zone_kind\" = '{kind}'", symbol))
    return Drawn(
        "zones",
        "All zones",
        "zones",
        ZONES,
        renderers.rules("zones", listed),
        LAYERS["zones"].about,
        tip=zone_tip(),
        expanded=False,
    )


def sheets() -> Drawn:
    """Give the pages of the printed sheets; not drawn, and hidden in the list of layers."""
    about = "One row a segment with its lengths: the pages of the printed sheets."
    return Drawn(SHEETS, "Segment sheets", SHEETS, ZONES, renderers.nothing(), about, private=True)


def zone_tip() -> str:
    """Write the tip of a zone: its area, people and tree cover, rounded; strips are said to be hypothetical."""
    kind = "CASE WHEN \"zone_kind\" = 'strip' THEN 'Hypothetical strip ' ELSE '' END || \"zone_id\""
    return words.tip(kind, ("Area", words.shown_area('"area_km2"')), ("People", words.shown_people('"people"')))


def _corridor() -> Iterator[Drawn]:
    symbol = symbols.fill(palette.style("corridor"))
    yield _drawn(
        "corridor",
        ZONES,
        renderers.single(symbol),
        themes=(CORRIDOR,),
        tip=words.tip(
            words.shown_text('"name"'),
            ("Area", words.shown_area('"area_km2"')),
            ("People", words.shown_people('"people"')),
        ),
    )


def _background() -> Iterator[Drawn]:
    yield _drawn(
        "countries",
        BACKGROUND,
        by_class("countries", "treaty_status"),
        themes=(*ALWAYS, CORRIDOR),
        labels=Labels("countries", 'upper("name")', (("", 11.0, 0),), place="area"),
        tip=words.tip(words.shown_text('"name"'), ("Mine-ban treaty", "coalesce(\"treaty_status\", 'not known')")),
    )


def _tables() -> Iterator[Drawn]:
    for name in ("exposure", "segments"):
        yield _drawn(name, TABLES, None, expanded=False)


def _single_line(name: str) -> ET.Element:
    return renderers.single(symbols.line(palette.style(name)))


def _drawn(
    name: str,
    group: str,
    renderer: ET.Element | None,
    *,
    themes: tuple[str, ...] = (),
    labels: Labels | None = None,
    tip: str = "",
    farthest: int = 0,
    expanded: bool = True,
) -> Drawn:
    layer = LAYERS[name]
    return Drawn(name, layer.title, name, group, renderer, layer.about, themes, "", labels, tip, farthest, expanded)
