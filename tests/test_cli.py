"""Bad input gets one clear line and the exit code of the contract; nothing is half-written."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from geo_border import cli, study
from geo_border.fetchers import embedded
from geo_border.store import embedded_dir

DATA = Path(__file__).parent / "data"
BOUNDARIES = f"boundaries={DATA / 'us_mx_natural_earth_10m.geojson'}"
BORDER = (DATA / "us-mx.toml").read_text("utf-8")


def run(words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and error stream of `geo-border WORDS`."""
    monkeypatch.setattr(sys, "argv", ["geo-border", *words])
    try:
        cli.main()
    except SystemExit as end:
        code = int(end.code or 0)
    else:
        code = 0
    return code, " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("strips_m = [1000]", "strips_m = [1000]\ncolour = 1"), ("unknown key 'colour'", "Known at the top")),
        (("[1000, 5000, 10000]", "[5000, 1000]"), ("bands_m", "sorted from near to far")),
        (("[1000, 5000, 10000]", "[-1000, 5000]"), ("bands_m", "above 0")),
        (("[1000, 5000, 10000]", "[]"), ("bands_m",)),
        (('home = ["MX"]', 'home = ["CA"]'), ("no CA", "ISO_A2", "MX, US")),
        (('home = ["MX"]', 'home = "MX"'), ("home",)),
        (('"ISO_A2"', '"COUNTRY_CODE"'), ("no field 'COUNTRY_CODE'", "ISO_A2")),
        (("bands_m = [", "bands_m = ["[:-1] + "[["), ("not TOML",)),
    ],
)
def test_a_bad_study_is_one_line_with_file_key_and_expectation(
    change: tuple[str, str],
    told: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(BORDER.replace(*change), encoding="utf-8")
    assert file.read_text("utf-8") != BORDER
    words = ["run", str(file), "--root", str(tmp_path), "--sources", BOUNDARIES, "--quiet"]
    code, error = run(words, monkeypatch, capsys)
    assert code == 2
    assert error.startswith("error:")
    assert error.count("error:") == 1
    for part in told:
        assert part in error


def test_a_facing_country_that_is_not_adjacent_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "apart.toml"
    file.write_text(
        'name = "apart"\ntitle = "Apart"\nhome = ["FI", "LV"]\nfacing = ["RU", "NO", "PL"]\nbands_m = [1000]\n',
        encoding="utf-8",
    )
    code, error = run(["run", str(file), "--root", str(tmp_path)], monkeypatch, capsys)
    assert code == 2
    assert "PL is not adjacent" in error


def grid(
    path: Path, crs: str | None, corner: tuple[float, float], value: float = 5.0, nodata: float | None = None
) -> Path:
    """A small people grid of 0.05 degree cells whose upper-left corner is given; one cell is -99999."""
    values = np.full((40, 40), value, dtype=np.float32)
    values[3, 3] = -99999
    profile = {"driver": "GTiff", "width": 40, "height": 40, "count": 1, "dtype": "float32", "nodata": nodata}
    with rasterio.open(
        path, "w", crs=crs, transform=Affine(0.05, 0, corner[0], 0, -0.05, corner[1]), **profile
    ) as file:
        file.write(values, 1)
    return path


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize(
    ("crs", "corner", "told"),
    [(None, (-110.0, 32.0), "no coordinate reference system"), ("EPSG:4326", (20.0, 60.0), "do not meet")],
)
def test_a_people_grid_that_cannot_serve_says_why(
    crs: str | None,
    corner: tuple[float, float],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    people = grid(tmp_path / "people.tif", crs, corner)
    words = ["run", str(DATA / "us-mx.toml"), "--root", str(tmp_path), "--sources", BOUNDARIES]
    code, error = run([*words, "--sources", f"people={people}"], monkeypatch, capsys)
    assert code == 2
    assert told in error
    assert not list(tmp_path.rglob("*.gpkg"))


def test_minus_99999_is_nobody_known_and_not_minus_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import geo_border

    people = grid(tmp_path / "people.tif", "EPSG:4326", (-108.0, 32.5))
    made = geo_border.run(DATA / "us-mx.toml", root=tmp_path, sources=[BOUNDARIES, f"people={people}"])
    counted = made.exposure.loc[made.exposure["measure"] == "people", "value"]
    assert counted.sum() > 0
    assert (counted.dropna() >= 0).all()


def test_a_damaged_snapshot_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "embedded"
    shutil.copytree(embedded_dir(), copy)
    broken = copy / "geonames-2025" / "places.parquet"
    broken.write_bytes(broken.read_bytes()[:-7] + b"garbled")
    monkeypatch.setattr(embedded, "embedded_dir", lambda: copy)
    code, error = run(["run", "suwalki", "--root", str(tmp_path)], monkeypatch, capsys)
    assert code == 3
    assert "places.parquet" in error
    assert "sha256" in error
    assert "git checkout" in error


def test_a_root_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # A file in the folder's place: permissions do not stop the administrator that CI runs as.
    (tmp_path / "taken").write_text("", encoding="utf-8")
    code, error = run(["run", "suwalki", "--root", str(tmp_path / "taken")], monkeypatch, capsys)
    assert code == 2
    assert "cannot be written" in error
    assert "--root" in error


@pytest.mark.parametrize(
    "words", [["run", "nowhere"], ["run", "--no-such-option"], ["diff", "a", "b"], ["map", "suwalki"]]
)
def test_wrong_use_exits_with_2(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, error = run(words, monkeypatch, capsys)
    assert code == 2
    assert error.startswith("error:")


def test_every_study_that_ships_can_be_read() -> None:
    assert len(study.names()) >= 3
    assert all(study.read(name).name == name for name in study.names())
