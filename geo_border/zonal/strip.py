"""One strip of a raster's rows tabulated: spans, the blocks that they need, and the sums over those blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geo_border.geo.types import CellArray
from geo_border.zonal.accumulate import Accumulator, ByteClassSums, ClassSums, SumTable, ValueSums
from geo_border.zonal.areas import RowAreas
from geo_border.zonal.edges import Edges
from geo_border.zonal.kernels import MAX_SPAN_CELLS, SUM_COLUMNS
from geo_border.zonal.raster import Source
from geo_border.zonal.scanline import trace_centers, trace_exact
from geo_border.zonal.spans import Spans, build_spans, group_spans

Mode = Literal["class", "sum"]
Coverage = Literal["center", "exact"]
_ROUNDING = 1e-9
# Bytes read at once: a call costs as much as decoding a tenth of a block.
READ_BYTES = 1 << 24


@dataclass(frozen=True)
class Tabulation:
    """What is asked of every strip: class areas or a sum, by whole cells or by exact shares of them."""

    mode: Mode
    coverage: Coverage

    @property
    def columns(self) -> int:
        """Columns of a part."""
        return 5 if self.mode == "class" else 1 + SUM_COLUMNS

    @property
    def is_area_weighted(self) -> bool:
        """Whether a cell's share is one of its true area; a share of a count is planar."""
        return self.mode == "class" and self.coverage == "exact"

    @property
    def keys(self) -> int:
        """Leading columns of a part that say what its sums are of."""
        return 3 if self.mode == "class" else 1


def build_row_spans(
    edges: Edges, rows: tuple[int, int], columns: int, coverage: Coverage, slopes: NDArray[np.float64]
) -> tuple[Spans, NDArray[np.int64]]:
    """Spans of the zones within a range of rows, with zones numbered anew, and the old number of each."""
    chunks, zones = edges.select_rows(rows)
    if coverage == "exact":
        cells = trace_exact(edges.x, edges.y, chunks, rows, columns, slopes)
    else:
        cells = trace_centers(edges.x, edges.y, chunks, rows, columns)
    return build_spans(cells, rows, columns), zones


def find_suspect_zones(spans: Spans, zones: NDArray[np.int64]) -> NDArray[np.int64]:
    """Old numbers of the zones that cover a cell by less than nothing or more than once."""
    if len(spans) == 0 or (spans.weight.max() <= 1.0 + _ROUNDING and spans.weight.min() >= -_ROUNDING):
        return np.empty(0, np.int64)
    odd = (spans.weight < -_ROUNDING) | (spans.weight > 1.0 + _ROUNDING)
    return np.asarray(zones[np.unique(spans.cells[odd, 3])])


def tabulate_rows(
    source: Source, edges: Edges, row_areas: RowAreas, rows: tuple[int, int], width: int, tabulation: Tabulation
) -> tuple[SumTable, NDArray[np.int64]]:
    """Sums over the cells of rows[0] <= row < rows[1], read in blocks of `width` columns.

    Returns
    -------
    Part
        Class mode: lines of zone, class, has data, high, low (area units); sum mode: lines of zone and SUM_COLUMNS
        parts.
    ndarray
        Zones that cover a cell by less than nothing or more than once: their polygons may be invalid.
    """
    columns = source.header.shape[1]
    spans, zones = build_row_spans(edges, rows, columns, tabulation.coverage, row_areas.slopes)
    kind = (
        ValueSums
        if tabulation.mode == "sum"
        else ByteClassSums
        if ByteClassSums.is_applicable(source.header, zones)
        else ClassSums
    )
    adder: Accumulator = kind(source.header, row_areas.cell_areas, zones)
    for values, mask, origin, part in _read_blocks(source, spans, rows, width):
        adder.add_block(values, mask, origin, part)
    return adder.collect_sums(), find_suspect_zones(spans, zones)


def _read_blocks(
    source: Source, spans: Spans, rows: tuple[int, int], width: int
) -> Iterator[tuple[CellArray, NDArray[np.bool_] | None, tuple[int, int], Spans]]:
    """Each block that spans touch, cut to their extent: values, mask, row and column of its first cell, its spans."""
    columns = source.header.shape[1]
    room = READ_BYTES // ((rows[1] - rows[0]) * source.header.dtype.itemsize)
    most = max(min(room, MAX_SPAN_CELLS) // width, 1)
    for part, extent in group_spans(spans, width, columns, most):
        top, bottom = int(part.cells[0, 0]), int(part.cells[-1, 0]) + 1
        values, mask = source.read((top, bottom), extent)
        yield values, mask, (top, extent[0]), part
