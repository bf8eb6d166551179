"""The only place that opens a socket to the internet: which dataset serves a need, and its files, verified, on disk."""

from __future__ import annotations

from geo_border.fetchers.choose import CHOICES, PRESET, choose, local, resolve
from geo_border.fetchers.fetch import Gathered, fetch, gather
from geo_border.fetchers.options import Options
from geo_border.fetchers.told import altered, catalogued, options_of, planned
from geo_border.fetchers.troubles import Hosts
from geo_border.store import Raw

__all__ = [
    "CHOICES",
    "PRESET",
    "Gathered",
    "Hosts",
    "Options",
    "Raw",
    "altered",
    "catalogued",
    "choose",
    "fetch",
    "gather",
    "local",
    "options_of",
    "planned",
    "resolve",
]
