"""Names and ready questions that the GeoPackage keeps as views and the QGIS project shows as tables.

Each figure in them is one row of the exposure table, as it may be shown; nothing is added up but cells, which the table
has no rows of.
"""

from __future__ import annotations

from dataclasses import dataclass

from geo_border.present import labels
from geo_border.present.withholding import FEW, FEW_PEOPLE, write_condition

# Zones with every figure of theirs in one row; and one box a segment, the pages of the printed sheets.
WIDE_VIEW = "zone_figures"
SHEETS_TABLE = "segment_sheets"
# SQLite joins at most 64 tables: zones, the reasons for what is withheld, and this many figures.
MOST_FIGURES = 62
WIDE_ABOUT = (
    "One row a zone with a polygon, one column a figure of the exposure table, in the order of its measures; low and"
    f" high where the bands have a range. What {FEW} carry is empty, and so is the density of {FEW_PEOPLE};"
    " column withheld names the measures."
    " Lengths of the frontier, zones without a polygon, other ranges, datasets and notes stand in exposure."
)


@dataclass(frozen=True)
class QueryView:
    """A question, the view that answers it, and its SQL; the first column is a whole number that is never twice."""

    view: str
    description: str
    sql: str

    @property
    def title(self) -> str:
        """The question in English."""
        return labels.VIEW_TITLES[self.view]


def show_column(column: str, table: str = "exposure") -> str:
    """Write SQL for a number of the exposure table as it may be shown: NULL where the rule withholds it.

    >>> show_column("low", "e")
    'CAST(CASE WHEN e.pixels < 30 THEN NULL ELSE e.low END AS REAL)'
    """
    return f"CAST(CASE WHEN {write_condition(f'{table}.pixels')} THEN NULL ELSE {table}.{column} END AS REAL)"


_VALUE, _LOW, _HIGH = (show_column(name) for name in ("value", "low", "high"))
_WITHHELD = f"What {FEW} carry is empty, and the note says so."

# SQLite gives a type to a view's column only when it is a plain column of a table, and readers want types. So each
# view begins with an empty SELECT that lends names and types, and the real one follows; newer SQLite also wants every
# expression there cast.
VIEWS = (
    QueryView(
        "people_within_10km_by_country",
        f"Residents within 10 km of the frontier, or to the widest distance below. {_WITHHELD}",
        f"""
        SELECT fid AS OGC_FID, zone_id, zone_name, country, to_m AS within_m, value AS people, low AS people_low,
          high AS people_high, note
        FROM exposure WHERE 0
        UNION ALL
        SELECT fid, zone_id, zone_name, country, to_m, {_VALUE}, {_LOW}, {_HIGH}, note
        FROM exposure
        WHERE zone_kind = 'within' AND segment IS NULL AND country IS NOT NULL
          AND measure = 'people' AND category = 'total'
          AND to_m = (SELECT max(to_m) FROM exposure WHERE zone_kind = 'within' AND to_m <= 10000)
        """,
    ),
    QueryView(
        "people_by_segment_and_distance",
        f"Residents of all land nearest to a segment, from the line out to each distance. {_WITHHELD}",
        f"""
        SELECT fid AS OGC_FID, zone_id, zone_name, segment, to_m AS within_m, value AS people, low AS people_low,
          high AS people_high, note
        FROM exposure WHERE 0
        UNION ALL
        SELECT fid, zone_id, zone_name, segment, to_m, {_VALUE}, {_LOW}, {_HIGH}, note
        FROM exposure
        WHERE zone_kind = 'within' AND segment IS NOT NULL AND measure = 'people' AND category = 'total'
        """,
    ),
    QueryView(
        "settlements_in_strips",
        "Each populated place that lies within the depth of a hypothetical strip of its segment, once a strip.",
        """
        SELECT e.fid AS OGC_FID, e.zone_id, e.zone_name, e.segment, e.country, e.to_m AS strip_depth_m, s.name, s.kind,
          s.distance_m, s.people, s.admin_id, s.admin_name
        FROM exposure e, settlements s WHERE 0
        UNION ALL
        SELECT CAST(z.fid * 1000000 + s.fid AS INTEGER), z.zone_id, z.zone_name, z.segment, z.country, z.to_m,
          s.name, s.kind, s.distance_m, s.people, s.admin_id, s.admin_name
        FROM zones z JOIN settlements s ON s.segment = z.segment AND s.country = z.country AND s.distance_m < z.to_m
        WHERE z.zone_kind = 'strip'
        """,
    ),
    QueryView(
        "cover_by_distance",
        "Area of each cover class on all land from the line out to each distance, and its share of the land named in"
        f" share_of. {_WITHHELD}",
        f"""
        SELECT fid AS OGC_FID, zone_id, zone_name, to_m AS within_m, category AS cover,
          value AS area_km2, low AS area_low, high AS area_high,
          value AS share, low AS share_low, high AS share_high, basis AS share_of, note
        FROM exposure WHERE 0
        UNION ALL
        SELECT a.fid, a.zone_id, a.zone_name, a.to_m, a.category,
          {", ".join(show_column(name, table) for table in ("a", "s") for name in ("value", "low", "high"))},
          s.basis, a.note
        FROM exposure a
        LEFT JOIN exposure s ON s.zone_id = a.zone_id AND s.measure = 'cover_share' AND s.category = a.category
        WHERE a.zone_kind = 'within' AND a.segment IS NULL AND a.country IS NULL AND a.measure = 'cover_area'
        """,
    ),
    QueryView(
        "civilian_exposure_by_segment",
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
