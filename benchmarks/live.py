"""A whole live run from the loopback world server, then again without a network: the same bytes, no connection.

Run: python -m benchmarks.live [--folder DIR] [--study NAME]
DIR keeps the served world and the root of the last run; exit code 1 when a file differs or the second run connects.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

from geo_border import study as studies
from geo_border.store import Folders, compute_sha256
from tests.worldserver import osm_world
from tests.worldserver.server import World, serve
from tests.worldserver.world import build


def main() -> int:
    """Run twice, compare, and print the figures."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--folder", type=Path, help="where to work; a temporary folder when not given")
    asked.add_argument("--study", default=studies.DEFAULT)
    given = asked.parse_args()
    kept = nullcontext(str(given.folder)) if given.folder else tempfile.TemporaryDirectory()
    with kept as folder:
        return compare(Path(folder).resolve(), given.study)


def compare(folder: Path, study: str) -> int:
    """Fetch and compute, then compute again from what was fetched; 0 if nothing differs and nothing was asked."""
    began = time.monotonic()
    served, root, first = build(folder / "world"), folder / "root", folder / "first"
    print(f"the world was built in {time.monotonic() - began:.0f} s", flush=True)
    for old in (root, first):
        shutil.rmtree(old, ignore_errors=True)
    where = Folders(root)
    with serve(served, overpass=osm_world.answer) as world:
        took = run(world, root, study)
        asked, sent = len(world.log), world.sent
        files = [p for p in where.raw.rglob("*") if p.is_file() and not p.name.endswith(".lock")]
        print(
            f"live: {asked} requests, {sent / 1e6:.0f} MB of files sent, {took:.0f} s; {len(files)} files in data/raw"
        )
        for made in (where.locate_processed(study), where.locate_maps(study)):
            shutil.copytree(made, first / made.relative_to(root))
            # Gone, so that what stands afterwards was made without a network.
            shutil.rmtree(made)
        before = world.connections
        took = run(world, root, study, "--offline", "--recompute")
        connected = world.connections - before
    print(f"offline: {len(world.log) - asked} requests, {connected} connections, {took:.0f} s")
    count, differing = differences(first, root, study)
    print(f"{count} files compared byte for byte, {len(differing)} differ", *differing)
    return int(bool(differing or connected or len(world.log) > asked or not count))


def run(world: World, root: Path, study: str, *more: str) -> float:
    """Seconds that `geo-border run --sources live` takes in a process of its own.

    Whatever would go past the mirror is sent to the world server too, as to a proxy, and so is counted.
    """
    command = [sys.executable, "-m", "geo_border", "--quiet", "run", study, "--sources", "live", *more]
    mirror = "=".join(world.mirror)
    proxies = {"HTTP_PROXY": world.url, "HTTPS_PROXY": world.url, "NO_PROXY": "" if more else "127.0.0.1"}
    began = time.monotonic()
    subprocess.run([*command, "--mirror", mirror, "--root", str(root)], check=True, env={**os.environ, **proxies})
    return time.monotonic() - began


def differences(first: Path, root: Path, study: str) -> tuple[int, list[str]]:
    """How many files the two runs wrote, and which of them differ or are in one only."""
    folders = [Folders(top) for top in (first, root)]
    before, after = ({**sums(f.locate_processed(study), f.root), **sums(f.locate_maps(study), f.root)} for f in folders)
    return len(before), sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def sums(folder: Path, root: Path) -> dict[str, str]:
    """Checksum of each file that a run wrote, by its path under the root; the lock is no output."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]
    return {path.relative_to(root).as_posix(): compute_sha256(path) for path in files}


if __name__ == "__main__":
    sys.exit(main())
