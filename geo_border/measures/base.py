"""The protocol of a measure, and the values that pass through it: columns of areas, sums over zones, figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS
from scipy.sparse import csr_matrix

from geo_border.catalog import Entry
from geo_border.crs import FloatArray
from geo_border.engine import Engine
from geo_border.layers import Layers
from geo_border.nearest import Lines
from geo_border.present.withholding import FEW, LEAST_PIXELS
from geo_border.zonal import Zones

NARROW = "indicative: zone narrower than the data's pixel"
NO_RANGE = "no second dataset in this run"
# The reading that a figure's value is of.
VALUE = "value"
LAND, LINE, PLACES, FACILITIES = "land", "line", "places", "facilities"


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
    home: Sequence[Any]
    points: Mapping[str, gpd.GeoDataFrame]
    stretches: pd.DataFrame
    beyond: gpd.GeoDataFrame
    index: Lines
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
        Position of a zone to the rows of its variants.
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
    variants: Mapping[int, Sequence[int]]
    range_from: Mapping[int, str]
    carriers: NDArray[Any]
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

    def get(self, category: str | None, dataset: str, reading: str = VALUE) -> FloatArray | None:
        """Sums of one column over every selection, or None where there is no such column."""
        key = (category, dataset, reading)
        return self.values[:, self.columns.index(key)] if key in self.columns else None

    def of_zones(self, category: str | None, dataset: str, reading: str = VALUE) -> FloatArray:
        """Sums of one column over every zone itself.

        Raises
        ------
        KeyError
            When there is no such column.
        """
        found = self.get(category, dataset, reading)
        if found is None:
            raise KeyError((category, dataset, reading))
        return found[self.zones.main]

    @property
    def categories(self) -> list[str | None]:
        """Categories of the columns, each once."""
        return list(dict.fromkeys(category for category, _, _ in self.columns))


@dataclass(frozen=True)
class Figures:
    """One measure and category for every zone; NaN where there is none.

    Attributes
    ----------
    value, low, high
        In `unit`; raw.
    pixels
        The data's own pixels that carry each value; None where the data have none.
    range_from, note
        One text each, or None.
    kept
        Which zones have such a row; None for all that the measure's carrier has.
    """

    measure: str
    category: str | None
    unit: str
    entry: Entry
    value: FloatArray
    low: FloatArray
    high: FloatArray
    range_from: NDArray[Any]
    note: NDArray[Any]
    pixels: FloatArray | None = None
    known_share: FloatArray | None = None
    known_basis: str | None = None
    basis: str | None = None
    kept: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Absent:
    """Why a measure has no figures in a run: sentences for the user, none where no dataset was asked for."""

    notes: tuple[str, ...] = ()


class Measure(Protocol):
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

    def prepare(self, layers: Layers, land: Land) -> Any:
        """What is the same for all areas, or `Absent` where the run has no data for it."""

    def count(self, prepared: Any, areas: Areas, land: Land) -> list[Column]:
        """One column for each category, dataset and reading; `areas` is one block of the land (unused off land)."""

    def figure(self, prepared: Any, sums: Sums) -> Iterator[Figures]:
        """Figures of every zone from the sums."""


class Ratio(Protocol):
    """A measure of the columns of another one: `of` names it; nothing is counted anew."""

    @property
    def name(self) -> str:
        """As in the column `measure`."""

    @property
    def of(self) -> str:
        """The measure whose columns and preparation it takes."""

    def figure(self, prepared: Any, sums: Sums) -> Iterator[Figures]:
        """Figures of every zone from the other measure's sums."""


@dataclass(frozen=True)
class Counted:
    """What a measure came to: its columns over all members, and what its figures are made from."""

    measure: Measure
    prepared: Any
    columns: list[Column] = field(default_factory=list)

    def get(self, category: str | None, reading: str = VALUE) -> FloatArray | None:
        """The column of the primary dataset, one number a member; None where there is none."""
        for column in self.columns:
            if column.category == category and column.reading == reading:
                return column.values
        return None


def join_blocks(blocks: Sequence[list[Column]]) -> list[Column]:
    """Columns of several blocks of areas as columns of all, block after block."""
    return [
        Column(np.concatenate([column.values for column in same]), *same[0].key) for same in zip(*blocks, strict=True)
    ]


def fill_text(count: int, text: str | None) -> NDArray[Any]:
    """One text for every zone."""
    return np.full(count, text, dtype=object)


def join_texts(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
    """Texts joined one by one with a semicolon, empty ones left out.

    >>> join_texts(np.array(["a", None, None], object), np.array(["b", "b", None], object)).tolist()
    ['a; b', 'b', None]
    """
    pairs = zip(first, second, strict=True)
    return np.array(["; ".join(text for text in pair if text) or None for pair in pairs], dtype=object)


def widen(sums: Sums, column: FloatArray | None, figures: Figures) -> Figures:
    """Figures whose range is widened by the variants of their zones, where those have any.

    Parameters
    ----------
    column
        One number a selection, in the unit of the figures: those of the variants join value, low and high.
        `range_from` then names both.
    """
    if column is None or not sums.zones.variants:
        return figures
    low, high, reasons, notes = figures.low.copy(), figures.high.copy(), figures.range_from.copy(), figures.note.copy()
    for zone, rows in sums.zones.variants.items():
        others = [figures.value[zone], *column[list(rows)]]
        low[zone] = np.nanmin([low[zone], *others])
        high[zone] = np.nanmax([high[zone], *others])
        reasons[zone] = "; ".join(text for text in (reasons[zone], sums.zones.range_from[zone]) if text)
        notes[zone] = None
    return replace(figures, low=low, high=high, range_from=reasons, note=notes)


def caution(pixel_km2: float, area_km2: FloatArray, zones: ZoneTable) -> tuple[FloatArray, NDArray[Any]]:
    """Pixels that carry each zone's figure, and what to say of it where they are few or the zone is narrow."""
    pixels = area_km2 / pixel_km2 if pixel_km2 > 0 else np.full(len(zones), np.inf)
    narrow = zones.width_m < np.sqrt(pixel_km2) * 1e3
    texts = fill_text(len(zones), None)
    texts[narrow] = NARROW
    texts[pixels < LEAST_PIXELS] = FEW
    return pixels, texts


def add_caution(figures: Figures, cautions: NDArray[Any]) -> Figures:
    """Figures whose notes begin with what `caution` says of each zone."""
    return replace(figures, note=join_texts(cautions, figures.note))


def divide(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Ratio of two columns, one by one; NaN where the whole is nothing."""
    out: FloatArray = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    return out
