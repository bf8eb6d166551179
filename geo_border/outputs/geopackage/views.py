"""Views that answer the usual questions: every figure of a zone in one row, people within 10 km, strips and places."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from geo_border.outputs.geopackage.tables import register_table
from geo_border.outputs.questions import MOST_FIGURES, VIEWS, WIDE_ABOUT, WIDE_VIEW
from geo_border.present.withholding import FEW, FEW_PEOPLE, write_condition, write_few_condition
from geo_border.result import Result

# Columns of the zones themselves; people and tree share stand among the figures.
_OWN = (
    "geom",
    "zone_id",
    "zone_name",
    "zone_kind",
    "segment",
    "country",
    "from_m",
    "to_m",
    "part_of",
    "place_id",
    "place_name",
    "area_km2",
)
# A zone's area is a column of its own.
_LEFT_OUT = ("area",)
_DENSITY = "people_per_km2"
# Rows d of a density, each with the row p of the people that it is of.
_OF_DENSITIES = (
    "exposure d LEFT JOIN exposure p ON p.zone_fid = d.zone_fid AND p.measure = 'people' AND p.category = 'total'"
)


@dataclass(frozen=True)
class _Figure:
    """A measure and category as columns of the wide view: the value, and low and high where bands have a range."""

    measure: str
    category: str | None
    unit: str
    has_range: bool

    @property
    def column(self) -> str:
        """The name of its column."""
        return _name_column(self.measure, self.category, self.unit)


def write(database: sqlite3.Connection, result: Result, timestamp: str) -> None:
    """Add the wide view of zones (with geometry) and one view a question (without), all registered for readers."""
    _write_wide_view(database, result, timestamp)
    for question in VIEWS:
        database.execute(f"CREATE VIEW {question.view} AS {_join_lines(question.sql)}")
        register_table(database, question.view, question.title, question.description, timestamp)


def _write_wide_view(database: sqlite3.Connection, result: Result, timestamp: str) -> None:
    figures = _list_figures(result)
    shown, left = figures[:MOST_FIGURES], figures[MOST_FIGURES:]
    own = ["z.fid AS OGC_FID", *(f"z.{name}" for name in _OWN), "w.withheld"]
    columns = [column for number, figure in enumerate(shown) for column in _list_columns(f"e{number}", figure)]
    joins = [_join_reasons(), *(_join_figure(f"e{number}", figure) for number, figure in enumerate(shown))]
    database.execute(f"CREATE VIEW {WIDE_VIEW} AS SELECT {', '.join([*own, *columns])} FROM zones z {' '.join(joins)}")
    about = WIDE_ABOUT + (f" So do {', '.join(figure.column for figure in left)}." if left else "")
    database.execute(
        "INSERT INTO gpkg_contents SELECT ?, data_type, ?, ?, ?, min_x, min_y, max_x, max_y, srs_id"
        " FROM gpkg_contents WHERE table_name = 'zones'",
        (WIDE_VIEW, "Zones with figures", about, timestamp),
    )
    database.execute(
        "INSERT INTO gpkg_geometry_columns SELECT ?, column_name, geometry_type_name, srs_id, z, m"
        " FROM gpkg_geometry_columns WHERE table_name = 'zones'",
        (WIDE_VIEW,),
    )


def _list_figures(result: Result) -> list[_Figure]:
    """Every figure that a zone with a polygon has, in the order of the exposure table."""
    table = result.exposure
    drawn = table[table["zone_id"].isin(result.layers["zones"]["zone_id"]) & ~table["measure"].isin(_LEFT_OUT)]
    drawn = drawn.assign(category=drawn["category"].fillna(""))
    with_range = drawn[drawn["low"].notna() & (drawn["part_of"] == "bands")]
    ranged = set(zip(with_range["measure"], with_range["category"], strict=True))
    heads = drawn.drop_duplicates(["measure", "category"])
    found = [
        _Figure(measure, category or None, unit, (measure, category) in ranged)
        for measure, category, unit in zip(heads["measure"], heads["category"], heads["unit"], strict=True)
    ]
    order = {measure: place for place, measure in enumerate(heads["measure"].unique())}
    return sorted(found, key=lambda figure: order[figure.measure])


def _list_columns(alias: str, figure: _Figure) -> list[str]:
    ends = {"value": "", "low": "_low", "high": "_high"} if figure.has_range else {"value": ""}
    return [f"{alias}.{name} AS {figure.column}{ending}" for name, ending in ends.items()]


def _join_figure(alias: str, figure: _Figure) -> str:
    """Join the row of a figure, but where it is withheld: plain columns keep their types, which expressions lose."""
    if figure.measure == _DENSITY:
        return f"LEFT JOIN ({_select_densities()}) {alias} ON {alias}.zone_fid = z.fid"
    category = "IS NULL" if figure.category is None else f"= {_quote(figure.category)}"
    return (
        f"LEFT JOIN exposure {alias} ON {alias}.zone_fid = z.fid AND {alias}.measure = {_quote(figure.measure)}"
        f" AND {alias}.category {category} AND ({write_condition(f'{alias}.pixels')}) IS NOT TRUE"
    )


def _select_densities() -> str:
    """Densities as they may be shown, each end by the people that it is of; joined, so that columns stay plain."""
    ends = ("value", "low", "high")
    joins = [
        f"LEFT JOIN exposure d_{end} ON d_{end}.fid = d.fid AND ({write_few_condition(f'p.{end}')}) IS NOT TRUE"
        for end in ends
    ]
    return (
        f"SELECT d.zone_fid, {', '.join(f'd_{end}.{end}' for end in ends)} FROM {_OF_DENSITIES} {' '.join(joins)}"
        f" WHERE d.measure = '{_DENSITY}' AND ({write_condition('d.pixels')}) IS NOT TRUE"
    )


def _join_reasons() -> str:
    """Join one text a zone: which measures are withheld, and why. The empty last part lends its column a type."""
    return (
        "LEFT JOIN (SELECT zone_fid, CAST(group_concat(reason, '; ') AS TEXT) AS withheld FROM ("
        f"SELECT zone_fid, group_concat(measure, ', ') || {_quote(f': {FEW}')} AS reason"
        " FROM (SELECT DISTINCT zone_fid, measure FROM exposure"
        f" WHERE zone_fid IS NOT NULL AND {write_condition()} ORDER BY zone_fid, measure) GROUP BY zone_fid"
        f" UNION ALL SELECT d.zone_fid, {_quote(f'{_DENSITY}: {FEW_PEOPLE}')} FROM {_OF_DENSITIES}"
        f" WHERE d.measure = '{_DENSITY}' AND ({write_condition('d.pixels')}) IS NOT TRUE"
        f" AND {write_few_condition('p.value')}"
        ") GROUP BY zone_fid UNION ALL SELECT zone_fid, note FROM exposure WHERE 0) w ON w.zone_fid = z.fid"
    )


def _name_column(measure: str, category: str | None, unit: str) -> str:
    """Make a plain column name for a figure.

    >>> _name_column("cover_area", "tree", "km²"), _name_column("people", "total", "persons")
    ('cover_area_tree_km2', 'people_total')
    """
    ending = {"km²": "km2", "km": "km"}.get(unit, "")
    return re.sub(r"\W+", "_", "_".join(part for part in (measure, category, ending) if part))


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _join_lines(sql: str) -> str:
    return " ".join(sql.split())
