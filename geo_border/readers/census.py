"""Eurostat's census grid (one row a 1 km cell) read to a grid of counts, cell for cell."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from affine import Affine
from numpy.typing import NDArray
from pyarrow import ArrowInvalid
from pyarrow import csv as arrow_csv
from pyproj import CRS

from geo_border.crs import WGS84, transformer
from geo_border.errors import EmptyLayerError, SchemaError
from geo_border.model import AGES, Grid
from geo_border.readers.table import Bounds, halves
from geo_border.store import Raw

_CELL_M = 1000
_EDGE_POINTS = 21
_CELL_ID = re.compile(r"CRS3035RES1000mN(\d+)E(\d+)$")


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
    cell, column = raw.entry.columns["cell"], raw.entry.columns.get(category, category)
    table = _read(path, cell, column)
    ids = table[cell].astype(str).str.extract(_CELL_ID)
    placed = ids[0].notna().to_numpy()
    north = ids.loc[placed, 0].astype(np.int64).to_numpy()
    east = ids.loc[placed, 1].astype(np.int64).to_numpy()
    people = pd.to_numeric(table.loc[placed, column], errors="coerce").to_numpy(np.float64, copy=True)
    # -8888 confidential, -9999 not available: neither is nought.
    people[people < 0] = np.nan
    inside = _inside(north, east, window)
    if not inside.any():
        raise EmptyLayerError(f"{path}: no cell where the study is. Choose another dataset for people with --sources.")
    return _gridded(north[inside], east[inside], people[inside])


def unplaced(raw: Raw) -> str | None:
    """People whom the census places in no cell (rows named CC_unallocated), by country, as a sentence; None if none."""
    cell, column = raw.entry.columns["cell"], raw.entry.columns.get("total", "total")
    table = _read(raw.paths[0], cell, column)
    people = pd.to_numeric(table[column], errors="coerce")
    lost = (people > 0) & ~table[cell].astype(str).str.match(_CELL_ID)
    named = zip(table.loc[lost, cell], people[lost], strict=True)
    told = ", ".join(f"{str(name).removesuffix('_unallocated')} {int(count):,}" for name, count in named)
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


def _read(path: Path, cell: str, column: str) -> pd.DataFrame:
    there = _header(path)
    missing = [name for name in (cell, column) if name not in there]
    if missing:
        raise SchemaError(f"{path}: no column {', '.join(missing)}. It has: {', '.join(there)}.")
    options = arrow_csv.ConvertOptions(include_columns=[cell, column])
    try:
        table: pd.DataFrame = arrow_csv.read_csv(path, convert_options=options).to_pandas()
    except (ArrowInvalid, OSError) as error:
        raise SchemaError(f"{path}: not the census grid's CSV ({error}).") from error
    return table


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as handle:
        return [name.strip().strip('"') for name in handle.readline().split(",")]
