"""`road_length`: length of lines in km; one instance a need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_border.catalog import Entry
from geo_border.geo.crs import WGS84, length_m, reproject
from geo_border.layers import Layers
from geo_border.measures.base import LAND, NO_RANGE, Absent, Areas, Column, Figures, Land, Sums
from geo_border.measures.overlay import sum_parts


@dataclass(frozen=True)
class Lines:
    """Geodesic length in km of the lines of one need."""

    name: str
    need: str
    carrier: str = LAND

    @property
    def needs(self) -> tuple[str, ...]:
        """The one need."""
        return (self.need,)

    def prepare(self, layers: Layers, land: Land) -> tuple[Entry, NDArray[np.object_]] | Absent:
        """The entry, and the lines in the study's plane."""
        layer = layers.get(self.need)
        if layer is None or not len(layer.data):
            return Absent()
        return layer.entry, reproject(layer.data.geometry.to_numpy(), WGS84, land.units.crs)

    def count(self, prepared: tuple[Entry, NDArray[np.object_]], areas: Areas, land: Land) -> list[Column]:
        """Length in each area."""
        entry, lines = prepared
        crs = areas.crs
        length_km = sum_parts(
            lines, areas.frame.geometry.to_numpy(), lambda p: length_m(reproject(p, crs, WGS84)) / 1e3
        )
        return [Column(length_km, None, entry.name)]

    def figure(self, prepared: tuple[Entry, NDArray[np.object_]], sums: Sums) -> Iterator[Figures]:
        """One row a zone."""
        entry, _ = prepared
        yield Figures(
            measure=self.name,
            category=None,
            unit="km",
            entry=entry,
            readings=(sums.read(None, entry.name),),
            note=NO_RANGE,
        )


MEASURES = (Lines("road_length", "roads"),)
