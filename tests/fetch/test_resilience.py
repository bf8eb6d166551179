"""Killed, doubled, offline or asked again: a fetch ends with each file whole, downloaded once."""

from __future__ import annotations

import json
import os
import random
import signal
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from geo_border.catalog import Entry
from geo_border.errors import UnreachableError
from geo_border.fetch.gather import fetch_dataset
from geo_border.fetch.options import Options
from geo_border.store import Folders, compute_sha256
from tests.fetch.conftest import WINDOW, make_entry, standing, write_tiff
from tests.worldserver.faults import Fault
from tests.worldserver.server import World

MakeEntry = Callable[..., Entry]
KILLS = int(os.environ.get("GEO_BORDER_KILLS", "6"))
# Enough that there is still something to fetch at the last kill.
TILES = 8 + KILLS


def served_tiles(world: World) -> dict[str, str]:
    folder = world.root / "data.example"
    for i in range(TILES):
        write_tiff(folder / f"tile{i}.tif", seed=i)
    return {path.name: compute_sha256(path) for path in sorted(folder.glob("*.tif"))}


TILED = {"url": "https://data.example/tile{part}.tif", "name": "tile{part}.tif", "each": [str(i) for i in range(TILES)]}

CHILD = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from geo_border.fetch.options import Options
    from geo_border.fetch.gather import fetch_dataset
    from geo_border.store import Folders
    from tests.fetch.conftest import make_entry
    from tests.fetch.test_resilience import TILED
    url, root = sys.argv[1:]
    options = Options(mirrors=(("https://", url + "/"),), connections=2, pause_s=0.01, tries=3)
    fetch_dataset(make_entry(download=TILED), Folders(Path(root)), None, options)
"""
)


def start(world: World, folders: Folders) -> subprocess.Popen[bytes]:
    here = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, world.url, str(folders.root)],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(here)},
        stderr=subprocess.DEVNULL,
        # What is started in the background of a shell is deaf to Ctrl-C, and so would be what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )


def test_killed_at_any_moment_it_goes_on_and_repeats_less_than_one_file_a_connection(
    world: World, folders: Folders
) -> None:
    expected = served_tiles(world)
    size = max(path.stat().st_size for path in (world.root / "data.example").glob("*.tif"))
    world.bytes_per_s = 400_000
    chance = random.Random(4)
    for _ in range(KILLS):
        asked, child = len(world.log), start(world, folders)
        # From its first request on, so that it is a fetch that is killed and not a program that is starting.
        while child.poll() is None and len(world.log) == asked:
            time.sleep(0.005)
        time.sleep(chance.uniform(0.0, 0.5))
        assert child.poll() is None, "it ended before it could be killed: serve more tiles"
        child.send_signal(signal.SIGKILL)
        child.wait()
        # What stands is whole at every moment.
        assert standing(folders).items() <= expected.items()
    world.bytes_per_s = None
    last = start(world, folders)
    assert last.wait(60) == 0
    assert standing(folders) == expected
    total = sum(path.stat().st_size for path in (world.root / "data.example").glob("*.tif"))
    repeated = world.sent - total
    print(f"{KILLS} kills: {repeated / KILLS / size:.2f} of one file fetched again each time")
    # Bytes in flight when it was killed are lost, and no more.
    assert repeated <= KILLS * size, (repeated, size)


def test_ctrl_c_ends_at_once_even_where_a_server_is_silent(world: World, folders: Folders) -> None:
    served_tiles(world)
    world.faults.by_path["tile1"] = Fault("hang", wait_s=60)
    child = start(world, folders)
    while not world.asked("tile1"):
        time.sleep(0.01)
    time.sleep(0.2)
    child.send_signal(signal.SIGINT)
    began = time.monotonic()
    assert child.wait(60) != 0
    # Far from the 30 s for which a silent server is borne, on a busy machine too.
    assert time.monotonic() - began < 15
    world.faults.by_path.clear()
    assert start(world, folders).wait(60) == 0
    assert len(standing(folders)) == TILES


def test_two_fetches_at_once_download_each_file_once(world: World, folders: Folders) -> None:
    expected = served_tiles(world)
    world.bytes_per_s = 1_000_000
    both = [start(world, folders), start(world, folders)]
    for child in both:
        assert child.wait(60) == 0
    assert standing(folders) == expected
    for name in expected:
        assert len(world.asked(name)) == 1


def test_what_stands_is_read_only_and_says_where_it_comes_from(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    raw = fetch_dataset(entry(), folders, WINDOW, options)
    path = raw.paths[0]
    assert not stat.S_IMODE(path.stat().st_mode) & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
    said = json.loads(path.with_name("tile.tif.provenance.json").read_text())
    assert said["url"] == "https://data.example/tile.tif"
    assert said["sha256"] == compute_sha256(path) == raw.sha256["tile.tif"]
    for key in ("licence", "attribution", "citation", "version", "retrieved", "etag", "bytes"):
        assert said[key], key


def test_a_second_run_makes_no_request(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    first = fetch_dataset(entry(), folders, WINDOW, options)
    again = fetch_dataset(entry(), folders, WINDOW, options)
    assert again == first
    assert len(world.asked()) == 1


def test_offline_says_what_is_missing_and_opens_no_socket(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    with pytest.raises(UnreachableError, match=r"1 of 1 files are not here \(tile\.tif\); --offline forbids"):
        fetch_dataset(entry(), folders, WINDOW, Options(mirrors=options.mirrors, offline=True))
    assert world.asked() == []
    fetch_dataset(entry(), folders, WINDOW, options)
    fetch_dataset(entry(), folders, WINDOW, Options(offline=True))
    assert len(world.asked()) == 1


def test_a_refresh_asks_by_etag_and_replaces_only_what_changed(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    first = fetch_dataset(entry(), folders, WINDOW, options)
    fresh = Options(**{**options.__dict__, "refresh": True})
    sent = world.sent
    assert fetch_dataset(entry(), folders, WINDOW, fresh) == first
    assert world.sent == sent
    write_tiff(tiff, seed=2)
    os.utime(tiff, (2e9, 2e9))
    changed = fetch_dataset(entry(), folders, WINDOW, fresh)
    assert changed.sha256["tile.tif"] == compute_sha256(tiff) != first.sha256["tile.tif"]


def test_a_file_that_someone_changed_is_fetched_again(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    path = fetch_dataset(entry(), folders, WINDOW, options).paths[0]
    path.chmod(0o644)
    path.write_bytes(b"short")
    fetch_dataset(entry(), folders, WINDOW, options)
    assert compute_sha256(path) == compute_sha256(tiff)


def test_a_full_disk_is_one_clear_line_and_what_came_is_kept(world: World, tiff: Path, folders: Folders) -> None:
    child = textwrap.dedent(
        """
        import resource, sys
        from pathlib import Path
        from geo_border.errors import StoreError
        from geo_border.fetch.options import Options
        from geo_border.fetch.gather import fetch_dataset
        from geo_border.store import Folders
        from tests.fetch.conftest import make_entry
        url, root = sys.argv[1:]
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            fetch_dataset(make_entry(), Folders(Path(root)), None, Options(mirrors=(("https://", url + "/"),)))
        except StoreError as error:
            print(error)
"""
    )
    here = Path(__file__).parents[2]
    run = [sys.executable, "-c", child, world.url, str(folders.root)]
    done = subprocess.run(
        run, cwd=here, env={**os.environ, "PYTHONPATH": str(here)}, capture_output=True, text=True, check=False
    )
    assert "tile.tif: cannot be written (File too large)" in done.stdout, done.stderr
    assert standing(folders) == {}
    assert start_one(world, folders)
    # The rest only: what had come before the disk was full was not asked for again.
    assert world.asked()[-1].startswith("GET /data.example/tile.tif bytes=")


def start_one(world: World, folders: Folders) -> bool:
    fetch_dataset(make_entry(), folders, None, Options(mirrors=(world.mirror,)))
    return list(standing(folders)) == ["tile.tif"]


def test_memory_does_not_grow_with_the_file(world: World, folders: Folders, options: Options) -> None:
    """A raster of 120 MB passes in under 40 MB above what the program needs anyway."""
    big = world.root / "data.example" / "tile.tif"
    big.parent.mkdir(parents=True)
    profile = {"driver": "GTiff", "width": 10_000, "height": 12_000, "count": 1, "dtype": "uint8", "tiled": True}
    with rasterio.open(big, "w", **profile, transform=from_origin(21, 55, 1e-4, 1e-4), crs="EPSG:4326") as out:
        for _, window in out.block_windows(1):
            out.write(np.zeros((window.height, window.width), np.uint8), 1, window=window)
    assert big.stat().st_size > 120_000_000
    child = textwrap.dedent(
        """
        import resource, sys
        from pathlib import Path
        from geo_border.fetch.options import Options
        from geo_border.fetch.gather import fetch_dataset
        from geo_border.store import Folders
        from tests.fetch.conftest import make_entry
        url, root = sys.argv[1:]
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        fetch_dataset(make_entry(), Folders(Path(root)), None, Options(mirrors=(("https://", url + "/"),)))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    )
    here = Path(__file__).parents[2]
    grown = subprocess.run(
        [sys.executable, "-c", child, world.url, str(folders.root)],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(here)},
        capture_output=True,
        check=True,
    )
    assert int(grown.stdout) < 40_000


def test_tiles_are_those_that_the_window_touches() -> None:
    import shapely

    from geo_border.catalog import find_entry as catalogued
    from geo_border.fetch.tiles import select_remote_files

    # Inari, Brest and Suwałki in GHSL's tiling, which does not begin on whole degrees.
    for lon, lat, tile in ((27.0, 68.9, "R3_C21"), (23.7, 52.1, "R4_C21"), (9.999, 69.5, "R2_C20")):
        found = select_remote_files(catalogued("ghs-pop-r2023a"), shapely.Point(lon, lat).buffer(1e-6), Options(), None)
        assert [piece.name for piece in found] == [f"GHS_POP_E2020_GLOBE_R2023A_4326_3ss_V1_0_{tile}.tif"]
