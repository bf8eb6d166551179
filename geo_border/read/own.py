"""A user's own areas and own line, as their file has them: ids, names and geometry; the rules for them come later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_border.errors import SchemaError
from geo_border.geo.crs import WGS84
from geo_border.geo.overlay import extract_polygons
from geo_border.read.table import (
    Bounds,
    drop_not_in_force,
    map_columns,
    read_table,
    repair_polygons,
    require_finite,
    select_columns,
)
from geo_border.store import Raw

_LINES = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)


def read_own_zones(raw: Raw, window: Bounds | None = None) -> gpd.GeoDataFrame:
    """Areas that a user wants figures of, in the order of the file.

    Of a user's own file all are read, wherever they lie, so that one that lies elsewhere is not passed over in silence;
    of a dataset that the catalogue has, those that meet the window (lon/lat degrees), rows of one id as one area.

    Parameters
    ----------
    raw
        The file or files.
    window
        West, south, east, north in degrees.

    Returns
    -------
    GeoDataFrame
        `id` (text; the row's number from 1 where the file has no such column), `name` (the id where there is none),
        polygons in EPSG:4326.

    Raises
    ------
    SchemaError
        When an id is empty or stands twice, or a row is no polygon.
    """
    path, is_own = raw.paths[0], raw.entry.is_users_own
    table = read_table(raw, None if is_own else window, dense=True)
    table = require_finite(drop_not_in_force(table, raw.entry), path).reset_index(drop=True)
    wanted = map_columns(raw, ("id", "name"))
    # What an entry maps has to be there; a file of one's own may do without.
    named = {ours: theirs for ours, theirs in wanted.items() if ours in raw.entry.columns or theirs in table.columns}
    found = select_columns(table, named, path)
    if is_own:
        _require_polygons(found, path)
    ids = _write_ids(found["id"] if "id" in named else pd.Series(np.arange(1, len(found) + 1)), path)
    names = found["name"].to_numpy(object) if "name" in named else np.full(len(found), None, dtype=object)
    texts = [i if pd.isna(name) or not str(name).strip() else str(name) for i, name in zip(ids, names, strict=True)]
    areas = gpd.GeoDataFrame({"id": ids, "name": texts}, geometry=found.geometry.to_numpy(), crs=WGS84)
    whole = repair_polygons(areas.set_geometry(extract_polygons(areas.geometry.to_numpy()), crs=WGS84), path)
    if not is_own:
        return whole.dissolve("id", sort=False, as_index=False)[["id", "name", "geometry"]]
    if len(whole) < len(areas):
        lost = next(i for i in areas["id"] if i not in set(whole["id"]))
        raise SchemaError(f"{path}: area {lost!r} is a polygon that holds no land. Draw it anew, or take it out.")
    twice = areas["id"][areas["id"].duplicated()]
    if len(twice):
        rows = (np.flatnonzero(areas["id"] == twice.iloc[0]) + 1).tolist()
        raise SchemaError(
            f"{path}: id {twice.iloc[0]!r} stands in rows {', '.join(map(str, rows))}. Give each area its own id."
        )
    return whole


def read_own_line(raw: Raw) -> gpd.GeoDataFrame:
    """The lines of a user's own frontier: geometry in EPSG:4326, in the order of the file.

    Parameters
    ----------
    raw
        The file or files.

    Raises
    ------
    SchemaError
        When the file holds no line, or something else than lines.
    """
    path = raw.paths[0]
    table = require_finite(read_table(raw), path)
    kinds = shapely.get_type_id(table.geometry.to_numpy())
    wrong = np.flatnonzero(~np.isin(kinds, _LINES))
    if len(wrong):
        what = table.geometry.iloc[int(wrong[0])].geom_type
        raise SchemaError(f"{path}: row {wrong[0] + 1} is a {what}, and a line is wanted. Give a file of lines alone.")
    if not len(table):
        raise SchemaError(f"{path}: has no line. Give the line that distances are to be measured from.")
    return gpd.GeoDataFrame(geometry=shapely.force_2d(table.geometry.to_numpy()), crs=WGS84)


def _require_polygons(table: gpd.GeoDataFrame, path: Path) -> None:
    """Fail where a row has no area, naming the first."""
    if not len(table):
        raise SchemaError(f"{path}: has no polygon. Give the areas that figures are wanted of, or leave the file out.")
    bare = np.flatnonzero(shapely.is_empty(extract_polygons(table.geometry.to_numpy())))
    if len(bare):
        what = table.geometry.iloc[int(bare[0])].geom_type
        raise SchemaError(f"{path}: row {bare[0] + 1} is a {what}, and a polygon is wanted. Give a file of polygons.")


def _write_ids(values: pd.Series[Any], path: Path) -> list[str]:
    """Ids as texts, whole numbers without a point."""
    bare = np.flatnonzero(values.isna() | (values.astype(str).str.strip() == ""))
    if len(bare):
        raise SchemaError(f"{path}: row {bare[0] + 1} has no id. Give every area an id of its own, or none to any.")
    if pd.api.types.is_float_dtype(values) and (values % 1 == 0).all():
        values = values.astype(np.int64)
    return [str(value) for value in values]
