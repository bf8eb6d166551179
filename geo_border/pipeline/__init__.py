"""From a study to files: the verbs of the command line."""

from __future__ import annotations

from geo_border.pipeline.inspection import Inspection, inspect
from geo_border.pipeline.run import check, diff, draw, fetch, list_sources, plan, release, report, run

__all__ = [
    "Inspection",
    "check",
    "diff",
    "draw",
    "fetch",
    "inspect",
    "list_sources",
    "plan",
    "release",
    "report",
    "run",
]
