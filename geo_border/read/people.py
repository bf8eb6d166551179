"""People per cell, whatever the file: a raster of counts, tiles of one, rasters by age, or a census table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from geo_border.errors import RasterError
from geo_border.geo.grid import Grid
from geo_border.read import census
from geo_border.read.raster import read_counts, require_nodata
from geo_border.read.table import Bounds
from geo_border.schemas import AGES
from geo_border.store import Raw

TOTAL = "total"


def list_people_categories(raw: Raw) -> tuple[str, ...]:
    """Which counts a dataset has: always `total`; `under_15`, `15_64`, `over_64` where it has ages.

    Parameters
    ----------
    raw
        The dataset's files.
    """
    if raw.entry.reader == "census-grid":
        return census.list_categories(raw)
    return (TOTAL, *AGES) if raw.entry.reader == "age-rasters" else (TOTAL,)


def read_people(raw: Raw, window: Bounds | None = None, category: str = TOTAL) -> Grid:
    """Persons per cell as float64 on the dataset's own cells; NaN where not known.

    Parameters
    ----------
    window
        (west, south, east, north) in degrees; only the cells that meet it are read.
    category
        One of `list_people_categories(raw)`.

    Raises
    ------
    CRSError, EmptyLayerError, RasterError
        As `raster.read_grid`.
    RasterError
        When the dataset has no such count.
    """
    if category not in list_people_categories(raw):
        raise RasterError(
            f"{raw.entry.name}: has no count {category!r}; it has {', '.join(list_people_categories(raw))}."
        )
    if raw.entry.reader == "census-grid":
        return census.read_census(raw, window, category)
    if raw.entry.reader == "age-rasters":
        return _sum_age_grids(raw, window, category)
    return read_counts(raw, window)


def describe_unplaced_people(raw: Raw, countries: Sequence[str]) -> str | None:
    """Whom of these countries a dataset counts but places nowhere, as a sentence; None where it places everyone.

    Parameters
    ----------
    raw
        The dataset's files.
    countries
        ISO 3166-1 alpha-2 codes.
    """
    return census.describe_unplaced(raw, countries) if raw.entry.reader == "census-grid" else None


def list_people_files(raw: Raw, category: str = TOTAL) -> tuple[Path, ...]:
    """Files whose cells, added up, are a count of people: for a raster too fine to be held.

    Parameters
    ----------
    raw
        The dataset's files.
    category
        One that `list_people_categories` returns.

    Raises
    ------
    RasterError
        When a file does not declare what stands for "not known", and a negative number might be summed; or when an
        age group has no file.
    """
    groups = _group_age_files(raw, category) if raw.entry.reader == "age-rasters" else [raw.paths]
    paths = tuple(path for group in groups for path in group)
    for path in paths:
        require_nodata(path)
    return paths


def _group_age_files(raw: Raw, category: str) -> list[tuple[Path, ...]]:
    """Files of each age group of a category."""
    groups = []
    for name in [category] if category != TOTAL else AGES:
        for age in raw.entry.options[name]:
            groups.append(tuple(path for path in raw.paths if _parse_age(raw, path) == age))
            if not groups[-1]:
                raise RasterError(f"{raw.entry.name}: no file for age group {age}. Fetch it again.")
    return groups


def _sum_age_grids(raw: Raw, window: Bounds | None, category: str) -> Grid:
    """Add up the files of a category's age groups, cell by cell; files of one grid, so nothing is moved."""
    whole: Grid | None = None
    for paths in _group_age_files(raw, category):
        grid = read_counts(replace(raw, paths=paths), window)
        if whole is not None and (grid.shape != whole.shape or grid.transform != whole.transform):
            raise RasterError(f"{paths[0]}: its cells are not those of the other age groups.")
        whole = grid if whole is None else replace(whole, values=whole.values + grid.values)
    if whole is None:
        raise RasterError(f"{raw.entry.name}: no age groups declared for {category}.")
    return whole


def _parse_age(raw: Raw, path: Path) -> str | None:
    found = re.search(raw.entry.options["age_of_name"], path.name)
    return found.group(1) if found else None
