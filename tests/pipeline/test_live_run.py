"""A live run against the world server, to layers and map; then again without a network: same bytes, no request."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from geo_border import pipeline, study
from geo_border.catalog import read_presets
from geo_border.engine import Checkpoints, open_engine
from geo_border.errors import CheckError, UnreachableError
from geo_border.fetch.options import Options
from geo_border.result import Result
from geo_border.store import Folders
from tests.worldserver import osm_world
from tests.worldserver.faults import Fault
from tests.worldserver.server import serve

# One process, so that the study is run once.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live run")]
STUDY = "suwalki"
# The whole chain on a narrower question; the default study takes the same way.
NARROW = study.read_study(STUDY).model_copy(update={"bands_m": (1000.0, 5000.0), "strips_m": (1000.0,)})


@dataclass
class Ran:
    """A finished live run: its root, its result, and what the server was asked."""

    root: Path
    made: Result
    served: Path
    asked: list[str]


@pytest.fixture(scope="module")
def ran(world_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    root = tmp_path_factory.mktemp("live")
    with serve(world_folder, overpass=osm_world.answer) as world:
        made = pipeline.run(NARROW, root=root, sources=["live"], options=Options(mirrors=(world.mirror,)))
        yield Ran(root, made, world_folder, list(world.log))


def assert_same_bytes(root: Path, other: Path) -> None:
    """Layers, tables, grids, passport and map of two roots are the same files."""
    for name in (
        "exposure.csv",
        "exposure.parquet",
        "within.csv",
        "layers.gpkg",
        "people.tif",
        "landcover.vrt",
        "run.json",
    ):
        one, two = (folder / "data" / "processed" / STUDY / name for folder in (root, other))
        assert one.read_bytes() == two.read_bytes(), name
    one, two = (folder / "maps" / STUDY / "index.html" for folder in (root, other))
    assert one.read_bytes() == two.read_bytes()


def test_every_figure_comes_from_the_live_datasets(ran: Ran) -> None:
    live = read_presets()["live"]
    used = {row["need"]: row["dataset"] for row in ran.made.passport["sources"]}
    assert used == live
    # Whole countries are of published totals.
    near = ran.made.exposure[ran.made.exposure["zone_kind"] != "country"]
    assert set(near["dataset"]) <= set(live.values())
    for need in ("cover", "people", "facilities", "roads"):
        assert live[need] in set(ran.made.exposure["dataset"]), need


def test_people_streamed_into_units_are_those_of_the_land_never_cut(ran: Ran) -> None:
    (found,) = [c for c in ran.made.passport["checks"] if c["name"].startswith("people are conserved")]
    assert found["passed"]
    assert abs(found["value"]) < found["limit"] == 1e-6


def test_people_by_age_stand_beside_the_total_and_never_exceed_it(ran: Ran) -> None:
    table = ran.made.exposure.query("measure == 'people' and zone_kind == 'band'")
    # Zones of too few pixels are empty in all of them.
    wide = table.pivot(index="zone_id", columns="category", values="value").dropna()
    assert len(wide) > 4
    assert set(wide.columns) == {"total", "under_15", "15_64", "over_64"}
    ages = wide.drop(columns="total").sum(axis=1)
    assert (ages <= wide["total"] * (1 + 1e-9)).all()
    assert ages.sum() > 0.9 * wide["total"].sum()


def test_each_country_has_its_own_part_of_the_corridors_roads(ran: Ran) -> None:
    own = ran.made.exposure.query("zone_kind == 'corridor' and measure == 'road_length'")
    own = own[own["country"].notna()].set_index("country")
    assert len(own) == 2
    assert own["value"].nunique() == 2
    assert (own["low"] <= own["value"]).all()
    assert (own["value"] <= own["high"]).all()
    area = ran.made.exposure.query("zone_kind == 'corridor' and measure == 'area'").set_index("country")["value"]
    area = area[area.index.notna()]
    # The same stretches of road lie in every tile of the test's world: length follows area.
    assert (own["value"] / area).max() < 3 * (own["value"] / area).min()


def test_only_tiles_along_the_line_were_asked_for(ran: Ran) -> None:
    tiles = [line for line in ran.asked if "esa_worldcover" not in line and "ESA_WorldCover" in line]
    assert 2 <= len(tiles) <= 8
    assert len(tiles) == len(set(tiles))


def test_cover_finer_than_100_m_is_a_mosaic_over_the_tiles(ran: Ran) -> None:
    import rasterio

    processed = ran.root / "data" / "processed" / STUDY
    assert not (processed / "landcover.tif").exists()
    with rasterio.open(processed / "landcover.vrt") as mosaic:
        assert mosaic.crs.to_epsg() == 4326
        assert (mosaic.read(1) == 10).any()
    assert str(ran.root) not in (processed / "landcover.vrt").read_text()


def test_every_output_carries_the_attributions_that_its_inputs_ask_for(ran: Ran) -> None:
    page = (ran.root / "maps" / STUDY / "index.html").read_text()
    for row in ran.made.passport["sources"]:
        words = row["attribution"].split(":")[0].split("/")[0].strip()
        assert words in page, row["dataset"]
        assert row["licence"]
        assert all(len(file["sha256"]) == 64 for file in row["files"])
    dated = {row["need"]: row["dated"] for row in ran.made.passport["sources"]}
    assert dated["roads"] == osm_world.DATED


def test_offline_on_a_cluster_it_gives_the_same_bytes_asks_nothing_and_keeps_nothing(ran: Ran, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the optional Dask engine is not installed")
    shutil.copytree(ran.root / "data" / "raw", tmp_path / "data" / "raw")
    checkpoints = Checkpoints(Folders(tmp_path).kept, "this code", bytes(32))
    with (
        serve(ran.served, overpass=osm_world.answer) as world,
        open_engine("dask", workers=2, checkpoints=checkpoints) as engine,
    ):
        options = Options(mirrors=(world.mirror,), offline=True)
        pipeline.run(NARROW, root=tmp_path, sources=["live"], options=options, engine=engine)
        assert world.log == []
    assert_same_bytes(ran.root, tmp_path)
    assert not Folders(tmp_path).kept.exists()


def test_a_source_that_fails_ends_the_run_with_all_else_kept(ran: Ran, tmp_path: Path) -> None:
    with serve(ran.served, overpass=osm_world.answer) as world:
        world.faults.by_path["census"] = Fault("503", wait_s=500)
        with pytest.raises(UnreachableError) as caught:
            pipeline.fetch(NARROW, root=tmp_path, sources=["live"], options=Options(mirrors=(world.mirror,)))
        assert caught.value.exit_code == 3
        told = str(caught.value)
        assert "people: " in told
        assert "--fallback embedded" in told
        kept = {path.name for path in (tmp_path / "data" / "raw").iterdir() if not path.name.startswith(".")}
        assert {"esa-worldcover-2021", "geonames", "osm-roads", "ghs-smod-r2023a"} <= kept
        before = len(world.log)
        world.faults.by_path.clear()
        pipeline.fetch(NARROW, root=tmp_path, sources=["live"], options=Options(mirrors=(world.mirror,)))
        assert len(world.log) - before == 1


def test_the_snapshot_stands_in_when_asked_or_the_rest_is_left_out_and_every_output_says_so(
    ran: Ran, tmp_path: Path
) -> None:
    shutil.copytree(ran.root / "data" / "raw", tmp_path / "data" / "raw")
    for lost in ("geonames", "osm-roads"):
        shutil.rmtree(tmp_path / "data" / "raw" / lost)
    made = pipeline.run(NARROW, root=tmp_path, sources=["live"], options=Options(offline=True), fallback="embedded")
    used = {row["need"]: row["dataset"] for row in made.passport["sources"]}
    assert used["places"] == read_presets()["embedded"]["places"]
    note = [line for line in made.passport["notes"] if line.startswith("places: ")]
    assert note
    assert "stands in" in note[0]
    table = made.exposure
    assert set(table.loc[table["measure"] == "settlements", "dataset"]) == {read_presets()["embedded"]["places"]}
    (note,) = [line for line in made.passport["notes"] if line.startswith("roads: ")]
    assert "not in the snapshot: left out" in note
    assert "roads" not in used
    assert "road_length" not in set(table["measure"])
    assert "facilities" in set(table["measure"])
    page = (tmp_path / "maps" / STUDY / "index.html").read_text()
    assert "stands in" in page
    assert "not in the snapshot: left out" in page
    assert str(tmp_path) not in (tmp_path / "data" / "processed" / STUDY / "run.json").read_text()


def test_what_came_through_a_mirror_says_so_in_passport_and_map(ran: Ran) -> None:
    rows = {row["need"]: row["mirror"] for row in ran.made.passport["sources"]}
    # Water ships with the package.
    assert rows.pop("water") is None
    (host,) = set(rows.values())
    assert host.startswith("http://127.0.0.1:")
    datasets = {name for need, name in read_presets()["live"].items() if need != "water"}
    (note,) = [line for line in ran.made.passport["notes"] if "mirror" in line]
    assert note.startswith(f"{len(datasets)} inputs were fetched through a mirror ({host}), not from their publishers:")
    assert all(name in note for name in datasets)
    assert note in (ran.root / "maps" / STUDY / "index.html").read_text()


def test_a_check_finds_a_fetched_file_that_someone_changed(ran: Ran, tmp_path: Path) -> None:
    shutil.copytree(ran.root, tmp_path / "root")
    assert pipeline.check(NARROW, root=tmp_path / "root")
    changed = next((tmp_path / "root" / "data" / "raw" / "geonames").rglob("PL.txt"))
    changed.chmod(0o644)
    changed.write_bytes(changed.read_bytes().replace(b"PPL", b"PPX", 1))
    with pytest.raises(CheckError, match=r"PL\.txt: not the bytes that the run read"):
        pipeline.check(NARROW, root=tmp_path / "root")


def test_a_plan_lists_files_bytes_licences_and_terms_without_a_socket(ran: Ran) -> None:
    rows = {row["need"]: row for row in pipeline.plan(NARROW, root=ran.root, sources=["live"])}
    assert len(rows["cover"]["files"]) == len([line for line in ran.asked if "_Map.tif" in line])
    assert rows["people"]["licence"]
    assert "not be used for commercial purposes" in rows["admin"]["terms"]
    assert all(row["bytes"] for row in rows.values())


def test_the_catalogue_says_what_is_here_and_since_when(ran: Ran) -> None:
    rows = {row["name"]: row["cached"] for row in pipeline.list_sources(root=ran.root)}
    assert rows["geonames"].startswith("2 files")
    assert rows["worldpop-r2025a"] == "no"
