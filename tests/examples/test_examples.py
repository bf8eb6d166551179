"""The examples run as a reader would run them, and print what they promise."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import geopandas as gpd
import pytest

from geo_border.store import locate_embedded

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("default run")]

# Latvia's border with Belarus: short, and all of it on land.
SMALL = """
name = "latvia-belarus"
title = "Latvia and Belarus"
home = ["LV"]
facing = ["BY"]
bands_m = [1000, 5000]
"""


def printed(script: str, *words: object, capsys: pytest.CaptureFixture[str]) -> str:
    before = sys.argv
    try:
        sys.argv = [script, *map(str, words)]
        runpy.run_path(str(EXAMPLES / script), run_name="__main__")
    finally:
        sys.argv = before
    return capsys.readouterr().out


def test_every_example_is_run_here() -> None:
    told = Path(__file__).read_text("utf-8")
    scripts = [path.name for path in EXAMPLES.glob("*.py")]
    assert len(scripts) == 3
    assert all(f'printed("{name}"' in told.replace("\n        ", "") for name in scripts)


@pytest.mark.parametrize("script", ["own_people_grid.py", "another_border.py"])
def test_an_example_without_the_file_it_needs_says_how_to_run_it(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [script])
    with pytest.raises(SystemExit, match=f"Run it as `python examples/{script}"):
        runpy.run_path(str(EXAMPLES / script), run_name="__main__")


def test_people_within_10_km_are_told_by_segment(default_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = printed("people_within_10_km.py", "finland-poland", default_root, capsys=capsys)
    rows = [line.split() for line in told.splitlines() if line.startswith("  ")]
    assert [row[0] for row in rows] == ["FI-RU", "EE-RU", "LV-RU", "LV-BY", "LT-RU", "LT-BY", "PL-RU", "PL-BY"]
    assert all(int(row[1].replace(",", "")) > 5_000 for row in rows)
    assert "Source: People modelled from settlement classes" in told


def test_an_own_grid_of_people_takes_the_place_of_the_model(
    default_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = tmp_path / "latvia-belarus.toml"
    study.write_text(SMALL, "utf-8")
    grid = default_root / "data" / "processed" / "finland-poland" / "people.tif"
    told = printed("own_people_grid.py", grid, study, tmp_path, capsys=capsys)
    ratios = [float(line.split()[-1]) for line in told.splitlines()[-3:-1]]
    # The grid is the model's own output for the whole frontier, so the two differ only by how a cell is spread.
    assert len(ratios) == 2
    assert all(0.8 < ratio < 1.25 for ratio in ratios), told
    assert "count: home" in told


def test_another_border_needs_only_a_boundary_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = gpd.read_parquet(locate_embedded() / "osm-boundaries-2026c" / "boundaries.parquet")
    path = tmp_path / "countries.gpkg"
    frame[["country", "geometry"]].rename(columns={"country": "ISO"}).to_file(path, engine="pyogrio")
    told = printed("another_border.py", path, "NO", "RU", "ISO", tmp_path, capsys=capsys)
    length_km = float(told.split("'NO-RU': ")[1].split("}")[0])
    # Kartverket (2018): 197.7 km.
    assert 194 <= length_km <= 199
    assert "cover_area: tree" in told
