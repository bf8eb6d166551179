"""Bands and strips: home land by geodesic distance to the frontier, by segment and country."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo_border.polygons import polygonal
from geo_border.study import Study

# Less than this is rounding of the overlay, not land.
_LEAST_M2 = 1.0


@dataclass(frozen=True)
class Piece:
    """Home land of one country nearest to one segment, between two distances; every zone is a sum of pieces.

    `to_m` is infinite for what lies beyond the widest band (kept only so that counts can be conserved).
    """

    segment: str
    country: str
    from_m: float
    to_m: float
    geometry: Any


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
        out.append(Piece(*pair, edge_m, outer_m, polygonal(shapely.difference(inner, inside))))
        inner, outer_m = inside, edge_m
    out.append(Piece(*pair, 0.0, outer_m, inner))
    return [piece for piece in reversed(out) if shapely.area(piece.geometry) >= _LEAST_M2]


def between(parts: list[Piece], from_m: float, to_m: float) -> dict[tuple[str, str], list[int]]:
    """Positions of the pieces that make up each (segment, country) between two distances."""
    found: dict[tuple[str, str], list[int]] = {}
    for i, piece in enumerate(parts):
        if piece.from_m >= from_m and piece.to_m <= to_m:
            found.setdefault((piece.segment, piece.country), []).append(i)
    return found


def joined(parts: list[Piece], which: list[int]) -> Any:
    """The pieces as one geometry."""
    shapes = np.array([parts[i].geometry for i in which], dtype=object)
    return polygonal(shapely.union_all(shapes)) if len(shapes) > 1 else shapes[0]


def zones(parts: list[Piece], study: Study) -> list[tuple[dict[str, Any], list[int]]]:
    """Every band and strip as (columns of layer `zones`, positions of its pieces)."""
    spans = [("band", low, high) for low, high in study.bands] + [("strip", 0.0, depth) for depth in study.strips_m]
    out = []
    for kind, low, high in spans:
        for (segment, country), which in between(parts, low, high).items():
            row = {
                "zone_id": f"{kind}|{segment}|{country}|{low:g}-{high:g}",
                "zone_kind": kind,
                "segment": segment,
                "country": country,
                "from_m": low,
                "to_m": high,
            }
            out.append((row, which))
    return out
