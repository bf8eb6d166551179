"""`protected_area`: land in any site of a need, sites that overlap counted once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo_border.catalog import Entry
from geo_border.geo.crs import WGS84, area_km2, reproject
from geo_border.geo.overlay import clip_pairs, cut_by_lattice, extract_polygons
from geo_border.layers import Layers
from geo_border.measures.base import LAND, Absent, Areas, Column, Figures, Land, Sums
from geo_border.measures.overlay import sum_parts

# Sites are large and winding: in squares of this size, each is met by few areas.
_SQUARE_M = 2_000.0


@dataclass(frozen=True)
class Sites:
    """Area in km² of the sites of one need."""

    name: str
    need: str
    carrier: str = LAND

    @property
    def needs(self) -> tuple[str, ...]:
        """The one need."""
        return (self.need,)

    def prepare(self, layers: Layers, land: Land) -> tuple[Entry, NDArray[np.object_]] | Absent:
        """The entry, and disjoint parts of the sites in the study's plane."""
        layer = layers.get(self.need)
        if layer is None or not len(layer.data):
            return Absent()
        return layer.entry, _dissolve(layer.data, land.units.crs)

    def count(self, prepared: tuple[Entry, NDArray[np.object_]], areas: Areas, land: Land) -> list[Column]:
        """Area of sites in each area."""
        entry, parts = prepared
        crs = areas.crs
        inside = sum_parts(parts, areas.frame.geometry.to_numpy(), lambda p: area_km2(extract_polygons(p), crs))
        return [Column(inside, None, entry.name)]

    def figure(self, prepared: tuple[Entry, NDArray[np.object_]], sums: Sums) -> Iterator[Figures]:
        """One row a zone."""
        entry, _ = prepared
        yield Figures(
            measure=self.name,
            category=None,
            unit="km²",
            entry=entry,
            readings=(sums.read(None, entry.name),),
            note="sites as delineated, overlapping ones counted once; some countries withhold sites",
        )


def _dissolve(sites: gpd.GeoDataFrame, crs: CRS) -> NDArray[np.object_]:
    """Sites in the plane, where they overlap once, cut by a lattice."""
    flat = reproject(sites.geometry.to_numpy(), WGS84, crs)
    # Valid when read: only what the move has crossed is repaired, ring by ring: all lines at once may take minutes.
    crossed = ~shapely.is_valid(flat)
    flat[crossed] = shapely.make_valid(flat[crossed], method="structure", keep_collapsed=False)
    parts = shapely.get_parts(extract_polygons(shapely.union_all(extract_polygons(flat))))
    return np.asarray(cut_by_lattice(parts, _SQUARE_M, clip_pairs).shape)


MEASURES = (Sites("protected_area", "protected"),)
