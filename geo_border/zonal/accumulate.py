"""A strip's sums while its blocks come in: codes of classes, areas by class or values, and sums of parts merged."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from geo_border.errors import RasterError
from geo_border.geo.types import CellArray
from geo_border.zonal.kernels import (
    LOW_BITS,
    LOW_MASK,
    SUM_COLUMNS,
    CodeArray,
    add_classes,
    add_values,
    list_class_lines,
    number_lines,
)
from geo_border.zonal.raster import Header
from geo_border.zonal.spans import Spans

SumTable = NDArray[np.int64]


def merge_sums(parts: list[SumTable], key_columns: int) -> SumTable:
    """Add up parts into one ascending line per distinct first `key_columns` columns, in whatever order they come."""
    filled = [part for part in parts if len(part)]
    if not filled:
        return parts[0][:0] if parts else np.empty((0, 5 if key_columns == 3 else 1 + SUM_COLUMNS), np.int64)
    lines = np.concatenate(filled)
    lines = lines[np.lexsort(tuple(lines[:, k] for k in reversed(range(key_columns))))]
    new = np.ones(len(lines), dtype=np.bool_)
    new[1:] = (lines[1:, :key_columns] != lines[:-1, :key_columns]).any(axis=1)
    merged = lines[new]
    merged[:, key_columns:] = np.add.reduceat(lines[:, key_columns:], np.flatnonzero(new), axis=0)
    # Each part passes on what it cannot hold, so that equal sums have equal parts. Areas come as (high, low) pairs,
    # a sum as four parts.
    pairs = range(key_columns + 1, merged.shape[1], 2) if key_columns == 3 else (4, 3, 2, 6, 8)
    for low in pairs:
        merged[:, low - 1] += merged[:, low] >> LOW_BITS
        merged[:, low] &= LOW_MASK
    return merged


# Column of the class sums that holds cells without data.
NO_DATA_COLUMN = 0
# Classes are written as 64-bit integers with a sign.
_MAX_CLASS = 2**63 - 1
_MAX_CODES = 65_535


def find_stored_nodata(header: Header) -> np.number | None:
    """The nodata value as the file stores it, or None where no cell can hold it."""
    if header.nodata is None or np.isnan(header.nodata):
        return None
    if header.dtype.kind == "f":
        with np.errstate(over="ignore"):
            stored: np.number = header.dtype.type(header.nodata)
            return stored
    limits = np.iinfo(header.dtype)
    fits = float(header.nodata).is_integer() and limits.min <= header.nodata <= limits.max
    return header.dtype.type(int(header.nodata)) if fits else None


def map_byte_columns(header: Header) -> NDArray[np.int64]:
    """Column of each of the 256 values of a byte raster: value + 1, or that of no data."""
    nodata = find_stored_nodata(header)
    return _map_byte_columns(None if nodata is None else int(nodata))


@lru_cache(4)
def _map_byte_columns(nodata: int | None) -> NDArray[np.int64]:
    """The same by the nodata value: every strip asks."""
    column = np.arange(1, 257)
    if nodata is not None:
        column[nodata] = NO_DATA_COLUMN
    column.flags.writeable = False
    return column


def encode_classes(
    header: Header, values: CellArray, mask: NDArray[np.bool_] | None
) -> tuple[NDArray[np.uint16], NDArray[np.int64], NDArray[np.int64]]:
    """Codes of a block's cells, the classes that they stand for, and each code's column (class number + 1).

    Raises
    ------
    RasterError
        When values are not whole, or too many to be classes.
    """
    nodata = find_stored_nodata(header)
    missing = np.zeros(values.shape, np.bool_) if mask is None else ~mask
    if nodata is not None:
        missing |= values == nodata
    if values.dtype.kind == "f":
        missing |= np.isnan(values)
        whole = np.where(missing, 0, values)
        if (whole != np.floor(whole)).any() or np.abs(whole).max(initial=0) > 2**53:
            raise RasterError(f"{header.name}: holds values that are not whole, so no classes; use --mode sum.")
        values = whole.astype(np.int64)
    known = values[~missing] if missing.any() else values
    if known.size == 0:
        return np.zeros(values.shape, np.uint16), np.empty(0, np.int64), np.zeros(1, np.int64)
    least, most = int(known.min()), int(known.max())
    if most > _MAX_CLASS:
        raise RasterError(f"{header.name}: holds {most}, too large a number for a class.")
    if most - least >= _MAX_CODES:
        raise RasterError(
            f"{header.name}: values from {least} to {most} in one block are too many to be classes; use --mode sum, or "
            "declare the nodata value (gdal_edit.py -a_nodata)."
        )
    # 0 for no data, then value - least + 1; the difference wraps in the stored type and comes out right in 16 bits.
    codes = (values.astype(np.uint16) - np.uint16((least - 1) & 0xFFFF)).astype(np.uint16)
    codes[missing] = 0
    present = np.bincount(codes.ravel(), minlength=most - least + 2) > 0
    present[0] = False
    column = np.where(present, np.cumsum(present), NO_DATA_COLUMN).astype(np.int64)
    return codes, np.flatnonzero(present) + least - 1, column


def convert_values(
    header: Header, values: CellArray, mask: NDArray[np.bool_] | None
) -> tuple[CellArray, tuple[float, float, float]]:
    """Values as float32 or float64, and (nodata, scale, offset) to read them with; NaN stands for masked cells."""
    plain = values if values.dtype in (np.float32, np.float64) else values.astype(np.float64)
    if mask is not None:
        plain = np.where(mask, plain, np.nan)
    nodata = find_stored_nodata(header)
    return plain, (np.nan if nodata is None else float(nodata), header.scale, header.offset)


# Zones x classes that a strip may keep as one table; above it, classes are numbered anew in every block.
_MAX_DENSE = 1 << 20


class Accumulator(Protocol):
    """Takes blocks, gives their sums."""

    def add_block(
        self, values: CellArray, mask: NDArray[np.bool_] | None, origin: tuple[int, int], spans: Spans
    ) -> None:
        """Add a block whose first cell is at row and column `origin`, under its spans."""

    def collect_sums(self) -> SumTable:
        """Sums of all blocks so far, one line a zone (and class)."""


class ByteClassSums:
    """Areas by class of a byte raster under few zones: one table for the whole strip."""

    def __init__(self, header: Header, areas: NDArray[np.int64], zones: NDArray[np.int64]) -> None:
        self._areas, self._zones = areas, zones
        self._index, self._column = np.arange(len(zones)), map_byte_columns(header)
        self._sums = np.zeros((len(zones), 257, 2), np.int64)

    @staticmethod
    def is_applicable(header: Header, zones: NDArray[np.int64]) -> bool:
        """Whether this raster and these zones fit."""
        return header.dtype == np.uint8 and not header.masked and len(zones) * 257 <= _MAX_DENSE

    def add_block(
        self,
        values: CellArray,
        mask: NDArray[np.bool_] | None,  # noqa: ARG002 - `is_applicable` lets no masked raster in
        origin: tuple[int, int],
        spans: Spans,
    ) -> None:
        """Add a block."""
        _add_class_areas(
            cast("NDArray[np.uint8]", values), origin, spans, self._areas, self._index, self._column, self._sums
        )

    def collect_sums(self) -> SumTable:
        """Lines of zone, class, has data, high, low."""
        return _build_class_sums(self._sums, self._zones, np.arange(256))


class ClassSums:
    """Areas by class of any raster of whole numbers: classes are found block by block."""

    def __init__(self, header: Header, areas: NDArray[np.int64], zones: NDArray[np.int64]) -> None:
        self._header, self._areas, self._zones = header, areas, zones
        self._parts: list[SumTable] = []

    def add_block(
        self, values: CellArray, mask: NDArray[np.bool_] | None, origin: tuple[int, int], spans: Spans
    ) -> None:
        """Add a block."""
        present, index = number_lines(spans.cells, len(self._zones))
        codes, classes, column = encode_classes(self._header, values, mask)
        sums = np.zeros((len(present), len(classes) + 1, 2), np.int64)
        _add_class_areas(codes, origin, spans, self._areas, index, column, sums)
        self._parts.append(_build_class_sums(sums, self._zones[present], classes))

    def collect_sums(self) -> SumTable:
        """Lines of zone, class, has data, high, low."""
        return merge_sums(self._parts, 3)


class ValueSums:
    """Sums of values."""

    def __init__(self, header: Header, areas: NDArray[np.int64], zones: NDArray[np.int64]) -> None:
        self._header, self._areas, self._zones = header, areas, zones
        self._index, self._sums = np.arange(len(zones)), np.zeros((len(zones), SUM_COLUMNS), np.int64)

    def add_block(
        self, values: CellArray, mask: NDArray[np.bool_] | None, origin: tuple[int, int], spans: Spans
    ) -> None:
        """Add a block.

        Raises
        ------
        RasterError
            When a value is too large to be a count.
        """
        block, stored = convert_values(self._header, values, mask)
        stray = add_values(block, stored, origin, spans.cells, spans.weight, self._areas, self._index, self._sums)
        if stray != 0.0:
            raise RasterError(
                f"{self._header.name}: the value {stray:g} cannot be a count. It is likely a nodata value that the "
                "file does not declare (gdal_edit.py -a_nodata)."
            )

    def collect_sums(self) -> SumTable:
        """Lines of zone and the parts of its sum and areas."""
        return np.column_stack((self._zones, self._sums))


def _add_class_areas(
    codes: CodeArray,
    origin: tuple[int, int],
    spans: Spans,
    areas: NDArray[np.int64],
    index: NDArray[np.int64],
    column: NDArray[np.int64],
    sums: NDArray[np.int64],
) -> None:
    """Lay out a block for the kernel, as one line of codes.

    `index` is each zone's line of `sums`, `column` each code's class in it.
    """
    line: CodeArray = np.ascontiguousarray(codes).reshape(-1)
    begin, step = index * (sums.shape[1] * 2), column * 2
    add_classes(line, codes.shape[1], origin, spans.cells, spans.weight, areas, begin, step, sums.reshape(-1))


def _build_class_sums(sums: NDArray[np.int64], zones: NDArray[np.int64], classes: NDArray[np.int64]) -> SumTable:
    """Lines of zone, class, has data, high, low for what is not nothing."""
    label = np.zeros(sums.shape[1], np.int64)
    label[1:] = classes
    part: SumTable = list_class_lines(sums, zones, label, NO_DATA_COLUMN)
    return part
