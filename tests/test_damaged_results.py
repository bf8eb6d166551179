"""A result cut short or overwritten is one line that names the file and the command that makes it anew."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from geo_border import passport, result, study
from geo_border.diff import list_changes
from geo_border.errors import CheckError

TABLES = (result.EXPOSURE_FILE, result.READINGS_FILE)
FILES = (result.LAYERS_FILE, *TABLES, result.COVER_FILE, result.PEOPLE_FILE, result.PASSPORT_FILE)
# What a passport may have become.
NO_PASSPORT = (b"", b"[]", b"{}", b"[1]", b"null", b'{"sources": [', b"\xff\xfe", b'{"sources": [1], "checks": [{}]}')
DEFAULT = study.read_study(study.DEFAULT)


@pytest.fixture(scope="module")
def made(default_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the default run's layers, table, grids and passport."""
    folder = tmp_path_factory.mktemp("made")
    for name in FILES:
        shutil.copy(default_root / "data" / "processed" / study.DEFAULT / name, folder)
    return folder


@pytest.mark.parametrize("name", FILES[:-1])
@pytest.mark.parametrize("kept", [0.0, 0.5])
def test_a_file_cut_short_is_named_with_the_command_that_makes_it_anew(made: Path, name: str, kept: float) -> None:
    whole = (made / name).read_bytes()
    (made / name).write_bytes(whole[: int(len(whole) * kept)])
    try:
        with pytest.raises(CheckError, match=rf"{name}: damaged .*Run `geo-border run finland-poland`") as caught:
            result.read(DEFAULT, made)
    finally:
        (made / name).write_bytes(whole)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", NO_PASSPORT)
def test_what_is_no_passport_is_told_in_one_line(made: Path, tmp_path: Path, content: bytes) -> None:
    other = tmp_path / "run.json"
    other.write_bytes(content)
    for read in (lambda: passport.read(tmp_path), lambda: list_changes(made, other)):
        with pytest.raises(CheckError, match=r"run\.json: not (a|the) passport.*Delete it and run again") as caught:
            read()
        assert "\n" not in str(caught.value)


def test_a_result_without_its_passport_is_not_drawn(made: Path) -> None:
    whole = (made / "run.json").read_bytes()
    (made / "run.json").write_bytes(b"{}")
    try:
        with pytest.raises(CheckError, match=r"run\.json: not the passport of a run"):
            result.read(DEFAULT, made)
    finally:
        (made / "run.json").write_bytes(whole)
    assert result.read(DEFAULT, made).passport == passport.read(made)


def test_a_table_that_is_damaged_cannot_be_compared(made: Path, tmp_path: Path) -> None:
    shutil.copy(made / "run.json", tmp_path)
    (tmp_path / result.EXPOSURE_FILE).write_bytes(b"PAR1")
    with pytest.raises(CheckError, match=r"exposure\.parquet: damaged .*Run `geo-border run` again"):
        list_changes(made, tmp_path)
