"""Rings on a globe: made continuous over the antimeridian, closed over a pole, and repeated where a raster lies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geo_border.zonal.outline import Rings

_TURN_DEG = 360.0


def unwrap(rings: Rings) -> Rings:
    """Rings in longitude and latitude whose edges never jump by half a turn; others as they are.

    A ring that goes once around the earth holds a pole: it is closed along the meridian to the pole that is nearer to
    its vertices. Longitudes may then lie outside -180 .. 180; `copies` brings them back.
    """
    if len(rings.x) == 0 or not rings.crs.is_geographic:
        return rings
    jump = np.abs(np.diff(rings.x)) > _TURN_DEG / 2
    jump &= rings.edges() & (np.abs(np.diff(rings.x)) < _TURN_DEG - 1e-9)
    if not jump.any():
        return rings
    broken = np.unique(np.searchsorted(rings.start, np.flatnonzero(jump), side="right") - 1)
    parts_x, parts_y = np.split(rings.x, rings.start[1:-1]), np.split(rings.y, rings.start[1:-1])
    for ring in broken.tolist():
        x = np.unwrap(parts_x[ring], period=_TURN_DEG)
        y = parts_y[ring]
        if abs(x[-1] - x[0]) > _TURN_DEG / 2:
            pole = 90.0 if y.mean() > 0 else -90.0
            x, y = np.concatenate((x, [x[-1], x[0], x[0]])), np.concatenate((y, [pole, pole, y[0]]))
        parts_x[ring], parts_y[ring] = x, y
    start = np.concatenate(([0], np.cumsum([len(part) for part in parts_x]))).astype(np.int64)
    return replace(rings, x=np.concatenate(parts_x), y=np.concatenate(parts_y), start=start)


def copies(rings: Rings, west: float, east: float) -> Rings:
    """Rings together with their copies a whole turn away that reach into a raster from `west` to `east` degrees."""
    if len(rings.x) == 0 or not rings.crs.is_geographic:
        return rings
    low, _, high, _ = rings.extent()
    found = [
        _shifted(rings, (low + turn < east) & (high + turn > west), turn)
        for turn in (0.0, -_TURN_DEG, _TURN_DEG)
        if turn == 0.0 or bool(((low + turn < east) & (high + turn > west)).any())
    ]
    if len(found) == 1:
        return found[0]
    start = np.concatenate(([0], np.cumsum(np.concatenate([np.diff(part.start) for part in found])))).astype(np.int64)
    return Rings(
        np.concatenate([part.x for part in found]),
        np.concatenate([part.y for part in found]),
        start,
        np.concatenate([part.zone for part in found]),
        np.concatenate([part.sign for part in found]),
        rings.crs,
    )


def _shifted(rings: Rings, keep: np.ndarray[tuple[int], np.dtype[np.bool_]], turn: float) -> Rings:
    """The chosen rings, `turn` degrees farther east."""
    if keep.all():
        return replace(rings, x=rings.x + turn)
    count = np.diff(rings.start)
    vertex = np.repeat(keep, count)
    start = np.concatenate(([0], np.cumsum(count[keep]))).astype(np.int64)
    return Rings(rings.x[vertex] + turn, rings.y[vertex], start, rings.zone[keep], rings.sign[keep], rings.crs)
