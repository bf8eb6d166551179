"""Areas, lines and depths of a user's own, from a file to the table: the sums of the same land by any other name."""

from __future__ import annotations

import html
import json
import re
import sqlite3
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import geo_border
from geo_border.geo.crs import WGS84, length_m, reproject
from geo_border.pipeline.outlines import outline_zones
from geo_border.result import Result
from geo_border.zones.own import OwnArea, OwnAreas
from tests import handmade
from tests.handmade import World, box
from tests.own_world import AREAS, HOSTILE, LINE_STUDY, RIVER, SIDES, STUDY, run, run_river, write_world

# One process, so that each run is made once.
pytestmark = pytest.mark.xdist_group("own zones")


@pytest.fixture(scope="module")
def areas(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    root = tmp_path_factory.mktemp("areas")
    return run(root, AREAS, ["m", "b", "n"], HOSTILE), root


@pytest.fixture(scope="module")
def made(areas: tuple[Result, Path]) -> Result:
    return areas[0]


def get_figures(table: pd.DataFrame, zone_id: str) -> pd.DataFrame:
    rows = table[table["zone_id"] == zone_id]
    assert len(rows), zone_id
    keys = [rows["measure"], rows["category"].fillna("")]
    return rows.set_index(keys)[["value", "low", "high"]]


# Sums; what an empty value, a range or a share is follows from them.
MEASURES = ("area", "cover_area", "people", "settlements", "facilities")


def require_same(one: pd.DataFrame, other: pd.DataFrame, rel: float) -> None:
    assert set(one.index) == set(other.index)
    # What is nothing by one overlay is a grain by the other.
    np.testing.assert_allclose(one.to_numpy(), other.loc[one.index].to_numpy(), rtol=rel, atol=1e-6)


def test_own_areas_stand_in_the_table_in_the_order_of_the_file_with_their_names(made: Result) -> None:
    own = made.exposure[made.exposure["zone_kind"] == "own"]
    assert list(own["zone_id"].unique()) == ["own|m", "own|b", "own|n"]
    assert list(own["zone_name"].unique()) == [f"{name} ({i})" for i, name in zip("mbn", HOSTILE, strict=True)]
    countries = own.groupby("zone_id", sort=False)["country"].first()
    assert [c if isinstance(c, str) else None for c in countries] == ["AA", None, "CC"]
    assert own["segment"].isna().all()
    assert own["part_of"].isna().all()
    assert own[["from_m", "to_m"]].isna().all(axis=None)
    assert not own["measure"].str.startswith("clearance").any()
    places = own[own["measure"] == "settlements"].set_index("zone_id")["value"]
    assert places.to_dict() == {"own|m": 1, "own|b": 1, "own|n": 0}


def test_an_own_area_is_as_large_as_it_was_drawn(made: Result) -> None:
    flat = shapely.area(reproject(shapely.segmentize(AREAS, 0.01), WGS84, made.layers["zones"].crs)) / 1e6
    found = made.exposure.query("zone_kind == 'own' and measure == 'area'")["value"]
    assert found.to_numpy() == pytest.approx(flat, rel=1e-6)


def test_the_order_of_the_file_changes_no_figure(made: Result, tmp_path: Path) -> None:
    again = run(tmp_path, AREAS[::-1], ["n", "b", "m"], HOSTILE[::-1])
    own = again.exposure[again.exposure["zone_kind"] == "own"]
    assert list(own["zone_id"].unique()) == ["own|n", "own|b", "own|m"]
    for zone_id in ("own|n", "own|b", "own|m"):
        pd.testing.assert_frame_equal(
            get_figures(again.exposure, zone_id), get_figures(made.exposure, zone_id), rtol=1e-12
        )


def test_own_areas_change_no_other_zone(made: Result, tmp_path: Path) -> None:
    bare = geo_border.run(STUDY, root=tmp_path, sources=write_world(tmp_path))
    rest = made.exposure[made.exposure["zone_kind"] != "own"].reset_index(drop=True)
    pd.testing.assert_frame_equal(bare.exposure, rest)


def test_own_areas_that_are_other_zones_have_their_sums(made: Result, tmp_path: Path) -> None:
    zones = made.layers["zones"].set_index("zone_id")
    others = ["within|all|0-5000", "band|AA-BB|AA|1000-5000", "within|CC|0-10000"]
    again = run(tmp_path, zones.loc[others].geometry, ["0", "1", "2"], others, crs=zones.crs)
    for number, zone_id in enumerate(others):
        one, other = (get_figures(again.exposure, name) for name in (f"own|{number}", zone_id))
        sums = [key for key in one.index if key[0] in MEASURES]
        # There and back between two CRS a vertex moves by a quarter of a millimetre, and an edge may lie a tenth of a
        # metre off where a raster has a CRS of its own (by hand, below, all is in one plane).
        require_same(one.loc[sums, ["value"]], other.loc[sums, ["value"]], rel=5e-6)
        require_same(one.loc[["people"]], other.loc[["people"]], rel=5e-6)


def test_two_halves_of_an_own_area_add_up_to_it(made: Result, tmp_path: Path) -> None:
    west, east = (AREAS[1].intersection(shapely.box(*part)) for part in ((23, 54, 23.35, 55), (23.35, 54, 24, 55)))
    halves = run(tmp_path, [west, east], ["w", "e"], ["West", "East"])
    both = [get_figures(halves.exposure, f"own|{half}")["value"] for half in "we"]
    whole = get_figures(made.exposure, "own|b")["value"]
    sums = [key for key in whole.index if key[0] in MEASURES]
    np.testing.assert_allclose((both[0] + both[1])[sums], whole[sums], rtol=1e-6, atol=1e-6)


NESTED = [zone.id for zone in handmade.make_world().membership.zones if zone.kind in ("band", "strip", "within")]


@pytest.mark.parametrize("zone", NESTED)
def test_by_hand_an_own_area_that_is_another_zone_has_its_sums(zone: str) -> None:
    world = handmade.make_world()
    names = [one.id for one in world.membership.zones]
    shape = outline_zones(world.membership, world.ground, world.polygons)[names.index(zone)]
    parts = {country: shapely.intersection(shape, land) for country, land in world.ground.home_land.items()}
    area = OwnArea("w", "Whole", {country: part for country, part in parts.items() if shapely.area(part) > 0})
    again = World(handmade.replace_ground(world.ground, own_areas=OwnAreas((area,))), handmade.make_layers())
    one, other = get_figures(again.table, "own|w"), get_figures(world.table, zone)
    guarded = one["value"].isna() & other["value"].notna()
    assert (other.loc[guarded, "value"] < 10).all()
    assert {key[0] for key in one.index[guarded]} <= {"people", "people_per_km2"}
    require_same(one[~guarded], other[~guarded], rel=1e-9)


def test_by_hand_two_halves_add_up_to_the_whole() -> None:
    shapes = {"w": box(-5, 4, -1, 8), "a": box(-5, 4, -2.3, 8), "b": box(-2.3, 4, -1, 8)}
    areas = OwnAreas(tuple(OwnArea(name, name, {"AA": shape}) for name, shape in shapes.items()))
    world = World(handmade.replace_ground(handmade.make_ground(), own_areas=areas), handmade.make_layers())
    for measure, category in (("area", None), ("cover_area", "tree"), ("cover_area", "grass"), ("settlements", None)):
        whole, *halves = (float(world.get(f"own|{name}", measure, category)["value"]) for name in shapes)
        assert sum(halves) == pytest.approx(whole, rel=1e-9)
    whole, *halves = (float(world.get(f"own|{name}", "people", "total")["value"]) for name in shapes)
    assert sum(halves) == pytest.approx(whole, rel=1e-9)
    assert whole > 100


def make_people(total: float, children: float = 0.0) -> World:
    """A world with an area of 2 km² (a quarter of it lake) in which so many people live."""
    area = OwnArea("a", "Area", {"AA": box(-3, 6, -1, 7)})
    rows = np.zeros((8, 6))
    rows[1, 3], rows[1, 4] = total / 2, total / 2
    young = np.zeros((8, 6))
    young[1, 4] = children
    ages = {"under_15": handmade.make_grid(young, "f8"), "over_64": handmade.make_grid(np.full((8, 6), 20.0), "f8")}
    layers = handmade.swap(handmade.make_layers(), "people", data=handmade.make_grid(rows, "f8"), ages=ages)
    return World(handmade.replace_ground(handmade.make_ground(), own_areas=OwnAreas((area,))), layers)


def test_under_ten_people_are_not_told_in_the_table_nor_in_its_readings() -> None:
    world = make_people(9.99)
    row = world.get("own|a", "people", "total")
    assert np.isnan(row["value"])
    assert (row["low"], row["high"]) == (0, 10)
    assert "under 10 people: value empty, high 10" in row["note"]
    assert not isinstance(row["range_from"], str)
    density = world.get("own|a", "people_per_km2")
    assert np.isnan(density["value"])
    assert density["high"] == pytest.approx(10 / 1.5)
    own = world.readings[(world.readings["zone_id"] == "own|a") & world.readings["measure"].str.startswith("people")]
    assert own[own["category"].fillna("total") == "total"]["value"].isna().all()
    # Of a zone that no one chose, the table holds every sum.
    assert world.get("band|AA-XX|AA|0-1000", "people", "total")["value"] == 0


def test_ten_people_are_told() -> None:
    world = make_people(10.0)
    assert world.get("own|a", "people", "total")["value"] == pytest.approx(10)
    assert world.get("own|a", "people_per_km2")["value"] == pytest.approx(10 / 1.5)


def test_each_age_is_guarded_by_itself() -> None:
    world = make_people(30.0, children=9.0)
    assert np.isnan(world.get("own|a", "people", "under_15")["value"])
    assert world.get("own|a", "people", "under_15")["high"] == 10
    assert world.get("own|a", "people", "over_64")["value"] == pytest.approx(40)


def test_a_run_says_what_it_clips_and_names_no_folder(tmp_path: Path) -> None:
    clipped = run(tmp_path, [shapely.box(23.3, 54.1, 23.4004, 54.2)], ["a"], ["Vištytis"])
    (sentence,) = [one for one in clipped.passport["notes"] if one.startswith("own_zones:")]
    assert sentence.startswith("own_zones: area 'Vištytis' (a): clipped to home land; not counted: 0.2")
    assert sentence.endswith("km² beyond the line.")
    assert str(tmp_path) not in json.dumps(clipped.passport)


def test_a_study_names_its_areas_itself_and_a_file_without_ids_numbers_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    gpd.GeoDataFrame(geometry=AREAS[:1] + AREAS[2:], crs=4326).to_file(tmp_path / "areas.geojson")
    study = STUDY.model_copy(update={"sources": {"own_zones": "areas.geojson"}})
    result = geo_border.run(study, root=tmp_path, sources=write_world(tmp_path))
    own = result.layers["zones"].query("zone_kind == 'own'")
    assert own[["zone_id", "zone_name", "place_name"]].to_numpy().tolist() == [
        ["own|1", "1", "1"],
        ["own|2", "2", "2"],
    ]


def test_a_depth_is_of_its_country_or_segment_alone(made: Result) -> None:
    strips = made.exposure[made.exposure["zone_kind"] == "strip"]
    # Land of the one country may lie nearest to the segment of the other.
    found = [zone for zone in strips["zone_id"].unique() if "AA-BB|CC" not in zone and "CC-BB|AA" not in zone]
    assert found == [
        *("strip|AA-BB|AA|0-1000", "strip|CC-BB|CC|0-1000", "strip|AA|0-1000", "strip|CC|0-1000", "strip|all|0-1000"),
        *("strip|CC-BB|CC|0-2000", "strip|AA|0-3000"),
    ]
    area = made.exposure[made.exposure["measure"] == "area"].set_index("zone_id")["value"]
    # 22.26 km of the frontier are each country's.
    assert area["strip|AA|0-3000"] == pytest.approx(3 * 22.26, rel=0.02)
    assert area["strip|CC-BB|CC|0-2000"] == pytest.approx(2 * 22.26, rel=0.02)
    # Sums by distance stand at the edges that all have.
    depths = made.exposure.query("zone_kind == 'within'")["to_m"].unique()
    assert sorted(depths) == [1000, 5000, 10000]


def test_units_of_a_users_own_stand_in_the_table_by_their_names(made: Result) -> None:
    admin = made.exposure.query("zone_kind == 'admin' and measure == 'area'").set_index("zone_id")
    assert admin.loc["admin|CC_01|0-1000", "zone_name"] == "Šiaurės (CC_01), 0–1 km"
    assert admin.loc[[f"admin|{u}|0-1000" for u in ("AA_01", "AA_02")], "value"].to_numpy() == pytest.approx(
        [11.13, 11.13], rel=0.02
    )


# --- a line of one's own ---


@pytest.fixture(scope="module")
def river(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    root = tmp_path_factory.mktemp("river")
    return run_river(root), root


def test_a_line_of_ones_own_is_a_segment_without_medium_or_country(river: tuple[Result, Path]) -> None:
    table = river[0].exposure
    (row,) = table[table["zone_id"] == "segment|AA-line"].to_dict("records")
    assert row["measure"] == "frontier_length"
    assert pd.isna(row["category"])
    assert pd.isna(row["country"])
    assert row["zone_name"] == "AA – own line (AA-line)"
    assert row["dataset"] == "river.gpkg"
    assert row["value"] == pytest.approx(float(length_m(shapely.LineString(RIVER[:3]))[0]) / 1e3, rel=1e-9)
    within = table[table["zone_kind"] == "within"].drop_duplicates("zone_id").set_index("zone_id")["country"]
    assert within[["within|AA|0-1000"]].to_list() == ["AA"]
    assert within[["within|AA-line|0-1000", "within|all|0-1000"]].isna().all()
    along = table[table["part_of"] == "admin-segments"]
    assert along["value"].sum() == pytest.approx(row["value"], rel=1e-9)
    assert set(along["zone_id"]) == {"admin|AA_01|AA-line", "admin|AA_02|AA-line"}


def test_the_same_line_as_frontier_and_as_ones_own_sums_the_same(river: tuple[Result, Path], tmp_path: Path) -> None:
    study = LINE_STUDY.model_copy(update={"name": "pair", "facing": ("BB",), "depths_m": {"AA-BB": (2000,)}})
    other = geo_border.run(study, root=tmp_path, sources=write_world(tmp_path))
    for zone in ("band|AA-{}|AA|1000-5000", "strip|AA-{}|AA|0-2000", "within|all|0-5000"):
        one = get_figures(river[0].exposure, zone.format("line")).loc[["area", "cover_area", "settlements"], "value"]
        two = get_figures(other.exposure, zone.format("BB")).loc[["area", "cover_area", "settlements"], "value"]
        np.testing.assert_allclose(one, two[one.index], rtol=1e-6, atol=1e-6)


def test_nothing_beyond_the_polygon_is_counted(river: tuple[Result, Path]) -> None:
    result, _ = river
    zones = result.layers["zones"]
    home = reproject(shapely.buffer(SIDES[0], 1e-6), WGS84, zones.crs)
    assert shapely.area(shapely.difference(shapely.union_all(zones.geometry.to_numpy()), home)) < 2e5
    assert "own_line: 11.2 km of the line lie beyond AA; not counted." in result.passport["notes"]


def test_a_line_of_ones_own_runs_from_file_to_every_output(river: tuple[Result, Path]) -> None:
    result, root = river
    folder = root / "data" / "processed" / "river"
    with sqlite3.connect(folder / "layers.gpkg") as database:
        rows = database.execute("SELECT segment, country, facing, medium, length_km FROM frontier").fetchall()
    assert [row[:4] for row in rows] == [("AA-line", "AA", None, None)]
    assert rows[0][4] == pytest.approx(result.layers["segments"]["length_km"].iloc[0])
    assert all(row["passed"] for row in geo_border.check(LINE_STUDY, root=root))
    files = [path.name for path in geo_border.report(LINE_STUDY, root=root)]
    assert "AA-line.svg" in files
    report = (root / "maps" / "river" / "report.html").read_text("utf-8")
    assert "<h2>AA – own line</h2>" in report
    assert "<b>22.3 km</b>Frontier length" in report
    assert "<h2>AA – własna linia</h2>" in (root / "maps" / "river" / "report.pl.html").read_text("utf-8")
    # A depth of the line's own stands among the others.
    assert '<th scope="row">2\u00a0km</th>' in report
    with zipfile.ZipFile(folder / "river.qgz") as project:
        assert "'own line'" in project.read("river.qgs").decode("utf-8").replace("&apos;", "'")


def test_own_areas_run_from_file_to_every_output(areas: tuple[Result, Path]) -> None:
    _, root = areas
    folder = root / "data" / "processed" / "pair"
    with sqlite3.connect(folder / "layers.gpkg") as database:
        rows = database.execute("SELECT zone_id, place_name FROM zones WHERE zone_kind = 'own'").fetchall()
        styles = {name for (name,) in database.execute("SELECT styleName FROM layer_styles")}
    assert rows == [("own|m", HOSTILE[0]), ("own|b", HOSTILE[1]), ("own|n", HOSTILE[2])]
    assert "Own areas" in styles
    geo_border.report(STUDY, root=root)
    report = (root / "maps" / "pair" / "report.html").read_text("utf-8")
    table = report.split('<table id="own">')[1].split("</table>")[0]
    names = [html.unescape(name) for name in re.findall(r'<th scope="row">(.*?)</th>', table)]
    assert names == [f"{name} ({i})" for i, name in zip("mbn", HOSTILE, strict=True)]
    with zipfile.ZipFile(folder / "pair_pl.qgz") as project:
        text = project.read("pair_pl.qgs").decode("utf-8")
    assert "Własne obszary" in text
    assert "layer_own_areas" in text
    # The depth of a country is drawn beside the strips of segments.
    assert "IN (2000, 3000)" in text


def test_a_study_without_areas_has_no_layer_of_them(river: tuple[Result, Path]) -> None:
    folder = river[1] / "data" / "processed" / "river"
    with zipfile.ZipFile(folder / "river.qgz") as project:
        assert "layer_own_areas" not in project.read("river.qgs").decode("utf-8")
