"""Raster x zones in one call: area by class or sum of counts per zone, streamed, the same for any thread count."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import geopandas as gpd
import pandas as pd

from geo_border.crs import is_equal_area
from geo_border.errors import CRSError, RasterError
from geo_border.model import Grid
from geo_border.zonal.covered import covered
from geo_border.zonal.ground import area_unit_m2, planar_areas_m2, zone_areas_m2
from geo_border.zonal.run import run_strips
from geo_border.zonal.source import Source, open_source
from geo_border.zonal.strip import Coverage, Mode, Question
from geo_border.zonal.table import Extent, class_table, sum_table
from geo_border.zonal.zones import Zones, prepare_zones

Raster = Grid | str | Path


def tabulate(
    raster: Raster | Sequence[Raster],
    zones: Zones | gpd.GeoDataFrame | str | Path,
    *,
    zone_field: str = "zone_id",
    mode: Mode = "class",
    coverage: Coverage = "exact",
    overlap: Literal["allow", "forbid"] = "allow",
    band: int = 1,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Area of each class (km²), or sum of counts, in each zone.

    Parameters
    ----------
    raster
        A path or VRT, a grid in memory, or a sequence of these that share a CRS and do not overlap.
    zones
        Polygons in any CRS; rows with the same `zone_field` are one zone, and their coverages add up. Several calls
        on the same zones are faster with the result of `prepare_zones`.
    zone_field
        Column with the zones' ids.
    mode
        "class": columns zone_field, class, area_km2, share; a line with class <NA> holds what has no data or lies
        outside, so a zone's lines add up to it. "sum": columns zone_field, sum. Both then zone_area_km2, data_share,
        nodata_share.
    coverage
        "exact" weighs each cell by the share of it that the zone covers; "center" takes the cells whose centre lies
        in the zone.
    overlap
        "forbid" refuses zones that overlap one another.
    band
        Band of the raster, from 1.
    threads
        Threads; the cores by default. The result does not depend on it.
    progress
        Called with the number of rasters done and in all.

    Returns
    -------
    DataFrame
        Zones in order of first appearance, classes ascending.

    Raises
    ------
    RasterError
        When a raster cannot be read or tabulated.
    CRSError
        When a CRS is missing, or areas are asked for in a plane that does not keep them.
    GeometryError
        When zones cannot be used, or overlap where that is forbidden.
    """
    prepared = prepare_zones(zones, zone_field)
    if overlap == "forbid":
        prepared.forbid_overlap()
    sources = _open_all(raster, band)
    try:
        head = sources[0].header
        if mode == "class" and not (head.crs.is_geographic or is_equal_area(head.crs)):
            raise CRSError(
                f"{head.name}: areas are not kept in {head.crs.name}; warp it to an equal-area CRS with -r near, or use "
                "--mode sum for counts."
            )
        question = Question(mode, coverage)
        unit_m2 = max(area_unit_m2(source.header.transform, head.crs) for source in sources)
        threads = threads or os.cpu_count() or 1
        sums = run_strips(sources, prepared, unit_m2, question, threads, progress)
        mended = prepared.mended(sums.suspects())
        if mended is not None:
            prepared = mended
            sums = run_strips(sources, prepared, unit_m2, question, threads, progress)
    finally:
        for source in sources:
            source.close()
    extent = Extent(zone_areas_m2(prepared.rings, len(prepared)), covered(prepared, [source.header for source in sources]))
    if mode == "class":
        return class_table(sums.total(), prepared.ids, prepared.field, unit_m2, extent)
    plane_m2 = extent.area_m2
    if not (head.crs.is_geographic or is_equal_area(head.crs)):
        plane_m2 = planar_areas_m2(prepared.in_plane(head.crs), len(prepared))
    return sum_table(sums.total(), prepared.ids, prepared.field, unit_m2, extent, plane_m2)


def _open_all(raster: Raster | Sequence[Raster], band: int) -> list[Source]:
    """Sources of all rasters, of one CRS."""
    many = [raster] if isinstance(raster, Grid | str | Path) else list(raster)
    if not many:
        raise RasterError("no raster was given; name at least one.")
    sources = [open_source(one, band) for one in many]
    head = sources[0].header
    for source in sources[1:]:
        if not source.header.crs.equals(head.crs, ignore_axis_order=True):
            raise RasterError(
                f"{source.header.name}: is in {source.header.crs.name}, but {head.name} in {head.crs.name}; tabulate "
                "them apart."
            )
    return sources
