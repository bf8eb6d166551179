"""A server that means harm, or several faults in a row: no wrong byte stands, nothing is written elsewhere."""

from __future__ import annotations

import hashlib
import json
import struct
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import shapely
import urllib3

from geo_border.catalog import Entry
from geo_border.catalog import find_entry as catalogued
from geo_border.errors import FetchError, UnreachableError
from geo_border.fetch import cache
from geo_border.fetch.gather import fetch_dataset
from geo_border.fetch.options import Options
from geo_border.fetch.responses import parse_retry_after_s
from geo_border.fetch.verify import verify_file
from geo_border.store import Folders, compute_sha256
from tests.fetch.conftest import WINDOW, standing, write_tiff
from tests.worldserver import osm_world
from tests.worldserver.faults import Fault
from tests.worldserver.server import World

MakeEntry = Callable[..., Entry]


@pytest.mark.parametrize("kind", ["changed_rudely", "changed_silently"])
def test_the_tail_of_another_version_is_never_joined_to_what_came(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry, kind: str
) -> None:
    # The first request is cut and the file changes; the second, for the rest, is answered with the new version's.
    world.faults.by_path["tile.tif"] = Fault(kind, times=2, at_bytes=70_000)
    fetch_dataset(entry(), folders, WINDOW, options)
    assert "bytes=70000-" in world.asked()[1]
    assert standing(folders) == {"tile.tif": compute_sha256(tiff)}


def test_faults_one_after_another_end_with_the_right_bytes(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    # Each key fits the path, and strikes until it is spent.
    for key, fault in {
        "tile.tif": Fault("drip", times=1, wait_s=2.5),
        "ile.tif": Fault("cut", times=1, at_bytes=90_000),
        "le.tif": Fault("changed", times=1, at_bytes=70_000),
        "e.tif": Fault("changed_rudely", times=1),
        ".tif": Fault("503", times=1, wait_s=0.0),
        "tif": Fault("hang", times=1, wait_s=2.0),
        "data.": Fault("cut", times=1, at_bytes=80_000),
    }.items():
        world.faults.by_path[key] = fault
    fetch_dataset(entry(), folders, WINDOW, Options(**{**options.__dict__, "tries": 8}))
    assert len(world.asked()) >= 8
    assert standing(folders) == {"tile.tif": compute_sha256(tiff)}


def test_headers_that_drip_are_given_up(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    # Never silent for long enough to be timed out, and 30 s long in all.
    world.faults.by_path["tile.tif"] = Fault("drip_head", wait_s=30.0)
    began = time.monotonic()
    with pytest.raises(UnreachableError, match=r"(without a byte|connection failed).* 2 times in a row"):
        fetch_dataset(entry(), folders, WINDOW, replace(options, tries=2))
    assert time.monotonic() - began < 20
    world.faults.by_path["tile.tif"] = Fault("drip_head", wait_s=30.0, times=1)
    fetch_dataset(entry(), folders, WINDOW, options)
    assert standing(folders) == {"tile.tif": compute_sha256(tiff)}


@pytest.mark.parametrize(("kind", "most"), [("endless", 5_000_000), ("", 100_000)])
def test_what_is_larger_than_the_file_can_be_does_not_fill_the_disk(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry, kind: str, most: int
) -> None:
    world.faults.by_path["tile.tif"] = Fault(kind)
    with pytest.raises(UnreachableError, match=f"larger than the {most:,} bytes"):
        fetch_dataset(entry(download={"largest_bytes": most}), folders, WINDOW, options)
    assert len(world.asked()) == 1
    assert [path for path in folders.raw.rglob("*") if path.is_file() and path.stat().st_size] == []


@pytest.mark.parametrize("location", ["file:///etc/hostname", "ftp://data.example/tile.tif", "http://[tile.tif"])
def test_a_redirect_to_what_is_no_web_address_is_refused(
    world: World, folders: Folders, options: Options, entry: MakeEntry, location: str
) -> None:
    moved = world.root / "data.example" / "tile.tif.redirect"
    moved.parent.mkdir()
    moved.write_text(location)
    with pytest.raises(UnreachableError, match=r"tile\.tif"):
        fetch_dataset(entry(), folders, WINDOW, options)
    assert standing(folders) == {}
    assert len(world.asked()) == 1


def test_a_mirror_that_is_no_web_address_is_said_at_once(folders: Folders, entry: MakeEntry) -> None:
    with pytest.raises(UnreachableError, match=r"no web address\. Check the --mirror prefix"):
        fetch_dataset(entry(), folders, WINDOW, Options(mirrors=(("https://", "/mnt/mirror/"),)))


def listed(tile: object) -> dict[str, object]:
    shape = shapely.geometry.mapping(WINDOW)
    return {"type": "FeatureCollection", "features": [{"geometry": shape, "properties": {"tile": tile}}]}


INDEXED = {
    "url": "https://data.example/{tile}.tif",
    "name": "{tile}.tif",
    "tiles": {"scheme": "index", "index_url": "https://data.example/list.geojson", "field": "tile"},
}
NO_LIST = {
    "a path out of the folder": (listed("../../../../slip"), "no name of a tile"),
    "a path from the root": (listed("/slip"), "no name of a tile"),
    "another field": ({"type": "FeatureCollection", "features": [{"properties": {}}]}, "not the list of tiles"),
    "no features": ({"type": "Feature"}, "not the list of tiles"),
    "a feature that is none": ({"type": "FeatureCollection", "features": [3]}, "not the list of tiles"),
}


@pytest.mark.parametrize(("body", "told"), NO_LIST.values(), ids=NO_LIST.keys())
def test_a_list_of_tiles_that_is_none_does_not_stay_and_leads_nowhere(
    world: World, folders: Folders, options: Options, entry: MakeEntry, tmp_path: Path, body: object, told: str
) -> None:
    served = world.root / "data.example" / "list.geojson"
    served.parent.mkdir()
    served.write_text(json.dumps(body))
    with pytest.raises(UnreachableError, match=told):
        fetch_dataset(entry(download=INDEXED), folders, WINDOW, options)
    assert standing(folders) == {}
    assert not list(tmp_path.rglob("*slip*"))
    # Nothing wrong is in the way of the next run.
    served.write_text(json.dumps(listed("T1")))
    write_tiff(world.root / "data.example" / "T1.tif")
    assert fetch_dataset(entry(download=INDEXED), folders, WINDOW, options).paths[0].name == "T1.tif"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "²"}, None),
        ({"Retry-After": "9" * 5000}, None),
        ({"Retry-After": "soon"}, None),
        # By the server's clock: ours may be years behind, or have gone backwards.
        ({"Retry-After": "Fri, 01 Jan 2100 00:00:30 GMT", "Date": "Fri, 01 Jan 2100 00:00:00 GMT"}, 30.0),
        ({"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT", "Date": "Fri, 01 Jan 2100 00:00:30 GMT"}, 0.0),
    ],
)
def test_a_wait_is_a_number_or_a_date_by_the_servers_clock_or_none(
    headers: dict[str, str], expected: float | None
) -> None:
    assert parse_retry_after_s(urllib3.HTTPResponse(headers=headers)) == expected


def test_a_header_that_claims_more_than_the_file_can_hold_is_refused_at_once(tmp_path: Path) -> None:
    tags = {256: 60_000, 257: 60_000, 258: 8, 259: 1, 262: 1, 277: 1, 322: 16, 323: 16, 324: 1000, 325: 256}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    path = tmp_path / "small.tif"
    path.write_bytes(b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(2_000))
    with pytest.raises(UnreachableError, match="would not fit"):
        verify_file(path, "tiff", "https://data.example/small.tif")


def test_json_nested_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.geojson"
    path.write_text('{"type":' + "[" * 200_000)
    with pytest.raises(UnreachableError, match="not a whole geojson file"):
        verify_file(path, "geojson", "https://data.example/deep.geojson")


PLACE = shapely.box(22.2, 53.7, 22.4, 53.8)


def test_an_overpass_answer_that_drips_is_given_up(world: World, folders: Folders, options: Options) -> None:
    world.overpass = osm_world.answer
    world.faults.by_path["interpreter"] = Fault("drip", wait_s=6.0)
    with pytest.raises(FetchError, match="slower than 1000 bytes a second"):
        fetch_dataset(catalogued("osm-facilities"), folders, PLACE, replace(options, tries=1))
    assert standing(folders) == {}


@pytest.mark.parametrize("body", [b"[]", b'{"elements": 3, "osm3s": null}', b'{"elements": [7], "osm3s": {}}'])
def test_json_that_is_no_overpass_answer_is_refused(
    world: World, folders: Folders, options: Options, body: bytes
) -> None:
    world.overpass = lambda _query, _fault: body
    with pytest.raises(UnreachableError, match="no Overpass answer"):
        fetch_dataset(catalogued("osm-facilities"), folders, PLACE, options)
    assert standing(folders) == {}


@pytest.mark.parametrize("kept", [b"", b"[]", b'{"elements": []}'])
def test_a_kept_answer_that_is_damaged_or_to_another_question_is_asked_again(
    world: World, folders: Folders, options: Options, tmp_path: Path, kept: bytes
) -> None:
    world.overpass = osm_world.answer
    one = catalogued("osm-facilities")
    whole = fetch_dataset(one, Folders(tmp_path / "whole"), PLACE, options)
    work = cache.build_cache_paths(folders, one, whole.paths[0].name).work
    work.mkdir(parents=True)
    # What an older version kept without naming the question, and what a power cut left of this one's answer.
    (work / "q.json").write_text('{"elements": [], "osm3s": {"timestamp_osm_base": "2001-01-01"}}')
    said = json.loads(whole.paths[0].with_name(whole.paths[0].name + cache.PROVENANCE).read_text())
    asked = f"{said['fetched_from']}\n{said['query']}"
    (work / f"q-{hashlib.sha256(asked.encode()).hexdigest()[:12]}.json").write_bytes(kept)
    assert fetch_dataset(one, folders, PLACE, options).sha256 == whole.sha256
