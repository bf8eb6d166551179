"""Strips of many rasters as tasks for an engine, and the merging of their sums."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, local

import numpy as np
from numpy.typing import NDArray

from geo_border.engine import Arrays
from geo_border.geo.grid import Grid
from geo_border.geo.types import CellArray
from geo_border.zonal.accumulate import SumTable, merge_sums
from geo_border.zonal.areas import RowAreas, measure_row_areas
from geo_border.zonal.clip import project_near_rings
from geo_border.zonal.edges import Edges, build_edges
from geo_border.zonal.kernels import MAX_SPAN_CELLS
from geo_border.zonal.raster import Header, Source, limit_cache, open_source
from geo_border.zonal.strip import READ_BYTES, Tabulation, tabulate_rows
from geo_border.zonal.zones import RingsByCrs

Raster = Grid | str | Path
Task = tuple[int, int, int]
PartialSums = tuple[SumTable, NDArray[np.int64]]
_TASK_ROWS = 1024
_MAX_BLOCK_CELLS = 1 << 22
# Rasters whose edges are kept: strips of two or three are under way at a time.
_MAX_PREPARED = 3


@dataclass(frozen=True)
class PreparedRaster:
    """All that a strip of one raster needs: edges, areas of its rows, columns of a block."""

    edges: Edges
    row_areas: RowAreas
    width: int


@dataclass(frozen=True)
class PartialKind:
    """How the sums of some strips lie in a checkpoint.

    Attributes
    ----------
    question
        What is summed, and so the columns of a line.
    zones
        Number of zones that a line may be of.
    """

    question: Tabulation
    zones: int
    name = "strips"

    @property
    def arrays(self) -> Mapping[str, tuple[str, int]]:
        """Lines of sums, ascending by what they are of; zones to look at, ascending."""
        return {"lines": ("<i8", 2), "suspects": ("<i8", 1)}

    def encode(self, result: PartialSums) -> dict[str, CellArray]:
        """Write sums as arrays."""
        lines, suspects = result
        return {"lines": lines, "suspects": suspects}

    def decode(self, arrays: Arrays, tasks: Sequence[Task]) -> PartialSums:  # noqa: ARG002 - sums do not name their strips
        """Read sums.

        Raises
        ------
        ValueError
            When a line has other columns, is of no zone, or is there twice.
        """
        lines, suspects = arrays["lines"], arrays["suspects"]
        if lines.shape[1] != self.question.columns:
            raise ValueError("lines of other columns")
        for zones in (lines[:, 0], suspects):
            if ((zones < 0) | (zones >= self.zones)).any():
                raise ValueError("sums of no zone")
        if len(np.unique(lines[:, : self.question.keys], axis=0)) != len(lines) or (np.diff(suspects) <= 0).any():
            raise ValueError("a line that is there twice")
        return lines, suspects


class TabulationTasks:
    """All strips of all rasters as tasks that any worker can do: it opens its files and places its edges itself.

    Memory holds the edges of the few rasters that are being worked on and a block or two a thread, however many
    rasters there are.
    """

    def __init__(
        self,
        rasters: list[Raster],
        headers: list[Header],
        rings_by_crs: RingsByCrs,
        unit_m2: float,
        tabulation: Tabulation,
        band: int,
    ) -> None:
        self._rasters, self._headers, self._rings_by_crs = rasters, headers, rings_by_crs
        self._unit_m2, self._tabulation, self._band = unit_m2, tabulation, band
        self._reset_process_state()

    def _reset_process_state(self) -> None:
        """What belongs to one process and does not travel."""
        self._jobs: OrderedDict[int, PreparedRaster] = OrderedDict()
        self._lock, self._own, self._handles = Lock(), local(), list[Source]()

    def __getstate__(self) -> dict[str, object]:
        return {key: value for key, value in vars(self).items() if key not in ("_jobs", "_lock", "_own", "_handles")}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._reset_process_state()
        # The process that asked has set this for all its threads; a worker elsewhere does so for itself.
        limit_cache().__enter__()

    def list_tasks(self) -> list[Task]:
        """Raster number and range of rows of every strip, raster after raster."""
        tasks = []
        for number, header in enumerate(self._headers):
            height, rows = _choose_row_count(header), header.shape[0]
            tasks += [(number, row, min(row + height, rows)) for row in range(0, rows, height)]
        return tasks

    def __call__(self, task: Task) -> PartialSums:
        """Sums of one strip, and the zones whose coverage no valid polygon has."""
        number, top, bottom = task
        job = self._find_prepared(number)
        if len(job.edges.chunks) == 0 or bottom <= job.edges.top.min() or top >= job.edges.bottom.max():
            return np.empty((0, self._tabulation.columns), np.int64), np.empty(0, np.int64)
        return tabulate_rows(
            self._find_source(number), job.edges, job.row_areas, (top, bottom), job.width, self._tabulation
        )

    def combine_partials(self, partials: Sequence[PartialSums]) -> PartialSums:
        """Sums of several strips as one, the same in any order and grouping."""
        parts = [part for part, _ in partials] or [np.empty((0, self._tabulation.columns), np.int64)]
        suspects = [odd for _, odd in partials] or [np.empty(0, np.int64)]
        return merge_sums(parts, self._tabulation.keys), np.unique(np.concatenate(suspects))

    def compute_key(self) -> bytes:
        """What distinguishes this work from any other: files by name, size and times, zones by every vertex.

        Empty where a file is none of this machine's, so that it cannot be known whether it has changed.
        """
        rings, digest = self._rings_by_crs.rings, hashlib.sha256()
        for raster, header in zip(self._rasters, self._headers, strict=True):
            digest.update(repr((header.name, header.shape, header.transform, header.nodata)).encode())
            if not isinstance(raster, Grid) and not header.files:
                return b""
            digest.update(raster.values.tobytes() if isinstance(raster, Grid) else repr(header.files).encode())
        for array in (rings.x, rings.y, rings.start, rings.zone, rings.sign):
            digest.update(array.tobytes())
        digest.update(repr((rings.crs.to_wkt(), self._tabulation, self._band)).encode())
        return digest.digest()

    def kind(self) -> PartialKind:
        """How sums so far are kept."""
        return PartialKind(self._tabulation, self._rings_by_crs.count)

    def prepare_first(self, first: Source) -> None:
        """Place the first raster's edges on this thread, where PROJ's database and that raster are open already."""
        self._find_prepared(0)
        self._own.number, self._own.handle = 0, first

    def close(self) -> None:
        """Close the files that this process opened for its threads."""
        for handle in self._handles:
            handle.close()
        self._reset_process_state()

    def _find_prepared(self, number: int) -> PreparedRaster:
        """One raster's edges and areas, made by the first thread that needs them and kept while strips need them."""
        with self._lock:
            if number not in self._jobs:
                self._jobs[number] = _prepare_raster(
                    self._headers[number], self._rings_by_crs, self._unit_m2, self._tabulation
                )
                if len(self._jobs) > _MAX_PREPARED:
                    self._jobs.popitem(last=False)
            return self._jobs[number]

    def _find_source(self, number: int) -> Source:
        """Handle of a raster that belongs to this thread: a GDAL dataset serves one thread at a time."""
        if getattr(self._own, "number", None) != number:
            fresh = open_source(self._rasters[number], self._band, self._headers[number])
            with self._lock:
                before = getattr(self._own, "handle", None)
                if before in self._handles:
                    self._handles.remove(before)
                    before.close()
                self._handles.append(fresh)
            self._own.number, self._own.handle = number, fresh
        handle: Source = self._own.handle
        return handle


def _prepare_raster(header: Header, rings_by_crs: RingsByCrs, unit_m2: float, tabulation: Tabulation) -> PreparedRaster:
    """One raster's edges, row areas and block width."""
    edges = build_edges(project_near_rings(rings_by_crs, header), rings_by_crs.count, header.transform, header.shape)
    slopes = tabulation.is_area_weighted
    ground = measure_row_areas(header.transform, header.shape[0], header.crs, unit_m2, with_slopes=slopes)
    width = max(1, min(header.block[1], _MAX_BLOCK_CELLS // _choose_row_count(header), MAX_SPAN_CELLS))
    return PreparedRaster(edges, ground, width)


def _choose_row_count(header: Header) -> int:
    """Rows of a strip: whole blocks of the file where these are not too tall.

    Where blocks are as wide as the raster, a strip is read in one piece, because GDAL would not keep it for another.
    """
    rows, columns = header.block
    room = _TASK_ROWS // 2
    if columns >= header.shape[1]:
        room = min(room, max(READ_BYTES // (columns * header.dtype.itemsize), 1))
    return min(rows if rows >= room else room // rows * rows, _TASK_ROWS)
