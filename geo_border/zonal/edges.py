"""Zones' edges in one raster's own columns and rows, in short chunks that can be skipped by their extent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from geo_border.zonal.reproject import add_shifted_copies
from geo_border.zonal.rings import Rings

# Long enough that skipping is cheap, short enough that what is kept lies near.
_CHUNK_EDGES = 128


@dataclass(frozen=True)
class Edges:
    """Edges of the zones that reach a raster.

    Attributes
    ----------
    x, y
        Vertices in fractional columns and rows of the raster.
    chunks
        Begin, end, zone, sign: the edges (i, i + 1) for begin <= i < end belong to one ring of the zone; sign is +1
        where an edge that runs down the raster has the zone on its right.
    top, bottom
        Least and greatest row that each chunk reaches.
    zone_count
        Number of all zones, reached or not.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    chunks: NDArray[np.int64]
    top: NDArray[np.float64]
    bottom: NDArray[np.float64]
    zone_count: int

    def select_rows(self, rows: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Chunks that reach into a range of rows, with zones numbered anew, and the old number of each new one."""
        chunks = self.chunks[(self.bottom > rows[0]) & (self.top < rows[1])]
        present = np.zeros(self.zone_count, dtype=np.bool_)
        present[chunks[:, 2]] = True
        old = np.flatnonzero(present)
        new = np.cumsum(present) - 1
        return np.column_stack((chunks[:, 0], chunks[:, 1], new[chunks[:, 2]], chunks[:, 3])), old


def build_edges(rings: Rings, zone_count: int, transform: Affine, shape: tuple[int, int]) -> Edges:
    """Edges of the rings that reach into a raster of `shape` rows and columns, in its pixel plane."""
    east = transform.c + transform.a * shape[1]
    rings = add_shifted_copies(rings, transform.c, east)
    x, y = (rings.x - transform.c) / transform.a, (rings.y - transform.f) / transform.e
    begin, end = rings.start[:-1], rings.start[1:] - 1
    if len(begin) == 0:
        return Edges(x, y, np.empty((0, 4), np.int64), np.empty(0), np.empty(0), zone_count)
    # Rows run down in a north-up raster, and then a ring with its polygon on its left runs down on the polygon's left.
    sign = rings.sign if transform.e < 0 else -rings.sign
    keep = _find_overlapping(x, y, rings.start, shape)
    begin, end, sign, zone = begin[keep], end[keep], sign[keep], rings.zone[keep]
    count = -(-(end - begin) // _CHUNK_EDGES)
    ring = np.repeat(np.arange(len(begin)), count)
    step = np.arange(len(ring)) - (np.cumsum(count) - count)[ring]
    first = begin[ring] + step * _CHUNK_EDGES
    last = np.minimum(first + _CHUNK_EDGES, end[ring])
    chunks = np.column_stack((first, last, zone[ring], sign[ring])).astype(np.int64)
    low, _ = _compute_range(x, first, last)
    top, bottom = _compute_range(y, first, last)
    # What lies wholly right of the raster covers none of its cells; what lies left of it may.
    near = (low < shape[1]) & (bottom > 0) & (top < shape[0])
    return Edges(x, y, chunks[near], top[near], bottom[near], zone_count)


def _find_overlapping(
    x: NDArray[np.float64], y: NDArray[np.float64], start: NDArray[np.int64], shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """Which rings' extents overlap the raster."""
    first = start[:-1]
    return np.asarray(
        (np.maximum.reduceat(x, first) > 0)
        & (np.minimum.reduceat(x, first) < shape[1])
        & (np.maximum.reduceat(y, first) > 0)
        & (np.minimum.reduceat(y, first) < shape[0])
    )


def _compute_range(
    values: NDArray[np.float64], first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least and greatest value over the vertices first .. last of each chunk."""
    if len(first) == 0:
        return np.empty(0), np.empty(0)
    # reduceat takes half-open ranges [a, b): pairs of them, of which every second is the one wanted.
    ends = np.column_stack((first, last + 1)).ravel()
    padded = np.append(values, values[-1])
    return np.minimum.reduceat(padded, ends)[::2], np.maximum.reduceat(padded, ends)[::2]
