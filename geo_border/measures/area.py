"""`area`: home land, lakes and rivers included; and the frontier's length by medium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo_border.catalog import Entry
from geo_border.layers import Layers
from geo_border.measures.base import LAND, LINE, Absent, Areas, Column, Figures, Land, Sums
from geo_border.schemas import MEDIA

_BY_MEDIUM = "the official length stands in layer segments; narrow rivers count as land"
_AS_GIVEN = "measured along the line as given, where it lies on the edge of home"


@dataclass(frozen=True)
class Area:
    """Area of home land in km², measured in the study's equal-area plane."""

    name: str = "area"
    carrier: str = LAND
    needs: tuple[str, ...] = ()

    def prepare(self, layers: Layers, land: Land) -> Entry | Absent:
        """The boundaries' entry: areas are of their land."""
        layer = layers.get("boundaries")
        return Absent() if layer is None else layer.entry

    def count(self, prepared: Entry, areas: Areas, land: Land) -> list[Column]:
        """Area of each."""
        return [Column(areas.area_km2, None, prepared.name)]

    def figure(self, prepared: Entry, sums: Sums) -> Iterator[Figures]:
        """One row a zone; only another outline gives a range."""
        yield Figures(
            measure=self.name,
            category=None,
            unit="km²",
            entry=prepared,
            readings=(sums.read(None, prepared.name),),
            note="measured, not estimated; see the segment's source",
        )


@dataclass(frozen=True)
class FrontierLength:
    """Geodesic length of the frontier in km by what it runs through."""

    name: str = "frontier_length"
    carrier: str = LINE
    needs: tuple[str, ...] = ()

    def prepare(self, layers: Layers, land: Land) -> Entry | Absent:
        """The entry of a user's own line, else the boundaries': the line is theirs."""
        layer = layers.get("own_line") or layers.get("boundaries")
        return Absent() if layer is None else layer.entry

    def count(self, prepared: Entry, areas: Areas, land: Land) -> list[Column]:
        """Length of each stretch, in the column of its medium; in one without, where the line is a user's own."""
        length, medium = land.stretches["length_km"].to_numpy(np.float64), land.stretches["medium"].to_numpy()
        if pd.isna(medium).all():
            return [Column(length, None, prepared.name)]
        return [Column(np.where(medium == one, length, 0.0), one, prepared.name) for one in MEDIA]

    def figure(self, prepared: Entry, sums: Sums) -> Iterator[Figures]:
        """One row a zone and medium."""
        for medium in sums.categories:
            yield Figures(
                measure=self.name,
                category=medium,
                unit="km",
                entry=prepared,
                readings=(sums.read(medium, prepared.name),),
                note=_AS_GIVEN if medium is None else _BY_MEDIUM,
            )


MEASURES = (FrontierLength(), Area())
