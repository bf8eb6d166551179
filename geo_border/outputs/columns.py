"""Columns as people read them: a short name with the unit, and the meaning in one sentence."""

from __future__ import annotations

from collections.abc import Callable

from geo_border.present import labels
from geo_border.schemas import Column


def format_alias(column: Column, translate: Callable[..., str] = str) -> str:
    """Name a column for people in a language, with its unit.

    >>> format_alias(Column("distance_m", "float", "", "m"))
    'Distance (m)'
    """
    named = translate(labels.COLUMNS[column.name])
    return f"{named} ({column.unit})" if column.unit not in ("", "1", "see unit", "persons") else named


def describe_column(column: Column) -> str:
    """Tell the meaning of a column in one sentence, with its unit."""
    return f"{column.description} [{column.unit}]" if column.unit else column.description


def list_value_labels(layer: str, column: Column) -> dict[str, str]:
    """Name the values that a column of codes or classes may hold, in English; nothing for other columns.

    >>> from geo_border.schemas import LAYERS
    >>> list_value_labels("frontier", LAYERS["frontier"].columns[3])["river"]
    'In a river'
    """
    if column.name == "degurba":
        return {str(value): label for value, label in labels.DEGURBA.items()}
    if column.name == "zone_kind":
        return {value: labels.ZONE_KINDS[value] for value in column.allowed_values}
    if column.name == "part_of":
        return {value: labels.PARTITIONS[value] for value in column.allowed_values}
    group = column.name if column.name in labels.CLASSES else layer
    return {value: labels.get_class_label(group, value) for value in column.allowed_values}
