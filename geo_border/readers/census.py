"""Eurostat's census grid (one row a 1 km cell) read to a grid of counts, cell for cell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from affine import Affine
from numpy.typing import NDArray
from pyarrow import ArrowInvalid, compute
from pyarrow import csv as arrow_csv
from pyproj import CRS

from geo_border.crs import WGS84, transformer
from geo_border.errors import EmptyLayerError, SchemaError
from geo_border.iso3166 import alpha2
from geo_border.model import AGES, Grid
from geo_border.readers.table import Bounds, halves
from geo_border.store import Raw

_CELL_M = 1000
_EDGE_POINTS = 21
# In Arrow's regular expressions: the files have millions of rows.
_CELL_ID = r"CRS3035RES1000mN(?P<north>\d+)E(?P<east>\d+)$"


def categories(raw: Raw) -> tuple[str, ...]:
    """Which counts of people a file has: `total`, and the ages where it has them."""
    there = set(_header(raw.paths[0]))
    return tuple(name for name in ("total", *AGES) if raw.entry.columns.get(name) in there)


def read_census(raw: Raw, window: Bounds | None, category: str = "total") -> Grid:
    """Persons per cell as float64 in EPSG:3035; NaN where the cell is not listed, confidential or not available.

    No cell is chosen by its country: those on a border carry two (`BY-PL`). People whom the census could not place
    stand in no cell; `unplaced` tells them.

    Raises
    ------
    SchemaError
        When the file lacks the column.
    EmptyLayerError
        When no cell lies in the window.
    """
    path = raw.paths[0]
    names, people = _read(path, raw.entry.columns["cell"], raw.entry.columns.get(category, category))
    ids = compute.extract_regex(names, _CELL_ID)
    people = people[ids.is_valid().to_numpy(zero_copy_only=False)]
    north, east = (compute.cast(number, pa.int64()).to_numpy() for number in ids.drop_null().flatten())
    # -8888 confidential, -9999 not available: neither is nought.
    people[people < 0] = np.nan
    inside = _inside(north, east, window)
    if not inside.any():
        raise EmptyLayerError(f"{path}: no cell where the study is. Choose another dataset for people with --sources.")
    return _gridded(north[inside], east[inside], people[inside])


def unplaced(raw: Raw, countries: Sequence[str]) -> str | None:
    """People of these countries (alpha-2) whom the census places in no cell, as a sentence; None if none.

    Their rows are named CC_unallocated, and the file has them for all of Europe.
    """
    names, people = _read(raw.paths[0], raw.entry.columns["cell"], raw.entry.columns.get("total", "total"))
    lost = (people > 0) & ~compute.match_substring_regex(names, _CELL_ID).to_numpy(zero_copy_only=False)
    codes = alpha2(names.filter(pa.array(lost)).to_pandas().str.removesuffix("_unallocated"))
    of = [f"{code} {int(count):,}" for code, count in zip(codes, people[lost], strict=True) if code in countries]
    told = ", ".join(of)
    return f"the census places some in no cell, and they are in no figure here: {told}." if told else None


def _gridded(north: NDArray[Any], east: NDArray[Any], people: NDArray[np.float64]) -> Grid:
    west, top = int(east.min()), int(north.max()) + _CELL_M
    rows, columns = (top - int(north.min())) // _CELL_M, (int(east.max()) - west) // _CELL_M + 1
    values = np.full((rows, columns), np.nan)
    values[(top - _CELL_M - north) // _CELL_M, (east - west) // _CELL_M] = people
    transform = Affine(_CELL_M, 0.0, west, 0.0, -_CELL_M, top)
    return Grid(values, transform, CRS.from_epsg(3035), float("nan"))


def _inside(north: NDArray[Any], east: NDArray[Any], window: Bounds | None) -> NDArray[np.bool_]:
    inside = np.full(north.shape, window is None)
    for part in halves(window):
        if part is not None:
            move = transformer(WGS84.to_wkt(), CRS.from_epsg(3035).to_wkt())
            x0, y0, x1, y1 = move.transform_bounds(*part, densify_pts=_EDGE_POINTS)
            inside |= (east + _CELL_M > x0) & (east < x1) & (north + _CELL_M > y0) & (north < y1)
    return inside


def _read(path: Path, cell: str, column: str) -> tuple[Any, NDArray[np.float64]]:
    """Names of cells (Arrow strings) and persons in them; what is no number is NaN."""
    there = _header(path)
    missing = [name for name in (cell, column) if name not in there]
    if missing:
        raise SchemaError(f"{path}: no column {', '.join(missing)}. It has: {', '.join(there)}.")
    options = arrow_csv.ConvertOptions(include_columns=[cell, column], column_types={cell: pa.string()})
    try:
        table = arrow_csv.read_csv(path, convert_options=options).combine_chunks()
    except (ArrowInvalid, OSError) as error:
        raise SchemaError(f"{path}: not the census grid's CSV ({error}).") from error
    people = pd.to_numeric(table[column].to_pandas(), errors="coerce").to_numpy(np.float64, copy=True)
    return compute.fill_null(table[cell], "").combine_chunks(), people


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as handle:
        return [name.strip().strip('"') for name in handle.readline().split(",")]
