"""People: a count grid as it is, or modelled from settlement classes, spread over home's dry land, never resampled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np

from geo_border.engine import Engine
from geo_border.errors import EmptyLayerError
from geo_border.geo.crs import WGS84, build_transformer, row_area_km2
from geo_border.geo.grid import Grid
from geo_border.geo.line_distance import LineIndex
from geo_border.geo.types import FloatArray
from geo_border.zonal import Zones, compute_coverage_fraction, compute_coverage_table, tabulate

# A cell less than this dry has its people spread over all its home land: they do live there, the water data is coarser.
_LEAST_DRY = 0.005
# Of the cells beyond the line, the share that must hold people before a grid is taken to count both sides.
_BOTH_SIDES = 0.05


@dataclass(frozen=True)
class Ground:
    """Where people can live: home's units, the water in them, and the ground beyond the line.

    Attributes
    ----------
    units
        Disjoint home land by number 0..n-1; `water` is the part of it that is inland water, by the same number.
    beyond
        Geometry on the facing side near the line, to tell whether a grid counts people there too.
    """

    units: Zones
    water: Zones
    beyond: gpd.GeoDataFrame


@dataclass(frozen=True)
class People:
    """Counts ready to be summed over any area of home land.

    Attributes
    ----------
    counts
        Persons per cell that live in home territory (as far as the study's window), float64.
    on_dry, on_all
        Persons that a cell would hold were it all home, in cells whose people are spread over dry land, and over all
        land. Their sums over an area, the first less the area's water, are the people in it.
    bounds
        Low and high factor per cell (each as `counts`), or None where the dataset has no range.
    home_people
        Sum of the cells that have any home land.
    """

    counts: Grid
    on_dry: Grid
    on_all: Grid
    home_people: float
    bounds: tuple[FloatArray, FloatArray] | None = None


def counted(grid: Grid, counts: str | None, ground: Ground) -> tuple[People, str]:
    """A count grid, and what its cells count: "all" who live in them or only "home" residents.

    Where neither a catalogue entry nor the user says, a grid without people beyond the line is taken to count home.

    Parameters
    ----------
    grid
        Persons per cell, in the grid's own CRS.
    counts
        "all" or "home" where it is known, else None.
    ground
        Home's units, the water in them, and the land beyond the line.

    Raises
    ------
    EmptyLayerError
        When no cell with people lies on home land.
    """
    values = np.nan_to_num(grid.values.astype(np.float64), nan=0.0)
    land = _share(grid, ground.units)
    kind = counts or ("all" if _counts_beyond(grid, values, ground) else "home")
    own = land > 0
    if not values[own].sum() > 0:
        raise EmptyLayerError("the people grid holds nobody on home land in this study: wrong area, unit or band?")
    if kind == "all":
        return People(
            _like(grid, values * np.minimum(land, 1)),
            _like(grid, np.zeros_like(values)),
            _like(grid, values),
            float(values[own].sum()),
        ), kind
    dry = np.clip(land - _share(grid, ground.water), 0, None)
    enough = dry > np.maximum(_LEAST_DRY * land, 1e-9)
    on_dry = np.where(own & enough, values / np.where(enough, dry, 1), 0.0)
    on_all = np.where(own & ~enough, values / np.where(own, land, 1), 0.0)
    home = np.where(own, values, 0.0)
    return People(_like(grid, home), _like(grid, on_dry), _like(grid, on_all), float(home.sum())), kind


def modelled(classes: Grid, model: dict[str, Any], segments: list[str], index: LineIndex, ground: Ground) -> People:
    """People modelled from settlement classes: persons per km² of dry land by class, segment and distance ring.

    Parameters
    ----------
    classes
        DEGURBA level 2 codes on a lon/lat grid, 0 unknown.
    model
        `options` of the catalogue entry: `rings_m` (outer edges), `spread` (a factor a ring: the range), `density` by
        segment (or `other`), then by class, one number a ring.
    """
    dry = np.clip(_share(classes, ground.units) - _share(classes, ground.water), 0, None)
    row, column = np.nonzero(dry > 0)
    x, y = classes.compute_centres(row, column)
    lon, lat = build_transformer(classes.crs.to_wkt(), WGS84.to_wkt()).transform(x, y)
    near = index.find_nearest(np.asarray(lon), np.asarray(lat))
    ring = np.minimum(np.searchsorted(model["rings_m"], near.distance_m, side="right"), len(model["rings_m"]) - 1)
    code = classes.values[row, column]
    step = classes.transform
    km2 = row_area_km2(step.f, -step.e, step.a, classes.shape[0])[row]
    full, low, high = np.zeros(classes.shape), np.ones(classes.shape), np.ones(classes.shape)
    of_cell = (near.label, code.astype(np.int64), ring)
    full[row, column] = _densities(model["density"], segments)[of_cell] * km2
    for factor, side in zip((low, high), _factors(model, segments), strict=True):
        factor[row, column] = side[of_cell]
    counts, nobody = full * dry, np.zeros(classes.shape)
    return People(
        _like(classes, counts), _like(classes, full), _like(classes, nobody), float(counts.sum()), (low, high)
    )


def in_areas(
    people: People, areas: Zones, water: Zones, count: int, engine: Engine | None = None
) -> dict[str, FloatArray]:
    """Persons in each area 0..count-1: `people`, and `low` and `high` where there is a range.

    Parameters
    ----------
    people
        Persons as spread over home land.
    areas, water
        The areas, and the inland water in them by the same numbers.
    count
        How many areas there are.
    engine
        Where grids are tabulated; threads of this process when None.
    """
    out = {}
    factors: dict[str, FloatArray | None] = {"people": None}
    if people.bounds is not None:
        factors |= {"low": people.bounds[0], "high": people.bounds[1]}
    for name, factor in factors.items():
        dry = people.on_dry if factor is None else _like(people.on_dry, people.on_dry.values * factor)
        everywhere = _like(dry, dry.values + people.on_all.values)
        total = _sums(everywhere, areas, count, engine)
        if len(water) and dry.values.any():
            total -= _sums(dry, water, count, engine)
        # Subtracting two nearly equal sums leaves rounding below zero in areas that are all water.
        out[name] = np.maximum(total, 0.0)
    return out


def _sums(grid: Grid, areas: Zones, count: int, engine: Engine | None) -> FloatArray:
    table = tabulate(grid, areas, zone_field=areas.field, mode="sum", coverage="exact", engine=engine)
    out = np.zeros(count)
    out[table[areas.field].to_numpy(np.int64)] = table["sum"].to_numpy()
    return out


def _share(grid: Grid, zones: Zones) -> FloatArray:
    """Exact share of each cell that all zones together cover."""
    if len(zones) == 0:
        return np.zeros(grid.shape)
    found = compute_coverage_table(grid, zones, zones.field)
    flat = np.bincount(found.row * grid.shape[1] + found.column, found.share, grid.shape[0] * grid.shape[1])
    return np.asarray(flat, dtype=np.float64).reshape(grid.shape)


def _counts_beyond(grid: Grid, values: FloatArray, ground: Ground) -> bool:
    if len(ground.beyond) == 0:
        return False
    beyond = compute_coverage_fraction(grid, ground.beyond) > 0.999
    return bool(beyond.any() and (values[beyond] > 0).mean() > _BOTH_SIDES)


def _densities(table: dict[str, dict[str, list[float]]], segments: list[str]) -> FloatArray:
    """Persons per km² by segment, class (0-255) and ring; those of `other` where a segment has none of its own."""
    cube = np.zeros((len(segments), 256, len(next(iter(table["other"].values())))))
    for i, segment in enumerate(segments):
        for name, values in {**table["other"], **table.get(segment, {})}.items():
            cube[i, int(name)] = values
    return cube


def _factors(model: dict[str, Any], segments: list[str]) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest reading of each density as factors: the ring's spread, or more where it was not calibrated.

    Of a segment that was, leaving it out tells how far the others are from it. Of any other nothing is known but
    that each calibrated segment could be like it: its range runs from the lowest of them to the highest.
    """
    table = model["density"]
    spread = np.asarray(model["spread"], dtype=np.float64)
    own, known = _densities(table, segments), _densities(table, [name for name in table if name != "other"])
    low, high = np.broadcast_to(1 / spread, own.shape).copy(), np.broadcast_to(spread, own.shape).copy()
    new = [i for i, segment in enumerate(segments) if segment not in table]
    if new and len(known):
        there = np.where(own[new] > 0, own[new], np.nan)
        low[new] = np.fmin(low[new], known.min(axis=0) / there)
        high[new] = np.fmax(high[new], known.max(axis=0) / there)
    return low, high


def _like(grid: Grid, values: FloatArray) -> Grid:
    return Grid(values, grid.transform, grid.crs, None)
