"""The frontier: segments between home and facing territories, their medium, length and tripoints."""

from __future__ import annotations

from geo_border.frontier.build import Frontier, Segment, build
from geo_border.frontier.medium import Surroundings, surroundings
from geo_border.frontier.territories import country_of, polygons, sheet_of

__all__ = ["Frontier", "Segment", "Surroundings", "build", "country_of", "polygons", "sheet_of", "surroundings"]
