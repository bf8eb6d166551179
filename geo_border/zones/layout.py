"""What zones are listed from: segments, countries, pieces of home land, administrative units, and names for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import pandas as pd

from geo_border.schemas import OWN_LINE
from geo_border.study import Study
from geo_border.zones.bands import BandPart
from geo_border.zones.membership import NO_UNIT


@dataclass(frozen=True)
class SegmentName:
    """One segment: its id, the territory on each side, and the home country (None for a user's own line)."""

    id: str
    country: str | None
    home: str
    facing: str


@dataclass(frozen=True)
class PolygonZone:
    """A polygon that is no sum of pieces: its number among the polygons that are tabulated, and what it is of.

    Attributes
    ----------
    kind
        `corridor` or `own`.
    place_id, place_name, country
        The corridor or the user's polygon, and the home country that this part of it lies in.
    number
        Number of the polygon.
    variants, range_from
        Numbers of other outlines of the same part, each with its name, and what they vary.
    """

    kind: str
    place_id: str
    place_name: str
    country: str
    number: int
    variants: Mapping[str, int] = field(default_factory=dict)
    range_from: str | None = None


@dataclass(frozen=True)
class Layout:
    """The land of a study as zones see it.

    Attributes
    ----------
    segments
        In the study's order.
    pieces
        Disjoint parts of home land by segment, country and ring of distance.
    admin
        `admin_id`, `name`, `country` of every administrative unit.
    admin_rings
        For every ring (from_m, to_m), the ids of the units with land in it; `name_rest` of a country with land in none.
    admin_segments
        Pairs of such an id and a segment, where the frontier runs along that land.
    names
        Readable names of countries by code, and of territories by the study's name for them.
    polygons
        Parts of corridors and a user's own polygons.
    """

    study: Study
    segments: Sequence[SegmentName]
    pieces: Sequence[BandPart]
    admin: gpd.GeoDataFrame
    admin_rings: Mapping[tuple[float, float], Sequence[str]]
    admin_segments: Sequence[tuple[str, str]]
    names: Mapping[str, str]
    polygons: Sequence[PolygonZone] = field(default=())

    @property
    def countries(self) -> list[str]:
        """Home countries with land near the frontier, in the order of the segments."""
        with_land = {piece.country for piece in self.pieces}
        return [c for c in dict.fromkeys(segment.country for segment in self.segments) if c in with_land] + sorted(
            with_land - {segment.country for segment in self.segments}
        )

    def name_country(self, code: str) -> str:
        """Readable name with its code: `Latvia (LV)`."""
        name = self.names.get(code, code)
        return f"{name} ({code})" if name != code else code

    def find_unit(self, unit: str) -> tuple[str, str]:
        """Country and name of an administrative unit, or of the land of a country that lies in none."""
        if unit in self._rest:
            return self._rest[unit], "No unit"
        return self._units[unit]

    @cached_property
    def _rest(self) -> dict[str, str]:
        """Country by the code of its land that lies in no unit."""
        return {name_rest(country): country for country in self.countries}

    @cached_property
    def _units(self) -> dict[str, tuple[str, str]]:
        """Country and name of every administrative unit by its id; one without a name goes by its id."""
        rows = zip(self.admin["admin_id"], self.admin["country"], self.admin["name"], strict=True)
        return {str(i): (str(country), str(name) if pd.notna(name) else str(i)) for i, country, name in rows}

    def name_segment(self, segment_id: str) -> str:
        """Readable name with its code: `Latvia - Russia (LV-RU)`, with an en dash; `Latvia - own line (LV-line)`."""
        found = next(segment for segment in self.segments if segment.id == segment_id)
        home, facing = (self.names.get(code, code) for code in (found.home, found.facing))
        return f"{home} – {'own line' if found.facing == OWN_LINE else facing} ({segment_id})"

    def list_pairs(self, from_m: float, to_m: float) -> list[tuple[str, str]]:
        """Pairs of segment and country that have land between two distances."""
        found = [(p.segment, p.country) for p in self.pieces if p.from_m >= from_m and p.to_m <= to_m]
        return list(dict.fromkeys(found))


def name_rest(country: str) -> str:
    """The id under which land of a country that lies in no administrative unit has its zones.

    Parameters
    ----------
    country
        ISO 3166-1 alpha-2.

    >>> name_rest("PL")
    'PL-none'
    """
    return f"{country}-{NO_UNIT}"


def format_ring(from_m: float, to_m: float) -> str:
    """A ring of distances as people read it.

    >>> format_ring(0, 500), format_ring(1000, 5000), format_ring(0, 2500)
    ('0–500 m', '1–5 km', '0–2.5 km')
    """
    if to_m < 1_000:
        return f"{from_m:g}–{to_m:g} m"
    return f"{from_m / 1_000:g}–{to_m / 1_000:g} km"


def format_depth(to_m: float) -> str:
    """A distance as people read it.

    >>> format_depth(500), format_depth(10_000)
    ('500 m', '10 km')
    """
    return f"{to_m:g} m" if to_m < 1_000 else f"{to_m / 1_000:g} km"
