"""Whatever a server does, data/raw holds the right bytes or none, and the user reads one clear line."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from geo_border.catalog import Entry
from geo_border.errors import ChecksumError, FetchError, UnreachableError
from geo_border.fetch.gather import fetch_dataset
from geo_border.fetch.options import Options
from geo_border.store import Folders, compute_sha256
from tests.fetch.conftest import WINDOW, standing, write_tiff
from tests.worldserver.faults import Fault
from tests.worldserver.server import World

MakeEntry = Callable[..., Entry]

LASTING = {
    "404": "not there (404)",
    "403": "refused (403 Forbidden)",
    "429": "asks to wait 60 s",
    "500": "answered 500",
    "503": "asks to wait 60 s",
    "hang": "no answer in time",
    "drip": "slower than 1000 bytes a second",
    "too_short": "not a whole tiff file",
    "html": "web page instead of the file",
    "redirect_loop": "redirects without end",
}


@pytest.mark.parametrize(("kind", "told"), LASTING.items())
def test_a_lasting_fault_is_one_clear_line_and_nothing_is_kept(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry, kind: str, told: str
) -> None:
    world.faults.by_path["tile.tif"] = Fault(kind, wait_s=60.0 if kind in {"429", "503"} else 2.5)
    with pytest.raises(UnreachableError) as caught:
        fetch_dataset(entry(), folders, WINDOW, options)
    message = str(caught.value)
    assert told in message
    assert "\n" not in message
    assert "https://data.example/tile.tif" in message
    assert caught.value.exit_code == 3
    assert standing(folders) == {}


PASSING = ["429", "500", "503", "hang", "drip", "cut", "changed", "changed_rudely", "no_range", "too_long"]


@pytest.mark.parametrize("kind", PASSING)
def test_a_passing_fault_ends_with_the_right_bytes(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry, kind: str
) -> None:
    world.faults.by_path["tile.tif"] = Fault(
        "cut" if kind == "no_range" else kind, times=1, at_bytes=70_000, wait_s=2.5 if kind in {"hang", "drip"} else 1.0
    )
    raw = fetch_dataset(entry(), folders, WINDOW, options)
    assert standing(folders) == {"tile.tif": compute_sha256(tiff)} == dict(raw.sha256)


def test_a_cut_file_is_resumed_where_it_stopped(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    world.faults.by_path["tile.tif"] = Fault("cut", times=2, at_bytes=100_000)
    fetch_dataset(entry(), folders, WINDOW, options)
    assert world.asked() == [
        "GET /data.example/tile.tif",
        "GET /data.example/tile.tif bytes=100000-",
        "GET /data.example/tile.tif bytes=200000-",
    ]


def test_a_file_that_changes_between_parts_is_never_spliced(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    before = compute_sha256(tiff)
    world.faults.by_path["tile.tif"] = Fault("changed_rudely", times=1, at_bytes=70_000)
    fetch_dataset(entry(), folders, WINDOW, options)
    assert standing(folders) == {"tile.tif": compute_sha256(tiff)}
    assert before != compute_sha256(tiff)


def test_retry_after_is_waited_for(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    world.faults.by_path["tile.tif"] = Fault("429", times=1, wait_s=1.0)
    waits: list[float] = []
    from geo_border.fetch.network import Network

    original = Network.pause
    Network.pause = lambda self, s: waits.append(s) or original(self, 0.0)  # type: ignore[method-assign, func-returns-value]
    try:
        fetch_dataset(entry(), folders, WINDOW, options)
    finally:
        Network.pause = original  # type: ignore[method-assign]
    assert waits == [1.0]


def test_a_wrong_checksum_is_refused(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    world.faults.by_path["tile.tif"] = Fault("wrong_bytes")
    declared = entry(files=[{"name": "tile.tif", "sha256": compute_sha256(tiff)}])
    with pytest.raises(ChecksumError, match="expected"):
        fetch_dataset(declared, folders, WINDOW, options)
    assert standing(folders) == {}


def test_a_published_md5_is_compared(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    tiff.with_name("tile.tif.md5").write_text("0" * 32 + "  tile.tif\n")
    with pytest.raises(ChecksumError, match="published 0000"):
        fetch_dataset(entry(download={"md5_suffix": ".md5"}), folders, WINDOW, options)
    assert standing(folders) == {}


def test_a_cog_cut_short_at_its_source_is_refused(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    tiff.write_bytes(tiff.read_bytes()[:-50_000])
    with pytest.raises(UnreachableError, match="cut short"):
        fetch_dataset(entry(), folders, WINDOW, options)
    assert standing(folders) == {}


def zipped(world: World, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path = world.root / "data.example" / "set.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", method) as out:
        for name, body in members.items():
            out.writestr(name, body)
    return path


ZIP = {
    "url": "https://data.example/set.zip",
    "name": "out.tif",
    "kind": "zip",
    "member": "*.tif",
    "member_kind": "tiff",
}


def tiff_bytes(tmp_path: Path) -> bytes:
    write_tiff(tmp_path / "in.tif")
    return (tmp_path / "in.tif").read_bytes()


def test_one_member_is_taken_out_under_our_own_name(
    world: World, folders: Folders, options: Options, entry: MakeEntry, tmp_path: Path
) -> None:
    zipped(world, {"deep/folder/in.tif": tiff_bytes(tmp_path), "readme.txt": b"hello"})
    fetch_dataset(entry(download=ZIP), folders, WINDOW, options)
    assert standing(folders) == {"out.tif": compute_sha256(tmp_path / "in.tif")}


HARMFUL = {
    "zip slip": ({"../../../slip.tif": b"x"}, "outside its folder"),
    "absolute": ({"/etc/slip.tif": b"x"}, "outside its folder"),
    "drive": ({"C:\\slip.tif": b"x"}, "outside its folder"),
    "bomb": ({"in.tif": b"\0" * 60_000_000}, "unpacks"),
    "no member": ({"readme.txt": b"x"}, "expected one member"),
    "two members": ({"a.tif": b"x", "b.tif": b"x"}, "found 2"),
}


@pytest.mark.parametrize(("members", "told"), HARMFUL.values(), ids=HARMFUL.keys())
def test_a_harmful_archive_is_not_opened(
    world: World,
    folders: Folders,
    options: Options,
    entry: MakeEntry,
    tmp_path: Path,
    members: dict[str, bytes],
    told: str,
) -> None:
    zipped(world, members)
    with pytest.raises(UnreachableError, match=told):
        fetch_dataset(entry(download=ZIP), folders, WINDOW, options)
    assert standing(folders) == {}
    assert not list(tmp_path.rglob("*slip*"))


def test_a_header_that_lies_about_its_size_is_found_out(
    world: World, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    path = zipped(world, {"in.tif": b"\0" * 3_000_000})
    body = path.read_bytes()
    true, lie = (3_000_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little")
    assert body.count(true) == 2
    path.write_bytes(body.replace(true, lie))
    with pytest.raises(UnreachableError, match=r"larger than it says|broken archive"):
        fetch_dataset(entry(download=ZIP), folders, WINDOW, options)
    assert standing(folders) == {}


def test_a_damaged_member_is_refused(
    world: World, folders: Folders, options: Options, entry: MakeEntry, tmp_path: Path
) -> None:
    path = zipped(world, {"in.tif": tiff_bytes(tmp_path)}, zipfile.ZIP_STORED)
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 0xFF
    path.write_bytes(bytes(body))
    with pytest.raises(UnreachableError, match="broken archive"):
        fetch_dataset(entry(download=ZIP), folders, WINDOW, options)
    assert standing(folders) == {}


WRONG_KINDS = {
    "tiff": b"%PDF-1.4 not a raster at all",
    "zip": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    "gpkg": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    "geojson": b'{"type": "FeatureCollection", "features": [',
    "text": b"\0\0\0\0",
    "pbf": b"PK\x03\x04 something else",
}


@pytest.mark.parametrize(("kind", "body"), WRONG_KINDS.items())
def test_a_file_of_another_kind_is_refused(
    world: World, folders: Folders, options: Options, entry: MakeEntry, kind: str, body: bytes
) -> None:
    path = world.root / "data.example" / "tile.tif"
    path.parent.mkdir(parents=True)
    path.write_bytes(body)
    with pytest.raises(UnreachableError, match=f"not a whole {kind} file"):
        fetch_dataset(entry(download={"kind": kind}), folders, WINDOW, options)
    assert standing(folders) == {}


def test_a_redirect_is_followed_and_mirrored(
    world: World, tiff: Path, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    moved = world.root / "old.example" / "tile.tif.redirect"
    moved.parent.mkdir()
    moved.write_text("https://data.example/tile.tif")
    fetch_dataset(entry(download={"url": "https://old.example/tile.tif"}), folders, WINDOW, options)
    assert standing(folders) == {"tile.tif": compute_sha256(tiff)}
    assert world.asked() == ["GET /old.example/tile.tif", "GET /data.example/tile.tif"]


def test_one_bad_tile_does_not_lose_the_others(
    world: World, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    for country in ("POL", "LTU"):
        write_tiff(world.root / "data.example" / f"{country}.tif")
    world.faults.by_path["LTU"] = Fault("500")
    by_country = entry(
        download={"url": "https://data.example/{iso3}.tif", "name": "{iso3}.tif", "tiles": {"scheme": "country"}}
    )
    with pytest.raises(FetchError, match=r"1 of 2 files could not be had\. Kept: 1\."):
        fetch_dataset(by_country, folders, WINDOW, options)
    assert list(standing(folders)) == ["POL.tif"]
    world.faults.by_path.clear()
    fetch_dataset(by_country, folders, WINDOW, options)
    assert sorted(standing(folders)) == ["LTU.tif", "POL.tif"]
    assert len(world.asked("POL")) == 1


def test_an_absent_tile_is_asked_for_once_and_told(
    world: World,
    folders: Folders,
    options: Options,
    entry: MakeEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    write_tiff(world.root / "data.example" / "POL.tif")
    by_country = entry(
        download={
            "url": "https://data.example/{iso3}.tif",
            "name": "{iso3}.tif",
            "tiles": {"scheme": "country"},
            "absent": "open sea",
        }
    )
    raw = fetch_dataset(by_country, folders, WINDOW, options)
    assert [path.name for path in raw.paths] == ["POL.tif"]
    assert "no LTU.tif (open sea)" in caplog.text
    fetch_dataset(by_country, folders, WINDOW, options)
    assert len(world.asked("LTU")) == 1


def test_a_mirror_that_has_nothing_is_not_taken_for_the_sea(
    world: World, folders: Folders, options: Options, entry: MakeEntry
) -> None:
    with pytest.raises(UnreachableError, match=r"has none of tile\.tif"):
        fetch_dataset(entry(download={"absent": "open sea"}), folders, WINDOW, options)
