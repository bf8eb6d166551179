"""Rasters as the hot path sees them: windows of stored values read on demand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window

from geo_border.crs import parse_crs
from geo_border.errors import RasterError
from geo_border.files.raster import open_raster
from geo_border.model import Grid
from geo_border.zonal.header import Header, checked, read_header


class GridSource:
    """A grid in memory."""

    def __init__(self, grid: Grid) -> None:
        self._values = grid.values
        rows, columns = grid.shape
        # Rows by the strip: as if the grid were a file of blocks that stay in cache.
        height = max(1, min(rows, (1 << 20) // max(columns, 1)))
        self.header = checked(
            Header(
                "grid",
                (rows, columns),
                grid.transform,
                parse_crs(grid.crs, "grid"),
                grid.nodata,
                grid.values.dtype,
                1.0,
                0.0,
                False,
                (height, columns),
            )
        )

    def read(self, rows: tuple[int, int], columns: tuple[int, int]) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        """Stored values of a window."""
        return self._values[rows[0] : rows[1], columns[0] : columns[1]], None

    def close(self) -> None:
        """Nothing to close."""


class FileSource:
    """One raster file or VRT; each thread opens its own."""

    def __init__(self, path: str | Path, band: int, header: Header | None = None) -> None:
        self._path, self._band = str(path), band
        self._dataset = open_raster(path)
        self.header = header or read_header(self._dataset, self._path, band)
        self._buffer = np.empty(0, self.header.dtype)

    def read(self, rows: tuple[int, int], columns: tuple[int, int]) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        """Stored values of a window, and which are valid where a mask says so; gone with the next call.

        Raises
        ------
        RasterError
            When the file is damaged there.
        """
        window = Window(columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0])
        try:
            values = self._dataset.read(self._band, window=window, out=self._room(window.height, window.width))
            mask = self._dataset.read_masks(self._band, window=window) > 0 if self.header.masked else None
        except RasterioError as error:
            raise RasterError(
                f"{self._path}: rows {rows[0]}-{rows[1]}, columns {columns[0]}-{columns[1]} cannot be read ({error}). "
                "The file is cut short or damaged: fetch it again."
            ) from error
        return values, mask

    def _room(self, rows: int, columns: int) -> NDArray[Any]:
        """Memory for a window, the same one again and again: new pages cost as much as counting what is in them."""
        if self._buffer.size < rows * columns:
            self._buffer = np.empty(rows * columns, self.header.dtype)
        return self._buffer[: rows * columns].reshape(rows, columns)

    def close(self) -> None:
        """Close the file."""
        self._dataset.close()


Source = GridSource | FileSource


def small_cache() -> rasterio.Env:
    """Keep GDAL's block cache small while open.

    Its default is a twentieth of the machine's memory. No block is read twice here, and memory that is used again
    costs no new pages: decoding takes a third less time. GDAL holds several times this much before it lets go.
    """
    return rasterio.Env(GDAL_CACHEMAX=1 << 22)


def open_source(raster: Grid | str | Path, band: int, header: Header | None = None) -> Source:
    """Open a grid in memory or a path; `header` where it has been read before.

    Raises
    ------
    RasterError
        When the file cannot be opened, has no such band, or is rotated.
    CRSError
        When it has no CRS.
    """
    return GridSource(raster) if isinstance(raster, Grid) else FileSource(raster, band, header)
