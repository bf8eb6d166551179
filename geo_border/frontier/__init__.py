"""The frontier: segments between home and facing territories, their medium, length and tripoints."""

from __future__ import annotations

from geo_border.frontier.build import (
    Frontier,
    Segment,
    build_frontier,
    choose_study_crs,
    find_tripoints,
    match_borders,
    measure_reference_lines,
)
from geo_border.frontier.medium import Surroundings, build_surroundings
from geo_border.frontier.own_line import match_own_line
from geo_border.frontier.territories import build_territories, find_country, shift_longitudes

__all__ = [
    "Frontier",
    "Segment",
    "Surroundings",
    "build_frontier",
    "build_surroundings",
    "build_territories",
    "choose_study_crs",
    "find_country",
    "find_tripoints",
    "match_borders",
    "match_own_line",
    "measure_reference_lines",
    "shift_longitudes",
]
