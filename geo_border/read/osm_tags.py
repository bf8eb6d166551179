"""What OpenStreetMap's tags mean here: which are facilities, places and public roads."""

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
# Classes of way that OpenStreetMap has beside the public roads: known, and never counted.
OTHER_WAY_KINDS = (
    *("service", "pedestrian", "track", "footway", "path", "cycleway", "bridleway", "steps", "corridor", "platform"),
    *("busway", "bus_guideway", "raceway", "escape", "rest_area", "services", "construction", "proposed"),
    *("track_grade1", "track_grade2", "track_grade3", "track_grade4", "track_grade5"),
)
_NOT_PUBLIC = {"no", "private", "military"}


def classify_facility(tags: Mapping[str, str]) -> str | None:
    """Kind of a civilian facility, or None.

    >>> classify_facility({"amenity": "social_facility", "social_facility": "nursing_home"})
    'care_home'
    """
    amenity, health = tags.get("amenity"), tags.get("healthcare")
    if amenity in _AMENITIES:
        return amenity
    if amenity == "nursing_home" or (amenity == "social_facility" and tags.get("social_facility") in _CARE):
        return "care_home"
    return health if health in {"hospital", "clinic"} else None


def classify_place(tags: Mapping[str, str]) -> str | None:
    """Kind of a populated place, or None."""
    kind = tags.get("place")
    return kind if kind in PLACE_KINDS else None


def classify_road(tags: Mapping[str, str]) -> str | None:
    """Kind of a public road without `_link`, or None.

    >>> classify_road({"highway": "primary_link"}), classify_road({"highway": "primary", "access": "private"})
    ('primary', None)
    """
    kind = way_kind(tags.get("highway", ""))
    access = {value.strip() for value in tags.get("access", "").lower().split(";")}
    return kind if kind in ROAD_KINDS and not access & _NOT_PUBLIC else None


def way_kind(text: str) -> str:
    """A class of way in one spelling, without `_link`.

    >>> way_kind(" Trunk_Link"), way_kind("Living street")
    ('trunk', 'living_street')
    """
    return text.strip().lower().replace(" ", "_").replace("-", "_").removesuffix("_link")


def find_english_name(tags: Mapping[str, str]) -> str | None:
    """Name in English, else in Latin letters, where the map has one."""
    return tags.get("name:en") or tags.get("int_name") or tags.get("name:latin")


def parse_population(tags: Mapping[str, str]) -> float:
    """Population as tagged, NaN where there is none or it is no number.

    >>> parse_population({"population": "1 234"}), parse_population({"population": "about ten"})
    (1234.0, nan)
    """
    text = tags.get("population", "").replace(" ", "").replace(",", "")
    return float(text) if text.isdigit() else float("nan")
