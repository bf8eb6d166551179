"""Kernels that follow zone edges through a raster's rows and cells and record what each edge adds to them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from geo_border.geo.types import FloatArray, IntArray, KernelInt
from geo_border.zonal.jit import compile_kernel

# One whole cell as an integer. Sums of integers do not depend on their order, and the two sides of a shared edge
# cancel exactly; 2^-40 of a cell is far below what coordinates resolve.
SCALE = 1 << 40
# A record's key is its zone, shifted by this, and its column + 1.
COLUMN_BITS = 32


@compile_kernel()
def _compute_share_above(height: float, slope: float) -> KernelInt:
    """Share of a row's area above a height 0..1 within it, in units of 1 / SCALE."""
    return int(np.rint((height + slope * (height * height - height) * 0.5) * SCALE))


@compile_kernel()
def _append_record(
    cells: IntArray, n: KernelInt, row: KernelInt, key: KernelInt, cover: KernelInt, area: KernelInt
) -> KernelInt:
    """Append a record, or add to the one before where it is of the same cell; the new count."""
    if n > 0 and cells[n - 1, 0] == row and cells[n - 1, 1] == key:
        cells[n - 1, 2] += cover
        cells[n - 1, 3] += area
        return n
    cells[n, 0], cells[n, 1], cells[n, 2], cells[n, 3] = row, key, cover, area
    return n + 1


@compile_kernel()
def _trace_row(
    cells: IntArray,
    n: KernelInt,
    row: KernelInt,
    base: int,
    sign: int,
    x0: float,
    h0: float,
    x1: float,
    h1: float,
    slope: float,
    width: int,
) -> KernelInt:
    """Records of the part of an edge within one row, from height h0 at column x0 down to h1 at x1."""
    left, right = min(x0, x1), max(x0, x1)
    if left >= width:
        return n
    first = max(math.floor(left), -1)
    last = min(math.floor(right), width) if right >= 0.0 else -1
    forward = x1 >= x0
    rise = (h1 - h0) / (x1 - x0) if x1 != x0 else 0.0
    step = 1 if forward else -1
    column = first if forward else last
    stop = (last if forward else first) + step
    xa, ha, ga = x0, h0, _compute_share_above(h0, slope)
    while column != stop:
        # The piece of the edge within this column ends at the column's far side, or where the edge does.
        xb, hb = x1, h1
        if column + step != stop:
            xb = float(column + 1) if forward else float(column)
            hb = min(max(h0 + (xb - x0) * rise, ha), h1)
        gb = _compute_share_above(hb, slope)
        cover = gb - ga
        if cover != 0 and column < width:
            # Mean width right of the piece, weighted by how dense the row is where it runs.
            ua, ub = 1.0 - (xa - column), 1.0 - (xb - column)
            da, db = 1.0 + slope * (ha - 0.5), 1.0 + slope * (hb - 0.5)
            share = (ua * (2.0 * da + db) + ub * (da + 2.0 * db)) / (3.0 * (da + db))
            area = int(np.rint(share * cover)) if column >= 0 else 0
            n = _append_record(cells, n, row, base + column, sign * cover, sign * area)
        xa, ha, ga = xb, hb, gb
        column += step
    return n


@compile_kernel()
def _bound_exact_records(
    x: FloatArray, y: FloatArray, chunks: IntArray, rows: tuple[int, int], width: int
) -> KernelInt:
    """At least as many records as `trace_exact` makes: memory that is never touched costs nothing."""
    most = np.int64(0)
    for k in range(chunks.shape[0]):
        for i in range(chunks[k, 0], chunks[k, 1]):
            low, high = min(y[i], y[i + 1]), max(y[i], y[i + 1])
            if high > rows[0] and low < rows[1]:
                crossed = min(math.ceil(high), rows[1]) - max(math.floor(low), rows[0])
                run = abs(min(max(x[i], -1.0), width) - min(max(x[i + 1], -1.0), width))
                most += int(run) + 2 * crossed + 2
    return most


@compile_kernel()
def _bound_center_records(y: FloatArray, chunks: IntArray, rows: tuple[int, int]) -> KernelInt:
    """At least as many records as `trace_centers` makes."""
    most = np.int64(0)
    for k in range(chunks.shape[0]):
        above = min(max(math.ceil(y[chunks[k, 0]] - 0.5), rows[0]), rows[1])
        for i in range(chunks[k, 0] + 1, chunks[k, 1] + 1):
            here = min(max(math.ceil(y[i] - 0.5), rows[0]), rows[1])
            most += abs(here - above)
            above = here
    return most


@compile_kernel()
def trace_exact(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    chunks: NDArray[np.int64],
    rows: tuple[int, int],
    width: int,
    slopes: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Records (row, zone and column + 1 as one key, cover, area) of the edges within rows[0] <= row < rows[1].

    An edge adds `cover` to every cell on its right in the row and `area` to the cell it is in; summed over a zone's
    edges this is the share of each cell that the zone covers (the accumulation of font rasterisers). Column -1 holds
    what lies left of the raster. `slopes[row]` is how much denser the row's lower edge is than its upper one, as a
    share of the mean: 0 makes the share planar, otherwise it is the share of the cell's true area.
    """
    cells = np.empty((_bound_exact_records(x, y, chunks, rows, width), 4), np.int64)
    # Not a plain 0: what it is passed to would be compiled for that number, and again for all others.
    n: KernelInt = np.int64(0)
    for k in range(chunks.shape[0]):
        base = (chunks[k, 2] << COLUMN_BITS) + 1
        for i in range(chunks[k, 0], chunks[k, 1]):
            ax, ay, bx, by, turn = x[i], y[i], x[i + 1], y[i + 1], chunks[k, 3]
            # Downwards always: the same arithmetic for both directions of a shared edge.
            if ay > by:
                ax, ay, bx, by, turn = bx, by, ax, ay, -turn
            if ay == by or by <= rows[0] or ay >= rows[1] or (ax >= width and bx >= width):
                continue
            run = (bx - ax) / (by - ay)
            low, high = min(ax, bx), max(ax, bx)
            for row in range(max(math.floor(ay), rows[0]), min(math.ceil(by), rows[1])):
                x0, h0, x1, h1 = ax, ay - row, bx, by - row
                if h0 < 0.0:
                    x0, h0 = min(max(ax + (row - ay) * run, low), high), 0.0
                if h1 > 1.0:
                    x1, h1 = min(max(ax + (row + 1 - ay) * run, low), high), 1.0
                n = _trace_row(cells, n, row, base, turn, x0, h0, x1, h1, slopes[row], width)
    return cells[:n]


@compile_kernel()
def trace_centers(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    chunks: NDArray[np.int64],
    rows: tuple[int, int],
    width: int,
) -> NDArray[np.int64]:
    """Records as of `trace_exact`, for the rule that a cell belongs to the zone that holds its centre.

    Ties as in GDAL: a centre on a vertical edge belongs to the zone on its left, and an edge holds its upper end's
    row centre but not its lower one's, so of zones that share the edge exactly one has the cell.
    """
    cells = np.empty((_bound_center_records(y, chunks, rows), 4), np.int64)
    n = 0
    for k in range(chunks.shape[0]):
        begin, end, zone, sign = chunks[k, 0], chunks[k, 1], chunks[k, 2], chunks[k, 3]
        base = (zone << COLUMN_BITS) + 1
        for i in range(begin, end):
            ax, ay, bx, by, turn = x[i], y[i], x[i + 1], y[i + 1], sign
            if ay > by:
                ax, ay, bx, by, turn = bx, by, ax, ay, -sign
            top = max(math.ceil(ay - 0.5), rows[0])
            stop = min(math.ceil(by - 0.5), rows[1])
            if top >= stop:
                continue
            run = (bx - ax) / (by - ay)
            for row in range(top, stop):
                column = math.floor(ax + (row + 0.5 - ay) * run + 0.5)
                if column >= width:
                    continue
                cells[n, 0] = row
                cells[n, 1] = base + max(column, 0)
                cells[n, 2] = turn * SCALE
                cells[n, 3] = turn * SCALE
                n += 1
    return cells[:n]
