"""What a run has read: for every need, canonical layers and the catalogue entries that they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geo_border.catalog import Entry
from geo_border.geo.crs import row_area_km2
from geo_border.geo.grid import Grid


@dataclass(frozen=True)
class Layer:
    """One dataset as read for one need.

    Attributes
    ----------
    entry
        The catalogue entry.
    data
        A GeoDataFrame in EPSG:4326, a `Grid`, or the paths of a raster that is too fine to hold in memory. None for
        people that are modelled from another need.
    ages
        People by age, on the cells of `data` (or paths, as `data`); empty where the dataset has no ages.
    """

    entry: Entry
    data: Any
    ages: Mapping[str, Any] = field(default_factory=dict)

    @property
    def grid(self) -> Grid | None:
        """The grid in memory, if the dataset is one."""
        return self.data if isinstance(self.data, Grid) else None

    @property
    def paths(self) -> list[Path] | None:
        """Paths of the raster files, where they are too fine to hold."""
        return self.data if isinstance(self.data, list) else None

    @property
    def pixel_km2(self) -> float:
        """Area of one native pixel in the middle of the window; 0 where the dataset has no pixels."""
        stated = self.entry.options.get("pixel_km2")
        if stated is None and self.paths is not None:
            stated = (self.entry.pixel_m or 0.0) ** 2 / 1e6
        if stated is not None or self.grid is None:
            return float(stated or 0.0)
        step, rows = self.grid.transform, self.grid.shape[0]
        if self.grid.crs.is_geographic:
            return float(row_area_km2(step.f, -step.e, step.a, rows)[rows // 2])
        return abs(step.a * step.e) * float(self.grid.crs.axis_info[0].unit_conversion_factor) ** 2 / 1e6


@dataclass(frozen=True)
class Layers:
    """Layers by need, the primary dataset of each first; a need that nothing serves here is missing."""

    by_need: Mapping[str, tuple[Layer, ...]]

    def get_all(self, need: str) -> tuple[Layer, ...]:
        """Every dataset that serves a need, the primary one first."""
        return self.by_need.get(need, ())

    def get(self, need: str) -> Layer | None:
        """The primary dataset of a need, or None."""
        found = self.get_all(need)
        return found[0] if found else None

    def get_grid(self, need: str) -> Grid | None:
        """The grid in memory of the primary dataset of a need, or None."""
        layer = self.get(need)
        return None if layer is None else layer.grid
