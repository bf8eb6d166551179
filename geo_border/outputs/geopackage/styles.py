"""Styles kept with the layers, so that a layer opens styled wherever the file goes: QGIS's `layer_styles` table."""

from __future__ import annotations

import sqlite3

from geo_border.outputs.geopackage.features import GEOMETRY
from geo_border.outputs.geopackage.tables import register_table
from geo_border.outputs.qgis import layers
from geo_border.outputs.qgis.layerdef import LayerDef
from geo_border.outputs.qgis.maplayers import build_style_document
from geo_border.outputs.qgis.xml import format_document
from geo_border.present.languages import SOURCE_LANGUAGE, read_language
from geo_border.result import Result
from geo_border.schemas import LAYERS

# The file is in English; the projects beside it speak the other languages.
_TRANSLATE = read_language(SOURCE_LANGUAGE).translate
# As QGIS itself makes it.
_TABLE = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)
"""


def write(database: sqlite3.Connection, result: Result, timestamp: str) -> None:
    """Add the default style of every layer with geometry, and further ones of zones by kind."""
    database.execute(_TABLE)
    for layer in LAYERS.values():
        if layer.geometry:
            _insert_style(
                database,
                layer.name,
                layer.title,
                layers.find_default_layer(layer.name, result.study, _TRANSLATE),
                True,
                timestamp,
            )
    for drawn in layers.list_present_layers(result, _TRANSLATE):
        if drawn.subset:
            _insert_style(database, drawn.table, drawn.title, drawn, False, timestamp)
    register_table(database, "layer_styles", "Styles", "Styles of the layers, as QGIS keeps them.", timestamp)


def _insert_style(
    database: sqlite3.Connection, table: str, name: str, layer_def: LayerDef, default: bool, timestamp: str
) -> None:
    database.execute(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
        " styleQML, useAsDefault, description, owner, update_time) VALUES ('', '', ?, ?, ?, ?, ?, ?, '', ?)",
        (
            table,
            GEOMETRY,
            name,
            format_document(build_style_document(layer_def, _TRANSLATE)),
            default,
            layer_def.description,
            timestamp,
        ),
    )
