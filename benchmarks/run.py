"""The whole race: ours, peers and the decode limit side by side, agreement checked, written to RESULTS.md."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import scenes
from benchmarks.measure import Timing, lines, race
from geo_border.engine import open_engine
from geo_border.zonal import tabulate

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
LIMIT = "decode limit"
OURS = ("ours, center", "ours, exact")
# Seconds of three calls in a process of its own.
_FIRST = """
import time
from benchmarks import scenes
from geo_border.zonal import tabulate
path, zones = scenes.smooth_tile(), scenes.border_zones()
for coverage in ("center", "exact", "center"):
    began = time.perf_counter()
    tabulate(path, zones, coverage=coverage)
    print(f"{time.perf_counter() - began:.2f}")
"""
PEERS = ("rasterio.mask + numpy", "rasterstats", "exactextract")


def main() -> None:
    """Run the sections that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], help="default: all")
    chosen = parser.parse_args().sections or list(SECTIONS)
    out = [*_machine(), ""]
    for name in chosen:
        title, section = SECTIONS[name]
        print(f"== {title}", flush=True)
        text = section()
        print("\n".join(text), flush=True)
        out += [f"## {title}", "", *text, ""]
    if chosen == list(SECTIONS):
        RESULTS.write_text("\n".join(out), encoding="utf-8")


def _machine() -> list[str]:
    """Where and when this was measured."""
    model = next((x.split(":")[1].strip() for x in _cpuinfo() if x.startswith("model name")), platform.processor())
    return [
        "# Results of `make bench`",
        "",
        f"{time.strftime('%Y-%m-%d')}, {model}, {os.cpu_count()} cores, Python {platform.python_version()}, load "
        f"{os.getloadavg()[0]:.1f} at the start. Rasters are synthetic and named so; zones are real borders (OSM).",
        "Best of the turns; tools run turn by turn in processes of their own. Peers are called once. The decode limit "
        "reads just the blocks that zones touch, on 2 threads, with the same small GDAL cache as ours.",
    ]


def _cpuinfo() -> list[str]:
    """Lines of the processor's description, where there is one."""
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _one_tile() -> list[str]:
    """Show three kinds of tile, without peers."""
    out: list[str] = []
    for label, path in (
        ("smooth", scenes.smooth_tile()),
        ("ragged", scenes.ragged_tile()),
        ("random per pixel", scenes.random_tile()),
    ):
        timings = race([LIMIT, "decode, GDAL as it comes", *OURS], [path], scenes.border_zones(), rounds=9)
        out += [f"{label} ({path.stat().st_size / 1e6:.0f} MB)", "", *lines(timings, LIMIT), ""]
    return out


def _peers() -> list[str]:
    """Show peers on the smooth tile, each called once."""
    names = [LIMIT, *OURS, *PEERS]
    timings = race(names, [scenes.smooth_tile()], scenes.border_zones(), rounds=3, slow=PEERS)
    ours = timings["ours, center"]
    out = lines(timings, LIMIT)
    out += [""] + [f"- {name}: {timings[name].wall / ours.wall:.0f} times ours" for name in PEERS]
    return out + [f"- {line}" for line in _agreement(timings)]


def _agreement(timings: dict[str, Timing]) -> list[str]:
    """Compare each class's share of its zone: peers count cells, ours are areas, a few per mille apart in a zone."""
    ours = _shares(timings["ours, center"].result)
    out = []
    for name in ("ours, exact", *PEERS):
        theirs = _shares(timings[name].result).reindex(ours.index, fill_value=0.0)
        worst = float(np.abs(theirs - ours).max())
        assert worst < 5e-3, f"{name} differs by {worst}"
        out.append(f"largest difference of a class's share of a zone from that of ours, center: {name}: {worst:.1e}")
    return out


def _shares(found: pd.Series | None) -> pd.Series:
    """Each class's share of its zone's data."""
    assert found is not None
    return found / found.groupby(level=0).transform("sum")


def _small() -> list[str]:
    """Show thousands of small polygons."""
    out: list[str] = []
    for count in (32, 500, 5_000):
        zones = scenes.small_zones(count)
        timings = race([LIMIT, *OURS, "exactextract"], [scenes.smooth_tile()], zones, rounds=3, slow=("exactextract",))
        ratio = timings["exactextract"].wall / timings["ours, exact"].wall
        out += [f"{count:,} polygons: exactextract takes {ratio:.0f} times ours, exact", "", *lines(timings, LIMIT), ""]
    return out


def _people() -> list[str]:
    """Show sums of a float grid, against exactextract."""
    timings = race(["ours, sum", "exactextract, sum"], [scenes.people_grid()], scenes.people_zones(), rounds=3)
    ours, theirs = timings["ours, sum"].result, timings["exactextract, sum"].result
    assert ours is not None
    assert theirs is not None
    worst = float((np.abs(ours - theirs.reindex(ours.index)) / np.maximum(theirs.reindex(ours.index), 1)).max())
    assert worst < 1e-6, f"sums differ by {worst}"
    ratio = timings["exactextract, sum"].wall / timings["ours, sum"].wall
    return [
        *lines(timings, "ours, sum"),
        "",
        f"- exactextract takes {ratio:.0f} times ours; sums differ by {worst:.1e}",
    ]


def _tiles() -> list[str]:
    """Show more tiles under one frontier, and a longer frontier under the same tiles."""
    out = [
        "| tiles | frontier x | wall s | CPU s | CPU / CPU of the tiles one by one | peak MB |",
        "|---|---|---|---|---|---|",
    ]
    names = ["ours, center", "ours, tile by tile"]
    for tiles, longer in ((1, 8), (2, 8), (4, 8), (8, 8), (8, 1), (8, 2), (8, 4)):
        timings = race(names, scenes.tiles_eastward(tiles), scenes.zones_eastward(longer), rounds=3)
        ours, apart = (timings[name] for name in names)
        out.append(
            f"| {tiles} | {longer} | {ours.wall:.2f} | {ours.cpu:.2f} | {ours.cpu / apart.cpu:.2f} | "
            f"{ours.peak_mb:.0f} |"
        )
    return out


def _cells() -> list[str]:
    """Show 150,000 cells of 1 km on one tile."""
    zones = scenes.cell_zones()
    timings = race([LIMIT, *OURS], [scenes.smooth_tile()], zones, rounds=3)
    return [f"{len(zones):,} cells", "", *lines(timings, LIMIT)]


def _cluster() -> list[str]:
    """Show Dask workers on four tiles, exact shares: the same bytes, and what a second worker brings."""
    paths, zones = scenes.tiles_eastward(4), scenes.zones_eastward(4)
    here = tabulate(paths, zones, threads=1)
    begin = time.perf_counter()
    tabulate(paths, zones, threads=1)
    out = ["| where | wall s | same bytes |", "|---|---|---|", f"| one thread | {time.perf_counter() - begin:.2f} | |"]
    for workers in (1, 2):
        with open_engine("dask", workers=workers) as engine:
            same = tabulate(paths, zones, engine=engine).to_csv() == here.to_csv()
            times = []
            for _ in range(3):
                begin = time.perf_counter()
                tabulate(paths, zones, engine=engine)
                times.append(time.perf_counter() - begin)
        assert same
        out.append(f"| Dask, {workers} worker processes | {min(times):.2f} | yes |")
    return out


def _first() -> list[str]:
    """Show what the first calls on a machine cost, and those of every further process."""
    out = ["| process | center, first call s | then exact s | center again s |", "|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"NUMBA_CACHE_DIR": folder}
        for label in ("the first on this machine: kernels are compiled", "any other: kernels are read from the cache"):
            done = subprocess.run([sys.executable, "-c", _FIRST], env=env, check=True, capture_output=True, text=True)
            out.append(f"| {label} | {' | '.join(done.stdout.split())} |")
    return out


SECTIONS = {
    "tile": ("One 10 m tile, 32 border zones", _one_tile),
    "peers": ("Peers on the smooth tile", _peers),
    "small": ("Small polygons", _small),
    "people": ("People, exact shares", _people),
    "tiles": ("More tiles, longer frontier", _tiles),
    "cells": ("Cells of 1 km as zones", _cells),
    "cluster": ("Dask workers", _cluster),
    "first": ("First calls", _first),
}

if __name__ == "__main__":
    main()
