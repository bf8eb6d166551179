"""Map themes: which layers a subject shows."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from geo_border.outputs.qgis import layerdef as drawing
from geo_border.outputs.qgis.expressions import Say
from geo_border.outputs.qgis.layerdef import Node
from geo_border.outputs.qgis.xml import layer_id, sub
from geo_border.study import Study


def names(study: Study, say: Say) -> dict[str, str]:
    """Map what a theme is called to what it stands for in `Drawn.themes`; a corridor's theme has its name.

    >>> from geo_border import study
    >>> list(names(study.read("suwalki"), str))[-1]
    'Suwałki'
    """
    fixed = {say(name): name for name in (*drawing.ALWAYS, drawing.LOCATOR)}
    return fixed | {corridor.name: drawing.CORRIDOR for corridor in study.corridors}


def presets(nodes: list[Node], groups: list[str], study: Study, say: Say) -> ET.Element:
    """Write every theme with its visible layers."""
    root = ET.Element("visibility-presets")
    for name, stands_for in names(study, say).items():
        preset = sub(root, "visibility-preset", name=name)
        preset.attrib.update({"has-expanded-info": "1", "has-checked-group-info": "1"})
        for node in nodes:
            if stands_for in node.themes:
                opened = "1" if node.expanded else "0"
                sub(preset, "layer", id=layer_id(node.id), visible="1", style="default", expanded=opened)
        for tag in ("checked-group-nodes", "expanded-group-nodes"):
            listed = sub(preset, tag)
            for group in groups:
                node_tag = tag.removesuffix("-nodes")
                sub(listed, node_tag, id=group)
    return root
