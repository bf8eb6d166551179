"""Small values that pass between the parts: a grid in memory and the words for cover and settlement class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

COVER_CLASSES = ("tree", "shrub", "grass", "crop", "built", "bare", "snow", "water", "wetland", "moss")
UNKNOWN = "unknown"
# Ages by which a people dataset may tell its counts apart.
AGES = ("under_15", "15_64", "over_64")
MEDIA = ("land", "river", "lake")
# What sums over every segment and country are of.
WHOLE = "all"
POLYGONS, RASTER, POINTS, LINES, SITES = "polygons", "raster", "points", "lines", "sites"
# What a study is made from, in the order in which it is fetched and read, and the kind of data that serves each.
NEEDS = {
    "boundaries": POLYGONS,
    "land": POLYGONS,
    "water": POLYGONS,
    "admin": POLYGONS,
    "cover": RASTER,
    "settlement_class": RASTER,
    "people": RASTER,
    "places": POINTS,
    "facilities": POINTS,
    "roads": LINES,
    "protected": SITES,
}


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

    def cell_of(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row and column of each point in the grid's CRS; may lie outside the grid."""
        column, row = ~self.transform * (x, y)
        return np.floor(row).astype(np.int64), np.floor(column).astype(np.int64)

    def centre_of(
        self, row: NDArray[np.integer], column: NDArray[np.integer]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The middle of each cell as x and y in the grid's CRS."""
        right, down, step = column + np.float64(0.5), row + np.float64(0.5), self.transform
        return right * step.a + down * step.b + step.c, right * step.d + down * step.e + step.f

    def sample(self, x: NDArray[np.float64], y: NDArray[np.float64], fill: float) -> NDArray[Any]:
        """Value of the cell that holds each point; `fill` outside the grid."""
        row, column = self.cell_of(x, y)
        inside = (row >= 0) & (row < self.shape[0]) & (column >= 0) & (column < self.shape[1])
        out = np.full(row.shape, fill, dtype=self.values.dtype)
        out[inside] = self.values[row[inside], column[inside]]
        return out
