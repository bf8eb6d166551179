"""Map themes: which layers a subject shows."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from geo_border.outputs.qgis import layerdef as drawing
from geo_border.outputs.qgis.expressions import Translate
from geo_border.outputs.qgis.layerdef import LayerNode
from geo_border.outputs.qgis.xml import append_child, build_layer_id
from geo_border.study import Study


def list_themes(study: Study, translate: Translate) -> dict[str, str]:
    """Map what a theme is called to what it stands for in `LayerDef.themes`; a corridor's theme has its name.

    >>> from geo_border import study
    >>> list(list_themes(study.read_study("suwalki"), str))[-1]
    'Suwałki'
    """
    fixed = {translate(name): name for name in (*drawing.MAIN_THEMES, drawing.LOCATOR)}
    return fixed | {corridor.name: drawing.CORRIDOR for corridor in study.corridors}


def build_presets(nodes: list[LayerNode], groups: list[str], study: Study, translate: Translate) -> ET.Element:
    """Write every theme with its visible layers."""
    root = ET.Element("visibility-presets")
    for name, stands_for in list_themes(study, translate).items():
        preset = append_child(root, "visibility-preset", name=name)
        preset.attrib.update({"has-expanded-info": "1", "has-checked-group-info": "1"})
        for node in nodes:
            if stands_for in node.themes:
                opened = "1" if node.expanded else "0"
                append_child(preset, "layer", id=build_layer_id(node.id), visible="1", style="default", expanded=opened)
        for tag in ("checked-group-nodes", "expanded-group-nodes"):
            listed = append_child(preset, tag)
            for group in groups:
                node_tag = tag.removesuffix("-nodes")
                append_child(listed, node_tag, id=group)
    return root
