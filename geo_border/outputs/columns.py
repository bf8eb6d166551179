"""Columns as people read them: a short name with the unit, and the meaning in one sentence."""

from __future__ import annotations

from collections.abc import Callable

from geo_border.schemas import Column

_UNIT_WORDS = {"m", "km", "km2"}
_NAMES = {
    "segment": "Segment",
    "facing": "Facing country",
    "medium": "Runs through",
    "official_source": "Source of official length",
    "cell_id": "Cell",
    "zone_id": "Zone",
    "zone_kind": "Kind of zone",
    "name_en": "Name in English",
    "cover_from": "Cover data from",
    "degurba": "Settlement class (DEGURBA)",
    "from_m": "From",
    "to_m": "To",
    "treaty_notified": "Withdrawal notified",
    "treaty_effective": "Withdrawal effective",
    "range_from": "Range from",
    "reach_people": "People within reach",
}


def label(column: Column) -> str:
    """Name a column for people, without its unit.

    >>> label(Column("distance_m", "float", "", "m")), label(Column("tree_share", "float", "", "0..1"))
    ('Distance', 'Tree share')
    """
    words = [word for word in column.name.split("_") if word not in _UNIT_WORDS]
    shown = " ".join(words)
    return _NAMES.get(column.name, shown[:1].upper() + shown[1:])


def alias(column: Column, say: Callable[..., str] = str) -> str:
    """Name a column for people in a language, with its unit.

    >>> alias(Column("distance_m", "float", "", "m"))
    'Distance (m)'
    """
    named = say(label(column))
    return f"{named} ({column.unit})" if column.unit not in ("", "see unit", "persons") else named


def about(column: Column) -> str:
    """Tell the meaning of a column in one sentence, with its unit."""
    return f"{column.about} [{column.unit}]" if column.unit else column.about
