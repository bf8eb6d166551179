"""Views that answer the usual questions: every figure of a zone in one row, people within 10 km, strips and places."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from geo_border.outputs.geopackage.tables import register
from geo_border.result import Result

WIDE = "zone_figures"
SHEETS = "segment_sheets"


@dataclass(frozen=True)
class Question:
    """A question, the view that answers it, and its SQL; the first column is a whole number that is never twice."""

    view: str
    title: str
    about: str
    sql: str


# SQLite gives a type to a view's column only when it is a plain column of a table, and readers want types. So each
# view begins with an empty SELECT that lends names and types, and the real one follows; newer SQLite also wants every
# expression there cast.
QUESTIONS = (
    Question(
        "people_within_10km_by_country",
        "People within 10 km by country",
        "Residents within 10 km of the frontier: the sum of the bands that end at or before 10 km.",
        """
        SELECT fid AS OGC_FID, country, to_m AS within_m, value AS people, low AS people_low, high AS people_high
        FROM exposure WHERE 0
        UNION ALL
        SELECT CAST(min(fid) AS INTEGER), country, CAST(max(to_m) AS REAL), CAST(sum(value) AS REAL),
          CAST(CASE count(low) WHEN count(*) THEN sum(low) END AS REAL),
          CAST(CASE count(high) WHEN count(*) THEN sum(high) END AS REAL)
        FROM exposure
        WHERE zone_kind = 'band' AND measure = 'people' AND category = 'total' AND to_m <= 10000
        GROUP BY country
        """,
    ),
    Question(
        "people_by_segment_and_distance",
        "People by segment and distance",
        "Residents from the line out to each band's outer edge.",
        """
        SELECT fid AS OGC_FID, segment, country, to_m AS within_m, value AS people FROM exposure WHERE 0
        UNION ALL
        SELECT o.fid, o.segment, o.country, o.to_m, CAST(sum(i.value) AS REAL)
        FROM exposure o JOIN exposure i ON i.segment = o.segment AND i.country = o.country AND i.to_m <= o.to_m
          AND i.zone_kind = o.zone_kind AND i.measure = o.measure AND i.category = o.category
        WHERE o.zone_kind = 'band' AND o.measure = 'people' AND o.category = 'total'
        GROUP BY o.fid
        """,
    ),
    Question(
        "settlements_in_strips",
        "Settlements inside hypothetical strips",
        "Each populated place that lies within the depth of a hypothetical strip of its segment, once a strip.",
        """
        SELECT fid AS OGC_FID, zone_id, segment, country, to_m AS strip_depth_m, note AS name, note AS kind,
          value AS distance_m, value AS people
        FROM exposure WHERE 0
        UNION ALL
        SELECT CAST(z.fid * 1000000 + s.fid AS INTEGER), z.zone_id, z.segment, z.country, z.to_m, s.name, s.kind,
          s.distance_m, s.people
        FROM zones z JOIN settlements s ON s.segment = z.segment AND s.country = z.country AND s.distance_m < z.to_m
        WHERE z.zone_kind = 'strip'
        """,
    ),
    Question(
        "cover_by_band",
        "Land cover by band",
        "Area of each cover class in each distance band over all segments, and its share of the band.",
        """
        SELECT fid AS OGC_FID, from_m, to_m, category AS cover, value AS area_km2, value AS share
        FROM exposure WHERE 0
        UNION ALL
        SELECT CAST(min(fid) AS INTEGER), from_m, to_m, category, CAST(sum(value) AS REAL),
          CAST(sum(value) / sum(sum(value)) OVER (PARTITION BY from_m, to_m) AS REAL)
        FROM exposure WHERE zone_kind = 'band' AND measure = 'cover_area' GROUP BY from_m, to_m, category
        """,
    ),
    Question(
        "civilian_exposure_by_segment",
        "Civilian exposure by segment",
        "Cells within 10 km by segment and kind of known exposure, with their area and people.",
        """
        SELECT fid AS OGC_FID, segment, country, civilian_exposure, fid AS cells, area_km2, people FROM cells WHERE 0
        UNION ALL
        SELECT CAST(min(fid) AS INTEGER), segment, country, civilian_exposure, CAST(count(*) AS INTEGER),
          CAST(sum(area_km2) AS REAL), CAST(sum(people) AS REAL)
        FROM cells WHERE distance_m < 10000 AND civilian_exposure IS NOT NULL
        GROUP BY segment, country, civilian_exposure
        """,
    ),
)


def write(database: sqlite3.Connection, result: Result, when: str) -> None:
    """Add the wide view of zones (with geometry) and one view a question (without), all registered for readers."""
    _write_wide(database, result, when)
    _write_sheets(database, when)
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
        category = "IS NULL" if row.category == "" else f"= {_quoted(str(row.category))}"
        joins.append(
            f"LEFT JOIN exposure e{number} ON e{number}.zone_fid = z.fid"
            f" AND e{number}.measure = {_quoted(str(row.measure))} AND e{number}.category {category}"
        )
    own = "z.fid AS OGC_FID, z.geom, z.zone_id, z.zone_kind, z.segment, z.country, z.from_m, z.to_m, z.area_km2"
    database.execute(f"CREATE VIEW {WIDE} AS SELECT {', '.join([own, *columns])} FROM zones z {' '.join(joins)}")
    _register_shaped(
        database, WIDE, "Zones with figures", "Every figure of a zone in one row: exposure joined to zones.", when
    )


def _write_sheets(database: sqlite3.Connection, when: str) -> None:
    # The farthest band of a segment is as long as the segment and the rest of its bands together.
    database.execute(
        f"CREATE VIEW {SHEETS} AS SELECT z.fid AS OGC_FID, z.geom, s.segment, s.country, s.facing, s.length_km,"
        " s.sea_km, s.official_km, s.official_source, s.note FROM segments s JOIN zones z ON z.fid ="
        " (SELECT b.fid FROM zones b WHERE b.zone_kind = 'band' AND b.segment = s.segment ORDER BY b.to_m DESC LIMIT 1)"
    )
    about = "One row a segment with its lengths, placed at its farthest band: the pages of the printed sheets."
    _register_shaped(database, SHEETS, "Segment sheets", about, when)


def _register_shaped(database: sqlite3.Connection, view: str, title: str, about: str, when: str) -> None:
    """List a view that has the geometry of zones."""
    database.execute(
        "INSERT INTO gpkg_contents SELECT ?, data_type, ?, ?, ?, min_x, min_y, max_x, max_y, srs_id"
        " FROM gpkg_contents WHERE table_name = 'zones'",
        (view, title, about, when),
    )
    database.execute(
        "INSERT INTO gpkg_geometry_columns SELECT ?, column_name, geometry_type_name, srs_id, z, m"
        " FROM gpkg_geometry_columns WHERE table_name = 'zones'",
        (view,),
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
