"""Views that answer the usual questions: every figure of a zone in one row, people within 10 km, strips and places."""

from __future__ import annotations

import re
import sqlite3

from geo_border.outputs.geopackage.tables import register
from geo_border.outputs.questions import QUESTIONS, WIDE
from geo_border.result import Result


def write(database: sqlite3.Connection, result: Result, when: str) -> None:
    """Add the wide view of zones (with geometry) and one view a question (without), all registered for readers."""
    _write_wide(database, result, when)
    for question in QUESTIONS:
        database.execute(f"CREATE VIEW {question.view} AS {_one_line(question.sql)}")
        register(database, question.view, question.title, question.about, when)


def _write_wide(database: sqlite3.Connection, result: Result, when: str) -> None:
    figures = result.exposure[["measure", "category", "unit"]].drop_duplicates(["measure", "category"])
    in_zones = figures[figures.measure != "frontier_length"].fillna("")
    columns, joins, taken = [], [], set()
    for number, row in enumerate(in_zones.itertuples(index=False)):
        name = _column_name(str(row.measure), str(row.category), str(row.unit))
        if name in taken or number >= _MOST_JOINS:
            continue
        taken.add(name)
        columns.append(f"e{number}.value AS {name}")
        if row.measure == "people":
            columns += [f"e{number}.{end} AS {name}_{end}" for end in ("low", "high")]
        category = "IS NULL" if row.category == "" else f"= {_quoted(str(row.category))}"
        joins.append(
            f"LEFT JOIN exposure e{number} ON e{number}.zone_fid = z.fid"
            f" AND e{number}.measure = {_quoted(str(row.measure))} AND e{number}.category {category}"
        )
    own = "z.fid AS OGC_FID, z.geom, z.zone_id, z.zone_kind, z.segment, z.country, z.from_m, z.to_m, z.area_km2"
    database.execute(f"CREATE VIEW {WIDE} AS SELECT {', '.join([own, *columns])} FROM zones z {' '.join(joins)}")
    database.execute(
        "INSERT INTO gpkg_contents SELECT ?, data_type, ?, ?, ?, min_x, min_y, max_x, max_y, srs_id"
        " FROM gpkg_contents WHERE table_name = 'zones'",
        (WIDE, "Zones with figures", "Every figure of a zone in one row: exposure joined to zones.", when),
    )
    database.execute(
        "INSERT INTO gpkg_geometry_columns SELECT ?, column_name, geometry_type_name, srs_id, z, m"
        " FROM gpkg_geometry_columns WHERE table_name = 'zones'",
        (WIDE,),
    )


# SQLite joins at most 64 tables; further figures stand in `exposure` alone.
_MOST_JOINS = 62


def _column_name(measure: str, category: str, unit: str) -> str:
    """Make a plain column name for a figure.

    >>> _column_name("cover_area", "tree", "km²"), _column_name("people", "total", "persons")
    ('cover_area_tree_km2', 'people_total')
    """
    ending = {"km²": "km2", "km": "km"}.get(unit, "")
    return re.sub(r"\W+", "_", "_".join(part for part in (measure, category, ending) if part))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _one_line(sql: str) -> str:
    return " ".join(sql.split())
