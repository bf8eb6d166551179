"""A block's stored cells as class codes or as plain values, with what is no data told apart."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_border.errors import RasterError
from geo_border.zonal.header import Header

# Column of the class sums that holds cells without data.
NO_DATA_COLUMN = 0
# Classes are told as 64-bit integers with a sign.
_LARGEST = 2**63 - 1
_CODES = 65_535


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


def byte_columns(header: Header) -> NDArray[np.int64]:
    """Column of each of the 256 values of a byte raster: value + 1, or that of no data."""
    nodata = stored_nodata(header)
    return _byte_columns(None if nodata is None else int(nodata))


@lru_cache(4)
def _byte_columns(nodata: int | None) -> NDArray[np.int64]:
    """The same by the nodata value: every strip asks."""
    column = np.arange(1, 257)
    if nodata is not None:
        column[nodata] = NO_DATA_COLUMN
    column.flags.writeable = False
    return column


def encode(
    header: Header, values: NDArray[Any], mask: NDArray[np.bool_] | None
) -> tuple[NDArray[np.uint16], NDArray[np.int64], NDArray[np.int64]]:
    """Codes of a block's cells, the classes that they stand for, and each code's column (class number + 1).

    Raises
    ------
    RasterError
        When values are not whole, or too many to be classes.
    """
    nodata = stored_nodata(header)
    missing = np.zeros(values.shape, np.bool_) if mask is None else ~mask
    if nodata is not None:
        missing |= values == nodata
    if values.dtype.kind == "f":
        missing |= np.isnan(values)
        whole = np.where(missing, 0, values)
        if (whole != np.floor(whole)).any() or np.abs(whole).max(initial=0) > 2**53:
            raise RasterError(f"{header.name}: holds values that are not whole, so no classes; use --mode sum.")
        values = whole.astype(np.int64)
    known = values[~missing] if missing.any() else values
    if known.size == 0:
        return np.zeros(values.shape, np.uint16), np.empty(0, np.int64), np.zeros(1, np.int64)
    least, most = int(known.min()), int(known.max())
    if most > _LARGEST:
        raise RasterError(f"{header.name}: holds {most}, too large a number for a class.")
    if most - least >= _CODES:
        raise RasterError(
            f"{header.name}: values from {least} to {most} in one block are too many to be classes; use --mode sum, or "
            "declare the nodata value (gdal_edit.py -a_nodata)."
        )
    # 0 for no data, then value - least + 1; the difference wraps in the stored type and comes out right in 16 bits.
    codes = (values.astype(np.uint16) - np.uint16((least - 1) & 0xFFFF)).astype(np.uint16)
    codes[missing] = 0
    present = np.bincount(codes.ravel(), minlength=most - least + 2) > 0
    present[0] = False
    column = np.where(present, np.cumsum(present), NO_DATA_COLUMN).astype(np.int64)
    return codes, np.flatnonzero(present) + least - 1, column


def plain_values(
    header: Header, values: NDArray[Any], mask: NDArray[np.bool_] | None
) -> tuple[NDArray[Any], tuple[float, float, float]]:
    """Values as float32 or float64, and (nodata, scale, offset) to read them with; NaN stands for masked cells."""
    plain = values if values.dtype in (np.float32, np.float64) else values.astype(np.float64)
    if mask is not None:
        plain = np.where(mask, plain, np.nan)
    nodata = stored_nodata(header)
    return plain, (np.nan if nodata is None else float(nodata), header.scale, header.offset)
