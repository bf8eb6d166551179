"""What is known of a raster before a cell of it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from pyproj import CRS
from rasterio.enums import MaskFlags
from rasterio.errors import CRSError as RasterioCRSError

from geo_border.crs import parse_crs
from geo_border.errors import RasterError

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

    def forbid_change(self) -> None:
        """Refuse what was read from files that are no longer those that were opened.

        Raises
        ------
        RasterError
            Naming the first that was replaced or written to.
        """
        for then in self.files:
            if states_of([then[0]]) != (then,):
                raise RasterError(
                    f"{then[0]}: was changed or replaced while it was read, so nothing of it is used. Run again once "
                    "it stands still."
                )


def states_of(names: Sequence[str]) -> tuple[FileState, ...]:
    """Name, size, times and inode of each file; none where one of them cannot be told.

    The time of the last change to a file's entry shows a copy that kept the times of another.
    """
    try:
        found = [(name, Path(name).stat()) for name in names]
    except (OSError, ValueError):
        return ()
    return tuple((name, s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino) for name, s in found)


def read_header(dataset: Any, path: str, band: int) -> Header:
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
    return checked(
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
            states_of(dataset.files),
        )
    )


def checked(header: Header) -> Header:
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
