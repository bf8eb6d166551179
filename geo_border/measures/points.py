"""`settlements` and `facilities`: how many points of a need lie in each zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geo_border.catalog import Entry
from geo_border.layers import Layers
from geo_border.measures.base import FACILITIES, PLACES, Absent, Areas, Column, Figures, Land, Sums


@dataclass(frozen=True)
class Points:
    """Number of points of one need, in all or by kind."""

    name: str
    carrier: str
    note: str
    by_kind: bool = False

    @property
    def needs(self) -> tuple[str, ...]:
        """The one need."""
        return (self.carrier,)

    def prepare(self, layers: Layers, land: Land) -> Entry | Absent:
        """The entry, where the run has a dataset of them."""
        layer = layers.get(self.carrier)
        return Absent() if layer is None or not len(layer.data) else layer.entry

    def count(self, prepared: Entry, areas: Areas, land: Land) -> list[Column]:
        """One for each point, in the column of its kind where they are told apart."""
        frame = land.points[self.carrier]
        if not self.by_kind:
            return [Column(np.ones(len(frame)), None, prepared.name)]
        kind = frame["kind"].to_numpy()
        return [Column((kind == one).astype(np.float64), str(one), prepared.name) for one in sorted(set(kind))]

    def figure(self, prepared: Entry, sums: Sums) -> Iterator[Figures]:
        """One row a zone and kind."""
        for category in sums.categories:
            yield Figures(
                measure=self.name,
                category=category,
                unit="count",
                entry=prepared,
                readings=(sums.read(category, prepared.name),),
                note=self.note,
            )


MEASURES = (
    Points("settlements", PLACES, "places that the dataset names; small ones are missing"),
    Points("facilities", FACILITIES, "facilities that the dataset has; its completeness is not known", by_kind=True),
)
