"""Columns as people read them: a short name with the unit, and the meaning in one sentence."""

from __future__ import annotations

from collections.abc import Callable

from geo_border.present import labels
from geo_border.schemas import Column


def alias(column: Column, say: Callable[..., str] = str) -> str:
    """Name a column for people in a language, with its unit.

    >>> alias(Column("distance_m", "float", "", "m"))
    'Distance (m)'
    """
    named = say(labels.COLUMNS[column.name])
    return f"{named} ({column.unit})" if column.unit not in ("", "see unit", "persons") else named


def about(column: Column) -> str:
    """Tell the meaning of a column in one sentence, with its unit."""
    return f"{column.about} [{column.unit}]" if column.unit else column.about
