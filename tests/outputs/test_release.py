"""The release: everything an NGO needs in one zip, checksums that hold, the same bytes each time."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from geo_border.errors import EmptyLayerError
from geo_border.outputs import release
from geo_border.present import read_disclaimer
from geo_border.store import Folders


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    found = Folders(tmp_path)
    for folder, names in (
        (found.locate_maps("s"), ("index.html", "report.html", "overview.png")),
        (found.locate_processed("s"), ("run.json", "exposure.csv", ".lock")),
    ):
        folder.mkdir(parents=True)
        for name in names:
            (folder / name).write_text(f"made-up {name}", encoding="utf-8")
    return found


def test_every_file_is_in_and_its_checksum_holds(folders: Folders, tmp_path: Path) -> None:
    licence = tmp_path / "LICENSE"
    licence.write_text("MIT")
    with zipfile.ZipFile(release.write("s", folders, tmp_path / "s.zip", [licence])) as archive:
        names = set(archive.namelist())
        sums = dict(reversed(line.split("  ")) for line in archive.read("s/SHA256SUMS").decode().splitlines())
        assert {f"s/{name}" for name in sums} == names - {"s/SHA256SUMS", "s/README.txt"}
        assert {
            "maps/index.html",
            "maps/overview.png",
            "data/run.json",
            "data/exposure.csv",
            "licences/LICENSE",
        } <= set(sums)
        assert all(hashlib.sha256(archive.read(f"s/{name}")).hexdigest() == told for name, told in sums.items())
        assert read_disclaimer() in archive.read("s/README.txt").decode()
    assert not any(".lock" in name for name in names)


def test_what_to_read_first_names_the_report_only_where_there_is_one(folders: Folders, tmp_path: Path) -> None:
    told = []
    for name in ("with.zip", "without.zip"):
        with zipfile.ZipFile(release.write("s", folders, tmp_path / name)) as archive:
            told.append(archive.read("s/README.txt").decode())
        (folders.locate_maps("s") / "report.html").unlink(missing_ok=True)
    assert ["report.html" in text for text in told] == [True, False]


def test_the_same_files_give_the_same_bytes(folders: Folders, tmp_path: Path) -> None:
    first = release.write("s", folders, tmp_path / "a.zip").read_bytes()
    for path in folders.locate_maps("s").iterdir():
        path.touch()
    assert release.write("s", folders, tmp_path / "b.zip").read_bytes() == first


def test_a_study_that_was_not_run_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(EmptyLayerError, match="geo-border run s"):
        release.write("s", Folders(tmp_path), tmp_path / "s.zip")
