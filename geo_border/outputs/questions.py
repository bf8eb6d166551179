"""Names and ready questions that the GeoPackage keeps as views and the QGIS project shows as tables."""

from __future__ import annotations

from dataclasses import dataclass

from geo_border.present import labels

# Zones with every figure of theirs in one row; and one box a segment, the pages of the printed sheets.
WIDE = "zone_figures"
SHEETS = "segment_sheets"


@dataclass(frozen=True)
class Question:
    """A question, the view that answers it, and its SQL; the first column is a whole number that is never twice."""

    view: str
    about: str
    sql: str

    @property
    def title(self) -> str:
        """The question in English."""
        return labels.QUESTIONS[self.view]


# SQLite gives a type to a view's column only when it is a plain column of a table, and readers want types. So each
# view begins with an empty SELECT that lends names and types, and the real one follows; newer SQLite also wants every
# expression there cast.
QUESTIONS = (
    Question(
        "people_within_10km_by_country",
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
        "Area of each cover class in each distance band over the zones where it is known, and its share of those.",
        """
        SELECT fid AS OGC_FID, from_m, to_m, category AS cover, value AS area_km2, value AS share,
          fid AS zones_known, fid AS zones
        FROM exposure WHERE 0
        UNION ALL
        SELECT CAST(min(fid) AS INTEGER), from_m, to_m, category, CAST(sum(value) AS REAL),
          CAST(sum(value) / sum(sum(value)) OVER (PARTITION BY from_m, to_m) AS REAL),
          CAST(count(value) AS INTEGER), CAST(count(*) AS INTEGER)
        FROM exposure WHERE zone_kind = 'band' AND measure = 'cover_area' GROUP BY from_m, to_m, category
        """,
    ),
    Question(
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
