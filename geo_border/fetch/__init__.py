"""The only place that opens a socket to the internet: which dataset serves a need, and its files, verified, on disk."""

from __future__ import annotations

from geo_border.fetch.choose import CHOICES, PRESET, choose, local, resolve
from geo_border.fetch.gather import Gathered, fetch, gather
from geo_border.fetch.inventory import altered, catalogued
from geo_border.fetch.options import Options, options_of
from geo_border.fetch.plan import planned
from geo_border.fetch.retry import Hosts
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
