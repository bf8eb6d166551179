"""Zones read once and moved once: what several calls on the same zones share."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo_border.errors import GeometryError
from geo_border.geo.crs import parse_crs
from geo_border.geo.overlay import extract_polygons
from geo_border.geo.types import GeometryArray, Polygonal
from geo_border.zonal.reproject import project_rings, unwrap_rings
from geo_border.zonal.rings import Rings, flatten_polygons, number_zones, read_zones


class RingsByCrs:
    """Zones' rings, in their own CRS and in those of the rasters met so far: what a worker needs of them.

    Attributes
    ----------
    rings
        Rings in the zones' own CRS.
    count
        Number of zones.
    """

    def __init__(self, rings: Rings, count: int) -> None:
        self.rings, self.count = rings, count
        self._projected: dict[str, Rings] = {}
        self._last: tuple[object, Rings] | None = None

    def reuse_last(self, box: tuple[float, ...], crs: CRS, find: Callable[[], Rings]) -> Rings:
        """Rings near a raster's extent, found anew only when the raster is another one than the last time."""
        key = (box, crs.to_wkt())
        last = self._last
        if last is None or last[0] != key:
            last = self._last = (key, find())
        return last[1]

    def project_to(self, crs: CRS) -> Rings:
        """Rings in a raster's CRS, kept for the next raster in it."""
        key = crs.to_wkt()
        if key not in self._projected:
            self._projected[key] = unwrap_rings(project_rings(self.rings, crs))
        return self._projected[key]


class Zones:
    """Zones ready to be laid over any number of rasters.

    Attributes
    ----------
    ids
        Ids in order of first appearance.
    field
        Name of the id column.
    rings_by_crs
        Their rings.
    """

    def __init__(
        self, geometries: GeometryArray, number: NDArray[np.int64], ids: pd.Index, field: str, crs: CRS
    ) -> None:
        self._geometries, self._number = geometries, number
        self.ids, self.field = ids, field
        self.rings_by_crs = RingsByCrs(flatten_polygons(geometries, number, crs), len(ids))

    def __len__(self) -> int:
        return len(self.ids)

    def merge_into_one(self) -> Zones:
        """All zones as the parts of a single one."""
        return Zones(
            self._geometries, np.zeros_like(self._number), pd.Index(["all"]), self.field, self.rings_by_crs.rings.crs
        )

    def find_within(self, area: Polygonal) -> NDArray[np.bool_]:
        """Whether every polygon of each zone lies in an area given in the zones' own CRS."""
        shapely.prepare(area)
        inside = np.ones(len(self), dtype=np.bool_)
        boxes = shapely.box(*shapely.bounds(self._geometries).T)
        # Most zones are decided by their extent; the others vertex by vertex, unless they clearly reach outside.
        open_rows = np.flatnonzero(~shapely.covers(area, boxes) & ~shapely.is_empty(self._geometries))
        may_cover = shapely.covers(shapely.box(*shapely.bounds(area)), boxes[open_rows])
        inside[self._number[open_rows[~may_cover]]] = False
        undecided = open_rows[may_cover & inside[self._number[open_rows]]]
        inside[self._number[undecided[~shapely.covers(area, self._geometries[undecided])]]] = False
        return inside

    def repair_zones(self, suspects: NDArray[np.int64]) -> Zones | None:
        """Zones with the invalid polygons of some of them mended, or None when these are valid.

        A valid polygon never covers a cell by less than nothing or more than once, so only zones whose coverage does
        are looked at: testing every vertex would take longer than the tabulation.
        """
        rows = np.flatnonzero(np.isin(self._number, suspects))
        bad = rows[~shapely.is_valid(self._geometries[rows])]
        if len(bad) == 0:
            return None
        names = [str(self.ids[self._number[row]]) for row in bad[:5]]
        warnings.warn(
            f"zones: {len(bad)} invalid polygons were mended (first: {', '.join(names)}); check their shape.",
            stacklevel=3,
        )
        geometries = self._geometries.copy()
        geometries[bad] = extract_polygons(shapely.make_valid(geometries[bad]))
        return Zones(geometries, self._number, self.ids, self.field, self.rings_by_crs.rings.crs)

    def raise_if_overlapping(self) -> None:
        """Refuse zones whose interiors overlap by more than rounding.

        Raises
        ------
        GeometryError
            Naming the first two zones that overlap.
        """
        bad = ~shapely.is_valid(self._geometries)
        shapes = self._geometries.copy()
        shapes[bad] = shapely.make_valid(shapes[bad])
        left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        pairs = (left < right) & (self._number[left] != self._number[right])
        left, right = left[pairs], right[pairs]
        common = shapely.area(shapely.intersection(shapes[left], shapes[right]))
        overlapping = np.flatnonzero(
            common > 1e-9 * np.minimum(shapely.area(shapes[left]), shapely.area(shapes[right]))
        )
        if len(overlapping):
            a, b = self.ids[self._number[left[overlapping[0]]]], self.ids[self._number[right[overlapping[0]]]]
            others = {1: "", 2: ", and so does one more pair"}.get(
                len(overlapping), f", and so do {len(overlapping) - 1:,} more pairs"
            )
            raise GeometryError(f"zones: {a!r} and {b!r} overlap{others}; mend them, or use --overlap allow.")


def prepare_zones(zones: Zones | gpd.GeoDataFrame | str | Path, zone_field: str = "zone_id") -> Zones:
    """Zones ready for `tabulate`, which takes them in place of the layer and then skips what they already know.

    Parameters
    ----------
    zones
        Layer of polygons in any CRS, a vector file, or zones that are ready and come back as they are.
    zone_field
        Column with the zones' ids; rows of one id are one zone.

    Raises
    ------
    GeometryError
        When the layer cannot be used as zones.
    CRSError
        When it has no CRS.
    """
    if isinstance(zones, Zones):
        return zones
    frame = read_zones(zones, zone_field)
    number, ids = number_zones(frame, zone_field)
    return Zones(np.asarray(frame.geometry.values), number, ids, zone_field, parse_crs(frame.crs, "zones"))
