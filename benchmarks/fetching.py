"""Throughput of a fetch beside plain curl, 200 tiles in parallel from loopback, and memory against file size.

The second ratio is against curl that must know what it has: `sha256sum` over the files after it, on both cores.

Run: python -m benchmarks.fetching [--rounds 3]
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

CONNECTIONS = 8
# Tiles, pixels a side, bytes a second of each connection (0: no limit), and what that is.
LINES = (
    (200, 2048, 0.0, "loopback at full speed"),
    (40, 6144, 0.0, "loopback at full speed, tiles as large as WorldCover's"),
    (200, 2048, 15e6, "8 connections of 15 MB/s, a gigabit line"),
    (200, 2048, 6e6, "8 connections of 6 MB/s"),
)
CHILD = """
import resource, sys, time
from pathlib import Path
from geo_border.fetch.options import Options
from geo_border.fetch.gather import fetch_dataset
from geo_border.store import Folders
from tests.fetch.conftest import make_entry
url, root, count = sys.argv[1:]
names = [str(i) for i in range(int(count))]
download = {"url": "https://data.example/t{part}.tif", "name": "t{part}.tif", "each": names, "per_host": 8}
entry = make_entry(download=download)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.monotonic()
fetch_dataset(entry, Folders(Path(root)), None, Options(mirrors=(("https://", url + "/"),), connections=8))
print(time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
SERVER = """
import sys, time
from pathlib import Path
from tests.worldserver.server import serve
with serve(Path(sys.argv[1])) as world:
    world.bytes_per_s = float(sys.argv[2]) or None
    print(world.url, flush=True)
    time.sleep(3600)
"""


def main() -> None:
    """Print a row for a line as fast as loopback, and rows for lines that people have."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rounds", type=int, default=3)
    rounds = asked.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for count, side, pace, told in LINES:
            size = write_tiles(root / "served" / "data.example", count, side)
            rows = [(*curl(root, pace, count), ours(root, pace, count)[0]) for _ in range(rounds)]
            best = [min(column) for column in zip(*rows, strict=True)]
            plain, summed, own = (count * size / 1e6 / seconds for seconds in best)
            print(
                f"{count} tiles of {size / 1e6:.0f} MB, {told}: curl {plain:.0f} MB/s, ours {own:.0f} MB/s, ratio "
                f"{own / plain:.2f}, to curl with sha256sum {own / summed:.2f}",
                flush=True,
            )
            shutil.rmtree(root / "served")
        for side in (2_000, 8_000, 16_000):
            size = write_tiles(root / "served" / "data.example", 1, side)
            print(f"one file of {size / 1e6:.0f} MB: {ours(root, 0.0, 1)[1] / 1e3:.0f} MB more memory")


def write_tiles(folder: Path, count: int, side: int) -> int:
    """Incompressible GeoTIFFs, the same bytes in each; returns the bytes of one."""
    folder.mkdir(parents=True, exist_ok=True)
    first = folder / "t0.tif"
    profile = {"driver": "GTiff", "width": side, "height": side, "count": 1, "dtype": "uint8", "crs": "EPSG:4326"}
    tiling = {"tiled": True, "blockxsize": 512, "blockysize": 512}
    with rasterio.open(first, "w", **profile, **tiling, transform=from_origin(20, 60, 1e-4, 1e-4)) as out:
        for _, window in out.block_windows(1):
            values = np.random.default_rng(window.row_off + window.col_off).integers(
                0, 255, (window.height, window.width)
            )
            out.write(values.astype("uint8"), 1, window=window)
    for i in range(1, count):
        (folder / f"t{i}.tif").hardlink_to(first)
    return first.stat().st_size


def curl(root: Path, pace: float, count: int) -> tuple[float, float]:
    """Seconds that curl takes for all tiles, as many at once as we take; and with sha256sum over them."""
    with Served(root, pace) as url:
        target = root / "curl"
        target.mkdir()
        began = time.monotonic()
        command = [
            "curl",
            "--silent",
            "--no-progress-meter",
            "--parallel",
            "--parallel-max",
            str(CONNECTIONS),
            "--output-dir",
            str(target),
        ]
        subprocess.run(
            [*command, "--remote-name-all", f"{url}/data.example/t[0-{count - 1}].tif"],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        took = time.monotonic() - began
        names = "\0".join(map(str, target.iterdir()))
        sums = ["xargs", "-0", "-P", "2", "-n", str(-(-count // 2)), "sha256sum"]
        subprocess.run(sums, input=names, text=True, check=True, stdout=subprocess.DEVNULL)
        summed = time.monotonic() - began
        assert len(list(target.iterdir())) == count
        shutil.rmtree(target)
    return took, summed


def ours(root: Path, pace: float, count: int) -> tuple[float, float]:
    """Seconds of the fetch itself (verified, checksummed, in place), and kilobytes of memory above the start."""
    with Served(root, pace) as url:
        target = root / "ours"
        run = [sys.executable, "-c", CHILD, url, str(target), str(count)]
        done = subprocess.run(run, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": "."})
        shutil.rmtree(target)
    took, memory = re.findall(r"[\d.]+", done.stdout)
    return float(took), float(memory)


class Served:
    """The world server in a process of its own, so that it shares no interpreter with what is measured."""

    def __init__(self, root: Path, pace: float) -> None:
        self.command = [sys.executable, "-c", SERVER, str(root / "served"), str(pace)]

    def __enter__(self) -> str:
        env = {**os.environ, "PYTHONPATH": "."}
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True, env=env)
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    main()
