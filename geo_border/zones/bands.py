"""Bands and strips: home land by geodesic distance to the frontier, by segment and country."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import shapely

from geo_border.geo.overlay import extract_polygons
from geo_border.geo.types import PlanePolygonal

# Less than this is rounding of the overlay, not land.
_MIN_M2 = 1.0


@dataclass(frozen=True)
class BandPart:
    """Home land of one country nearest to one segment, between two distances; every zone is a sum of pieces.

    `to_m` is infinite for what lies beyond the widest band (kept only so that counts can be conserved).

    Attributes
    ----------
    geometry
        The land between the two distances.
    nested
        All land of that country and segment nearer than `to_m`.
    """

    segment: str
    country: str
    from_m: float
    to_m: float
    geometry: PlanePolygonal
    nested: PlanePolygonal


def cut_bands(
    home: dict[str, PlanePolygonal], nearest: dict[str, PlanePolygonal], buffer_by_distance: dict[float, PlanePolygonal]
) -> list[BandPart]:
    """Disjoint pieces that make up home land.

    Parameters
    ----------
    home
        Home land by country, in the study's plane.
    nearest
        By segment, in the study's order, the part of the plane nearest to it.
    buffer_by_distance
        By distance in metres, from near to far, all within it.
    """
    edges = sorted(buffer_by_distance)
    pairs = [(segment, country) for segment in nearest for country in home]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts_by_pair = pool.map(
            lambda pair: _cut_pair(pair, home[pair[1]], nearest[pair[0]], [(e, buffer_by_distance[e]) for e in edges]),
            pairs,
        )
        return [piece for pieces_of_pair in parts_by_pair for piece in pieces_of_pair]


def _cut_pair(
    pair: tuple[str, str], land: PlanePolygonal, part: PlanePolygonal, buffers: list[tuple[float, PlanePolygonal]]
) -> list[BandPart]:
    inner = extract_polygons(shapely.intersection(land, part))
    if shapely.area(inner) < _MIN_M2:
        return []
    # From the widest inwards, so that each overlay works on what the one before has left.
    out, outer_m = [], np.inf
    for edge_m, within in reversed(buffers):
        inside = extract_polygons(shapely.intersection(inner, within))
        out.append(BandPart(*pair, edge_m, outer_m, extract_polygons(shapely.difference(inner, inside)), inner))
        inner, outer_m = inside, edge_m
    out.append(BandPart(*pair, 0.0, outer_m, inner, inner))
    return [piece for piece in reversed(out) if shapely.area(piece.geometry) >= _MIN_M2]
