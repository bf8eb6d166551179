"""What a raster file says of itself, and its blocks read as they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.enums import MaskFlags
from rasterio.errors import CRSError as RasterioCRSError
from rasterio.errors import RasterioError
from rasterio.windows import Window

from geo_border.errors import RasterError
from geo_border.files.raster import OpenRaster, open_raster
from geo_border.geo.crs import parse_crs
from geo_border.geo.grid import Grid
from geo_border.geo.types import CellArray

FileState = tuple[str, int, int, int, int]


@dataclass(frozen=True)
class Header:
    """What is known of a raster before a cell is read.

    Attributes
    ----------
    name
        How messages call it: a path, or "grid".
    shape
        Rows and columns.
    transform, crs
        From (column, row) to x, y in `crs`; never rotated.
    nodata
        Stored value that means no data, or None; NaN is always no data.
    dtype
        Type of the stored values.
    scale, offset
        A value is stored x scale + offset.
    masked
        Whether a mask band or an alpha band says which cells are valid.
    block
        Rows and columns of the file's own blocks.
    files
        Every file that it is read from, a VRT's tiles and masks too, as it was when opened; empty for a grid in memory
        and for what is no file of this machine.
    """

    name: str
    shape: tuple[int, int]
    transform: Affine
    crs: CRS
    nodata: float | None
    dtype: np.dtype[Any]
    scale: float
    offset: float
    masked: bool
    block: tuple[int, int]
    files: tuple[FileState, ...] = ()

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north in the raster's CRS."""
        rows, columns = self.shape
        y0, y1 = sorted((self.transform.f, self.transform.f + rows * self.transform.e))
        return (self.transform.c, y0, self.transform.c + columns * self.transform.a, y1)

    def raise_if_changed(self) -> None:
        """Refuse what was read from files that are no longer those that were opened.

        Raises
        ------
        RasterError
            Naming the first that was replaced or written to.
        """
        for then in self.files:
            if read_file_states([then[0]]) != (then,):
                raise RasterError(
                    f"{then[0]}: was changed or replaced while it was read, so nothing of it is used. Run again once "
                    "it stands still."
                )


def read_file_states(names: Sequence[str]) -> tuple[FileState, ...]:
    """Name, size, times and inode of each file; none where one of them cannot be read.

    The time of the last change to a file's entry shows a copy that kept the times of another.
    """
    try:
        found = [(name, Path(name).stat()) for name in names]
    except (OSError, ValueError):
        return ()
    return tuple((name, s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino) for name, s in found)


def read_header(dataset: OpenRaster, path: str, band: int) -> Header:
    """Header of one band of an open dataset.

    Raises
    ------
    RasterError
        When it has no such band or cannot be tabulated.
    CRSError
        When it has no CRS.
    """
    if not 1 <= band <= dataset.count:
        raise RasterError(f"{path}: has {dataset.count} bands, not a band {band}. Choose one with --band.")
    try:
        wkt = dataset.crs.to_wkt() if dataset.crs else None
    except RasterioCRSError as error:
        raise RasterError(f"{path}: its coordinate reference system cannot be read ({error}).") from error
    flags = dataset.mask_flag_enums[band - 1]
    return check_header(
        Header(
            path,
            (dataset.height, dataset.width),
            dataset.transform,
            parse_crs(wkt, path),
            dataset.nodatavals[band - 1],
            np.dtype(dataset.dtypes[band - 1]),
            float(dataset.scales[band - 1]),
            float(dataset.offsets[band - 1]),
            MaskFlags.per_dataset in flags or MaskFlags.alpha in flags,
            tuple(dataset.block_shapes[band - 1]),
            read_file_states(dataset.files),
        )
    )


def check_header(header: Header) -> Header:
    """The header, when its cells can be tabulated.

    Raises
    ------
    RasterError
        When it is rotated, runs the wrong way, or holds what is no number.
    """
    transform = header.transform
    if transform.b != 0 or transform.d != 0:
        raise RasterError(f"{header.name}: is rotated or sheared; make it north-up first (gdalwarp), then run again.")
    if transform.a <= 0 or transform.e == 0:
        raise RasterError(f"{header.name}: its columns do not run from west to east; mend its geotransform.")
    if header.dtype.kind not in "uif":
        raise RasterError(f"{header.name}: holds {header.dtype}; only whole and real numbers can be tabulated.")
    return header


class GridSource:
    """A grid in memory."""

    def __init__(self, grid: Grid) -> None:
        self._values = grid.values
        rows, columns = grid.shape
        # Rows by the strip: as if the grid were a file of blocks that stay in cache.
        height = max(1, min(rows, (1 << 20) // max(columns, 1)))
        self.header = check_header(
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

    def read(self, rows: tuple[int, int], columns: tuple[int, int]) -> tuple[CellArray, NDArray[np.bool_] | None]:
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

    def read(self, rows: tuple[int, int], columns: tuple[int, int]) -> tuple[CellArray, NDArray[np.bool_] | None]:
        """Stored values of a window, and which are valid where a mask says so; gone with the next call.

        Raises
        ------
        RasterError
            When the file is damaged there.
        """
        window = Window(columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0])
        try:
            values = self._dataset.read(
                self._band, window=window, out=self._reserve_buffer(window.height, window.width)
            )
            mask = self._dataset.read_masks(self._band, window=window) > 0 if self.header.masked else None
        except RasterioError as error:
            raise RasterError(
                f"{self._path}: rows {rows[0]}-{rows[1]}, columns {columns[0]}-{columns[1]} cannot be read ({error}). "
                "The file is cut short or damaged: fetch it again."
            ) from error
        return values, mask

    def _reserve_buffer(self, rows: int, columns: int) -> CellArray:
        """Memory for a window, the same one again and again: new pages cost as much as counting what is in them."""
        if self._buffer.size < rows * columns:
            self._buffer = np.empty(rows * columns, self.header.dtype)
        return self._buffer[: rows * columns].reshape(rows, columns)

    def close(self) -> None:
        """Close the file."""
        self._dataset.close()


Source = GridSource | FileSource


def limit_cache() -> rasterio.Env:
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
