"""What every drawing goes through: rounding, labels, languages and the disclaimer."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from geo_border.present.languages import LANGUAGES, Language, read_language
from geo_border.present.rounding import PEOPLE_FLOOR, RoundedValue

__all__ = ["LANGUAGES", "PEOPLE_FLOOR", "Language", "RoundedValue", "read_disclaimer", "read_language"]


@lru_cache(maxsize=1)
def read_disclaimer() -> str:
    """Read the one disclaimer text that every output carries, in English."""
    return resources.files("geo_border").joinpath("disclaimer.txt").read_text("utf-8").strip()
