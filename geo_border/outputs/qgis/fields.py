"""What the fields of a layer are called, may hold and look up: aliases, value maps, value relations."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from geo_border.outputs.columns import format_alias, list_value_labels
from geo_border.outputs.qgis.expressions import Translate
from geo_border.outputs.qgis.xml import append_child, append_options, build_layer_id
from geo_border.schemas import Column

# Columns whose value is a key of another layer: column -> (layer id, key, shown).
LOOKUPS = {"country": ("countries", "country", "name"), "facing": ("countries", "country", "name")}


def configure_fields(maplayer: ET.Element, layer: str, columns: tuple[Column, ...], translate: Translate) -> None:
    """Append aliases, editor widgets, constraints and comments of a layer's columns."""
    configuration = append_child(maplayer, "fieldConfiguration")
    aliases = append_child(maplayer, "aliases")
    constraints = append_child(maplayer, "constraints")
    for number, column in enumerate(columns):
        widget = append_child(
            append_child(configuration, "field", name=column.name, configurationFlags="None"), "editWidget"
        )
        _configure_widget(widget, layer, column, translate)
        # QGIS counts the fid first.
        append_child(aliases, "alias", field=column.name, index=str(number + 1), name=format_alias(column, translate))
        append_child(
            constraints,
            "constraint",
            field=column.name,
            constraints="0" if column.nullable else "1",
            notnull_strength="0" if column.nullable else "1",
            unique_strength="0",
            exp_strength="0",
        )


def _configure_widget(widget: ET.Element, layer: str, column: Column, translate: Translate) -> None:
    config = append_child(widget, "config")
    if column.name in LOOKUPS and layer != LOOKUPS[column.name][0]:
        target, target_key, shown = LOOKUPS[column.name]
        widget.set("type", "ValueRelation")
        append_options(
            config,
            {
                "Layer": build_layer_id(target),
                "LayerProviderName": "ogr",
                "LayerSource": f"./layers.gpkg|layername={target}",
                "Key": target_key,
                "Value": shown,
                "AllowNull": "true",
            },
        )
        return
    named = list_value_labels(layer, column)
    widget.set("type", "ValueMap" if named else "TextEdit")
    if named:
        outer = append_child(append_child(config, "Option", type="Map"), "Option", name="map", type="List")
        for value, label in named.items():
            append_child(
                append_child(outer, "Option", type="Map"), "Option", name=translate(label), type="QString", value=value
            )
