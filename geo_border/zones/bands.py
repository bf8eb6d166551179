"""Bands and strips: home land by geodesic distance to the frontier, by segment and country."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo_border.geo.overlay import polygonal

# Less than this is rounding of the overlay, not land.
_LEAST_M2 = 1.0


@dataclass(frozen=True)
class Piece:
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
    geometry: Any
    nested: Any


def pieces(home: dict[str, Any], nearest: dict[str, Any], reach: dict[float, Any]) -> list[Piece]:
    """Disjoint pieces that make up home land.

    Parameters
    ----------
    home
        Home land by country, in the study's plane.
    nearest
        By segment, in the study's order, the part of the plane nearest to it.
    reach
        By distance in metres, from near to far, all within it.
    """
    edges = sorted(reach)
    pairs = [(segment, country) for segment in nearest for country in home]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda pair: _of(pair, home[pair[1]], nearest[pair[0]], [(e, reach[e]) for e in edges]), pairs)
        return [piece for pieces_of_pair in found for piece in pieces_of_pair]


def _of(pair: tuple[str, str], land: Any, part: Any, reach: list[tuple[float, Any]]) -> list[Piece]:
    inner = polygonal(shapely.intersection(land, part))
    if shapely.area(inner) < _LEAST_M2:
        return []
    # From the widest inwards, so that each overlay works on what the one before has left.
    out, outer_m = [], np.inf
    for edge_m, within in reversed(reach):
        inside = polygonal(shapely.intersection(inner, within))
        out.append(Piece(*pair, edge_m, outer_m, polygonal(shapely.difference(inner, inside)), inner))
        inner, outer_m = inside, edge_m
    out.append(Piece(*pair, 0.0, outer_m, inner, inner))
    return [piece for piece in reversed(out) if shapely.area(piece.geometry) >= _LEAST_M2]
