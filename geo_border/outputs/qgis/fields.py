"""What the fields of a layer are called, may hold and look up: aliases, value maps, value relations."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from geo_border.outputs.columns import alias, named_values
from geo_border.outputs.qgis.expressions import Say
from geo_border.outputs.qgis.xml import layer_id, options, sub
from geo_border.schemas import Column

# Columns whose value is a key of another layer: column -> (layer id, key, shown).
LOOKUPS = {"country": ("countries", "country", "name"), "facing": ("countries", "country", "name")}


def configure(maplayer: ET.Element, layer: str, columns: tuple[Column, ...], say: Say) -> None:
    """Append aliases, editor widgets, constraints and comments of a layer's columns."""
    configuration = sub(maplayer, "fieldConfiguration")
    aliases = sub(maplayer, "aliases")
    constraints = sub(maplayer, "constraints")
    for number, column in enumerate(columns):
        widget = sub(sub(configuration, "field", name=column.name, configurationFlags="None"), "editWidget")
        _widget(widget, layer, column, say)
        # QGIS counts the fid first.
        sub(aliases, "alias", field=column.name, index=str(number + 1), name=alias(column, say))
        sub(
            constraints,
            "constraint",
            field=column.name,
            constraints="0" if column.nullable else "1",
            notnull_strength="0" if column.nullable else "1",
            unique_strength="0",
            exp_strength="0",
        )


def _widget(widget: ET.Element, layer: str, column: Column, say: Say) -> None:
    config = sub(widget, "config")
    if column.name in LOOKUPS and layer != LOOKUPS[column.name][0]:
        target, target_key, shown = LOOKUPS[column.name]
        widget.set("type", "ValueRelation")
        options(
            config,
            {
                "Layer": layer_id(target),
                "LayerProviderName": "ogr",
                "LayerSource": f"./layers.gpkg|layername={target}",
                "Key": target_key,
                "Value": shown,
                "AllowNull": "true",
            },
        )
        return
    named = named_values(layer, column)
    widget.set("type", "ValueMap" if named else "TextEdit")
    if named:
        outer = sub(sub(config, "Option", type="Map"), "Option", name="map", type="List")
        for value, label in named.items():
            sub(sub(outer, "Option", type="Map"), "Option", name=say(label), type="QString", value=value)
