"""`cover_area` and `cover_share`: land cover by common class, in km² and as shares of land whose cover is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from geo_border.catalog import Entry, Legend
from geo_border.engine import Engine
from geo_border.errors import RasterError
from geo_border.geo.grid import Grid
from geo_border.geo.types import FloatArray
from geo_border.layers import Layers
from geo_border.measures.base import (
    LAND,
    NO_RANGE,
    VALUE,
    Absent,
    Areas,
    Column,
    Figures,
    Land,
    Reading,
    Sums,
    caution,
    divide,
)
from geo_border.schemas import COVER_CLASSES, UNKNOWN
from geo_border.zonal import Zones, tabulate

TREE_READINGS = "legend readings of tree"
# Readings beside the value: the strictest and the loosest meaning of tree.
_LOW, _HIGH = "strictest legend reading", "loosest legend reading"
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
        ]

    def figure(self, prepared: Cover, sums: Sums) -> Iterator[Figures]:
        """One row a zone and class."""
        name, zones = prepared.entry.name, sums.zones
        classes = (*COVER_CLASSES, UNKNOWN)
        values = np.column_stack([sums.get(one, name) for one in classes])
        # Rounding of ellipsoidal against planar area stays with the largest class, so that the classes add up exactly.
        own = values[zones.main]
        own[np.arange(len(zones)), own.argmax(axis=1)] += zones.area_km2 - own.sum(axis=1)
        values[zones.main] = own
        pixels, cautions = caution(prepared.pixel_km2, zones.area_km2, zones)
        for position, category in enumerate(classes):
            others = [sums.read(category, name, one) for one in (_LOW, _HIGH)] if category == "tree" else []
            yield Figures(
                measure=self.name,
                category=category,
                unit="km²",
                entry=prepared.entry,
                readings=(Reading(values[:, position], name), *others),
                spread=TREE_READINGS if others else None,
                note=NO_RANGE,
                cautions=cautions,
                pixels=pixels,
            )


@dataclass(frozen=True)
class CoverShare:
    """Share of each class in the legend: of known cover that is not water; of water, of all known cover."""

    name: str = "cover_share"
    of: str = "cover_area"

    def figure(self, prepared: Cover, sums: Sums) -> Iterator[Figures]:
        """One row a zone and class."""
        name, zones = prepared.entry.name, sums.zones
        known = _sum_known(sums, name, prepared.legend)
        dry = known - sums.get("water", name)
        pixels, cautions = caution(prepared.pixel_km2, zones.area_km2, zones)
        for category in COVER_CLASSES:
            if category not in prepared.legend.classes.values():
                continue
            whole = known if category == "water" else dry
            names = (VALUE, _LOW, _HIGH) if category == "tree" else (VALUE,)
            yield Figures(
                measure=self.name,
                category=category,
                unit="share",
                entry=prepared.entry,
                readings=tuple(Reading(divide(sums.get(category, name, one), whole), name, one) for one in names),
                spread=TREE_READINGS if category == "tree" else None,
                note=NO_RANGE,
                cautions=cautions,
                pixels=pixels,
                basis=_OF_ALL if category == "water" else _OF_LAND,
            )


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


def _sum_known(sums: Sums, dataset: str, legend: Legend) -> FloatArray:
    """Area whose cover is known, a number a selection.

    A dataset that tells only tree from not tree calls the latter `unknown`, and knows it all the same.
    """
    classes = COVER_CLASSES if not legend.is_tree_only else (*COVER_CLASSES, UNKNOWN)
    return np.asarray(np.sum([sums.get(category, dataset) for category in classes], axis=0), dtype=np.float64)


MEASURES = (CoverArea(),)
RATIOS = (CoverShare(),)
