"""Links, damaged notes, a full disk, a kill at the worst moment: what stands is right, and no other file is touched."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from geo_border.catalog import Entry
from geo_border.catalog.catalogue import read_package
from geo_border.errors import StoreError
from geo_border.fetch import cache
from geo_border.fetch.gather import fetch_dataset
from geo_border.fetch.inventory import list_catalogue
from geo_border.fetch.options import Options
from geo_border.store import Folders, compute_sha256
from tests.fetch.conftest import WINDOW, standing, write_tiff
from tests.fetch.test_resilience import served_tiles, start
from tests.worldserver import osm_world
from tests.worldserver.server import World

MakeEntry = Callable[..., Entry]
HERE = Path(__file__).parents[2]


def place(folders: Folders, entry: Entry) -> cache.CachePaths:
    return cache.build_cache_paths(folders, entry, "tile.tif")


def test_a_refresh_killed_at_its_worst_moment_leaves_no_old_bytes_under_new_provenance(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = fetch_dataset(entry(), folders, WINDOW, options).sha256
    write_tiff(tiff, seed=2)
    os.utime(tiff, (2e9, 2e9))
    original = Path.replace

    def killed(self: Path, target: Path) -> Path:
        if self.name == "part":
            raise KeyboardInterrupt
        return original(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            fetch_dataset(entry(), folders, WINDOW, replace(options, refresh=True))
    # Both versions have the same size: nothing but the file's absence tells that it is not the new one.
    raw = fetch_dataset(entry(), folders, WINDOW, options)
    assert raw.sha256["tile.tif"] == compute_sha256(raw.paths[0]) == compute_sha256(tiff)
    assert raw.sha256 != old


def test_what_is_written_goes_through_no_link_to_somebodys_file(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry, tmp_path: Path
) -> None:
    where = place(folders, entry())
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    mine.chmod(0o600)
    where.final.parent.mkdir(parents=True)
    where.work.mkdir(parents=True)
    known = {"url": "https://data.example/tile.tif", "etag": '"x"', "last_modified": None, "total": None}
    for link in (where.final, where.provenance_path, where.part, where.work / "provenance", where.unpacked):
        link.symlink_to(mine)
    where.part.with_name("part.json").write_text(json.dumps(known))
    fetch_dataset(entry(), folders, WINDOW, options)
    assert standing(folders) == {"tile.tif": compute_sha256(tiff)}
    assert not where.final.is_symlink()
    assert mine.read_text() == "mine"
    assert mine.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_is_a_link_to_a_larger_disk_is_used_as_it_is(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry, tmp_path: Path
) -> None:
    (tmp_path / "large" / "raw").mkdir(parents=True)
    (folders.root / "data").mkdir(parents=True)
    folders.raw.symlink_to(tmp_path / "large" / "raw")
    fetch_dataset(entry(), folders, WINDOW, options)
    assert list((tmp_path / "large").rglob("tile.tif")) != []


@pytest.mark.parametrize("note", ["[]", "null", "7", '{"bytes": "many"}', "{", ""])
def test_a_damaged_note_has_the_file_fetched_again_and_breaks_no_list(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry, note: str
) -> None:
    fetch_dataset(entry(), folders, WINDOW, options)
    place(folders, entry()).provenance_path.write_text(note)
    fetch_dataset(entry(), folders, WINDOW, options)
    assert len(world.asked("tile.tif")) == 2
    damaged = folders.raw / "geonames" / "current" / ("PL.txt" + cache.PROVENANCE)
    damaged.parent.mkdir(parents=True)
    damaged.write_text(note)
    assert len(list_catalogue(read_package(), folders)) > 10


def test_a_store_that_is_no_folder_is_one_clear_line(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    folders.raw.mkdir(parents=True)
    (folders.raw / ".partial").write_text("a file where a folder should be")
    with pytest.raises(StoreError, match="cannot be written"):
        fetch_dataset(entry(), folders, WINDOW, options)
    assert world.asked() == []


FULL = textwrap.dedent(
    """
    import resource, sys
    from pathlib import Path
    import shapely
    from geo_border.catalog import find_entry
    from geo_border.errors import StoreError
    from geo_border.fetch.options import Options
    from geo_border.fetch.gather import fetch_dataset
    from geo_border.store import Folders
    from tests.fetch.conftest import make_entry
    url, root, which, most = sys.argv[1:]
    zipped = {"url": "https://data.example/set.zip", "kind": "zip", "member": "*.tif", "member_kind": "tiff"}
    asked = make_entry(download=zipped) if which == "zip" else find_entry(which)
    here = shapely.box(22.1, 53.6, 22.9, 53.9)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))
    try:
        fetch_dataset(asked, Folders(Path(root)), here, Options(mirrors=(("https://", url + "/"),)))
    except StoreError as error:
        print(error)
"""
)


def on_a_full_disk(world: World, folders: Folders, which: str, most: int) -> str:
    run = [sys.executable, "-c", FULL, world.url, str(folders.root), which, str(most)]
    env = {**os.environ, "PYTHONPATH": str(HERE)}
    done = subprocess.run(run, cwd=HERE, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_member_that_does_not_fit_on_the_disk_leaves_no_half_of_it(
    world: World, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    served = world.root / "data.example" / "set.zip"
    served.parent.mkdir()
    write_tiff(world.root / "in.tif")
    with zipfile.ZipFile(served, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("in.tif", (world.root / "in.tif").read_bytes() + bytes(3_000_000))
    told = on_a_full_disk(world, folders, "zip", 1_000_000)
    assert "cannot be written (File too large)" in told
    assert standing(folders) == {}
    left = [path.name for path in folders.raw.rglob("*") if path.is_file() and path.stat().st_size > 1_000]
    assert left == ["part"]


def test_an_overpass_answer_that_does_not_fit_on_the_disk_is_one_clear_line(world: World, folders: Folders) -> None:
    world.overpass = osm_world.answer
    assert "cannot be written (File too large)" in on_a_full_disk(world, folders, "osm-facilities", 500)
    assert standing(folders) == {}


def test_of_two_fetches_at_once_the_one_that_is_left_finishes_when_the_other_is_killed(
    world: World, folders: Folders
) -> None:
    expected = served_tiles(world)
    world.bytes_per_s = 500_000
    first, second = start(world, folders), start(world, folders)
    while len(world.asked()) < 5:
        assert first.poll() is None
        time.sleep(0.01)
    time.sleep(random.Random(7).uniform(0.0, 0.3))
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert second.wait(60) == 0
    assert standing(folders) == expected
    # What the killed one had begun is gone on with, not begun again by both.
    sizes = {path.name: path.stat().st_size for path in (world.root / "data.example").glob("*.tif")}
    assert world.sent <= sum(sizes.values()) + 2 * max(sizes.values())
