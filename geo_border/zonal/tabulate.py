"""Raster x zones in one call: area by class or sum of counts per zone, streamed, the same for any thread count."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from threading import local
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_border.crs import is_equal_area, parse_crs
from geo_border.errors import CRSError, GeometryError, RasterError
from geo_border.model import Grid
from geo_border.zonal.edges import Edges, place_edges
from geo_border.zonal.ground import Ground, area_unit_m2, measure_rows, planar_areas, polygon_box, zone_areas_m2
from geo_border.zonal.outline import Rings, flatten, number_zones, read_zones
from geo_border.zonal.plane import into_plane
from geo_border.zonal.source import Source, open_source
from geo_border.zonal.strip import Coverage, Mode, Part, Question, tabulate_strip
from geo_border.zonal.table import Extent, class_table, merge, sum_table
from geo_border.zonal.wrap import unwrap

Raster = Grid | str | Path
_STRIP_ROWS = 1024
_BLOCK_CELLS = 1 << 22


@dataclass(frozen=True)
class Job:
    """One raster with the edges that reach it: all that a strip of it needs."""

    source: Source
    edges: Edges
    ground: Ground
    width: int
    strips: list[tuple[int, int]]


def tabulate(
    raster: Raster | Sequence[Raster],
    zones: gpd.GeoDataFrame | str | Path,
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
        Polygons in any CRS; rows with the same `zone_field` are one zone, and their coverages add up.
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
    """
    frame = read_zones(zones, zone_field)
    number, ids = number_zones(frame, zone_field)
    sources = _open_all(raster, band)
    try:
        head = sources[0].header
        if mode == "class" and not (head.crs.is_geographic or is_equal_area(head.crs)):
            raise CRSError(
                f"{head.name}: areas are not kept in {head.crs.name}; warp it to an equal-area CRS with -r near, or use "
                "--mode sum for counts."
            )
        rings = into_plane(flatten(frame.geometry.values, number, parse_crs(frame.crs, "zones")), head.crs)
        rings = unwrap(rings) if head.crs.is_geographic else rings
        if overlap == "forbid":
            forbid_overlap(frame, number, ids)
        unit_m2 = max(area_unit_m2(source.header.transform, head.crs) for source in sources)
        jobs = [_job(source, rings, len(ids), unit_m2) for source in sources]
        parts = _run(jobs, Question(mode, coverage), threads or os.cpu_count() or 1, progress)
    finally:
        for source in sources:
            source.close()
    merged = merge(parts, 3 if mode == "class" else 1)
    extent = Extent(zone_areas_m2(rings, len(ids)), _covered(rings, sources, len(ids)))
    if mode == "class":
        return class_table(merged, ids, zone_field, unit_m2, extent)
    return sum_table(merged, ids, zone_field, unit_m2, extent, _plane_m2(rings, extent))


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


def _job(source: Source, rings: Rings, zones: int, unit_m2: float) -> Job:
    """One raster's edges, row areas and strips that edges reach."""
    header = source.header
    edges = place_edges(rings, zones, header.transform, header.shape)
    ground = measure_rows(header.transform, header.shape[0], header.crs, unit_m2)
    block_rows, block_columns = header.block
    height = block_rows if block_rows >= _STRIP_ROWS // 2 else block_rows * (_STRIP_ROWS // 2 // block_rows)
    height = min(height, _STRIP_ROWS)
    width = max(8, min(block_columns, _BLOCK_CELLS // height) & ~7)
    strips: list[tuple[int, int]] = []
    if len(edges.chunks):
        top, bottom = max(int(edges.top.min()), 0), min(int(np.ceil(edges.bottom.max())), header.shape[0])
        first = top // height * height
        strips = [(row, min(row + height, header.shape[0])) for row in range(first, bottom, height)]
    return Job(source, edges, ground, width, strips)


def _run(
    jobs: list[Job], question: Question, threads: int, progress: Callable[[int, int], None] | None
) -> list[Part]:
    """All strips of all rasters, on threads that each hold their own file handles; memory is one block a thread."""
    held = local()

    def one(task: tuple[int, tuple[int, int]]) -> Part:
        number, rows = task
        if getattr(held, "number", None) != number:
            held.number, held.source = number, jobs[number].source.reopen()
        job = jobs[number]
        parts = tabulate_strip(held.source, job.edges, job.ground, rows, job.width, question)
        return merge(parts, 3 if question.mode == "class" else 1)

    tasks = [(number, rows) for number, job in enumerate(jobs) for rows in job.strips]
    return list(_each(one, tasks, threads, progress))


def _each(
    one: Callable[[tuple[int, tuple[int, int]]], Part],
    tasks: list[tuple[int, tuple[int, int]]],
    threads: int,
    progress: Callable[[int, int], None] | None,
) -> Iterator[Part]:
    """Results of all tasks, in any order."""
    if threads == 1 or len(tasks) < 2:
        for done, task in enumerate(tasks, 1):
            yield one(task)
            if progress:
                progress(done, len(tasks))
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(one, task) for task in tasks]
        try:
            for done, future in enumerate(as_completed(waiting), 1):
                yield future.result()
                if progress:
                    progress(done, len(tasks))
        finally:
            pool.shutdown(cancel_futures=True)


def _covered(rings: Rings, sources: list[Source], zones: int) -> NDArray[np.bool_]:
    """Whether the rasters' extents hold each zone whole."""
    covered = np.ones(zones, dtype=np.bool_)
    if len(rings.x) == 0:
        return covered
    ground = shapely.union_all([polygon_box(s.header.transform, *s.header.shape) for s in sources])
    first = rings.start[:-1]
    low_x, high_x = np.minimum.reduceat(rings.x, first), np.maximum.reduceat(rings.x, first)
    west, _, east, _ = ground.bounds
    if rings.crs.is_geographic and east - west >= 360.0 - 1e-9:
        low_x, high_x = np.full(len(first), west), np.full(len(first), east)
    boxes = shapely.box(low_x, np.minimum.reduceat(rings.y, first), high_x, np.maximum.reduceat(rings.y, first))
    shapely.prepare(ground)
    covered[rings.zone[~shapely.covers(ground, boxes)]] = False
    return covered


def _plane_m2(rings: Rings, extent: Extent) -> NDArray[np.float64]:
    """Zones' areas as the raster's plane has them, in m²."""
    if rings.crs.is_geographic:
        return extent.area_m2
    return planar_areas(rings, len(extent.area_m2)) * rings.crs.axis_info[0].unit_conversion_factor ** 2


def forbid_overlap(frame: gpd.GeoDataFrame, number: NDArray[np.int64], ids: pd.Index) -> None:
    """Refuse zones whose interiors overlap by more than rounding.

    Raises
    ------
    GeometryError
        Naming the first two zones that overlap.
    """
    shapes = frame.geometry.values
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = (left < right) & (number[left] != number[right])
    left, right = left[pairs], right[pairs]
    common = shapely.area(shapely.intersection(shapes[left], shapes[right]))
    bad = np.flatnonzero(common > 1e-9 * np.minimum(shapely.area(shapes[left]), shapely.area(shapes[right])))
    if len(bad):
        a, b = ids[number[left[bad[0]]]], ids[number[right[bad[0]]]]
        raise GeometryError(f"zones: {a!r} and {b!r} overlap ({len(bad)} pairs do); mend them, or use --overlap allow.")
