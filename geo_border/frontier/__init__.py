"""The frontier: segments between home and facing territories, their medium, length and tripoints."""

from __future__ import annotations

from geo_border.frontier.build import Frontier, Segment, build, matched, reference_lengths_km, study_crs, tripoints
from geo_border.frontier.medium import Surroundings, surroundings
from geo_border.frontier.territories import country_of, polygons, sheet_of

__all__ = [
    "Frontier",
    "Segment",
    "Surroundings",
    "build",
    "country_of",
    "matched",
    "polygons",
    "reference_lengths_km",
    "sheet_of",
    "study_crs",
    "surroundings",
    "tripoints",
]
