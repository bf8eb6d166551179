"""Raster x zones, exact, streamed and in bounded memory: the hot path."""

from __future__ import annotations

from geo_border.zonal.coverage import CoverageTable, compute_coverage_fraction, compute_coverage_table
from geo_border.zonal.raster import Band
from geo_border.zonal.tabulation import tabulate
from geo_border.zonal.zones import Zones, prepare_zones

__all__ = [
    "Band",
    "CoverageTable",
    "Zones",
    "compute_coverage_fraction",
    "compute_coverage_table",
    "prepare_zones",
    "tabulate",
]
