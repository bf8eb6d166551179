"""Figures of the GeoPackage, asked in SQL: the table, the layers, and every view."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd

from tests.outputs.figures_of.figure import EXACT, Figure
from tests.outputs.figures_of.layers import of_cell_sums, of_layers, of_places
from tests.outputs.figures_of.rows import of_table, plain

OUTPUT = "geopackage"
_VIEWS = {
    "people_within_10km_by_country",
    "people_by_segment_and_distance",
    "settlements_in_strips",
    "cover_by_distance",
    "civilian_exposure_by_segment",
    "zone_figures",
}
# Beginning of a column of `zone_figures`: measure, unit.
_WIDE = {
    "area": ("area", "km²"),
    "cover_area": ("cover_area", "km²"),
    "cover_share": ("cover_share", "share"),
    "people_per_km2": ("people_per_km2", "persons/km²"),
    "people": ("people", "persons"),
    "settlements": ("settlements", "count"),
}


def of_geopackage(path: Path) -> Iterator[Figure]:
    """Every figure of the tables and views; a view that this module does not know is an error."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        there = dict(database.execute("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')"))
        views = {name for name, kind in there.items() if kind == "view"}
        assert views == _VIEWS, f"views without a reader here, or gone: {sorted(views ^ _VIEWS)}"

        def read(name: str) -> pd.DataFrame | None:
            return _read(database, name) if name in there else None

        yield from of_layers(read, OUTPUT, skip=("cells",))
        for name in ("exposure", "segment_sheets", *sorted(views)):
            yield from of_view(name, _read(database, name))


def _read(database: sqlite3.Connection, name: str) -> pd.DataFrame:
    """A table or view without its geometry."""
    columns = [row[1] for row in database.execute(f'PRAGMA table_info("{name}")')]
    wanted = ", ".join(f'"{column}"' for column in columns if column != "geom")
    return pd.read_sql_query(f'SELECT {wanted} FROM "{name}"', database)


def of_view(name: str, frame: pd.DataFrame) -> Iterator[Figure]:
    """The figures of the table `exposure` or of a view."""
    if name == "exposure":
        yield from of_table(frame, OUTPUT, name)
    elif name == "segment_sheets":
        for row in frame.to_dict("records"):
            zone_id = f"segment|{row['segment']}"
            yield Figure(OUTPUT, name, zone_id, "frontier_length", "all", "km", plain(row["length_km"]))
    elif name == "zone_figures":
        yield from _of_wide(frame)
    elif name in ("people_within_10km_by_country", "people_by_segment_and_distance"):
        columns = {"value": "people", "low": "people_low", "high": "people_high"}
        yield from _of_rows(frame, name, ("people", "total", "persons"), columns)
    elif name == "settlements_in_strips":
        for zone_id, count in frame.groupby("zone_id").size().items():
            yield Figure(OUTPUT, name, str(zone_id), "settlements", "", "count", float(count))
        yield from of_places(frame.drop_duplicates(["name", "distance_m"]), OUTPUT, name)
    elif name == "cover_by_distance":
        for cover, rows in frame.groupby("cover", sort=False):
            columns = {"value": "area_km2", "low": "area_low", "high": "area_high"}
            yield from _of_rows(rows, name, ("cover_area", str(cover), "km²"), columns)
            # A class that the legend lacks, and land without data, have no share.
            columns = {"value": "share", "low": "share_low", "high": "share_high"}
            yield from _of_rows(rows[rows["share_of"].notna()], name, ("cover_share", str(cover), "share"), columns)
    else:
        yield from of_cell_sums(frame, OUTPUT, name)


def _of_rows(frame: pd.DataFrame, view: str, kind: tuple[str, str, str], columns: dict[str, str]) -> Iterator[Figure]:
    """One measure, category and unit of every row of a view, which leaves out what is not shown."""
    for end, column in columns.items():
        for zone_id, value in zip(frame["zone_id"], frame[column], strict=True):
            yield Figure(OUTPUT, view, str(zone_id), *kind, plain(value), end, within=EXACT, presented=True)


def _of_wide(frame: pd.DataFrame) -> Iterator[Figure]:
    """Columns such as `area_km2`, `cover_area_tree_km2`, `people_total_low`."""
    for column in frame.columns:
        plain_name, end = re.fullmatch(r"(.+?)(?:_(low|high))?", column).groups()  # type: ignore[union-attr]
        start = next((s for s in _WIDE if plain_name == s or plain_name.startswith(f"{s}_")), None)
        if start is None:
            continue
        measure, unit = _WIDE[start]
        category = plain_name.removeprefix(start).removesuffix("_km2").strip("_")
        category = "" if measure in ("area", "settlements", "people_per_km2") else category
        yield from _of_rows(frame, f"zone_figures.{column}", (measure, category, unit), {end or "value": column})
