"""The protocol of a measure, and the values that pass through it: columns of areas, sums over zones, figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy.sparse import csr_matrix

from geo_border.catalog import Entry
from geo_border.engine import Engine
from geo_border.geo.line_distance import LineIndex
from geo_border.geo.types import FloatArray
from geo_border.layers import Layers
from geo_border.present.rounding import PEOPLE_FLOOR
from geo_border.present.withholding import FEW, LEAST_PIXELS
from geo_border.zonal import Band, Zones

NARROW = "indicative: zone narrower than the data's pixel"
NO_RANGE = "no second dataset in this run"
NOTHING = "empty: the zone has nothing that the figure could be of"
GUARDED = f"under {PEOPLE_FLOOR} people: value empty, high {PEOPLE_FLOOR}"
# Kind of the zones that a user chose.
OWN = "own"
# The reading that a figure's value is of.
VALUE = "value"
LAND, LINE, PLACES, FACILITIES = "land", "line", "places", "facilities"
# What a measure is prepared into; each has its own type.
P = TypeVar("P")
P_contra = TypeVar("P_contra", contravariant=True)


@dataclass(frozen=True)
class Areas:
    """Areas 0..n-1 of home land, ready to be tabulated.

    Attributes
    ----------
    frame
        `area_km2` and geometry in the study's plane.
    zones, water
        The areas and the inland water in them, by number.
    dry_km2
        Area less inland water.
    """

    frame: gpd.GeoDataFrame
    zones: Zones
    water: Zones
    dry_km2: FloatArray

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def crs(self) -> CRS:
        """The study's equal-area plane."""
        return CRS.from_user_input(self.frame.crs)

    @property
    def area_km2(self) -> FloatArray:
        """Area of each, water included."""
        return np.asarray(self.frame["area_km2"], dtype=np.float64)


@dataclass(frozen=True)
class Land:
    """Home land and what lies in it: what measures are prepared and counted on.

    Attributes
    ----------
    units
        Disjoint areas that make up home land.
    blocks
        Every area that is tabulated: the units, then polygons that are no sum of units.
    home
        Home land by country as polygons in the plane, never cut.
    points
        `places` and `facilities` located on home land, by need.
    stretches
        The frontier cut by medium and administrative unit: `medium`, `length_km`.
    beyond
        The facing side near the line (plane): tells whether a people grid counts there too.
    index, segment_ids
        The nearest segment of any point, by its place among the ids.
    engine
        Where rasters are tabulated; threads of this process when None.
    """

    units: Areas
    blocks: Sequence[Areas]
    home: Sequence[shapely.Polygon | shapely.MultiPolygon]
    points: Mapping[str, gpd.GeoDataFrame]
    stretches: pd.DataFrame
    beyond: gpd.GeoDataFrame
    index: LineIndex
    segment_ids: Sequence[str]
    engine: Engine | None = None


@dataclass(frozen=True)
class Column:
    """One number for each member: what it adds to every zone that holds it.

    Attributes
    ----------
    values
        One number an area, a point or a stretch of line.
    category
        As in the exposure table; None where a measure has none.
    dataset
        Name of the dataset that it was read from.
    reading
        `VALUE`, or another way to read the same data that only gives a range.
    """

    values: FloatArray
    category: str | None = None
    dataset: str = ""
    reading: str = VALUE

    @property
    def key(self) -> tuple[str | None, str, str]:
        """What tells it from the other columns of its measure."""
        return (self.category, self.dataset, self.reading)


@dataclass(frozen=True)
class ZoneTable:
    """Zones as measures see them.

    Attributes
    ----------
    frame
        One row a zone; see `zones.membership`.
    matrices
        By carrier, selections x members: `matrix @ values` sums values over zones.
    main
        The row of each zone among the selections.
    variants
        Position of a zone to the rows of its variants, each with the name of its reading.
    range_from
        Position of a zone to what its variants vary.
    carriers
        For each zone, `land` or `line`.
    member_area_km2
        Area of every member of `land`.
    """

    frame: pd.DataFrame
    matrices: Mapping[str, csr_matrix]
    main: NDArray[np.int64]
    variants: Mapping[int, Mapping[int, str]]
    range_from: Mapping[int, str]
    carriers: NDArray[np.object_]
    member_area_km2: FloatArray

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def area_km2(self) -> FloatArray:
        """Area of each zone, lakes and rivers included; 0 for a zone on the line."""
        return np.asarray(self.matrices[LAND] @ self.member_area_km2, dtype=np.float64)[self.main]

    def has_carrier(self, carrier: str) -> NDArray[np.bool_]:
        """Which zones a measure on a carrier has figures for: points lie on land."""
        wanted = LINE if carrier == LINE else LAND
        return np.asarray(self.carriers == wanted, dtype=np.bool_)

    @property
    def width_m(self) -> FloatArray:
        """Distance between the edges of each zone; NaN where it has none."""
        return np.asarray(self.frame["to_m"] - self.frame["from_m"], dtype=np.float64)


@dataclass(frozen=True)
class Reading:
    """One way to read one dataset.

    Attributes
    ----------
    values
        One number a selection (every zone itself, and its variants), in the unit of the figures.
    dataset, name
        As in the table of readings.
    """

    values: FloatArray
    dataset: str
    name: str = VALUE


@dataclass(frozen=True)
class Sums:
    """Sums of one measure's columns over every selection.

    Attributes
    ----------
    values
        Selections x columns.
    columns
        Keys of the columns, in order.
    zones
        The zones that the selections are of.
    """

    values: FloatArray
    columns: Sequence[tuple[str | None, str, str]]
    zones: ZoneTable

    def find(self, category: str | None, dataset: str, reading: str = VALUE) -> FloatArray | None:
        """Sums of one column over every selection, or None where there is no such column."""
        key = (category, dataset, reading)
        return self.values[:, self.columns.index(key)] if key in self.columns else None

    def get(self, category: str | None, dataset: str, reading: str = VALUE) -> FloatArray:
        """Sums of one column over every selection.

        Raises
        ------
        KeyError
            When there is no such column.
        """
        found = self.find(category, dataset, reading)
        if found is None:
            raise KeyError((category, dataset, reading))
        return found

    def read(self, category: str | None, dataset: str, reading: str = VALUE) -> Reading:
        """Sums of one column as a reading of a figure."""
        return Reading(self.get(category, dataset, reading), dataset, reading)

    @property
    def categories(self) -> list[str | None]:
        """Categories of the columns, each once."""
        return list(dict.fromkeys(category for category, _, _ in self.columns))


@dataclass(frozen=True)
class Figures:
    """One measure and category for every zone.

    Attributes
    ----------
    unit
        Of the readings.
    readings
        The first is the value; all of them give the range. NaN where there is none.
    spread
        What the readings beside the first are the spread of; None where there are none.
    note
        What to say of a zone that has no range.
    cautions
        What to say of each zone whatever its range; one text or None a zone.
    pixels
        The data's own pixels that carry each zone's value; None where the data have none.
    kept
        Which zones have such a row; None for all that the measure's carrier has.
    floor
        One number a zone: a value below it is not told of an area that a user chose, only that it is below. None where
        every value is told.
    """

    measure: str
    category: str | None
    unit: str
    entry: Entry
    readings: tuple[Reading, ...]
    spread: str | None = None
    note: str | None = None
    cautions: NDArray[np.object_] | None = None
    pixels: FloatArray | None = None
    known_share: FloatArray | None = None
    known_basis: str | None = None
    basis: str | None = None
    kept: NDArray[np.bool_] | None = None
    floor: FloatArray | None = None


@dataclass(frozen=True)
class Spread:
    """Value and range of one figure for every zone, all from its readings; NaN and None where there is none."""

    value: FloatArray
    low: FloatArray
    high: FloatArray
    range_from: NDArray[np.object_]
    note: NDArray[np.object_]


@dataclass(frozen=True)
class Absent:
    """Why a measure has no figures in a run: sentences for the user, none where no dataset was asked for."""

    notes: tuple[str, ...] = ()


class Measure(Protocol[P]):
    """What is counted; one instance a measure, registered in `measures.registry`."""

    @property
    def name(self) -> str:
        """As in the column `measure`."""

    @property
    def carrier(self) -> str:
        """What its columns have one number for: `land`, `line`, `places` or `facilities`."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Needs of the study that it is counted from."""

    def prepare(self, layers: Layers, land: Land) -> P | Absent:
        """What is the same for all areas, or `Absent` where the run has no data for it."""

    def count(self, prepared: P, areas: Areas, land: Land) -> list[Column]:
        """One column for each category, dataset and reading; `areas` is one block of the land (unused off land)."""

    def figure(self, prepared: P, sums: Sums) -> Iterator[Figures]:
        """Figures of every zone from the sums."""


class Ratio(Protocol[P_contra]):
    """A measure of the columns of another one: `of` names it; nothing is counted anew."""

    @property
    def name(self) -> str:
        """As in the column `measure`."""

    @property
    def of(self) -> str:
        """The measure whose columns and preparation it takes."""

    def figure(self, prepared: P_contra, sums: Sums) -> Iterator[Figures]:
        """Figures of every zone from the other measure's sums."""


@dataclass(frozen=True)
class Counted(Generic[P]):
    """What a measure came to: its columns over all members, and what its figures are made from."""

    measure: Measure[P]
    prepared: P
    columns: list[Column] = field(default_factory=list)

    def get(self, category: str | None, reading: str = VALUE) -> FloatArray | None:
        """The column of the primary dataset, one number a member; None where there is none."""
        for column in self.columns:
            if column.category == category and column.reading == reading:
                return column.values
        return None


# Every measure of a run by its name; what each is prepared into is its own matter.
CountedByName = Mapping[str, Counted[Any]]


def choose_band(entry: Entry) -> Band:
    """The band of a dataset's files that is tabulated, with what its entry says of it.

    Parameters
    ----------
    entry
        A dataset whose rasters are too fine to be held in memory.
    """
    return Band(entry.band, entry.nodata, entry.ruling_crs)


def join_blocks(blocks: Sequence[list[Column]]) -> list[Column]:
    """Columns of several blocks of areas as columns of all, block after block."""
    return [
        Column(np.concatenate([column.values for column in same]), *same[0].key) for same in zip(*blocks, strict=True)
    ]


def join_texts(first: NDArray[np.object_], second: NDArray[np.object_]) -> NDArray[np.object_]:
    """Texts joined one by one with a semicolon, empty ones left out.

    >>> join_texts(np.array(["a", None, None], object), np.array(["b", "b", None], object)).tolist()
    ['a; b', 'b', None]
    """
    pairs = zip(first, second, strict=True)
    return np.array(["; ".join(text for text in pair if text) or None for pair in pairs], dtype=object)


def list_readings(figures: Figures, zones: ZoneTable) -> list[tuple[NDArray[np.int64], str, str, FloatArray]]:
    """Every reading of a figure as (zones by position, dataset, reading, one number a zone).

    Other outlines of a zone are read by the first reading alone, each as a reading of its own.
    """
    every, first = np.arange(len(zones)), figures.readings[0]
    told = ~find_guarded(figures, zones)
    found = [(every, one.dataset, one.name, np.where(told, one.values[zones.main], np.nan)) for one in figures.readings]
    for zone, rows in zones.variants.items():
        for row, name in rows.items():
            found.append((np.array([zone]), first.dataset, f"{first.name}, {name}", first.values[[row]]))
    return found


def find_guarded(figures: Figures, zones: ZoneTable) -> NDArray[np.bool_]:
    """Zones whose value is not told: areas that a user chose, with so few people that they could be known by it."""
    if figures.floor is None:
        return np.zeros(len(zones), dtype=bool)
    chosen = (zones.frame["zone_kind"] == OWN).to_numpy()
    return np.asarray(chosen & (figures.readings[0].values[zones.main] < figures.floor), dtype=np.bool_)


def compute_spread(figures: Figures, zones: ZoneTable) -> Spread:
    """Value, low and high of every zone: the first reading, and the least and the most of all of them.

    A zone without a value has no range: its note says so. One with a single reading has none either. Of a guarded zone
    only the floor is told, as its high.
    """
    count, guarded = len(zones), find_guarded(figures, zones)
    value = np.where(guarded, np.nan, figures.readings[0].values[zones.main])
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    for positions, _, _, values in list_readings(figures, zones):
        low[positions], high[positions] = np.fmin(low[positions], values), np.fmax(high[positions], values)
    ranged = np.full(count, len(figures.readings) > 1)
    ranged[list(zones.variants)] = True
    ranged &= np.isfinite(value)
    reasons, notes = np.full(count, figures.spread, dtype=object), np.full(count, figures.note, dtype=object)
    for zone, name in zones.range_from.items():
        reasons[zone] = "; ".join(text for text in (figures.spread, name) if text)
    reasons[~ranged], notes[ranged] = None, None
    notes[np.isnan(value)] = NOTHING
    reasons[guarded], notes[guarded] = None, GUARDED
    floor = np.nan if figures.floor is None else figures.floor
    return Spread(
        value=value,
        low=np.where(guarded, 0.0, np.where(ranged, low, np.nan)),
        high=np.where(guarded, floor, np.where(ranged, high, np.nan)),
        range_from=reasons,
        note=notes if figures.cautions is None else join_texts(figures.cautions, notes),
    )


def caution(pixel_km2: float, area_km2: FloatArray, zones: ZoneTable) -> tuple[FloatArray, NDArray[np.object_]]:
    """Pixels that carry each zone's figure, and what to say of it where they are few or the zone is narrow.

    Parameters
    ----------
    pixel_km2
        Area of one of the data's pixels.
    area_km2
        One number a zone.
    """
    pixels = area_km2 / pixel_km2 if pixel_km2 > 0 else np.full(len(zones), np.nan)
    narrow = zones.width_m < np.sqrt(pixel_km2) * 1e3
    texts = np.full(len(zones), None, dtype=object)
    texts[narrow] = NARROW
    texts[pixels < LEAST_PIXELS] = FEW
    return pixels, texts


def divide(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Ratio of two columns, one by one; NaN where the whole is nothing."""
    out: FloatArray = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    return out
