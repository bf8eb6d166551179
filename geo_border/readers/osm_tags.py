"""What OpenStreetMap's tags mean here: which are facilities, places and public roads, and what is never read."""

from __future__ import annotations

from collections.abc import Mapping

FACILITY_KINDS = ("school", "kindergarten", "hospital", "clinic", "care_home")
PLACE_KINDS = ("city", "town", "village", "hamlet", "isolated_dwelling")
ROAD_KINDS = (
    "motorway",
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "unclassified",
    "residential",
    "living_street",
)
_AMENITIES = {"school", "kindergarten", "hospital", "clinic"}
_CARE = {"nursing_home", "assisted_living", "group_home"}
_MAY_SAY_MILITARY = ("landuse", "access", "operator:type", "usage", "service", "building")
_NOT_PUBLIC = {"no", "private", "military"}


def is_military(tags: Mapping[str, str]) -> bool:
    """Whether a feature has to do with the military, by any tag: such a feature is dropped, whatever else it is.

    >>> is_military({"amenity": "hospital", "military": "base"}), is_military({"amenity": "hospital"})
    (True, False)
    """
    if any(key == "military" or key.startswith("military:") for key in tags):
        return True
    return "military" in {tags.get(key, "").lower() for key in _MAY_SAY_MILITARY}


def facility_kind(tags: Mapping[str, str]) -> str | None:
    """Kind of a civilian facility, or None.

    >>> facility_kind({"amenity": "social_facility", "social_facility": "nursing_home"})
    'care_home'
    """
    if is_military(tags):
        return None
    amenity, health = tags.get("amenity"), tags.get("healthcare")
    if amenity in _AMENITIES:
        return amenity
    if amenity == "nursing_home" or (amenity == "social_facility" and tags.get("social_facility") in _CARE):
        return "care_home"
    return health if health in {"hospital", "clinic"} else None


def place_kind(tags: Mapping[str, str]) -> str | None:
    """Kind of a populated place, or None."""
    kind = tags.get("place")
    return kind if kind in PLACE_KINDS and not is_military(tags) else None


def road_kind(tags: Mapping[str, str]) -> str | None:
    """Kind of a public road without `_link`, or None.

    >>> road_kind({"highway": "primary_link"}), road_kind({"highway": "primary", "access": "private"})
    ('primary', None)
    """
    kind = tags.get("highway", "").removesuffix("_link")
    if kind not in ROAD_KINDS or tags.get("access") in _NOT_PUBLIC or is_military(tags):
        return None
    return kind


def english(tags: Mapping[str, str]) -> str | None:
    """Name in English, else in Latin letters, where the map has one."""
    return tags.get("name:en") or tags.get("int_name") or tags.get("name:latin")


def people(tags: Mapping[str, str]) -> float:
    """Population as tagged, NaN where there is none or it is no number.

    >>> people({"population": "1 234"}), people({"population": "about ten"})
    (1234.0, nan)
    """
    text = tags.get("population", "").replace(" ", "").replace(",", "")
    return float(text) if text.isdigit() else float("nan")
