"""The command line: the contract's commands, one clear line for every mistake, and the exit codes."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from pyproj import CRS
from rasterio.transform import from_origin

from geo_border import pipeline, store
from geo_border.fetch import embedded
from geo_border.geo.crs import WGS84, reproject
from tests.commands import Say

SMALL = """
name = "latvia-belarus"
title = "Latvia and Belarus"
home = ["LV"]
facing = ["BY"]
bands_m = [1000, 5000]
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SMALL, "utf-8")
    return path


@pytest.fixture(scope="module")
def ran_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Root of a run of the small study, to be copied by whoever changes it."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "small.toml").write_text(SMALL, "utf-8")
    pipeline.run(folder / "small.toml", root=folder / "root")
    return folder / "root"


def people(path: Path, crs: str | None = "EPSG:3035", nodata: float | None = None, west: float = 5_000_000.0) -> Path:
    """Ten persons in every square kilometre around the Latvian south-east; every second row not known."""
    values = np.full((400, 500), 10, dtype="float32")
    values[::2] = -99999
    profile = {"driver": "GTiff", "width": 500, "height": 400, "count": 1, "dtype": "float32", "nodata": nodata}
    if crs:
        profile["crs"] = crs
    with rasterio.open(path, "w", **profile, transform=from_origin(west, 3_900_000, 1000, 1000)) as out:
        out.write(values, 1)
    return path


def test_every_command_of_the_contract_is_there(say: Say) -> None:
    told = say("--help")
    assert told.code == 0
    for command in (
        "run",
        "fetch",
        "map",
        "report",
        "release",
        "sources",
        "studies",
        "check",
        "diff",
        "tabulate",
        "inspect",
    ):
        assert f"│ {command} " in told.out, command


def test_studies_are_listed_with_the_way_to_ones_own(say: Say) -> None:
    told = say("studies")
    assert told.code == 0
    assert all(name in told.out for name in ("finland-poland", "suwalki", "norway-russia", ".toml"))


def test_sources_are_listed_with_their_licence(say: Say) -> None:
    told = say("sources")
    assert told.code == 0
    assert "osm-boundaries-2026c" in told.out
    assert "ODbL" in told.out


def test_a_wrong_option_is_wrong_use(say: Say) -> None:
    told = say("run", "--bandz", "5")
    assert told.code == 2
    assert "--bandz" in told.error


def test_an_unknown_study_is_named_beside_those_there_are(say: Say) -> None:
    told = say("run", "atlantis")
    assert told.code == 2
    assert "atlantis" in told.error
    assert "finland-poland" in told.error


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("bandz_m = [1]", "unknown key 'bandz_m'"),
        ("strips_m = [500, 100]", "strips_m: expected distances sorted from near to far"),
        ("strips_m = [-500]", "strips_m: expected distances above 0 in metres"),
    ],
)
def test_a_bad_study_names_file_and_key(say: Say, small: Path, line: str, expected: str) -> None:
    small.write_text(SMALL + line, "utf-8")
    told = say("run", small)
    assert told.code == 2
    assert "small.toml" in told.error
    assert expected in told.error


def test_a_country_that_the_boundary_file_lacks_is_named(say: Say, small: Path) -> None:
    small.write_text(SMALL.replace('["BY"]', '["UA"]'), "utf-8")
    told = say("run", small)
    assert told.code == 2
    assert "UA" in told.error
    assert "boundaries.parquet" in told.error


def test_a_facing_country_that_is_not_adjacent_is_named(say: Say, small: Path) -> None:
    small.write_text(SMALL.replace('["BY"]', '["BY", "FI"]'), "utf-8")
    told = say("run", small)
    assert told.code == 2
    assert "FI is not adjacent to any home territory" in told.error


def test_a_boundary_file_without_the_country_field_lists_those_it_has(say: Say, small: Path, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"ISO": ["LV"]}, geometry=[shapely.box(21, 56, 28, 58)], crs=4326)
    frame.to_file(tmp_path / "countries.gpkg", engine="pyogrio")
    told = say("run", small, "--sources", f"boundaries={tmp_path / 'countries.gpkg'}")
    assert told.code == 2
    assert "no field 'country'" in told.error
    assert "ISO" in told.error


def test_a_people_grid_without_crs_is_refused(say: Say, small: Path, tmp_path: Path) -> None:
    grid = people(tmp_path / "people.tif", crs=None)
    told = say("run", small, "--sources", f"people={grid}")
    assert told.code == 2
    assert "people.tif: no coordinate reference system" in told.error


def test_a_people_grid_elsewhere_is_refused_with_both_extents(say: Say, small: Path, tmp_path: Path) -> None:
    told = say("run", small, "--sources", f"people={people(tmp_path / 'people.tif', west=2_600_000)}")
    assert told.code == 2
    assert "people.tif" in told.error
    assert "do not meet" in told.error


def test_nodata_of_99999_below_zero_is_nobody_whether_tagged_or_not(say: Say, small: Path, tmp_path: Path) -> None:
    sums = []
    for tag in (-99999.0, None):
        told = say(
            "run",
            small,
            "--root",
            tmp_path / f"root{tag}",
            "--sources",
            f"people={people(tmp_path / 'p.tif', nodata=tag)}",
        )
        assert told.code == 0, told.err
        assert ("negative people" in told.err) is (tag is None)
        table = pd.read_csv(tmp_path / f"root{tag}" / "data/processed/latvia-belarus/exposure.csv")
        bands = table[(table["zone_kind"] == "band") & (table["measure"] == "people")]
        area = table[(table["zone_kind"] == "band") & (table["measure"] == "area")]
        sums.append((bands["value"].sum(), area["value"].sum()))
    assert sums[0] == pytest.approx(sums[1], rel=1e-9)
    # Half of the rows are known, at ten persons a square kilometre.
    assert sums[0][0] == pytest.approx(5 * sums[0][1], rel=0.05)


def test_a_source_that_is_neither_file_nor_dataset_is_named(say: Say, small: Path) -> None:
    told = say("run", small, "--sources", "people=nowhere.tif")
    assert told.code == 2
    assert "people=nowhere.tif: neither a file nor a dataset" in told.error
    told = say("run", small, "--sources", "peoples=x")
    assert told.code == 2
    assert "'peoples' is not a need" in told.error


def test_a_corrupt_snapshot_file_is_named_with_the_way_to_restore_it(
    say: Say, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "snapshot"
    shutil.copytree(store.locate_embedded(), copy)
    path = copy / "geonames-2025" / "places.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    monkeypatch.setattr(embedded, "locate_embedded", lambda: copy)
    told = say("run", small)
    assert told.code == 3
    assert "places.parquet" in told.error
    assert "damaged" in told.error


def test_a_root_that_cannot_be_written_is_told(say: Say, small: Path, tmp_path: Path) -> None:
    # A file where the folder should go: that stops the machine's administrator as well.
    (tmp_path / "root").write_text("", "utf-8")
    told = say("run", small, "--root", tmp_path / "root")
    assert told.code == 2
    assert "cannot be written" in told.error
    assert "--root" in told.error


@pytest.mark.parametrize("command", ["map", "report", "check", "release"])
def test_what_needs_a_run_says_which_command_makes_it(say: Say, command: str) -> None:
    told = say(command, "suwalki")
    assert told.code == 2
    assert "geo-border run suwalki" in told.error


def test_ctrl_c_ends_with_130_and_leaves_nothing_half_written(
    say: Say, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from geo_border.outputs import table

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(table, "write", interrupted)
    told = say("run", small, "--root", tmp_path / "root")
    assert told.code == 130
    assert "nothing is half-written" in told.err
    written = [p for p in (tmp_path / "root").rglob("*") if ".partial" in p.name or p.name == "run.json"]
    assert written == []


def test_two_runs_in_two_fresh_roots_write_the_same_bytes(say: Say, small: Path, tmp_path: Path) -> None:
    for root in ("one", "two"):
        told = say("run", small, "--root", tmp_path / root)
        assert told.code == 0, told.err
    names = [
        "data/processed/latvia-belarus/exposure.csv",
        "data/processed/latvia-belarus/layers.gpkg",
        "maps/latvia-belarus/index.html",
    ]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    told = say(
        "diff",
        tmp_path / "one/data/processed/latvia-belarus/run.json",
        tmp_path / "two/data/processed/latvia-belarus/run.json",
    )
    assert told.code == 0, told.err
    assert told.out == "No difference.\n"


def test_a_run_that_check_refuses_is_not_released(say: Say, small: Path, ran_once: Path, tmp_path: Path) -> None:
    root, zipped = shutil.copytree(ran_once, tmp_path / "root"), tmp_path / "latvia-belarus.zip"
    told = say("check", small, "--root", root)
    assert told.code == 0
    assert re.search(r"^ok checksums: \d+ files$", told.out, re.MULTILINE)
    assert re.search(r"^ok schemas: 14 layers and tables$", told.out, re.MULTILINE)
    grid = root / "data/processed/latvia-belarus/people.tif"
    grid.rename(tmp_path / "people.tif")
    refused = say("check", small, "--root", root)
    told = say("release", small, "--root", root)
    assert (told.code, told.error) == (1, refused.error)
    assert "people.tif: missing" in told.error
    assert not zipped.exists()
    (tmp_path / "people.tif").rename(grid)
    told = say("release", small, "--root", root)
    assert told.code == 0
    assert "no report" in told.err
    # Named after the study, so that one does not take another's place.
    assert zipped.exists()
    report = root / "maps/latvia-belarus/report.html"
    report.write_text("of an earlier run", "utf-8")
    os.utime(report, (0, 0))
    assert "older than the run" in say("release", small, "--root", root).err


def test_what_is_no_run_cannot_be_compared(say: Say, tmp_path: Path) -> None:
    told = say("diff", tmp_path / "run-a", tmp_path / "run-b")
    assert told.code == 2
    assert f"{tmp_path / 'run-a'}: not a run" in told.error


def test_a_run_makes_anew_what_a_broken_one_left_and_sweeps_it(
    say: Say, small: Path, ran_once: Path, tmp_path: Path
) -> None:
    shutil.copytree(ran_once, tmp_path, dirs_exist_ok=True)
    processed, maps = tmp_path / "data/processed/latvia-belarus", tmp_path / "maps/latvia-belarus"
    (processed / "run.json").write_text("[]", "utf-8")
    for left in (processed / ".partial-a", processed / "parquet" / ".partial-b", maps / ".partial-c"):
        left.mkdir()
        os.utime(left, (0, 0))
    for command in ("check", "map", "report"):
        told = say(command, small)
        assert told.code == 1
        assert "run.json: not the passport of a run" in told.error
    assert say("run", small).code == 0
    assert say("check", small).code == 0
    assert list(tmp_path.rglob(".partial-*")) == []


def test_a_fallback_that_is_no_preset_is_refused_before_anything_is_fetched(say: Say, small: Path) -> None:
    told = say("run", small, "--fallback", "foo")
    assert told.code == 2
    assert "--fallback foo: not one of embedded, live." in told.error


def test_tabulate_counts_on_anyones_files(say: Say, tmp_path: Path) -> None:
    zones = gpd.GeoDataFrame(
        {"name": ["a", "b"]},
        geometry=[
            shapely.box(5_000_000, 3_600_000, 5_002_000, 3_601_000),
            shapely.box(5_010_000, 3_600_000, 5_010_500, 3_601_000),
        ],
        crs=3035,
    )
    zones.to_file(tmp_path / "zones.gpkg", engine="pyogrio")
    grid = people(tmp_path / "people.tif", nodata=-99999.0)
    told = say(
        "tabulate", grid, tmp_path / "zones.gpkg", "--zone-field", "name", "--mode", "sum", "--out", tmp_path / "t.csv"
    )
    assert told.code == 0, told.err
    table = pd.read_csv(tmp_path / "t.csv").set_index("name")
    # y = 3 600 000 is row 299 from the top: an odd one, known.
    assert table["sum"].to_dict() == {"a": 20.0, "b": 5.0}
    told = say(
        "tabulate", grid, tmp_path / "zones.gpkg", "--zone-field", "name", "--band", 2, "--out", tmp_path / "t.csv"
    )
    assert told.code == 2
    assert "has 1 bands, not a band 2. Choose one with --band" in told.error


def test_tabulate_reads_the_band_that_is_asked_for(say: Say, tmp_path: Path) -> None:
    profile = {"driver": "GTiff", "width": 2, "height": 2, "count": 2, "dtype": "uint8", "crs": "EPSG:3035"}
    with rasterio.open(tmp_path / "two.tif", "w", **profile, transform=from_origin(5e6, 36e5, 1000, 1000)) as out:
        out.write(np.full((2, 2, 2), [[[1]], [[2]]], dtype="uint8"))
    zones = gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.box(5e6, 3598e3, 5002e3, 36e5)], crs=3035)
    zones.to_file(tmp_path / "zones.gpkg", engine="pyogrio")
    words = (tmp_path / "two.tif", tmp_path / "zones.gpkg", "--zone-field", "name", "--out", tmp_path / "t.csv")
    for band in (1, 2):
        assert say("tabulate", *words, "--band", band).code == 0
        assert pd.read_csv(tmp_path / "t.csv")["class"].dropna().tolist() == [band]


def test_the_made_up_grid_covers_the_study() -> None:
    # Without this, the tests above could pass on an empty overlap.
    corner = reproject(shapely.Point(28.15, 56.17), WGS84, CRS.from_epsg(3035))
    assert 5_000_000 < corner.x < 5_500_000
    assert 3_500_000 < corner.y < 3_900_000
