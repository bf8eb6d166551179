"""Eurostat's census grid (one row a 1 km cell) read to a grid of counts, cell for cell."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from affine import Affine
from numpy.typing import NDArray
from pyarrow import ArrowInvalid, compute
from pyarrow import csv as arrow_csv
from pyproj import CRS

from geo_border.errors import EmptyLayerError, SchemaError
from geo_border.facts.iso3166 import convert_to_alpha2
from geo_border.files.text import open_text
from geo_border.geo.crs import WGS84, build_transformer
from geo_border.geo.grid import Grid
from geo_border.read.raster import MAX_CELLS
from geo_border.read.table import Bounds, split_at_antimeridian
from geo_border.schemas import AGES
from geo_border.store import Raw

_CELL_M = 1000
_EDGE_POINTS = 21
# In Arrow's regular expressions: the files have millions of rows.
_CELL_ID = r"^CRS3035RES1000mN(?P<north>\d{1,8})E(?P<east>\d{1,8})$"
# Cells of other sizes, or names cut short: their people would otherwise be taken for unplaced.
_LIKE_A_CELL = r"^(CRS3035RES.*|\d+k?mN\d+E\d+|)$"
_NUMBER = r"^-?\d+(\.\d*)?([eE][+-]?\d+)?$"
# What tables write where a number is not known; ":" is Eurostat's own.
_NOT_KNOWN = ("", ":", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL")


def list_categories(raw: Raw) -> tuple[str, ...]:
    """Which counts of people a file has: `total`, and the ages where it has them."""
    there = _read_header(raw.paths[0], (raw.entry.columns["cell"], raw.entry.columns.get("total", "total")))
    return tuple(name for name in ("total", *AGES) if raw.entry.columns.get(name) in there)


def read_census(raw: Raw, window: Bounds | None, category: str = "total") -> Grid:
    """Persons per cell as float64 in EPSG:3035; NaN where the cell is not listed, confidential or not available.

    No cell is chosen by its country: those on a border carry two (`BY-PL`). People whom the census could not place
    stand in no cell; `describe_unplaced` tells them.

    Raises
    ------
    SchemaError
        When the file lacks the column, holds what is no count or no cell of the grid, or tells a cell twice.
    EmptyLayerError
        When no cell lies in the window.
    """
    path = raw.paths[0]
    names, people = _read_columns(path, raw.entry.columns["cell"], raw.entry.columns.get(category, category))
    ids = compute.extract_regex(names, _CELL_ID)
    people = people[ids.is_valid().to_numpy(zero_copy_only=False)]
    north, east = (compute.cast(number, pa.int64()).to_numpy() for number in ids.drop_null().flatten())
    # -8888 confidential, -9999 not available: neither is nought.
    people[people < 0] = np.nan
    inside = _find_inside(north, east, window)
    if not inside.any():
        raise EmptyLayerError(f"{path}: no cell where the study is. Choose another dataset for people with --sources.")
    return _build_grid(path, north[inside], east[inside], people[inside])


def describe_unplaced(raw: Raw, countries: Sequence[str]) -> str | None:
    """People of these countries (alpha-2) whom the census places in no cell, as a sentence; None if none.

    Their rows are named CC_unallocated, and the file has them for all of Europe.
    """
    names, people = _read_columns(raw.paths[0], raw.entry.columns["cell"], raw.entry.columns.get("total", "total"))
    lost = (people > 0) & ~compute.match_substring_regex(names, _CELL_ID).to_numpy(zero_copy_only=False)
    codes = convert_to_alpha2(names.filter(pa.array(lost)).to_pandas().str.removesuffix("_unallocated"))
    of = [f"{code} {int(count):,}" for code, count in zip(codes, people[lost], strict=True) if code in countries]
    places = ", ".join(of)
    return f"the census places some in no cell, and they are in no figure here: {places}." if places else None


def _build_grid(path: Path, north: NDArray[np.int64], east: NDArray[np.int64], people: NDArray[np.float64]) -> Grid:
    off = (north % _CELL_M != 0) | (east % _CELL_M != 0)
    _raise_if_any(path, off, north, east, f"lies off the grid of {_CELL_M} m")
    west, top = int(east.min()), int(north.max()) + _CELL_M
    rows, columns = (top - int(north.min())) // _CELL_M, (int(east.max()) - west) // _CELL_M + 1
    if rows * columns > MAX_CELLS:
        raise SchemaError(f"{path}: its cells lie up to {max(rows, columns):,} km apart. Look for a wrong cell name.")
    place = (top - _CELL_M - north) // _CELL_M * columns + (east - west) // _CELL_M
    again = np.ones(len(place), dtype=bool)
    again[np.unique(place, return_index=True)[1]] = False
    # One row a cell, also where it carries two countries: a second row could be more people, or the same again.
    _raise_if_any(path, again, north, east, "stands in more than one row")
    values = np.full(rows * columns, np.nan)
    values[place] = people
    transform = Affine(_CELL_M, 0.0, west, 0.0, -_CELL_M, top)
    return Grid(values.reshape(rows, columns), transform, CRS.from_epsg(3035), float("nan"))


def _raise_if_any(
    path: Path, wrong: NDArray[np.bool_], north: NDArray[np.int64], east: NDArray[np.int64], reason: str
) -> None:
    if wrong.any():
        first = int(np.argmax(wrong))
        name = f"CRS3035RES{_CELL_M}mN{north[first]}E{east[first]}"
        raise SchemaError(
            f"{path}: cell {name} {reason} (such rows: {int(wrong.sum()):,}). Correct the file, run again."
        )


def _find_inside(north: NDArray[np.int64], east: NDArray[np.int64], window: Bounds | None) -> NDArray[np.bool_]:
    inside = np.full(north.shape, window is None)
    for part in split_at_antimeridian(window):
        if part is not None:
            move = build_transformer(WGS84.to_wkt(), CRS.from_epsg(3035).to_wkt())
            x0, y0, x1, y1 = move.transform_bounds(*part, densify_pts=_EDGE_POINTS)
            inside |= (east + _CELL_M > x0) & (east < x1) & (north + _CELL_M > y0) & (north < y1)
    return inside


def _read_columns(path: Path, cell: str, column: str) -> tuple[pa.Array, NDArray[np.float64]]:
    """Names of cells (Arrow strings) and persons in them, NaN where the file leaves them open."""
    header = _read_header(path, (cell, column))
    wanted = {cell: pa.string(), column: pa.string()}
    # The names as `_read_header` reads them: Arrow would keep a space after the comma.
    how = arrow_csv.ReadOptions(column_names=header, skip_rows=1)
    options = arrow_csv.ConvertOptions(
        include_columns=list(wanted), column_types=wanted, null_values=_NOT_KNOWN, strings_can_be_null=True
    )
    try:
        with open_text(path) as handle:
            table = arrow_csv.read_csv(handle, read_options=how, convert_options=options).combine_chunks()
    except (ArrowInvalid, OSError) as error:
        raise SchemaError(f"{path}: not the census grid's CSV in UTF-8 ({' '.join(str(error).split())}).") from error
    names, counts = (compute.utf8_trim_whitespace(table[name]).combine_chunks() for name in wanted)
    names = compute.fill_null(names, "")
    people = _parse_counts(path, names, counts, column)
    _raise_if_not_cells(path, names, people)
    return names, people


def _raise_if_not_cells(path: Path, names: pa.Array, people: NDArray[np.float64]) -> None:
    """Refuse people in a cell of another grid, or of no name: they would be in no figure."""
    like, cell = (compute.match_substring_regex(names, form) for form in (_LIKE_A_CELL, _CELL_ID))
    wrong = names.filter(compute.and_(compute.and_not(like, cell), pa.array(people > 0)))
    if len(wrong):
        raise SchemaError(
            f"{path}: {wrong[0].as_py()!r} is no cell of the {_CELL_M} m grid (such rows: {len(wrong):,}). Expected "
            f"names such as CRS3035RES{_CELL_M}mN3500000E5200000."
        )


def _parse_counts(path: Path, names: pa.Array, texts: pa.Array, column: str) -> NDArray[np.float64]:
    texts = compute.if_else(compute.is_in(texts, pa.array(_NOT_KNOWN)), pa.scalar(None, pa.string()), texts)
    numbers = compute.fill_null(compute.match_substring_regex(texts, _NUMBER), True)
    people = compute.cast(compute.if_else(numbers, texts, "inf"), pa.float64()).to_numpy(zero_copy_only=False)
    wrong = np.isinf(people)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise SchemaError(
            f"{path}: {names[first].as_py()}: {column} is {texts[first].as_py()!r}, no count of people "
            f"(such rows: {int(wrong.sum()):,}). Write plain digits, or leave it empty where it is not known."
        )
    return np.array(people, dtype=np.float64)


def _read_header(path: Path, needed: tuple[str, ...]) -> list[str]:
    """Names of the columns, each of the needed ones there once."""
    try:
        with path.open("rb") as handle:
            # A byte order mark is no part of the first name.
            line = handle.readline().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SchemaError(f"{path}: not UTF-8 text ({error.reason}). Save it as CSV in UTF-8.") from error
    there = [name.strip() for name in next(csv.reader([line], skipinitialspace=True), [])]
    missing = [name for name in needed if name not in there]
    if missing:
        raise SchemaError(f"{path}: no column {', '.join(missing)}. It has: {', '.join(there)}.")
    twice = [name for name in needed if there.count(name) > 1]
    if twice:
        raise SchemaError(f"{path}: more than one column {', '.join(twice)}. Keep the right one.")
    return there
