"""Raster x zones, exact, streamed and in bounded memory: the hot path."""

from __future__ import annotations

from geo_border.zonal.shares import CoverageTable, coverage_fraction, coverage_table
from geo_border.zonal.tabulate import tabulate

__all__ = ["CoverageTable", "coverage_fraction", "coverage_table", "tabulate"]
