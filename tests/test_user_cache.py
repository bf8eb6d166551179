"""The user's cache is a folder that nobody else can write, wherever we run; without one, nothing is read back."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from geo_border.user_cache import open_user_cache

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="owners and modes are of POSIX")


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path / "cache" / "geo-border"


def test_it_is_made_for_this_user_alone_whatever_the_umask(base: Path) -> None:
    before = os.umask(0)
    try:
        assert open_user_cache("numba") == base / "numba"
    finally:
        os.umask(before)
    assert [folder.stat().st_mode & 0o777 for folder in (base, base / "numba")] == [0o700, 0o700]
    assert open_user_cache("numba") == base / "numba"
    assert open_user_cache() == base


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o1777])
@pytest.mark.parametrize("which", ["", "numba"])
def test_a_folder_that_others_may_write_is_refused(base: Path, mode: int, which: str) -> None:
    open_user_cache("numba")
    (base / which).chmod(mode)
    assert open_user_cache("numba") is None


def test_a_folder_of_another_owner_is_refused(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_user_cache("numba")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert open_user_cache("numba") is None


@pytest.mark.parametrize("which", ["", "numba"])
def test_a_link_is_refused(base: Path, tmp_path: Path, which: str) -> None:
    (tmp_path / "elsewhere" / "numba").mkdir(parents=True, mode=0o700)
    (base / which).parent.mkdir(parents=True, mode=0o700)
    (base / which).symlink_to(tmp_path / "elsewhere" / which)
    assert open_user_cache("numba") is None


def test_a_file_in_its_place_is_refused(base: Path) -> None:
    base.parent.mkdir()
    base.write_text("no folder")
    assert open_user_cache("numba") is None


@pytest.mark.parametrize("chosen", ["cache", "./cache", ""])
def test_a_cache_named_relative_to_where_we_run_is_not_taken(
    chosen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", chosen)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert open_user_cache("numba") == tmp_path / "home" / ".cache" / "geo-border" / "numba"
    monkeypatch.setenv("HOME", "home")
    assert open_user_cache("numba") is None


def test_without_a_home_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", home)
    assert open_user_cache() is None
