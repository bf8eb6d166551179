"""Raster x zones in one call: area by class or sum of counts per zone, streamed, the same for any thread count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_border.engine import Engine, LocalEngine
from geo_border.errors import CRSError, RasterError
from geo_border.geo.crs import is_equal_area
from geo_border.geo.grid import Grid
from geo_border.zonal.areas import choose_area_unit_m2, measure_planar_areas_m2, measure_zone_areas_m2
from geo_border.zonal.clip import find_covered
from geo_border.zonal.raster import Header, Source, limit_cache, open_source
from geo_border.zonal.run import PartialSums, Raster, TabulationTasks
from geo_border.zonal.strip import Coverage, Mode, Tabulation
from geo_border.zonal.table import ZoneExtent, build_class_table, build_sum_table
from geo_border.zonal.zones import Zones, prepare_zones


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
    engine: Engine | None = None,
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
        outside, so a zone's lines add up to it. "sum": columns zone_field, sum (0 with data_share 0 where no cell with
        data lies in the zone). Both then zone_area_km2, data_share,
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
    engine
        Where to run instead of on threads here: what `geo_border.engine.open_engine` gives. The same bytes. One with
        checkpoints keeps results so far, so that the same call, after a crash or a lost cluster, goes on where it was.
    progress
        Called with the number of strips done and in all.

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
    EngineError
        When a cluster is lost.
    """
    prepared = prepare_zones(zones, zone_field)
    if overlap == "forbid":
        prepared.raise_if_overlapping()
    rasters = [raster] if isinstance(raster, Grid | str | Path) else list(raster)
    headers, first = _read_headers(rasters, band)
    with closing(first):
        question, crs = Tabulation(mode, coverage), headers[0].crs
        keeps_areas = _check_true_areas(headers[0], mode)
        unit_m2 = max(choose_area_unit_m2(header.transform, crs) for header in headers)
        where = engine or LocalEngine(threads)

        def sum_zones(zones_to_sum: Zones) -> PartialSums:
            return _run_tasks(
                TabulationTasks(rasters, headers, zones_to_sum.rings_by_crs, unit_m2, question, band),
                first,
                where,
                progress,
            )

        sums, suspects = sum_zones(prepared)
        # Of a zone that no cell lies in, coverage says nothing.
        outside = np.setdiff1d(np.arange(len(prepared)), sums[:, 0])
        mended = prepared.repair_zones(np.union1d(suspects, outside))
        if mended is not None:
            prepared = mended
            sums, _ = sum_zones(prepared)
    for header in headers:
        header.raise_if_changed()
    extent = ZoneExtent(
        measure_zone_areas_m2(prepared.rings_by_crs.rings, len(prepared)), find_covered(prepared, headers)
    )
    if mode == "class":
        return build_class_table(sums, prepared.ids, prepared.field, unit_m2, extent)
    plane_m2 = (
        extent.area_m2 if keeps_areas else measure_planar_areas_m2(prepared.rings_by_crs.project_to(crs), len(prepared))
    )
    return build_sum_table(sums, prepared.ids, prepared.field, unit_m2, extent, plane_m2)


def _check_true_areas(header: Header, mode: Mode) -> bool:
    """Whether a cell's area in the raster's CRS is true; classes are refused where it is not."""
    keeps = header.crs.is_geographic or is_equal_area(header.crs)
    if mode == "class" and not keeps:
        raise CRSError(
            f"{header.name}: areas are not kept in {header.crs.name}; warp it to an equal-area CRS with -r near, or "
            "use --mode sum for counts."
        )
    return keeps


def _run_tasks(
    tasks: TabulationTasks, first: Source, engine: Engine, progress: Callable[[int, int], None] | None
) -> PartialSums:
    """Sums of all strips, and the zones to look at; the first raster is open already."""
    key = tasks.compute_key() if engine.checkpoints else b""
    try:
        with limit_cache():
            if isinstance(engine, LocalEngine):
                tasks.prepare_first(first)
            return engine.reduce(tasks, tasks.list_tasks(), tasks.combine_partials, progress, key, tasks.kind())
    finally:
        tasks.close()


def _read_headers(rasters: list[Raster], band: int) -> tuple[list[Header], Source]:
    """Headers of all rasters, of one CRS; the first raster stays open."""
    if not rasters:
        raise RasterError("no raster was given; name at least one.")
    first = open_source(rasters[0], band)
    head = first.header
    headers = [head]
    for raster in rasters[1:]:
        with closing(open_source(raster, band)) as source:
            headers.append(source.header)
    for header in headers[1:]:
        if header.crs != head.crs and not header.crs.equals(head.crs, ignore_axis_order=True):
            raise RasterError(
                f"{header.name}: is in {header.crs.name}, but {head.name} in {head.crs.name}; tabulate them apart."
            )
    if len(headers) > 1:
        _raise_if_overlapping(headers)
    return headers, first


def _raise_if_overlapping(headers: list[Header]) -> None:
    """Refuse rasters that share cells: what lies there would count once for each."""
    boxes = np.array([header.box for header in headers])
    # Less than half a cell is rounding of their corners.
    slack = np.array([[abs(header.transform.a), abs(header.transform.e)] for header in headers]) / 2
    boxes[:, :2] += slack / 2
    boxes[:, 2:] -= slack / 2
    shapes = shapely.box(*boxes.T)
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = np.flatnonzero(left < right)
    if len(pairs):
        one, other = headers[left[pairs[0]]].name, headers[right[pairs[0]]].name
        raise RasterError(
            f"{one} and {other}: overlap, so that their common land would count twice. Make one raster of them "
            "(gdalbuildvrt all.vrt TILES), and tabulate that."
        )
