"""A strip's sums while its blocks come in: areas by class, or values."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from geo_border.errors import RasterError
from geo_border.zonal.codes import NO_DATA_COLUMN, byte_columns, encode, plain_values
from geo_border.zonal.header import Header
from geo_border.zonal.limbs import SUM_COLUMNS
from geo_border.zonal.merge import Part, merge
from geo_border.zonal.spans import Spans
from geo_border.zonal.tally import add_classes, class_lines, number_lines
from geo_border.zonal.values import add_values

# Zones x classes that a strip may keep as one table; above it, classes are numbered anew in every block.
_DENSE = 1 << 20


class Adder(Protocol):
    """Takes blocks, gives their sums."""

    def add(self, values: NDArray[Any], mask: NDArray[np.bool_] | None, origin: tuple[int, int], spans: Spans) -> None:
        """Add a block whose first cell is at row and column `origin`, under its spans."""

    def part(self) -> Part:
        """Sums of all blocks so far, one line a zone (and class)."""


class ByteClasses:
    """Areas by class of a byte raster under few zones: one table for the whole strip."""

    def __init__(self, header: Header, areas: NDArray[np.int64], zones: NDArray[np.int64]) -> None:
        self._areas, self._zones = areas, zones
        self._index, self._column = np.arange(len(zones)), byte_columns(header)
        self._sums = np.zeros((len(zones), 257, 2), np.int64)

    @staticmethod
    def serves(header: Header, zones: NDArray[np.int64]) -> bool:
        """Whether this raster and these zones fit."""
        return header.dtype == np.uint8 and not header.masked and len(zones) * 257 <= _DENSE

    def add(
        self,
        values: NDArray[Any],
        mask: NDArray[np.bool_] | None,  # noqa: ARG002 - `serves` lets no masked raster in
        origin: tuple[int, int],
        spans: Spans,
    ) -> None:
        """Add a block."""
        _add_classes(values, origin, spans, self._areas, self._index, self._column, self._sums)

    def part(self) -> Part:
        """Lines of zone, class, has data, high, low."""
        return _class_part(self._sums, self._zones, np.arange(256))


class AnyClasses:
    """Areas by class of any raster of whole numbers: classes are found block by block."""

    def __init__(self, header: Header, areas: NDArray[np.int64], zones: NDArray[np.int64]) -> None:
        self._header, self._areas, self._zones = header, areas, zones
        self._parts: list[Part] = []

    def add(self, values: NDArray[Any], mask: NDArray[np.bool_] | None, origin: tuple[int, int], spans: Spans) -> None:
        """Add a block."""
        found, index = number_lines(spans.cells, len(self._zones))
        codes, classes, column = encode(self._header, values, mask)
        sums = np.zeros((len(found), len(classes) + 1, 2), np.int64)
        _add_classes(codes, origin, spans, self._areas, index, column, sums)
        self._parts.append(_class_part(sums, self._zones[found], classes))

    def part(self) -> Part:
        """Lines of zone, class, has data, high, low."""
        return merge(self._parts, 3)


class Values:
    """Sums of values."""

    def __init__(self, header: Header, areas: NDArray[np.int64], zones: NDArray[np.int64]) -> None:
        self._header, self._areas, self._zones = header, areas, zones
        self._index, self._sums = np.arange(len(zones)), np.zeros((len(zones), SUM_COLUMNS), np.int64)

    def add(self, values: NDArray[Any], mask: NDArray[np.bool_] | None, origin: tuple[int, int], spans: Spans) -> None:
        """Add a block.

        Raises
        ------
        RasterError
            When a value is too large to be a count.
        """
        block, stored = plain_values(self._header, values, mask)
        stray = add_values(block, stored, origin, spans.cells, spans.weight, self._areas, self._index, self._sums)
        if stray != 0.0:
            raise RasterError(
                f"{self._header.name}: the value {stray:g} cannot be a count. It is likely a nodata value that the "
                "file does not declare (gdal_edit.py -a_nodata)."
            )

    def part(self) -> Part:
        """Lines of zone and the limbs of its sum and areas."""
        return np.column_stack((self._zones, self._sums))


def _add_classes(
    codes: NDArray[Any],
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
    line = np.ascontiguousarray(codes).reshape(-1)
    begin, step = index * (sums.shape[1] * 2), column * 2
    add_classes(line, codes.shape[1], origin, spans.cells, spans.weight, areas, begin, step, sums.reshape(-1))


def _class_part(sums: NDArray[np.int64], zones: NDArray[np.int64], classes: NDArray[np.int64]) -> Part:
    """Lines of zone, class, has data, high, low for what is not nothing."""
    label = np.zeros(sums.shape[1], np.int64)
    label[1:] = classes
    part: Part = class_lines(sums, zones, label, NO_DATA_COLUMN)
    return part
