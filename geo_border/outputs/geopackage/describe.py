"""What each column means, its unit and its allowed values, where GIS programs look for it: the schema extension."""

from __future__ import annotations

import sqlite3

from geo_border.outputs.columns import describe_column, format_alias, list_value_labels
from geo_border.schemas import LAYERS, Column

_TABLES = """
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT,
  constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN,
  max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
"""
_EXTENSION = "http://www.geopackage.org/spec121/#extension_schema"


def write(database: sqlite3.Connection) -> None:
    """Add `gpkg_data_columns` and its constraints for every column of `schemas.LAYERS`."""
    for statement in _TABLES.split(";\n"):
        database.execute(statement)
    database.executemany(
        "INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope)"
        " VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')",
        [(name, _EXTENSION) for name in ("gpkg_data_columns", "gpkg_data_column_constraints")],
    )
    for layer in LAYERS.values():
        for column in layer.columns:
            constraint = _write_constraint(database, layer.name, column)
            database.execute(
                "INSERT INTO gpkg_data_columns (table_name, column_name, name, title, description, constraint_name)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    layer.name,
                    column.name,
                    format_alias(column),
                    column.description,
                    describe_column(column),
                    constraint,
                ),
            )


def _write_constraint(database: sqlite3.Connection, layer: str, column: Column) -> str | None:
    insert = (
        "INSERT INTO gpkg_data_column_constraints"
        " (constraint_name, constraint_type, value, min, min_is_inclusive, max, max_is_inclusive, description)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    )
    name = f"{layer}_{column.name}"
    named = list_value_labels(layer, column)
    if named:
        rows = [(name, "enum", value, None, None, None, None, label) for value, label in named.items()]
        database.executemany(insert, rows)
        return name
    if column.minimum is not None and column.maximum is not None:
        database.execute(insert, (name, "range", None, column.minimum, 1, column.maximum, 1, None))
        return name
    return None
