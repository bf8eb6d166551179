"""Zones' rings in a raster's plane: edges displaced by at most a tenth of a metre, continuous over the antimeridian."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from geo_border.errors import CRSError, GeometryError
from geo_border.geo.crs import build_transformer
from geo_border.geo.types import FloatArray
from geo_border.zonal.jit import compile_kernel
from geo_border.zonal.rings import Rings

# An odd number whose products spread well (2^64 divided by the golden ratio).
_HASH_FACTOR = np.uint64(0x9E3779B97F4A7C15)


@compile_kernel()
def _number_points(
    x: NDArray[np.uint64], y: NDArray[np.uint64], bits: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Number of each point among the distinct ones, in order of first appearance, and where each was first seen."""
    slots = np.full(1 << bits, -1, np.int32)
    number, first = np.empty(x.shape[0], np.int32), np.empty(x.shape[0], np.int32)
    down, last = np.uint64(64 - bits), (1 << bits) - 1
    n = 0
    for i in range(x.shape[0]):
        slot = np.int64(((x[i] * _HASH_FACTOR) ^ y[i]) * _HASH_FACTOR >> down)
        while slots[slot] >= 0 and (x[first[slots[slot]]] != x[i] or y[first[slots[slot]]] != y[i]):
            slot = (slot + 1) & last
        if slots[slot] < 0:
            slots[slot] = n
            first[n] = i
            n += 1
        number[i] = slots[slot]
    return number, first[:n]


def find_distinct(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Number of each point (bit by bit equal ones have the same) and the index at which each number first occurs.

    >>> number, first = find_distinct(np.array([3.0, 1.0, 3.0]), np.array([0.0, 0.0, 0.0]))
    >>> number.tolist(), first.tolist()
    ([0, 1, 0], [0, 1])
    """
    bits = max(4, (2 * len(x)).bit_length())
    number, first = _number_points(x.view(np.uint64), y.view(np.uint64), bits)
    return number, first


# Half of the promised 0.1 m, because the estimate below is of second order.
_TOLERANCE_M = 0.05
_LONG_M, _LONG_DEG = 20_000.0, 0.2
_M_PER_DEG = 111_320.0
_SAMPLE = 1_000


def project_rings(rings: Rings, crs: CRS) -> Rings:
    """Rings in another CRS: edges are split until straight pieces follow the curve that the old edge becomes.

    New vertices depend only on an edge's two ends, not on its direction, so an edge shared by two zones stays shared.

    Raises
    ------
    CRSError
        When a vertex cannot be expressed in the raster's CRS.
    GeometryError
        When an edge in a geographic CRS spans more than half the globe and so may cross the antimeridian.
    """
    if rings.crs.is_geographic:
        _raise_if_too_wide(rings)
    if rings.crs.equals(crs, ignore_axis_order=True) or len(rings.x) == 0:
        return replace(rings, crs=crs)
    long = _LONG_DEG if rings.crs.is_geographic else _LONG_M / _unit_m(rings.crs)
    length = _measure_edges(rings)
    if (length > long).any():
        rings, _ = _split_edges(rings, np.ceil(length / long).astype(np.int64))
        length = _measure_edges(rings)
    x, y = _transform_points(rings.x, rings.y, rings.crs, crs)
    rings, old = _split_edges(rings, _count_parts(rings, length, x, y, crs))
    if not old.all():
        new_x, new_y = _transform_points(rings.x[~old], rings.y[~old], rings.crs, crs)
        x, y = _interleave(old, x, new_x), _interleave(old, y, new_y)
    sign = rings.sign if _is_orientation_kept(rings, crs) else -rings.sign
    return replace(rings, x=x, y=y, sign=sign, crs=crs)


def _interleave(old: NDArray[np.bool_], kept: FloatArray, added: FloatArray) -> FloatArray:
    """One array of the kept values where `old`, the added ones elsewhere."""
    joined = np.empty(len(old))
    joined[old], joined[~old] = kept, added
    return joined


def _is_orientation_kept(rings: Rings, crs: CRS) -> bool:
    """Whether what runs anticlockwise still does in the new plane (not so where axes point west or south)."""
    step = 1e-5 if rings.crs.is_geographic else 1.0
    at_x, at_y = float(rings.x[0]), float(rings.y[0])
    x, y = _transform_points(
        at_x + step * np.array([0.0, 1.0, 0.0]), at_y + step * np.array([0.0, 0.0, 1.0]), rings.crs, crs
    )
    if crs.is_geographic:
        x = (x - x[0] + 180.0) % 360.0
    return bool((x[1] - x[0]) * (y[2] - y[0]) > (x[2] - x[0]) * (y[1] - y[0]))


def _unit_m(crs: CRS) -> float:
    """Metres in one unit of a projected CRS."""
    return float(crs.axis_info[0].unit_conversion_factor)


def _transform_points(x: FloatArray, y: FloatArray, source: CRS, target: CRS) -> tuple[FloatArray, FloatArray]:
    """Points from one CRS to another.

    Raises
    ------
    CRSError
        When a point falls outside what the projection can express.
    """
    # A coverage's zones share their edges; PROJ takes most of the time that planning takes.
    number, first = find_distinct(x, y)
    new_x, new_y = build_transformer(source.to_wkt(), target.to_wkt()).transform(x[first], y[first])
    if not (np.isfinite(new_x).all() and np.isfinite(new_y).all()):
        raise CRSError(f"zones: some vertices of {source.name} do not exist in the raster's {target.name}; clip them.")
    return np.asarray(new_x[number]), np.asarray(new_y[number])


def _measure_edges(rings: Rings) -> FloatArray:
    """Length of each edge (i, i + 1) in the units of the rings' CRS; 0 between rings."""
    length = np.sqrt(np.diff(rings.x) ** 2 + np.diff(rings.y) ** 2)
    length[~rings.find_edges()] = 0.0
    return length


def _count_parts(rings: Rings, length: FloatArray, x: FloatArray, y: FloatArray, crs: CRS) -> NDArray[np.int64]:
    """Number of equal pieces for each edge, from how far its midpoint lies off the straight line in the new plane."""
    pieces = np.ones(len(length), dtype=np.int64)
    edges = np.flatnonzero(length > 0)
    if len(edges) == 0:
        return pieces
    # The offset grows with the square of the length: a sample says which short edges need no look.
    step = max(len(edges) // _SAMPLE, 1)
    longest = np.argpartition(length[edges], max(len(edges) - _SAMPLE, 0))[-_SAMPLE:]
    probe = np.concatenate((edges[::step], edges[longest]))
    bend = float((_measure_offset_m(rings, x, y, crs, probe) / length[probe] ** 2).max())
    check = edges[length[edges] ** 2 * bend * 4 > _TOLERANCE_M]
    offset = _measure_offset_m(rings, x, y, crs, check)
    pieces[check] = np.maximum(np.ceil(np.sqrt(offset / _TOLERANCE_M)), 1).astype(np.int64)
    return pieces


def _measure_offset_m(rings: Rings, x: FloatArray, y: FloatArray, crs: CRS, edge: NDArray[np.int64]) -> FloatArray:
    """Metres between an edge's midpoint moved to the new plane and the middle of its moved ends."""
    mid_x, mid_y = _transform_points(
        (rings.x[edge] + rings.x[edge + 1]) / 2, (rings.y[edge] + rings.y[edge + 1]) / 2, rings.crs, crs
    )
    east, north = mid_x - (x[edge] + x[edge + 1]) / 2, mid_y - (y[edge] + y[edge + 1]) / 2
    if not crs.is_geographic:
        return np.asarray(np.hypot(east, north) * _unit_m(crs))
    # Ends on either side of the antimeridian are a turn apart, their mean half a turn off.
    east = (east + 90.0) % 180.0 - 90.0
    return np.asarray(np.hypot(east * np.cos(np.radians(mid_y)), north) * _M_PER_DEG)


def _split_edges(rings: Rings, parts: NDArray[np.int64]) -> tuple[Rings, NDArray[np.bool_]]:
    """Rings with edge (i, i + 1) cut into pieces[i] equal parts, and which of the vertices were there before."""
    more = np.maximum(parts, 1) - 1
    cut = np.flatnonzero(more)
    if len(cut) == 0:
        return rings, np.ones(len(rings.x), dtype=np.bool_)
    place = np.arange(len(rings.x)) + np.concatenate(([0], np.cumsum(more)))
    edge = np.repeat(cut, more[cut])
    step = np.arange(len(edge)) - np.repeat(np.cumsum(more[cut]) - more[cut], more[cut]) + 1
    ax, ay, bx, by = rings.x[edge], rings.y[edge], rings.x[edge + 1], rings.y[edge + 1]
    # From the lesser end always, so that both directions of an edge give the same points.
    turned = (ax > bx) | ((ax == bx) & (ay > by))
    share = np.where(turned, parts[edge] - step, step) / parts[edge]
    x, y = np.empty(len(rings.x) + len(edge)), np.empty(len(rings.x) + len(edge))
    x[place], y[place] = rings.x, rings.y
    low_x, low_y = np.where(turned, bx, ax), np.where(turned, by, ay)
    x[place[edge] + step] = low_x + share * (np.where(turned, ax, bx) - low_x)
    y[place[edge] + step] = low_y + share * (np.where(turned, ay, by) - low_y)
    old = np.zeros(len(x), dtype=np.bool_)
    old[place] = True
    return replace(rings, x=x, y=y, start=np.append(place[rings.start[:-1]], len(x))), old


def _raise_if_too_wide(rings: Rings) -> None:
    """An edge of more than 180 degrees is either a mistake or an uncut crossing of the antimeridian: ask."""
    if len(rings.x) == 0:
        return
    span = np.abs(np.diff(rings.x))
    wide = (span > 180.0) & (span < 360.0 - 1e-9) & rings.find_edges()
    if wide.any():
        at = int(np.flatnonzero(wide)[0])
        raise GeometryError(
            f"zones: an edge from longitude {rings.x[at]:.4f} to {rings.x[at + 1]:.4f} spans {span[at]:.1f} degrees. "
            "If it crosses the antimeridian, cut the layer there (ogr2ogr -wrapdateline); if not, add a vertex between."
        )


_FULL_CIRCLE_DEG = 360.0


def unwrap_rings(rings: Rings) -> Rings:
    """Rings in longitude and latitude whose edges never jump by half a turn; others as they are.

    A ring that goes once around the earth holds a pole: it is closed along the meridian to the pole that is nearer to
    its vertices. Longitudes may then lie outside -180 .. 180; `add_shifted_copies` brings them back.
    """
    if len(rings.x) == 0 or not rings.crs.is_geographic:
        return rings
    jump = np.abs(np.diff(rings.x)) > _FULL_CIRCLE_DEG / 2
    jump &= rings.find_edges() & (np.abs(np.diff(rings.x)) < _FULL_CIRCLE_DEG - 1e-9)
    if not jump.any():
        return rings
    broken = np.unique(np.searchsorted(rings.start, np.flatnonzero(jump), side="right") - 1)
    parts_x, parts_y = np.split(rings.x, rings.start[1:-1]), np.split(rings.y, rings.start[1:-1])
    for ring in broken.tolist():
        x = np.unwrap(parts_x[ring], period=_FULL_CIRCLE_DEG)
        y = parts_y[ring]
        if abs(x[-1] - x[0]) > _FULL_CIRCLE_DEG / 2:
            pole = 90.0 if y.mean() > 0 else -90.0
            x, y = np.concatenate((x, [x[-1], x[0], x[0]])), np.concatenate((y, [pole, pole, y[0]]))
        parts_x[ring], parts_y[ring] = x, y
    start = np.concatenate(([0], np.cumsum([len(part) for part in parts_x]))).astype(np.int64)
    return replace(rings, x=np.concatenate(parts_x), y=np.concatenate(parts_y), start=start)


def add_shifted_copies(rings: Rings, west: float, east: float) -> Rings:
    """Rings together with their copies a whole turn away that reach into a raster from `west` to `east` degrees."""
    if len(rings.x) == 0 or not rings.crs.is_geographic:
        return rings
    low, _, high, _ = rings.compute_extents()
    copies = [
        _shift_rings(rings, (low + turn < east) & (high + turn > west), turn)
        for turn in (0.0, -_FULL_CIRCLE_DEG, _FULL_CIRCLE_DEG)
        if turn == 0.0 or bool(((low + turn < east) & (high + turn > west)).any())
    ]
    if len(copies) == 1:
        return copies[0]
    start = np.concatenate(([0], np.cumsum(np.concatenate([np.diff(part.start) for part in copies])))).astype(np.int64)
    return Rings(
        np.concatenate([part.x for part in copies]),
        np.concatenate([part.y for part in copies]),
        start,
        np.concatenate([part.zone for part in copies]),
        np.concatenate([part.sign for part in copies]),
        rings.crs,
    )


def _shift_rings(rings: Rings, keep: np.ndarray[tuple[int], np.dtype[np.bool_]], shift_deg: float) -> Rings:
    """The chosen rings, `shift_deg` degrees farther east."""
    if keep.all():
        return replace(rings, x=rings.x + shift_deg)
    count = np.diff(rings.start)
    vertex = np.repeat(keep, count)
    start = np.concatenate(([0], np.cumsum(count[keep]))).astype(np.int64)
    return Rings(rings.x[vertex] + shift_deg, rings.y[vertex], start, rings.zone[keep], rings.sign[keep], rings.crs)
