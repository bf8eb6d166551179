"""What pip installs carries the snapshot, the studies and the words, and nothing of the tests."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    command = [sys.executable, "-m", "pip", "wheel", *options, str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (path,) = folder.glob("geo_border-*.whl")
    return zipfile.ZipFile(path)


@pytest.mark.slow
def test_the_wheel_carries_the_whole_snapshot(wheel: zipfile.ZipFile) -> None:
    embedded = ROOT / "data" / "raw" / "embedded"
    files = sorted(p.relative_to(embedded).as_posix() for p in embedded.rglob("*") if p.is_file())
    carried = sorted(n.removeprefix("geo_border/_embedded/") for n in wheel.namelist() if "/_embedded/" in n)
    assert files == carried
    assert any(name.endswith("boundaries.parquet") for name in files)
    assert sum(info.file_size for info in wheel.infolist() if "/_embedded/" in info.filename) < 20_000_000


@pytest.mark.slow
def test_the_wheel_carries_what_the_code_reads(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    read = {".toml", ".txt", ".csv", ".po", ".js", ".css", ".j2"}
    data = {path for path in (ROOT / "geo_border").rglob("*") if path.suffix in read}
    missing = [p.name for p in data if p.relative_to(ROOT).as_posix() not in names]
    assert data
    assert not missing


@pytest.mark.slow
def test_the_wheel_carries_its_licence_and_notice_and_no_tests(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert any(name.endswith("NOTICE") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "examples/", "data/"))]


@pytest.mark.slow
def test_an_installed_package_finds_its_snapshot_and_its_studies(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path / "site")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from geo_border import store, study\n"
        "assert store.__file__.startswith(sys.argv[1]), store.__file__\n"
        "found = store.locate_embedded()\n"
        "print(found.relative_to(sys.argv[1]).as_posix(), (found / 'NOTICE').exists(), study.list_studies()[0])"
    )
    # -P: the current folder, where the checkout is, stays out of the path.
    command = [sys.executable, "-P", "-c", code, str(tmp_path / "site")]
    told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path).stdout.split()
    assert told == ["geo_border/_embedded", "True", "finland-poland"]
