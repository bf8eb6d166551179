"""The project's layers, in their order from the top: lines, places, areas, cells, zones, background, tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree as ET

from geo_border.outputs.qgis import expressions, renderers, symbols
from geo_border.outputs.qgis.expressions import LabelRules
from geo_border.outputs.qgis.layerdef import (
    AREAS,
    BACKGROUND,
    CELLS,
    CORRIDOR,
    EXPOSURE,
    FOREST,
    LINES,
    LOCATOR,
    MAIN_THEMES,
    OVERVIEW,
    PEOPLE,
    PLACES,
    TABLES,
    ZONES,
    LayerDef,
    Translate,
    define_layer,
)
from geo_border.outputs.qgis.renderers import Rule
from geo_border.outputs.qgis.xml import build_layer_id
from geo_border.outputs.questions import SHEETS_TABLE, VIEWS, WIDE_ABOUT, WIDE_VIEW
from geo_border.present import labels, palette
from geo_border.result import Result
from geo_border.schemas import LAYERS
from geo_border.study import Study


def list_layers(study: Study, translate: Translate) -> list[LayerDef]:
    """List the layers and tables of the schema, and the zones with figures."""
    return [
        *define_lines(translate),
        *define_places(translate),
        *define_areas(translate),
        *define_zones(study, translate),
        *define_background(translate),
        *define_tables(translate),
    ]


def list_present_layers(result: Result, translate: Translate) -> list[LayerDef]:
    """List those layers of `list_layers` that a run has something for: own areas only where it has some."""
    has_own = (result.layers["zones"]["zone_kind"] == "own").any()
    return [layer for layer in list_layers(result.study, translate) if layer.id != OWN_AREAS or has_own]


def list_query_layers(translate: Translate) -> list[LayerDef]:
    """List what is there only to be asked: the question views, the sources, and the pages of the sheets."""
    views = [LayerDef(q.view, translate(q.title), q.view, TABLES, None, q.description, expanded=False) for q in VIEWS]
    about = "Every dataset used, its licence and attribution."
    sources = LayerDef("sources", translate("Sources and licences"), "sources", TABLES, None, about, expanded=False)
    return [define_sheets(translate), *views, sources]


def find_default_layer(table: str, study: Study, translate: Translate) -> LayerDef:
    """Give the layer whose style is the default of a table."""
    return next(layer for layer in list_layers(study, translate) if layer.id == table)


# Residents from which a settlement is drawn larger and from farther away, and its scale limit (0: always).
_PLACES = ((50_000, 1.4, 0), (10_000, 1.1, 4_000_000), (2_000, 0.9, 1_500_000), (0, 0.7, 600_000))
_FACILITIES_FROM, _CELLS_FROM, _OUTLINES_FROM = 500_000, 300_000, 400_000


def define_lines(translate: Translate) -> Iterator[LayerDef]:
    """Give the frontier on land and water, at sea, and the axis of a corridor."""
    length = expressions.shown_length('"length_km"', translate)
    media = [
        (m, translate(labels.get_class_label("frontier", m)), symbols.build_line(palette.get_style("frontier", m)))
        for m in palette.list_classes("frontier")
    ]
    yield define_layer(
        "frontier",
        LINES,
        renderers.build_categorized("medium", media),
        translate,
        themes=(*MAIN_THEMES, CORRIDOR, LOCATOR),
        label_rules=LabelRules("frontier", '"segment"', (("", 9.0, 0),), placement="line", bold=True),
        map_tip=expressions.build_map_tip(
            expressions.build_html_expr('"segment"'), ("", 'represent_value("medium")'), (translate("Length"), length)
        ),
    )
    sea = renderers.build_single_symbol(symbols.build_line(palette.get_style("frontier_sea")))
    yield define_layer("frontier_sea", LINES, sea, translate, themes=MAIN_THEMES)
    axis = LabelRules("corridor_axis", f"\"name\" || ' ' || {length}", (("", 9.0, 2_000_000),), placement="line")
    yield define_layer(
        "corridor_axis",
        LINES,
        renderers.build_single_symbol(symbols.build_line(palette.get_style("corridor_axis"))),
        translate,
        themes=(CORRIDOR,),
        label_rules=axis,
        map_tip=expressions.build_map_tip(expressions.build_html_expr('"name"'), (translate("Length"), length)),
    )


def define_places(translate: Translate) -> Iterator[LayerDef]:
    """Give facilities and settlements, fewer of them the farther one looks from."""
    kinds = [
        (
            k,
            translate(labels.get_class_label("facilities", k)),
            symbols.build_marker(palette.get_style("facilities", k)),
        )
        for k in palette.list_classes("facilities")
    ]
    away = (translate("Distance"), expressions.build_km_expr('"distance_m"', translate))
    yield define_layer(
        "facilities",
        PLACES,
        renderers.build_categorized("kind", kinds),
        translate,
        themes=(PEOPLE, EXPOSURE),
        max_denominator=_FACILITIES_FROM,
        map_tip=expressions.build_map_tip(expressions.build_html_expr('"name"'), ("", 'represent_value("kind")'), away),
    )
    style = palette.get_style("settlements")
    steps = list(_list_place_steps(translate))
    rules = [
        Rule(label, condition, symbols.build_marker(style, scale=scale), 0, far)
        for label, condition, scale, far in steps
    ]
    yield define_layer(
        "settlements",
        PLACES,
        renderers.build_rule_based("settlements", rules),
        translate,
        themes=(*MAIN_THEMES, CORRIDOR),
        label_rules=LabelRules("settlements", '"name"', tuple((c, 6.5 + 2 * scale, far) for _, c, scale, far in steps)),
        map_tip=expressions.build_map_tip(
            expressions.build_html_expr('"name"'),
            (translate("People"), expressions.build_people_expr('"people"', translate)),
            away,
        ),
    )


def _list_place_steps(translate: Translate) -> Iterator[tuple[str, str, float, int]]:
    above: int | None = None
    for least, scale, farthest in _PLACES:
        value = 'coalesce("people", 0)'
        condition = f"{value} >= {least}" + (f" AND {value} < {above}" if above else "")
        if least:
            label = translate("{n} people or more", n=f"{least:,}".replace(",", "\u202f"))
        else:
            label = translate("Fewer people, or not known")
        yield label, condition, scale, farthest
        above = least


def define_areas(translate: Translate) -> Iterator[LayerDef]:
    """Give the dissolved classes, and the cells that have one."""
    people = (translate("People"), expressions.build_people_expr('"people"', translate))
    for name, theme in (("civilian_exposure", EXPOSURE), ("populated", PEOPLE), ("forested", FOREST)):
        tip = expressions.build_map_tip(
            'represent_value("class")',
            (translate("Area"), expressions.build_area_expr('"area_km2"', translate)),
            people,
        )
        yield define_layer(
            name,
            AREAS,
            build_class_renderer(name, "class", translate, _OUTLINES_FROM),
            translate,
            themes=(theme,),
            map_tip=tip,
        )
    known = [
        (c, translate(labels.get_class_label("civilian_exposure", c)), symbols.build_fill(palette.get_style("cells")))
        for c in palette.list_classes("civilian_exposure")
    ]
    # A cell with no known exposure is in no class here, so it is not drawn: blank is not empty.
    yield define_layer(
        "cells",
        CELLS,
        renderers.build_categorized("civilian_exposure", known),
        translate,
        max_denominator=_CELLS_FROM,
        expanded=False,
        map_tip=expressions.build_map_tip(
            '"cell_id"',
            ("", 'represent_value("civilian_exposure")'),
            people,
            (translate("Tree cover"), expressions.build_percent_expr('"tree_share"', translate)),
            (translate("Distance"), expressions.build_km_expr('"distance_m"', translate)),
        ),
    )


def define_background(translate: Translate) -> Iterator[LayerDef]:
    """Give the countries by their treaty status."""
    yield define_layer(
        "countries",
        BACKGROUND,
        build_class_renderer("countries", "treaty_status", translate),
        translate,
        themes=(*MAIN_THEMES, CORRIDOR, LOCATOR),
        label_rules=LabelRules("countries", 'upper("name")', (("", 11.0, 0),), placement="area"),
        map_tip=expressions.build_map_tip(
            expressions.build_html_expr('"name"'), ("", 'represent_value("treaty_status")')
        ),
    )


def define_tables(translate: Translate) -> Iterator[LayerDef]:
    """Give the tables of the schema that have no geometry."""
    figure = "\"zone_name\" || ': ' || \"measure\" || coalesce(' ' || \"category\", '')"
    for name, display in (("exposure", figure), ("segments", '"segment"')):
        yield define_layer(name, TABLES, None, translate, expanded=False, display=display)


def build_class_renderer(layer: str, field: str, translate: Translate, outline_denominator: int = 0) -> ET.Element:
    """Draw an area layer by its class, from the palette."""
    classes = [
        (
            c,
            translate(labels.get_class_label(layer, c)),
            symbols.build_fill(palette.get_style(layer, c), "0", outline_denominator),
        )
        for c in palette.list_classes(layer)
    ]
    return renderers.build_categorized(field, classes)


# Which zones each layer holds, in SQL. Zones of a segment, a country and the whole are of the same land, as are a
# corridor and its parts: a layer holds one partition, so that it draws each place once (strips nest by depth alone).
_HELD = {
    "own": "\"zone_kind\" = 'own'",
    "strips": '"zone_kind" = \'strip\' AND "segment" IS NOT NULL',
    "corridor": '"zone_kind" = \'corridor\' AND "country" IS NOT NULL',
    "admin": "\"part_of\" = 'admin'",
    "bands": "\"part_of\" = 'bands'",
}
_NAMED = '"zone_name"'
# QGIS gives a layer another id where its own, `layer_` before it, has ten characters or fewer.
OWN_AREAS = "own_areas"


def _hold_strips(study: Study) -> str:
    """Strips of segments, and those of countries to a depth of their own, which no strips of segments make up."""
    own = [_write_edge(edge) for edge in study.depths if edge not in study.common_edges_m]
    if not own:
        return _HELD["strips"]
    return f'"zone_kind" = \'strip\' AND ("segment" IS NOT NULL OR "to_m" IN ({", ".join(own)}))'


def define_zones(study: Study, translate: Translate) -> Iterator[LayerDef]:
    """Give every layer of zones, topmost first."""
    own = renderers.build_single_symbol(symbols.build_fill(palette.get_style("own")))
    names = LabelRules("own", '"place_name"', (("", 9.0, 0),), placement="area", bold=True)
    yield replace(_draw_part("own", own, MAIN_THEMES, translate), id=OWN_AREAS, label_rules=names)
    strips = renderers.build_single_symbol(symbols.build_fill(palette.get_style("strips")))
    yield replace(_draw_part("strips", strips, (EXPOSURE,), translate), subset=_hold_strips(study))
    yield define_corridor(translate)
    yield _draw_part(
        "admin", renderers.build_single_symbol(symbols.build_fill(palette.get_style("admin"))), (), translate
    )
    classes = [(_write_edge(edge), label, symbol) for edge, label, symbol in list_band_classes(study)]
    yield _draw_part("bands", renderers.build_categorized("to_m", classes), (OVERVIEW, CORRIDOR), translate)
    yield define_all_zones(study, translate)
    # Every zone is in its table; of those, bands are outlined, which make up all the land.
    rule = Rule(translate(labels.LAYERS["bands"]), _HELD["bands"], symbols.build_fill(palette.get_style("admin")))
    outline = renderers.build_rule_based(WIDE_VIEW, [rule])
    title, tip = translate("Zones with figures"), _build_zone_tip(translate, "people_total")
    yield LayerDef(WIDE_VIEW, title, WIDE_VIEW, ZONES, outline, WIDE_ABOUT, map_tip=tip, expanded=False, display=_NAMED)


def define_all_zones(study: Study, translate: Translate) -> LayerDef:
    """Give all zones as one layer; its style is the table's own."""
    bands = translate(labels.LAYERS["bands"])
    listed = [
        Rule(f"{bands}: {label}", f'{_HELD["bands"]} AND "to_m" = {_write_edge(edge)}', symbol)
        for edge, label, symbol in list_band_classes(study)
    ]
    held = {**_HELD, "strips": _hold_strips(study)}
    listed += [
        Rule(translate(labels.LAYERS[name]), held[name], symbols.build_fill(palette.get_style(name)))
        for name in ("strips", "corridor", "admin", "own")
    ]
    about, tip = LAYERS["zones"].description, _build_zone_tip(translate)
    drawn_by = renderers.build_rule_based("zones", listed)
    return LayerDef(
        "zones", translate("All zones"), "zones", ZONES, drawn_by, about, map_tip=tip, expanded=False, display=_NAMED
    )


def define_corridor(translate: Translate) -> LayerDef:
    """Give the corridor."""
    # Its parts have one name; that of the zone tells the country too.
    zone = f"attribute(get_feature('{build_layer_id('zones')}', 'zone_id', \"zone_id\"), 'zone_name')"
    tip = expressions.build_map_tip(
        expressions.build_html_expr(f'coalesce({zone}, "name")'),
        (translate("Area"), expressions.build_area_expr('"area_km2"', translate)),
        (translate("People"), expressions.build_people_expr('"people"', translate)),
    )
    symbol = symbols.build_fill(palette.get_style("corridor"))
    return define_layer(
        "corridor", ZONES, renderers.build_single_symbol(symbol), translate, themes=(CORRIDOR,), map_tip=tip
    )


def define_sheets(translate: Translate) -> LayerDef:
    """Give the pages of the printed sheets; not drawn, and hidden in the list of layers."""
    about = "One row a segment with its lengths: the pages of the printed sheets."
    return LayerDef(
        SHEETS_TABLE,
        translate("Segment sheets"),
        SHEETS_TABLE,
        ZONES,
        renderers.build_null_symbol(),
        about,
        private=True,
    )


def list_band_classes(study: Study) -> list[tuple[float, str, ET.Element]]:
    """List each band's outer edge, label and symbol; the ramp runs from the frontier outwards."""
    style = palette.get_style("bands")
    colours = palette.interpolate_colours("bands", len(study.bands_m))
    made = []
    for (from_m, to_m), fill in zip(study.bands, colours, strict=True):
        symbol = symbols.build_fill(style.model_copy(update={"fill": fill}))
        made.append((to_m, f"{from_m / 1000:g}–{to_m / 1000:g} km", symbol))
    return made


def _draw_part(name: str, renderer: ET.Element, themes: tuple[str, ...], say: Translate) -> LayerDef:
    title, about = say(labels.LAYERS[name]), LAYERS["zones"].description
    return LayerDef(
        name, title, "zones", ZONES, renderer, about, themes, _HELD[name], map_tip=_build_zone_tip(say), display=_NAMED
    )


def _write_edge(edge_m: float) -> str:
    # All digits of a distance, so that it equals the column's.
    return f"{edge_m:.15g}"


def _build_zone_tip(translate: Translate, people: str = "people") -> str:
    """Write the tip of a zone: its name, its kind, so that a strip is always called hypothetical, rounded figures."""
    kinds = " ".join(
        f'WHEN "zone_kind" = {expressions.quote_literal(kind)} THEN {expressions.quote_literal(translate(label))}'
        for kind, label in labels.ZONE_KINDS.items()
    )
    return expressions.build_map_tip(
        expressions.build_html_expr(_NAMED),
        ("", f"CASE {kinds} END"),
        (translate("Area"), expressions.build_area_expr('"area_km2"', translate)),
        (translate("People"), expressions.build_people_expr(f'"{people}"', translate)),
    )
