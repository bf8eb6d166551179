"""Declared figures with their citations: treaty status, official border lengths, national totals."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any


@lru_cache(maxsize=1)
def read_treaty() -> dict[str, dict[str, Any]]:
    """Mine-ban treaty status by country (ISO 3166-1 alpha-2)."""
    return {key: row for key, row in _read_facts("treaty").items() if len(key) == 2}


@lru_cache(maxsize=1)
def read_official_lengths() -> dict[str, dict[str, Any]]:
    """Official or published length of segments, by `HOME-FACING`."""
    return _read_facts("official_lengths")


@lru_cache(maxsize=1)
def read_national() -> dict[str, dict[str, Any]]:
    """Area, people and forest of whole countries, by ISO 3166-1 alpha-2."""
    return {key: row for key, row in _read_facts("national").items() if len(key) == 2}


def _read_facts(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))
