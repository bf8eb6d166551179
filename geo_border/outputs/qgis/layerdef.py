"""What a layer of the project is: table, title, renderer, labels, themes, and its node in the tree."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as ET

from geo_border.outputs.qgis.expressions import LabelRules, Translate
from geo_border.present import labels
from geo_border.schemas import LAYERS

__all__ = ["LayerDef", "Translate", "define_layer"]
OVERVIEW, FOREST, PEOPLE, EXPOSURE = "Overview", "Forest", "People", "Exposure"
# What the small map beside a printed one shows.
LOCATOR = "Locator"
MAIN_THEMES = (OVERVIEW, FOREST, PEOPLE, EXPOSURE)
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


@dataclass(frozen=True)
class LayerDef:
    """One layer of the project; `id` is made into what SQL and expressions call it by `xml.build_layer_id`.

    `max_denominator` is the scale denominator beyond which it is not drawn (0: none); `themes` are those that show it;
    `display` is the expression by which forms and lists name a row (where empty, QGIS takes a column of names).
    """

    id: str
    title: str
    table: str
    group: str
    renderer: ET.Element | None
    description: str
    themes: tuple[str, ...] = ()
    subset: str = ""
    label_rules: LabelRules | None = None
    map_tip: str = ""
    max_denominator: int = 0
    expanded: bool = True
    private: bool = False
    display: str = ""


def define_layer(
    name: str,
    group: str,
    renderer: ET.Element | None,
    translate: Translate,
    *,
    themes: tuple[str, ...] = (),
    label_rules: LabelRules | None = None,
    map_tip: str = "",
    max_denominator: int = 0,
    expanded: bool = True,
    display: str = "",
) -> LayerDef:
    """Make the layer of a table of `schemas.LAYERS`, named as on the web map."""
    layer = LAYERS[name]
    title = translate(labels.LAYERS.get(name, layer.title))
    return LayerDef(
        name,
        title,
        name,
        group,
        renderer,
        layer.description,
        themes,
        "",
        label_rules,
        map_tip,
        max_denominator,
        expanded,
        display=display,
    )


@dataclass(frozen=True)
class LayerNode:
    """One layer in the tree of the project."""

    id: str
    title: str
    group: str
    source: str
    provider: str
    element: ET.Element
    themes: tuple[str, ...]
    expanded: bool
    private: bool = False
