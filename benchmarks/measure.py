"""Tools timed in processes of their own, turn by turn, so that a noisy machine is noisy for all of them."""

from __future__ import annotations

import multiprocessing
import resource
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import geopandas as gpd
import pandas as pd

from benchmarks.tools import TOOLS, by_zone


@dataclass
class Timing:
    """Measured calls of one tool.

    Attributes
    ----------
    wall_s, cpu_s
        Seconds of each timed call.
    peak_mb
        Most memory that the process ever held, in MB.
    result
        What the tool found.
    """

    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    peak_mb: float = 0.0
    result: pd.Series | None = None

    @property
    def wall(self) -> float:
        """Best wall time."""
        return min(self.wall_s)

    @property
    def cpu(self) -> float:
        """Best CPU time."""
        return min(self.cpu_s)


def _serve(pipe: Connection, name: str, paths: list[Path], zones: gpd.GeoDataFrame) -> None:
    """Run a tool whenever asked."""
    while pipe.recv():
        cpu, wall = time.process_time(), time.perf_counter()
        found = TOOLS[name](paths, zones)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        pipe.send((wall, cpu, _peak_mb(), by_zone(found)))


def _peak_mb() -> float:
    """Most memory that this process held, in MB; `ru_maxrss` would carry the parent's over."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text(encoding="utf-8").splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def race(
    names: list[str], paths: list[Path], zones: gpd.GeoDataFrame, rounds: int = 5, slow: tuple[str, ...] = ()
) -> dict[str, Timing]:
    """Times of several tools on the same question: one untimed call each, then `rounds` turns.

    Tools in `slow` are called once only, cold: a second call would change nothing but the patience needed.
    """
    context = multiprocessing.get_context("spawn")
    pipes, workers, timings = {}, [], {name: Timing() for name in names}
    for name in names:
        pipes[name], theirs = context.Pipe()
        workers.append(context.Process(target=_serve, args=(theirs, name, paths, zones), daemon=True))
        workers[-1].start()
    for turn in range(rounds + 1):
        for name in names:
            if (name in slow) and turn != 1:
                continue
            pipes[name].send(True)
            wall, cpu, peak, result = pipes[name].recv()
            timing = timings[name]
            timing.peak_mb, timing.result = peak, result
            if turn:
                timing.wall_s.append(wall)
                timing.cpu_s.append(cpu)
    for name, worker in zip(names, workers, strict=True):
        pipes[name].send(False)
        worker.join()
    return timings


def lines(timings: dict[str, Timing], limit: str) -> list[str]:
    """Markdown table of timings, with ratios to one of them."""
    out = ["| tool | wall s | CPU s | x limit, wall | x limit, CPU | peak MB |", "|---|---|---|---|---|---|"]
    base = timings[limit]
    for name, timing in timings.items():
        out.append(
            f"| {name} | {timing.wall:.3f} | {timing.cpu:.3f} | {timing.wall / base.wall:.2f} | "
            f"{timing.cpu / base.cpu:.2f} | {timing.peak_mb:.0f} |"
        )
    return out
