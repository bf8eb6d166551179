"""A grid in memory: values, transform and CRS in one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS


@dataclass(frozen=True)
class Grid:
    """A raster held in memory.

    Attributes
    ----------
    values
        Rows x columns; north-up (row 0 is the northernmost).
    transform
        From (column, row) of a cell's upper-left corner to x, y in `crs`.
    crs
        The grid's own CRS; values are never resampled into another.
    nodata
        Value that means "not known here", or None. NaN is always nodata in a float grid.
    """

    values: NDArray[Any]
    transform: Affine
    crs: CRS
    nodata: float | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return (int(self.values.shape[0]), int(self.values.shape[1]))

    def locate_cells(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row and column of each point in the grid's CRS; may lie outside the grid."""
        column, row = ~self.transform * (x, y)
        return np.floor(row).astype(np.int64), np.floor(column).astype(np.int64)

    def compute_centres(
        self, row: NDArray[np.integer], column: NDArray[np.integer]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The middle of each cell as x and y in the grid's CRS."""
        right, down, step = column + np.float64(0.5), row + np.float64(0.5), self.transform
        return right * step.a + down * step.b + step.c, right * step.d + down * step.e + step.f

    def sample(self, x: NDArray[np.float64], y: NDArray[np.float64], fill: float) -> NDArray[Any]:
        """Value of the cell that holds each point; `fill` outside the grid."""
        row, column = self.locate_cells(x, y)
        inside = (row >= 0) & (row < self.shape[0]) & (column >= 0) & (column < self.shape[1])
        out = np.full(row.shape, fill, dtype=self.values.dtype)
        out[inside] = self.values[row[inside], column[inside]]
        return out
