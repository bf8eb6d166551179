"""Grids for the page: runs of equal class row by row, and a lattice that says where on the plane each cell stands."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_border.geo.grid import Grid
from geo_border.outputs.webmap.topology import Plane, encode_numbers, encode_points

# Lattice points stand this many cells apart, halved until a cell drawn between them is off by under a fiftieth.
_MAX_STEP = 32
_MAX_OFFSET_CELLS = 0.02


def encode_grid(grid: Grid, classes: NDArray[np.int64], plane: Plane) -> dict[str, Any]:
    """Encode a grid already classed (rows x columns; 0 = nothing is drawn there).

    Returns
    -------
    dict
        `rows`, `columns`, `step` (cells between lattice points), `lattice` (points on the plane, row by row),
        `runs` (per row: number of runs, then for each the gap before it, its length and its class).
    """
    filled = np.argwhere(classes > 0)
    if not len(filled):
        return {"rows": 0, "columns": 0, "step": 1, "lattice": "", "runs": ""}
    (top, left), (bottom, right) = filled.min(axis=0), filled.max(axis=0) + 1
    part = classes[top:bottom, left:right]
    step, lattice = _build_lattice(grid, (int(top), int(left)), part.shape, plane)
    return {
        "rows": int(part.shape[0]),
        "columns": int(part.shape[1]),
        "step": step,
        "lattice": encode_points(lattice.reshape(-1, 2)),
        "runs": encode_numbers(_encode_runs(part)),
    }


def _encode_runs(classes: NDArray[np.int64]) -> list[int]:
    numbers: list[int] = []
    for row in classes:
        edges = np.flatnonzero(np.diff(row, prepend=-1, append=-1))
        runs = [(a, b - a, int(row[a])) for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True) if row[a]]
        numbers.append(len(runs))
        end = 0
        for start, length, cls in runs:
            numbers += [start - end, length, cls]
            end = start + length
    return numbers


def _build_lattice(
    grid: Grid, corner: tuple[int, int], shape: tuple[int, ...], plane: Plane
) -> tuple[int, NDArray[np.float64]]:
    step = _MAX_STEP
    while True:
        rows = corner[0] + np.arange(0, shape[0] + step, step)
        columns = corner[1] + np.arange(0, shape[1] + step, step)
        corners = _project_cells(grid, rows, columns, plane)
        if step == 1:
            return step, corners
        middle = _project_cells(grid, rows[:-1] + step / 2, columns[:-1] + step / 2, plane)
        drawn = (corners[:-1, :-1] + corners[1:, :-1] + corners[:-1, 1:] + corners[1:, 1:]) / 4
        cell = np.abs(np.diff(corners, axis=0)).max() / step
        if np.abs(middle - drawn).max() <= _MAX_OFFSET_CELLS * cell:
            return step, corners
        step //= 2


def _project_cells(grid: Grid, rows: NDArray[Any], columns: NDArray[Any], plane: Plane) -> NDArray[np.float64]:
    column, row = np.meshgrid(columns, rows)
    x, y = grid.transform * (column.ravel().astype(np.float64), row.ravel().astype(np.float64))
    placed = plane.project(shapely.points(x, y), grid.crs)
    return np.asarray(shapely.get_coordinates(placed)).reshape(len(rows), len(columns), 2)
