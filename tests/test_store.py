"""Files are written whole or not at all, one run at a time, and a folder that cannot be written is told."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from geo_border import store
from geo_border.errors import StoreError


def left(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.rglob("*"))


def test_a_file_stands_when_its_block_ends_well(tmp_path: Path) -> None:
    with store.replace_atomically(tmp_path / "new" / "table.csv") as path:
        assert path.suffix == ".csv"
        assert not (tmp_path / "new" / "table.csv").exists()
        path.write_text("a")
    assert left(tmp_path / "new") == ["table.csv"]


@pytest.mark.parametrize("interruption", [ValueError, KeyboardInterrupt])
def test_nothing_half_written_is_left_behind(tmp_path: Path, interruption: type[BaseException]) -> None:
    final = tmp_path / "table.csv"
    final.write_text("before")

    def interrupted() -> None:
        with store.replace_atomically(final) as path:
            path.write_text("half")
            raise interruption

    with pytest.raises(interruption):
        interrupted()
    assert final.read_text() == "before"
    assert left(tmp_path) == ["table.csv"]


def test_a_root_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    # A file where a folder should be: also root of the machine cannot write below it.
    (tmp_path / "data").write_text("")
    with pytest.raises(StoreError, match=r"cannot be written .*--root") as caught:
        store.write_text(tmp_path / "data" / "processed" / "table.csv", "a")
    assert "\n" not in str(caught.value)
    with (
        pytest.raises(StoreError, match=r"cannot be written .*--root"),
        store.lock_folder(tmp_path / "data" / "processed"),
    ):
        pass


def test_a_second_run_in_one_folder_is_told_to_wait(tmp_path: Path) -> None:
    with (
        store.lock_folder(tmp_path),
        pytest.raises(StoreError, match=r"another run is writing here.*--root"),
        store.lock_folder(tmp_path),
    ):
        pass


def test_a_lock_is_given_back(tmp_path: Path) -> None:
    for _ in range(2):
        with store.lock_folder(tmp_path):
            pass


def test_text_is_written_in_utf8_with_unix_line_ends(tmp_path: Path) -> None:
    store.write_text(tmp_path / "t", "Šalčininkai\nPõlva\n")
    assert (tmp_path / "t").read_bytes() == "Šalčininkai\nPõlva\n".encode()


def test_a_checksum_is_that_of_the_bytes(tmp_path: Path) -> None:
    data = bytes(range(256)) * 10_000
    (tmp_path / "f").write_bytes(data)
    assert store.compute_sha256(tmp_path / "f") == hashlib.sha256(data).hexdigest()


def test_folders_of_a_root_are_those_of_the_contract(tmp_path: Path) -> None:
    folders = store.Folders(tmp_path)
    assert folders.raw == tmp_path / "data" / "raw"
    assert folders.locate_processed("suwalki") == tmp_path / "data" / "processed" / "suwalki"
    assert folders.locate_maps("suwalki") == tmp_path / "maps" / "suwalki"
    # Knowing where things go makes no folder.
    assert left(tmp_path) == []


def test_the_snapshot_is_that_of_the_checkout() -> None:
    assert store.locate_embedded() == Path(__file__).parents[1] / "data" / "raw" / "embedded"


WRITES_FOR_EVER = """
import sys, time
from pathlib import Path
from geo_border import store
with store.replace_atomically(Path(sys.argv[1])) as path:
    path.write_text("half")
    print("begun", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has begun to write a table, long enough ago."""
    command = [sys.executable, "-c", WRITES_FOR_EVER, str(tmp_path / "table.csv")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        (begun,) = tmp_path.glob(".partial-*")
        os.utime(begun, (time.time() - 10,) * 2)
        yield process
        process.kill()


def test_what_a_killed_run_left_half_written_is_swept(tmp_path: Path, writer: subprocess.Popen[str]) -> None:
    writer.kill()
    writer.wait()
    (tmp_path / ".partial").mkdir()
    (tmp_path / "table.csv").write_text("before")
    store.remove_partial_folders(tmp_path.parent, tmp_path / "not there")
    # Downloads to be gone on with lie in `.partial`: they stay.
    assert left(tmp_path) == [".partial", "table.csv"]


def test_what_another_process_is_writing_is_not_swept(tmp_path: Path, writer: subprocess.Popen[str]) -> None:
    store.remove_partial_folders(tmp_path)
    (begun,) = tmp_path.glob(".partial-*")
    assert (begun / "table.csv").read_text() == "half"


def test_what_this_process_has_just_begun_is_not_swept(tmp_path: Path) -> None:
    with store.replace_atomically(tmp_path / "table.csv") as path:
        store.remove_partial_folders(tmp_path)
        path.write_text("whole")
    assert left(tmp_path) == ["table.csv"]
