"""Strips of many rasters run on threads, with no more in flight than there are hands, and their sums merged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Lock, local

import numpy as np
import rasterio
from numpy.typing import NDArray

from geo_border.zonal.edges import Edges, place_edges
from geo_border.zonal.ground import Ground, measure_rows
from geo_border.zonal.merge import Part, merge
from geo_border.zonal.reach import rings_near
from geo_border.zonal.source import Source
from geo_border.zonal.strip import Question, tabulate_strip
from geo_border.zonal.zones import Zones

Progress = Callable[[int, int], None]
_STRIP_ROWS = 1024
_BLOCK_CELLS = 1 << 22
# GDAL keeps a twentieth of the machine's memory by default. No block is read twice here, and memory that is used again
# costs no new pages; this much lets a strip of an untiled file be read in pieces.
_CACHE_BYTES = 1 << 26
# Lines held before they are merged: 40 MB.
_LINES = 1 << 20


@dataclass(frozen=True)
class Job:
    """One raster with the edges that reach it: all that a strip of it needs."""

    source: Source
    edges: Edges
    ground: Ground
    height: int
    width: int

    def strips(self) -> list[tuple[int, int]]:
        """Ranges of rows that edges reach, each a whole number of the file's blocks where these are not too tall."""
        if len(self.edges.chunks) == 0:
            return []
        rows = self.source.header.shape[0]
        top, bottom = max(int(self.edges.top.min()), 0), min(int(np.ceil(self.edges.bottom.max())), rows)
        first = top // self.height * self.height
        return [(row, min(row + self.height, rows)) for row in range(first, bottom, self.height)]


def make_job(source: Source, zones: Zones, unit_m2: float) -> Job:
    """One raster's edges, row areas and block sizes."""
    header = source.header
    edges = place_edges(rings_near(zones, header), len(zones), header.transform, header.shape)
    ground = measure_rows(header.transform, header.shape[0], header.crs, unit_m2)
    block_rows, block_columns = header.block
    half = _STRIP_ROWS // 2
    height = min(block_rows if block_rows >= half else half // block_rows * block_rows, _STRIP_ROWS)
    width = max(8, min(block_columns, _BLOCK_CELLS // height) & ~7)
    return Job(source, edges, ground, height, width)


class Sums:
    """Lines of all strips so far, merged before they grow large; equal whatever the order they come in."""

    def __init__(self, keys: int) -> None:
        self._keys, self._lines, self._parts = keys, 0, list[Part]()
        self._suspects: set[int] = set()

    def add(self, part: Part, suspects: NDArray[np.int64]) -> None:
        """Take one strip's lines, and the zones whose coverage no valid polygon has."""
        self._suspects.update(suspects.tolist())
        self._parts.append(part)
        self._lines += len(part)
        if self._lines > _LINES:
            self._parts = [merge(self._parts, self._keys)]
            self._lines = len(self._parts[0]) // 2

    def total(self) -> Part:
        """All lines, merged."""
        return merge(self._parts, self._keys)

    def suspects(self) -> NDArray[np.int64]:
        """Zones that may be invalid."""
        return np.array(sorted(self._suspects), dtype=np.int64)


def run_strips(
    sources: list[Source], zones: Zones, unit_m2: float, question: Question, threads: int, progress: Progress | None
) -> Sums:
    """Sums over all rasters.

    Rasters are prepared one after another while the strips of the one before are still being read, so memory holds
    the edges of two rasters and a block or two a thread, however many rasters there are.
    """
    sums, hands = Sums(question.keys), _Hands()
    tasks = _tasks(sources, zones, unit_m2, question, hands, progress)
    try:
        with rasterio.Env(GDAL_CACHEMAX=_CACHE_BYTES):
            if threads == 1:
                for task in tasks:
                    sums.add(*task())
            else:
                _run_threads(tasks, sums, threads)
        return sums
    finally:
        hands.close()


Task = Callable[[], tuple[Part, NDArray[np.int64]]]


def _run_threads(tasks: Iterator[Task], sums: Sums, threads: int) -> None:
    """Run tasks on a pool, twice as many waiting as there are threads."""
    waiting: set[Future[tuple[Part, NDArray[np.int64]]]] = set()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for task in tasks:
                waiting.add(pool.submit(task))
                if len(waiting) >= 2 * threads + 1:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in done:
                        sums.add(*future.result())
            for future in waiting:
                sums.add(*future.result())
        finally:
            pool.shutdown(cancel_futures=True)


def _tasks(
    sources: list[Source], zones: Zones, unit_m2: float, question: Question, hands: _Hands, progress: Progress | None
) -> Iterator[Task]:
    """One task a strip; a raster is prepared when its first strip is asked for."""
    for number, source in enumerate(sources):
        job = make_job(source, zones, unit_m2)
        for rows in job.strips():
            yield lambda job=job, rows=rows: tabulate_strip(  # type: ignore[misc]
                hands.of(job.source), job.edges, job.ground, rows, job.width, question
            )
        if progress:
            progress(number + 1, len(sources))


class _Hands:
    """File handles, one a thread and raster: a GDAL dataset serves one thread at a time."""

    def __init__(self) -> None:
        self._own, self._all, self._lock = local(), list[Source](), Lock()

    def of(self, source: Source) -> Source:
        """This thread's handle of a raster; the one that it held before is closed."""
        if getattr(self._own, "of", None) is not source:
            if hasattr(self._own, "handle"):
                self._own.handle.close()
            self._own.of, self._own.handle = source, source.reopen()
            with self._lock:
                self._all.append(self._own.handle)
        handle: Source = self._own.handle
        return handle

    def close(self) -> None:
        """Close all."""
        for handle in self._all:
            handle.close()
