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
    return f"{named} ({column.unit})" if column.unit not in ("", "1", "see unit", "persons") else named


def about(column: Column) -> str:
    """Tell the meaning of a column in one sentence, with its unit."""
    return f"{column.about} [{column.unit}]" if column.unit else column.about


def named_values(layer: str, column: Column) -> dict[str, str]:
    """Name the values that a column of codes or classes may hold, in English; nothing for other columns.

    >>> from geo_border.schemas import LAYERS
    >>> named_values("frontier", LAYERS["frontier"].columns[3])["river"]
    'In a river'
    """
    if column.name == "degurba":
        return {str(value): label for value, label in labels.DEGURBA.items()}
    if column.name == "zone_kind":
        return {value: labels.ZONE_KINDS[value] for value in column.one_of}
    if column.name == "part_of":
        return {value: labels.PARTITIONS[value] for value in column.one_of}
    group = column.name if column.name in labels.CLASSES else layer
    return {value: labels.class_label(group, value) for value in column.one_of}
