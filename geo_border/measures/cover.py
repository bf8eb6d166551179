"""`cover_area` and `cover_share`: land cover by common class, in km² and as shares of land whose cover is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from geo_border.catalog import Entry, Legend
from geo_border.crs import FloatArray
from geo_border.engine import Engine
from geo_border.errors import RasterError
from geo_border.layers import Layers
from geo_border.measures.base import (
    LAND,
    NO_RANGE,
    Absent,
    Areas,
    Column,
    Figures,
    Land,
    Sums,
    add_caution,
    caution,
    divide,
    fill_text,
    widen,
)
from geo_border.model import COVER_CLASSES, UNKNOWN, Grid
from geo_border.zonal import Zones, tabulate

TREE_READINGS = "legend readings of tree"
# Readings beside the value: the strictest and the loosest meaning of tree, and the area that the classes add up to.
_LOW, _HIGH, _AREA = "strictest legend reading", "loosest legend reading", "area"
_OF_LAND, _OF_ALL = "known cover without water", "known cover"


@dataclass(frozen=True)
class Cover:
    """A cover as it is tabulated: its grid or the paths of its tiles, its legend and the area of a pixel."""

    entry: Entry
    data: Grid | list[Path]
    legend: Legend
    pixel_km2: float


@dataclass(frozen=True)
class CoverArea:
    """Area by cover class; the classes and `unknown` add up to the zone."""

    name: str = "cover_area"
    carrier: str = LAND
    needs: tuple[str, ...] = ("cover",)

    def prepare(self, layers: Layers, land: Land) -> Cover | Absent:
        """The cover with its legend."""
        layer = layers.get("cover")
        if layer is None:
            return Absent()
        assert layer.entry.legend is not None, "a cover without a legend is refused when it is read"
        return Cover(layer.entry, layer.data, layer.entry.legend, layer.pixel_km2)

    def count(self, prepared: Cover, areas: Areas, land: Land) -> list[Column]:
        """Area of each class in each area, and of tree in both readings."""
        name = prepared.entry.name
        table = sum_classes(prepared.data, areas.zones, len(areas), prepared.legend, land.engine)
        return [
            *(Column(table[one].to_numpy(np.float64), one, name) for one in (*COVER_CLASSES, UNKNOWN)),
            Column(table["tree_low"].to_numpy(np.float64), "tree", name, _LOW),
            Column(table["tree_high"].to_numpy(np.float64), "tree", name, _HIGH),
            Column(areas.area_km2, None, name, _AREA),
        ]

    def figure(self, prepared: Cover, sums: Sums) -> Iterator[Figures]:
        """One row a zone and class."""
        name, count = prepared.entry.name, len(sums.zones)
        classes = (*COVER_CLASSES, UNKNOWN)
        values = np.column_stack([sums.of_zones(one, name) for one in classes])
        area = sums.of_zones(None, name, _AREA)
        # Rounding of ellipsoidal against planar area stays with the largest class, so that the classes add up exactly.
        values[np.arange(count), values.argmax(axis=1)] += area - values.sum(axis=1)
        pixels, cautions = caution(prepared.pixel_km2, area, sums.zones)
        for position, category in enumerate(classes):
            value = values[:, position]
            low, high, reason, note = _span(sums, category, name, value)
            found = Figures(
                measure=self.name,
                category=category,
                unit="km²",
                entry=prepared.entry,
                value=value,
                low=low,
                high=high,
                range_from=fill_text(count, reason),
                note=fill_text(count, note),
                pixels=pixels,
            )
            widened = widen(sums, sums.get(category, name), found)
            yield add_caution(widened, cautions)


@dataclass(frozen=True)
class CoverShare:
    """Share of each class in the legend: of known cover that is not water; of water, of all known cover."""

    name: str = "cover_share"
    of: str = "cover_area"

    def figure(self, prepared: Cover, sums: Sums) -> Iterator[Figures]:
        """One row a zone and class."""
        name, count = prepared.entry.name, len(sums.zones)
        known = _sum_known(sums, name, prepared.legend)
        dry = known - _get(sums, "water", name)
        pixels, cautions = caution(prepared.pixel_km2, sums.of_zones(None, name, _AREA), sums.zones)
        for category in COVER_CLASSES:
            if category not in prepared.legend.classes.values():
                continue
            whole = known if category == "water" else dry
            share = divide(_get(sums, category, name), whole)
            value = share[sums.zones.main]
            low = high = np.full(count, np.nan)
            reason: str | None = None
            note: str | None = NO_RANGE
            if category == "tree":
                lows, highs = (divide(_get(sums, "tree", name, reading), whole) for reading in (_LOW, _HIGH))
                low = np.fmin(lows[sums.zones.main], value)
                high = np.fmax(highs[sums.zones.main], value)
                reason, note = TREE_READINGS, None
            found = Figures(
                measure=self.name,
                category=category,
                unit="share",
                entry=prepared.entry,
                value=value,
                low=low,
                high=high,
                range_from=fill_text(count, reason),
                note=fill_text(count, note),
                pixels=pixels,
                basis=_OF_ALL if category == "water" else _OF_LAND,
            )
            yield add_caution(widen(sums, share, found), cautions)


def sum_classes(
    grid: Grid | list[Path], areas: Zones, count: int, legend: Legend, engine: Engine | None = None
) -> pd.DataFrame:
    """Area in km² by common class in each area 0..n-1: one column a class, `unknown`, and `tree_low`, `tree_high`.

    Raises
    ------
    RasterError
        When a value is not in the legend: it would be counted as something else.
    """
    table = tabulate(grid, areas, zone_field=areas.field, mode="class", coverage="exact", engine=engine)
    columns = (*COVER_CLASSES, UNKNOWN, "tree_low", "tree_high")
    out = {name: np.zeros(count) for name in columns}
    zone, area = table[areas.field].to_numpy(np.int64), table["area_km2"].to_numpy()
    code = table["class"].to_numpy(np.float64, na_value=np.nan)
    for value in np.unique(code[np.isfinite(code)]).astype(int):
        rows = code == value
        if str(value) not in legend.classes:
            raise RasterError(
                f"the land cover holds class {value}, which its legend lacks: is it the dataset it is said to be?"
            )
        name = legend.classes[str(value)]
        np.add.at(out[name], zone[rows], area[rows])
        for reading, values in (("tree_low", legend.tree_low), ("tree_high", legend.tree_high)):
            if value in values:
                np.add.at(out[reading], zone[rows], area[rows])
    missing = ~np.isfinite(code)
    np.add.at(out[UNKNOWN], zone[missing], area[missing])
    return pd.DataFrame(out)


def _span(
    sums: Sums, category: str, dataset: str, value: FloatArray
) -> tuple[FloatArray, FloatArray, str | None, str | None]:
    """Low, high, what they are the spread of, and the note where there is no range."""
    if category != "tree":
        nothing = np.full(len(value), np.nan)
        return nothing, nothing, None, NO_RANGE
    low = np.minimum(sums.of_zones("tree", dataset, _LOW), value)
    high = np.maximum(sums.of_zones("tree", dataset, _HIGH), value)
    return low, high, TREE_READINGS, None


def _get(sums: Sums, category: str, dataset: str, reading: str = "value") -> FloatArray:
    found = sums.get(category, dataset, reading)
    assert found is not None, "every class has a column"
    return found


def _sum_known(sums: Sums, dataset: str, legend: Legend) -> FloatArray:
    """Area whose cover is known, a number a selection.

    A dataset that tells only tree from not tree calls the latter `unknown`, and knows it all the same.
    """
    classes = COVER_CLASSES if not legend.only_tree else (*COVER_CLASSES, UNKNOWN)
    return np.asarray(np.sum([_get(sums, category, dataset) for category in classes], axis=0), dtype=np.float64)


MEASURES = (CoverArea(),)
RATIOS = (CoverShare(),)
