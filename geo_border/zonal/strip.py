"""One strip of a raster's rows tabulated: spans, the blocks that they need, and the sums over those blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from geo_border.errors import RasterError
from geo_border.zonal.edges import Edges
from geo_border.zonal.ground import Ground
from geo_border.zonal.merge import Part, merge
from geo_border.zonal.source import Header, Source
from geo_border.zonal.spans import Spans, build_spans, cut_spans
from geo_border.zonal.tally import SUM_COLUMNS, add_classes, add_values, number_lines
from geo_border.zonal.trace import trace_centers, trace_exact

Mode = Literal["class", "sum"]
Coverage = Literal["center", "exact"]
# Column 0 of the class sums holds cells without data.
_NO_DATA_COLUMN = 0
_CODES = 65_535
_DENSE = 1 << 20
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Question:
    """What is asked of every strip: class areas or a sum, by whole cells or by exact shares of them."""

    mode: Mode
    coverage: Coverage

    @property
    def keys(self) -> int:
        """Leading columns of a part that say what its sums are of."""
        return 3 if self.mode == "class" else 1


def strip_spans(edges: Edges, rows: tuple[int, int], columns: int, coverage: Coverage, slopes: Any) -> Any:
    """Spans of the zones within a range of rows, with zones numbered anew, and the old number of each."""
    chunks, zones = edges.within(rows)
    if coverage == "exact":
        cells = trace_exact(edges.x, edges.y, chunks, rows, columns, slopes)
    else:
        cells = trace_centers(edges.x, edges.y, chunks, rows, columns)
    return build_spans(cells, rows, columns), zones


def odd_zones(spans: Spans, zones: NDArray[np.int64]) -> NDArray[np.int64]:
    """Old numbers of the zones that cover a cell by less than nothing or more than once."""
    odd = (spans.weight < -_ROUNDING) | (spans.weight > 1.0 + _ROUNDING)
    return zones[np.unique(spans.cells[odd, 3])]


def tabulate_strip(
    source: Source, edges: Edges, ground: Ground, rows: tuple[int, int], width: int, question: Question
) -> tuple[Part, NDArray[np.int64]]:
    """Sums over the cells of rows[0] <= row < rows[1], read in blocks of `width` columns.

    Returns
    -------
    Part
        Class mode: lines of zone, class, has data, high, low (area units); sum mode: lines of zone and SUM_COLUMNS
        limbs.
    ndarray
        Zones that cover a cell by less than nothing or more than once: their polygons may be invalid.
    """
    columns = source.header.shape[1]
    # A share of a count is planar, a share of an area is of true area.
    slopes = ground.slopes if question.mode == "class" else np.zeros_like(ground.slopes)
    spans, zones = strip_spans(edges, rows, columns, question.coverage, slopes)
    tally = _tally_classes if question.mode == "class" else _tally_values
    parts = [
        tally(source.header, block, mask, origin, part, ground, zones)
        for block, mask, origin, part in _blocks(source, spans, width, columns)
    ]
    return merge(parts, question.keys), odd_zones(spans, zones)


def _blocks(
    source: Source, spans: Spans, width: int, columns: int
) -> Iterator[tuple[NDArray[Any], NDArray[np.bool_] | None, tuple[int, int], Spans]]:
    """Each block that spans touch, cut to their extent: values, mask, row and column of its first cell, its spans."""
    for _, part in cut_spans(spans, width, columns):
        top, bottom = int(part.cells[0, 0]), int(part.cells[-1, 0]) + 1
        # Whole 8-byte words, for the kernel that skips over runs.
        left = int(part.cells[:, 1].min()) & ~7
        right = min((int(part.cells[:, 2].max()) + 7) & ~7, columns)
        values, mask = source.read((top, bottom), (left, right))
        yield values, mask, (top, left), part


def _tally_classes(
    header: Header,
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    origin: tuple[int, int],
    spans: Spans,
    ground: Ground,
    zones: NDArray[np.int64],
) -> Part:
    """Area of each zone and class in a block."""
    found, index = number_lines(spans.cells, len(zones))
    codes, classes, column = encode(header, values, mask, dense=len(found) * 257 <= _DENSE)
    words = np.empty(0, np.uint64)
    if codes.flags.c_contiguous and codes.shape[1] * codes.itemsize % 8 == 0:
        words = codes.reshape(-1).view(np.uint64)
    sums = np.zeros((len(found), len(classes) + 1, 2), np.int64)
    add_classes(codes, words, origin, spans.cells, spans.weight, ground.areas, index, column, sums)
    line, at = np.nonzero(sums.any(axis=2))
    known = at != _NO_DATA_COLUMN
    label = np.where(known, classes[at - 1] if len(classes) else 0, 0)
    return np.column_stack((zones[found[line]], label, known, sums[line, at]))


def encode(
    header: Header, values: NDArray[Any], mask: NDArray[np.bool_] | None, dense: bool
) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64]]:
    """Codes of a block's cells, the classes that they stand for, and each code's column among the sums.

    Raises
    ------
    RasterError
        When values are not whole, or too many to be classes.
    """
    nodata = stored_nodata(header)
    if values.dtype == np.uint8 and mask is None and dense:
        column = np.arange(1, 257)
        if nodata is not None:
            column[int(nodata)] = _NO_DATA_COLUMN
        return values, np.arange(256), column
    missing = np.zeros(values.shape, np.bool_) if mask is None else ~mask
    if values.dtype.kind == "f":
        missing |= np.isnan(values)
        whole = np.where(missing, 0, values)
        if nodata is not None:
            whole = np.where(values == nodata, 0, whole)
            missing |= values == nodata
        if (whole != np.floor(whole)).any() or np.abs(whole).max(initial=0) > 2**53:
            raise RasterError(f"{header.name}: holds values that are not whole, so no classes; use --mode sum.")
        values = whole.astype(np.int64)
    elif nodata is not None:
        missing |= values == nodata
    return _compact(header, values, missing)


def _compact(
    header: Header, values: NDArray[Any], missing: NDArray[np.bool_]
) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64]]:
    """Whole numbers as codes of two bytes: 0 for no data, then value - least + 1."""
    known = values[~missing] if missing.any() else values
    if known.size == 0:
        return np.zeros(values.shape, np.uint16), np.empty(0, np.int64), np.zeros(1, np.int64)
    least, most = int(known.min()), int(known.max())
    if most - least >= _CODES:
        raise RasterError(
            f"{header.name}: values from {least} to {most} in one block are too many to be classes; use --mode sum, or "
            "declare the nodata value (gdal_edit.py -a_nodata)."
        )
    codes = (values.astype(np.int64) - (least - 1)).astype(np.uint16)
    codes[missing] = 0
    present = np.bincount(codes.ravel(), minlength=most - least + 2) > 0
    present[0] = False
    column = np.where(present, np.cumsum(present), _NO_DATA_COLUMN).astype(np.int64)
    return np.ascontiguousarray(codes), np.flatnonzero(present) + least - 1, column


def _tally_values(
    header: Header,
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    origin: tuple[int, int],
    spans: Spans,
    ground: Ground,
    zones: NDArray[np.int64],
) -> Part:
    """Sum of each zone in a block."""
    found, index = number_lines(spans.cells, len(zones))
    sums = np.zeros((len(found), SUM_COLUMNS), np.int64)
    block = plain_values(header, values, mask)
    stray = add_values(block, origin, spans.cells, spans.weight, ground.areas, index, sums)
    if stray != 0.0:
        raise RasterError(
            f"{header.name}: the value {stray:g} cannot be a count. It is likely a nodata value that the file does not "
            "declare (gdal_edit.py -a_nodata)."
        )
    return np.column_stack((zones[found], sums))


def plain_values(header: Header, values: NDArray[Any], mask: NDArray[np.bool_] | None) -> NDArray[np.float64]:
    """Values as float64, scale and offset applied, NaN where there is no data."""
    plain = values.astype(np.float64)
    nodata = stored_nodata(header)
    if nodata is not None:
        plain[values == nodata] = np.nan
    if mask is not None:
        plain[~mask] = np.nan
    if header.scale != 1.0 or header.offset != 0.0:
        plain *= header.scale
        plain += header.offset
    return plain


def stored_nodata(header: Header) -> Any:
    """The nodata value as the file stores it, or None where no cell can hold it."""
    if header.nodata is None or np.isnan(header.nodata):
        return None
    if header.dtype.kind == "f":
        with np.errstate(over="ignore"):
            return header.dtype.type(header.nodata)
    limits = np.iinfo(header.dtype)
    fits = float(header.nodata).is_integer() and limits.min <= header.nodata <= limits.max
    return header.dtype.type(int(header.nodata)) if fits else None
