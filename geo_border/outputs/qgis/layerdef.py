"""What a layer of the project is: table, title, renderer, labels, themes, and its node in the tree."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as ET

from geo_border.outputs.qgis.expressions import Labels, Say
from geo_border.present import labels
from geo_border.schemas import LAYERS

__all__ = ["Drawn", "Say", "drawn"]
OVERVIEW, FOREST, PEOPLE, EXPOSURE = "Overview", "Forest", "People", "Exposure"
# What the small map beside a printed one shows.
LOCATOR = "Locator"
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


@dataclass(frozen=True)
class Drawn:
    """One layer of the project; `id` is made into what SQL and expressions call it by `xml.layer_id`.

    `farthest` is the scale denominator beyond which it is not drawn (0: none); `themes` are those that show it;
    `display` is the expression by which forms and lists name a row (where empty, QGIS takes a column of names).
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
    display: str = ""


def drawn(
    name: str,
    group: str,
    renderer: ET.Element | None,
    say: Say,
    *,
    themes: tuple[str, ...] = (),
    words: Labels | None = None,
    tip: str = "",
    farthest: int = 0,
    expanded: bool = True,
    display: str = "",
) -> Drawn:
    """Make the layer of a table of `schemas.LAYERS`, named as on the web map."""
    layer = LAYERS[name]
    title = say(labels.LAYERS.get(name, layer.title))
    return Drawn(
        name, title, name, group, renderer, layer.about, themes, "", words, tip, farthest, expanded, display=display
    )


@dataclass(frozen=True)
class Node:
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
