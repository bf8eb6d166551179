"""The only place that opens a socket to the internet: a dataset's files, verified, on disk."""

from __future__ import annotations

from geo_border.fetch.gather import FetchOutcome, fetch_dataset, fetch_needs
from geo_border.fetch.inventory import find_altered, list_catalogue
from geo_border.fetch.local import build_local_raw
from geo_border.fetch.options import Options, build_options
from geo_border.fetch.plan import plan_fetch
from geo_border.fetch.retry import Hosts
from geo_border.store import Raw

__all__ = [
    "FetchOutcome",
    "Hosts",
    "Options",
    "Raw",
    "build_local_raw",
    "build_options",
    "fetch_dataset",
    "fetch_needs",
    "find_altered",
    "list_catalogue",
    "plan_fetch",
]
