"""A run on files with military rows in them is the run on the same files without them, in every output."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

import geo_border
from geo_border.study import Study

# One process, so that the two runs are made once.
pytestmark = pytest.mark.xdist_group("no military")

PAIR = Study(name="pair", title="Pair", home=("AA",), facing=("BB",), bands_m=(1000, 5000), strips_m=(1000,))
SIDES = [shapely.box(23.0, 54.0, 23.2, 54.1), shapely.box(23.2, 54.0, 23.4, 54.1)]
HASH = re.compile(r"[0-9a-f]{64}|\b[0-9a-f]{12}\b")

# Two civilian rows of each need, and two military ones that lie where no civilian row does: on empty cells.
NORTH = [54.03, 54.04, 54.06, 54.07]
SHAPES: dict[str, list[shapely.Geometry]] = {
    "places": [shapely.Point(23.18, y) for y in NORTH],
    "facilities": [shapely.Point(23.19, y) for y in NORTH],
    "roads": [shapely.LineString([(23.15, y), (23.2, y)]) for y in NORTH],
    "protected": [shapely.box(23.15, y, 23.19, y + 0.005) for y in NORTH],
}
KINDS = {"places": "village", "facilities": "school", "roads": "primary", "protected": "park"}


def run(root: Path, *, planted: bool) -> Path:
    """The small world's results, with military rows in each file of the user's or without; the root."""
    sides = gpd.GeoDataFrame({"country": ["AA", "BB"]}, geometry=SIDES, crs=4326)
    sides.to_parquet(root / "sides.parquet")
    sources = [f"boundaries={root / 'sides.parquet'}"]
    for need, shapes in SHAPES.items():
        tags = [None, '"access"=>"yes"', '"operator:type"=>"Military"', '"military"=>"base"']
        table = gpd.GeoDataFrame({"kind": KINDS[need], "other_tags": tags}, geometry=shapes, crs=4326)
        table["name"] = ["Elm", "Ash", "Hidden", "Hidden"]
        table[: 4 if planted else 2].to_file(root / f"{need}.gpkg")
        sources.append(f"{need}={root / need}.gpkg")
    geo_border.run(PAIR, root=root, sources=sources)
    return root


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return (
        run(tmp_path_factory.mktemp("civilian"), planted=False),
        run(tmp_path_factory.mktemp("planted"), planted=True),
    )


def list_outputs(root: Path) -> list[Path]:
    return sorted(p.relative_to(root) for folder in ("data", "maps") for p in (root / folder).rglob("*") if p.is_file())


def read_without_hashes(path: Path) -> str | bytes:
    """Content of an output; where it names the checksum of what was read or written, without that."""
    if path.suffix == ".gpkg":
        with sqlite3.connect(path) as database:
            return HASH.sub("#", "\n".join(database.iterdump()))
    return HASH.sub("#", path.read_text("utf-8")) if path.suffix in {".json", ".html"} else path.read_bytes()


def test_a_planted_military_row_changes_no_output(roots: tuple[Path, Path]) -> None:
    civilian, planted = roots
    names = list_outputs(civilian)
    assert names == list_outputs(planted)
    assert {"exposure.csv", "layers.gpkg", "run.json", "index.html", "pair.qgz"} <= {name.name for name in names}
    changed = [str(n) for n in names if read_without_hashes(civilian / n) != read_without_hashes(planted / n)]
    assert not changed


def test_the_civilian_rows_are_all_there_and_the_military_ones_named_nowhere(roots: tuple[Path, Path]) -> None:
    folder = roots[1] / "data" / "processed" / "pair"
    for layer in ("facilities", "settlements"):
        assert sorted(gpd.read_file(folder / "layers.gpkg", layer=layer)["name"]) == ["Ash", "Elm"]
    texts = [(roots[1] / name).read_bytes() for name in list_outputs(roots[1])]
    assert any(b"Elm" in text for text in texts)
    assert not any(b"Hidden" in text for text in texts)


def test_roads_without_a_class_count_with_a_note(tmp_path: Path) -> None:
    gpd.GeoDataFrame({"country": ["AA", "BB"]}, geometry=SIDES, crs=4326).to_parquet(tmp_path / "sides.parquet")
    gpd.GeoDataFrame({"length": [1.0] * 4}, geometry=SHAPES["roads"], crs=4326).to_file(tmp_path / "roads.gpkg")
    sources = [f"boundaries={tmp_path / 'sides.parquet'}", f"roads={tmp_path / 'roads.gpkg'}"]
    made = geo_border.run(PAIR, root=tmp_path, sources=sources)
    assert made.exposure.query("measure == 'road_length'")["value"].sum() > 0
    assert "roads: roads.gpkg has no class of road: every line in it counts as a public road." in made.passport["notes"]
