"""What came through a mirror says so beside the file, whichever way the mirror came in; what did not says nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geo_border import passport
from geo_border.catalog import Entry
from geo_border.catalog import find_entry as catalogued
from geo_border.errors import UnreachableError
from geo_border.fetch.gather import fetch_dataset
from geo_border.fetch.options import Options
from geo_border.pipeline import fetching
from geo_border.store import Folders, Raw, compute_sha256
from tests.fetch.conftest import WINDOW, standing, write_tiff
from tests.worldserver import osm_world
from tests.worldserver.faults import Fault
from tests.worldserver.server import World, serve

MakeEntry = Callable[..., Entry]


def said(raw: Raw) -> dict[str, Any]:
    path = raw.paths[0]
    found: dict[str, Any] = json.loads(path.with_name(path.name + ".provenance.json").read_text())
    return found


def test_the_address_really_asked_stands_beside_the_publishers(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    raw = fetch_dataset(entry(), folders, WINDOW, options)
    assert said(raw)["url"] == "https://data.example/tile.tif"
    assert said(raw)["fetched_from"] == f"{world.url}/data.example/tile.tif"
    assert raw.mirror == world.url
    assert passport.build_source_row("cover", raw)["mirror"] == world.url
    # From the note beside the file, so that a run without a network tells the same.
    assert fetch_dataset(entry(), folders, WINDOW, Options(offline=True)) == raw


def test_what_its_publisher_gave_names_no_mirror(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    raw = fetch_dataset(entry(download={"url": f"{world.url}/data.example/tile.tif"}), folders, WINDOW, options)
    assert "fetched_from" not in said(raw)
    assert raw.mirror is None
    assert fetching.describe_mirrors([raw]) == []


def test_a_mirror_behind_a_redirect_is_a_mirror(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    moved = world.root / "old.example" / "tile.tif.redirect"
    moved.parent.mkdir()
    moved.write_text("https://data.example/tile.tif")
    raw = fetch_dataset(entry(download={"url": f"{world.url}/old.example/tile.tif"}), folders, WINDOW, options)
    assert said(raw)["fetched_from"] == f"{world.url}/data.example/tile.tif"


def test_a_mirrors_password_is_written_nowhere(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    login = world.url.replace("://", "://mara:secret@")
    raw = fetch_dataset(entry(), folders, WINDOW, replace(options, mirrors=(("https://", f"{login}/"),)))
    assert raw.mirror == world.url
    written = [path.read_bytes() for path in folders.root.rglob("*") if path.is_file()]
    assert written
    assert not any(b"secret" in body for body in written)


def test_a_file_that_one_source_began_is_not_ended_by_another(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry, tmp_path: Path
) -> None:
    world.faults.by_path["tile.tif"] = Fault("cut", at_bytes=100_000)
    with pytest.raises(UnreachableError):
        fetch_dataset(entry(), folders, WINDOW, replace(options, tries=1))
    write_tiff(tmp_path / "other" / "data.example" / "tile.tif", seed=2)
    with serve(tmp_path / "other") as other:
        raw = fetch_dataset(entry(), folders, WINDOW, replace(options, mirrors=(other.mirror,)))
        assert other.asked() == ["GET /data.example/tile.tif"]
    assert raw.mirror == other.url
    assert standing(folders) == {"tile.tif": compute_sha256(tmp_path / "other" / "data.example" / "tile.tif")}


def test_a_tile_that_only_a_mirror_lacks_is_its_doing(
    world: World, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    write_tiff(world.root / "data.example" / "a.tif")
    declared = {"url": "https://data.example/{part}.tif", "name": "{part}.tif", "each": ["a", "b"], "absent": "sea"}
    fetch_dataset(entry(download=declared), folders, WINDOW, options)
    note = folders.raw / "test-set" / "1" / "b.tif.provenance.json"
    assert json.loads(note.read_text())["fetched_from"] == f"{world.url}/data.example/b.tif"


def test_an_answer_of_overpass_through_a_mirror_says_so(folders: Folders, options: Options, tmp_path: Path) -> None:
    with serve(tmp_path, overpass=osm_world.answer) as world:
        raw = fetch_dataset(catalogued("osm-facilities"), folders, WINDOW, replace(options, mirrors=(world.mirror,)))
    assert raw.mirror == world.url
    assert said(raw)["fetched_from"].startswith(world.url)


def test_the_note_counts_a_dataset_of_two_needs_once(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    raw = fetch_dataset(entry(), folders, WINDOW, options)
    assert fetching.describe_mirrors([raw, raw]) == [
        f"1 input was fetched through a mirror ({world.url}), not from its publisher: test-set."
    ]
    other = replace(raw, entry=raw.entry.model_copy(update={"name": "another"}))
    assert fetching.describe_mirrors([raw, other]) == [
        f"2 inputs were fetched through a mirror ({world.url}), not from their publishers: another, test-set."
    ]


def test_a_result_does_not_stand_for_inputs_of_another_source(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    from geo_border import study

    raw = fetch_dataset(entry(), folders, WINDOW, options)
    question = study.read_study("suwalki")
    marks = {
        passport.fingerprint(question, [passport.build_source_row("cover", one)], {})
        for one in (raw, replace(raw, mirror=None))
    }
    assert len(marks) == 2
