"""Polygons made canonical: boundaries, land, water, administrative units, protected areas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo_border.errors import StudyError
from geo_border.facts.iso3166 import convert_to_alpha2
from geo_border.geo.crs import GEOD, WGS84
from geo_border.read import osm
from geo_border.read.table import (
    Bounds,
    clip_to_window,
    drop_not_in_force,
    map_columns,
    map_kinds,
    read_table,
    repair_polygons,
    require_finite,
    require_rows,
    select_columns,
    select_polygons,
)
from geo_border.store import Raw
from geo_border.study import Study

# How far around home the facing countries are kept when theirs must be repaired, in degrees: past the widest band.
_MARGIN_DEG = 3.0


def read_boundaries(raw: Raw, study: Study) -> gpd.GeoDataFrame:
    """Polygons of the study's home and facing territories.

    Parameters
    ----------
    raw
        The dataset's files.
    study
        Its home and facing territories are read.

    Returns
    -------
    GeoDataFrame
        `country` (ISO 3166-1 alpha-2 where the source has a country code, else as the source writes it), `territory`
        (the country, or the study's name for the part that holds its point), `name`, `geometry` (EPSG:4326); one row
        a territory, home and facing in the study's order first.

    Raises
    ------
    StudyError
        When a country that the study names is not in the file; lists the codes that are.
    GeometryError
        When a coordinate of theirs is no number.
    SchemaError
        When the file lacks the country's column.
    """
    if raw.entry.reader == "osm-boundaries":
        return _select_countries(osm.read_boundaries(raw), raw, study, "ISO3166-1")
    # The fields that the study names are short for the columns of an entry.
    columns = {"country": study.boundaries.country, "name": study.boundaries.name, **raw.entry.columns}
    table = read_table(raw, ground=True)
    if columns["name"] not in table.columns and "name" not in raw.entry.columns:
        # A name is a courtesy of the file; the study cannot do without the country.
        columns["name"] = columns["country"]
    if columns["country"] not in table.columns and raw.entry.source == "local":
        raise StudyError(_describe_missing_field(raw, columns["country"], study, table))
    table = select_columns(table, {key: columns[key] for key in ("country", "name")}, raw.paths[0])
    table["country"] = convert_to_alpha2(table["country"])
    return _select_countries(table, raw, study, columns["country"])


def _select_countries(table: gpd.GeoDataFrame, raw: Raw, study: Study, field: str) -> gpd.GeoDataFrame:
    wanted = _list_countries(study)
    missing = [code for code in wanted if code not in set(table["country"])]
    if missing:
        there = ", ".join(sorted({str(c) for c in table["country"].dropna()}))
        raise StudyError(
            f"{raw.paths[0]}: no {', '.join(missing)} in the field {field!r}, which study {study.name!r} "
            f"needs. It has: {_shorten(there)}."
        )
    table = table[table["country"].isin(wanted)]
    table = table.assign(name=table["name"].where(table["name"].notna(), table["country"]))
    table = repair_polygons(_clip_invalid(require_finite(table, raw.paths[0]), study), raw.paths[0])
    return _group_by_territory(table, study)


def read_land(raw: Raw, window: Bounds | None = None) -> gpd.GeoDataFrame:
    """Land, lakes and rivers included, the sea left out: `geometry` (EPSG:4326), cut to the window.

    Parameters
    ----------
    raw
        The dataset's files.
    window
        (west, south, east, north) in degrees, EPSG:4326; None for the whole file.
    """
    table = read_table(raw, window, ground=True)[["geometry"]]
    return require_rows(repair_polygons(clip_to_window(table, window), raw.paths[0]), raw, "land")


def read_water(raw: Raw, window: Bounds | None = None) -> gpd.GeoDataFrame:
    """Lakes and rivers: `water_id`, `area_km2`, `perimeter_km` (of the whole, geodesic), `kind` if known, `geometry`.

    Parameters
    ----------
    raw
        The dataset's files.
    window
        (west, south, east, north) in degrees, EPSG:4326; None for the whole file.
    """
    table = read_table(raw, window, ground=True)
    own = map_columns(raw, ("water_id", "area_km2", "perimeter_km", "kind"))
    select_columns(table, raw.entry.columns, raw.paths[0])
    there = {ours for ours, theirs in own.items() if theirs in table.columns}
    if {"area_km2", "perimeter_km"} <= there:
        area, perimeter = (table[own[name]].to_numpy(np.float64) for name in ("area_km2", "perimeter_km"))
    else:
        area, perimeter = _measure_polygons(table.geometry.to_numpy())
    ids = table[own["water_id"]].astype(str) if "water_id" in there else pd.Series(np.arange(len(table)).astype(str))
    kind = map_kinds(raw.entry, table[own["kind"]].to_numpy()) if "kind" in there else np.full(len(table), None)
    data = {"water_id": ids.to_numpy(), "area_km2": area, "perimeter_km": perimeter, "kind": kind}
    return repair_polygons(gpd.GeoDataFrame(data, geometry=table.geometry.to_numpy(), crs=WGS84), raw.paths[0])


def read_admin(raw: Raw, window: Bounds | None = None) -> gpd.GeoDataFrame:
    """Administrative units: `admin_id`, `name` (its own letters), `country` (alpha-2), `geometry`.

    Parameters
    ----------
    raw
        The dataset's files.
    window
        (west, south, east, north) in degrees, EPSG:4326; None for the whole file.
    """
    table = read_table(raw, window, ground=True)
    table = select_columns(table, map_columns(raw, ("admin_id", "name", "country")), raw.paths[0])
    table["country"] = convert_to_alpha2(table["country"])
    return require_rows(repair_polygons(table, raw.paths[0]), raw, "administrative units")


def read_protected(raw: Raw, window: Bounds | None = None) -> gpd.GeoDataFrame:
    """Protected areas: `name`, `kind` (as the source classes them), `source`, `geometry`; sites may overlap.

    Those not in force (`options.not_in_force`: values of a field) are left out, and so are points and lines.

    Parameters
    ----------
    raw
        The dataset's files.
    window
        (west, south, east, north) in degrees, EPSG:4326; None for the whole file.

    Raises
    ------
    SchemaError
        When no site near the study is a polygon.
    """
    table = drop_not_in_force(read_table(raw, window), raw.entry)
    table = select_columns(table, map_columns(raw, ("name", "kind")), raw.paths[0])
    table["kind"] = map_kinds(raw.entry, table["kind"])
    return select_polygons(repair_polygons(table.assign(source=raw.entry.name), raw.paths[0]), raw.paths[0])


def _list_countries(study: Study) -> list[str]:
    """Countries that the study needs, in its order, territories by the country they are part of."""
    named = [*study.home, *study.facing, *study.neighbours]
    for line in study.reference_lines:
        named.extend(line.between)
    codes = [study.territories[n].country if n in study.territories else n for n in named]
    codes.extend(t.country for t in study.territories.values())
    return list(dict.fromkeys(codes))


def _describe_missing_field(raw: Raw, field: str, study: Study, table: gpd.GeoDataFrame) -> str:
    there = ", ".join(str(c) for c in table.columns if c != "geometry")
    key = (
        'columns = { country = "..." } into its entry'
        if raw.entry.columns
        else '[boundaries] country = "..." into the study'
    )
    return (
        f"{raw.paths[0]}: no field {field!r}, where study {study.name!r} expects the country. The "
        f"file has: {_shorten(there)}. Write {key}."
    )


def _shorten(text: str, max_length: int = 300) -> str:
    return text if len(text) <= max_length else text[:max_length] + " ..."


def _clip_invalid(table: gpd.GeoDataFrame, study: Study) -> gpd.GeoDataFrame:
    """Invalid polygons cut to home's surroundings first: repairing whole Russia takes minutes, its edge a second."""
    geometry = table.geometry.to_numpy()
    wrong = ~shapely.is_valid(geometry)
    if not wrong.any():
        return table
    home = table["country"].isin(_list_home_countries(study)).to_numpy()
    west, south, east, north = shapely.total_bounds(geometry[home])
    geometry = geometry.copy()
    rectangle = (west - _MARGIN_DEG, south - _MARGIN_DEG, east + _MARGIN_DEG, north + _MARGIN_DEG)
    geometry[wrong & ~home] = shapely.clip_by_rect(geometry[wrong & ~home], *rectangle)
    return table.set_geometry(gpd.GeoSeries(geometry, index=table.index, crs=WGS84))


def _list_home_countries(study: Study) -> list[str]:
    return [study.territories[n].country if n in study.territories else n for n in study.home]


def _group_by_territory(table: gpd.GeoDataFrame, study: Study) -> gpd.GeoDataFrame:
    table = table.assign(territory=table["country"]).reset_index(drop=True)
    for name, territory in study.territories.items():
        table = _label_territory(table, name, territory.country, shapely.Point(territory.point))
    rows = []
    for (country, territory), group in table.groupby(["country", "territory"], sort=False):
        geometry = group.geometry.to_numpy()
        whole = geometry[0] if len(geometry) == 1 else shapely.union_all(geometry)
        rows.append({"country": country, "territory": territory, "name": _find_largest_name(group), "geometry": whole})
    out = gpd.GeoDataFrame(rows, geometry="geometry", crs=WGS84)
    order = {name: i for i, name in enumerate((*study.home, *study.facing))}
    rank = out["territory"].map(order).fillna(len(order))
    return out.iloc[np.argsort(rank.to_numpy(), kind="stable")].reset_index(drop=True)


def _find_largest_name(group: gpd.GeoDataFrame) -> Any:
    return group["name"].iloc[int(np.argmax(shapely.area(group.geometry.to_numpy())))]


def _label_territory(table: gpd.GeoDataFrame, name: str, country: str, point: shapely.Point) -> gpd.GeoDataFrame:
    """The row of a country that holds the point named a territory; of a country in one row, the part that holds it."""
    own = np.flatnonzero((table["country"] == country).to_numpy())
    if len(own) == 1:
        table = _split_off_part(table, int(own[0]), point)
        own = np.flatnonzero((table["country"] == country).to_numpy())
    holds = own[shapely.contains_xy(table.geometry.to_numpy()[own], point.x, point.y)]
    if len(holds) == 0:
        raise StudyError(
            f"territory {name!r}: its point ({point.x:g}, {point.y:g}) lies in no polygon of {country} in the boundary "
            "file. Move the point inside the territory."
        )
    table.loc[holds, "territory"] = name
    return table


def _split_off_part(table: gpd.GeoDataFrame, row: int, point: shapely.Point) -> gpd.GeoDataFrame:
    parts = shapely.get_parts(table.geometry.iloc[row])
    holds = shapely.contains_xy(parts, point.x, point.y)
    if len(parts) == 1 or not holds.any():
        return table
    part, rest = table.iloc[[row]].copy(), table.copy()
    part.loc[:, "geometry"] = parts[holds][0]
    rest.loc[rest.index[row], "geometry"] = shapely.multipolygons(parts[~holds])
    return gpd.GeoDataFrame(pd.concat([rest, part], ignore_index=True), geometry="geometry", crs=WGS84)


def _measure_polygons(
    polygons: Iterable[BaseGeometry],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    both = [GEOD.geometry_area_perimeter(polygon) for polygon in polygons]
    area = np.array([abs(area_m2) / 1e6 for area_m2, _ in both], dtype=np.float64)
    return area, np.array([perimeter_m / 1e3 for _, perimeter_m in both], dtype=np.float64)
