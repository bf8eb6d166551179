"""Tables without geometry, and the keys that join them: segments, exposure and sources, through SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from geo_border.result import Result
from geo_border.schemas import LAYERS, Column, conform

_SQL_TYPES = {"text": "TEXT", "float": "DOUBLE", "int": "INTEGER", "bool": "BOOLEAN"}
_SOURCE_COLUMNS = (
    "need",
    "dataset",
    "title",
    "publisher",
    "version",
    "vintage",
    "licence",
    "licence_url",
    "attribution",
    "citation",
    "homepage",
)
# Further columns of a table, after those of the schema, that only a database has a use for.
_KEYS = {
    "segments": ["UNIQUE (segment)"],
    "exposure": [
        "zone_fid INTEGER REFERENCES zones (fid)",
        "FOREIGN KEY (segment) REFERENCES segments (segment)",
        "UNIQUE (zone_id, measure, category)",
    ],
}
# What people look up by; the R-tree serves the map.
_INDEXES = (
    "CREATE UNIQUE INDEX zones_by_id ON zones (zone_id)",
    "CREATE UNIQUE INDEX cells_by_id ON cells (cell_id, country)",
    "CREATE INDEX cells_by_distance ON cells (country, segment, distance_m)",
    "CREATE INDEX exposure_by_zone ON exposure (zone_fid, measure, category)",
    "CREATE INDEX exposure_by_segment ON exposure (segment)",
    "CREATE INDEX exposure_by_measure ON exposure (measure, category, zone_kind)",
)


def connect(path: Path) -> sqlite3.Connection:
    """Open the GeoPackage as a database for writing without waiting for the disk: the file is not yet in its place."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA foreign_keys = OFF")
    return database


def write(database: sqlite3.Connection, result: Result, timestamp: str) -> None:
    """Add `segments`, `exposure` and `sources`, registered as attribute tables, with keys and indexes.

    Raises
    ------
    SchemaError
        When a table is not what `schemas.py` says.
    """
    for name, frame in (("segments", result.layers["segments"]), ("exposure", result.exposure)):
        layer = LAYERS[name]
        _create_table(database, name, [_declare_column(c) for c in layer.columns] + _KEYS[name])
        _insert_rows(database, name, layer.column_names, _iterate_rows(conform(name, frame)))
        register_table(database, name, layer.title, layer.description, timestamp)
    # Indexed first: without it each of the exposure rows searches all zones, polygons and all.
    for statement in _INDEXES:
        database.execute(statement)
    database.execute("UPDATE exposure SET zone_fid = (SELECT fid FROM zones WHERE zones.zone_id = exposure.zone_id)")
    _create_table(database, "sources", [f"{column} TEXT" for column in _SOURCE_COLUMNS])
    sources = result.passport.get("sources", [])
    _insert_rows(
        database, "sources", _SOURCE_COLUMNS, ([_format_text(s.get(c)) for c in _SOURCE_COLUMNS] for s in sources)
    )
    register_table(
        database, "sources", "Sources and licences", "Every dataset used, its licence and attribution.", timestamp
    )


def register_table(database: sqlite3.Connection, name: str, title: str, description: str, timestamp: str) -> None:
    """List a table or view without geometry in `gpkg_contents`, so that every reader shows it."""
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id)"
        " VALUES (?, 'attributes', ?, ?, ?, 0)",
        (name, title, description, timestamp),
    )


def _declare_column(column: Column) -> str:
    return f"{column.name} {_SQL_TYPES[column.dtype]}{'' if column.nullable else ' NOT NULL'}"


def _create_table(database: sqlite3.Connection, name: str, columns: list[str]) -> None:
    # SQL wants every column before the first table constraint.
    constraints = [c for c in columns if c.startswith(("UNIQUE", "FOREIGN"))]
    plain = [c for c in columns if c not in constraints]
    inner = ", ".join(["fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL", *plain, *constraints])
    database.execute(f"CREATE TABLE {name} ({inner})")


def _insert_rows(database: sqlite3.Connection, name: str, columns: Iterable[str], rows: Iterable[list[object]]) -> None:
    names = list(columns)
    marks = ", ".join("?" for _ in names)
    database.executemany(f"INSERT INTO {name} ({', '.join(names)}) VALUES ({marks})", rows)


def _iterate_rows(frame: pd.DataFrame) -> Iterable[list[object]]:
    plain = frame.astype(object).where(frame.notna(), None)
    return (list(row) for row in plain.itertuples(index=False, name=None))


def _format_text(value: object) -> str | None:
    return None if value is None else str(value)
