"""Every measure on the world made by hand: each figure worked out on paper (see `tests/handmade.py`)."""

from __future__ import annotations

import numpy as np
import pytest

from geo_border.measures.base import FEW, NO_RANGE
from geo_border.measures.people import AGE_NOTE
from tests import handmade

# Geodesic lengths and areas against those of the plane, in the middle of which the world lies.
NEAR = 1e-5
Expected = tuple[str, str, str | None, float]


def check(zone_id: str, measure: str, category: str | None, value: float, within: float = 1e-9) -> None:
    found = handmade.make_world().get(zone_id, measure, category)["value"]
    assert found == pytest.approx(value, rel=NEAR, abs=within), (zone_id, measure, category)


@pytest.mark.parametrize(
    ("zone_id", "km2"),
    [
        # West to east rings are 1, 2 and 2 km wide; AA is 4 km high, BB 4, of which the upper one is nearest to AA-XX.
        ("band|AA-XX|AA|0-1000", 4),
        ("band|AA-XX|BB|1000-3000", 2),
        ("band|BB-XX|BB|3000-5000", 6),
        ("strip|AA-XX|AA|0-500", 2),
        ("strip|all|0-1000", 8),
        ("within|AA-XX|0-3000", 15),
        ("within|BB-XX|0-3000", 9),
        ("within|AA|0-3000", 12),
        ("within|BB|0-5000", 20),
        ("within|all|0-5000", 40),
        ("admin|AA-1|1000-3000", 4),
        ("admin|AA-2|within-5000", 10),
        ("admin|BB-none|3000-5000", 8),
    ],
)
def test_area_is_that_of_boxes(zone_id: str, km2: float) -> None:
    check(zone_id, "area", None, km2)


def test_what_lies_beyond_the_widest_band_is_in_no_zone() -> None:
    world = handmade.make_world()
    assert world.ground.units["area_km2"].sum() == pytest.approx(48, rel=1e-12)
    assert world.table[(world.table["part_of"] == "bands") & (world.table["measure"] == "area")]["value"].sum() == 40


@pytest.mark.parametrize(
    ("zone_id", "kilometres"),
    [
        ("segment|AA-XX", {"land": 1, "river": 3, "lake": 0}),
        # Between the two segments the frontier is at sea, and counts nowhere.
        ("segment|BB-XX", {"land": 2, "river": 0, "lake": 1}),
        ("admin|AA-1|AA-XX", {"land": 1, "river": 1, "lake": 0}),
        ("admin|AA-2|AA-XX", {"land": 0, "river": 2, "lake": 0}),
        ("admin|BB-none|BB-XX", {"land": 2, "river": 0, "lake": 1}),
    ],
)
def test_the_frontier_is_as_long_as_each_medium_along_each_unit(zone_id: str, kilometres: dict[str, float]) -> None:
    for medium, km in kilometres.items():
        # A stretch is shared out in pieces of up to 100 m, each for one unit as a whole.
        check(zone_id, "frontier_length", medium, km, 0.05 if zone_id.startswith("admin") else 1e-9)


COVER = {
    # Counted off the table of the world, columns 2 to 6 of which are within 5 km.
    "within|all|0-5000": {"tree": 16, "shrub": 2, "grass": 13, "crop": 7, "water": 1, "unknown": 1},
    "band|AA-XX|AA|0-1000": {"tree": 1, "grass": 1, "crop": 1, "unknown": 1},
    "band|BB-XX|BB|1000-3000": {"tree": 2, "grass": 2, "crop": 2},
    "admin|AA-2|1000-3000": {"tree": 2, "grass": 1, "water": 1},
    "admin|BB-none|within-1000": {"shrub": 1, "grass": 1, "crop": 2},
    "strip|BB|0-500": {"shrub": 0.5, "grass": 0.5, "crop": 1},
    "corridor|gap|all": {"tree": 2, "grass": 4},
}


@pytest.mark.parametrize("zone_id", COVER)
def test_cover_is_counted_off_its_pixels(zone_id: str) -> None:
    for category in ("tree", "shrub", "grass", "crop", "built", "bare", "snow", "water", "wetland", "moss", "unknown"):
        check(zone_id, "cover_area", category, COVER[zone_id].get(category, 0.0))


@pytest.mark.parametrize(
    ("zone_id", "shares"),
    [
        # 40 km² less 1 unknown, less 1 water; of water all that is known.
        ("within|all|0-5000", {"tree": 16 / 38, "grass": 13 / 38, "crop": 7 / 38, "shrub": 2 / 38, "water": 1 / 39}),
        ("band|AA-XX|AA|0-1000", {"tree": 1 / 3, "grass": 1 / 3, "crop": 1 / 3, "water": 0}),
        ("admin|AA-2|1000-3000", {"tree": 2 / 3, "grass": 1 / 3, "water": 1 / 4}),
    ],
)
def test_cover_is_shared_out_over_what_is_known_and_dry(zone_id: str, shares: dict[str, float]) -> None:
    for category, share in shares.items():
        check(zone_id, "cover_share", category, share)


def test_shares_are_told_of_the_classes_that_the_legend_has_alone() -> None:
    world = handmade.make_world()
    told = set(world.table[world.table["measure"] == "cover_share"]["category"])
    assert told == {"tree", "shrub", "grass", "crop", "water"}
    bases = world.table[world.table["measure"] == "cover_share"].groupby("category")["basis"].unique()
    assert bases["water"].tolist() == ["known cover"]
    assert bases["tree"].tolist() == ["known cover without water"]


@pytest.mark.parametrize(
    ("zone_id", "measure", "category", "low", "value", "high"),
    [
        # Code 2 is tree by the loose reading alone, code 4 by the loosest.
        ("within|all|0-5000", "cover_area", "tree", 11, 16, 18),
        ("within|all|0-5000", "cover_share", "tree", 11 / 38, 16 / 38, 18 / 38),
        ("band|BB-XX|BB|1000-3000", "cover_area", "tree", 0, 2, 2),
        # Three widths of the corridor; of tree, three readings of the middle one beside.
        ("corridor|gap|AA", "area", None, 2, 4, 12),
        ("corridor|gap|BB", "area", None, 1, 2, 8),
        ("corridor|gap|all", "area", None, 3, 6, 20),
        ("corridor|gap|all", "cover_area", "grass", 3, 4, 7),
        ("corridor|gap|all", "cover_area", "tree", 0, 2, 7),
        ("corridor|gap|AA", "cover_share", "grass", 3 / 11, 2 / 4, 1),
        # Narrow: half of the 7 in one cell; wide: 100, 5, 8, 7 and 60, and no half of a lake.
        ("corridor|gap|all", "people", "total", 3.5, 7, 180),
        ("corridor|gap|all", "people_per_km2", None, 3.5 / 3, 7 / 6, 180 / 19.5),
        ("corridor|gap|all", "settlements", None, 1, 1, 3),
        ("corridor|gap|all", "facilities", "school", 0, 1, 1),
        ("corridor|gap|AA", "road_length", None, 0, 2, 4),
        ("corridor|gap|BB", "protected_area", None, 0, 0, 1),
    ],
)
def test_a_range_spans_readings_and_outlines(
    zone_id: str, measure: str, category: str | None, low: float, value: float, high: float
) -> None:
    row = handmade.make_world().get(zone_id, measure, category)
    assert [row["low"], row["value"], row["high"]] == pytest.approx([low, value, high], rel=NEAR, abs=1e-9)


def test_a_range_says_what_it_is_of_and_a_figure_without_one_why() -> None:
    get = handmade.make_world().get
    assert get("within|all|0-5000", "cover_area", "tree")["range_from"] == "legend readings of tree"
    assert get("corridor|gap|AA", "area")["range_from"] == "corridor width k 1.1 to 1.5"
    both = get("corridor|gap|AA", "cover_area", "tree")["range_from"]
    assert both == "legend readings of tree; corridor width k 1.1 to 1.5"
    assert get("within|all|0-5000", "cover_area", "grass")["note"] == NO_RANGE
    assert np.isnan(get("within|all|0-5000", "cover_area", "grass")["low"])
    assert get("within|all|0-5000", "people", "under_15")["note"] == AGE_NOTE


@pytest.mark.parametrize(
    ("zone_id", "people"),
    [
        ("within|all|0-5000", 294),
        ("band|AA-XX|AA|0-1000", 30 + 2 + 0 + 40),
        # A strip of 500 m has half of the people of cells that it halves.
        ("strip|AA-XX|AA|0-500", 36),
        # The lake covers half of a cell, whose 8 people all live on the other half.
        ("admin|AA-2|1000-3000", 10 + 20 + 8),
        ("admin|BB-none|within-3000", 60 + 12),
        ("within|AA-XX|0-5000", 215 + 7),
    ],
)
def test_people_are_summed_cell_by_cell(zone_id: str, people: float) -> None:
    check(zone_id, "people", "total", people)


def test_an_age_is_counted_and_one_that_the_grid_lacks_is_told() -> None:
    check("within|all|0-5000", "people", "under_15", 16)
    check("strip|AA|0-500", "people", "under_15", 8)
    world = handmade.make_world()
    assert world.notes == ["people: the dataset tells nobody of age over_64 here; absent."]
    assert set(world.table[world.table["measure"] == "people"]["category"]) == {"total", "under_15"}


def test_density_is_of_land_without_inland_water() -> None:
    check("within|all|0-5000", "people_per_km2", None, 294 / 39.5)
    check("admin|AA-2|1000-3000", "people_per_km2", None, 38 / 3.5)
    assert handmade.make_world().get("within|all|0-5000", "people_per_km2")["basis"] == "land without inland water"


@pytest.mark.parametrize(
    ("zone_id", "settlements", "schools", "hospitals"),
    [
        ("within|all|0-5000", 5, 2, 1),
        ("within|AA|0-5000", 3, 1, 1),
        ("band|AA-XX|AA|0-1000", 2, 0, 1),
        ("strip|AA-XX|AA|0-500", 1, 0, 0),
        ("band|BB-XX|BB|1000-3000", 1, 0, 0),
        # Nearest to AA's segment, though on BB's land.
        ("band|AA-XX|BB|3000-5000", 1, 0, 0),
        ("strip|BB-XX|BB|0-500", 0, 1, 0),
        ("admin|AA-2|within-3000", 2, 0, 1),
        ("admin|BB-none|3000-5000", 1, 0, 0),
    ],
)
def test_points_are_counted_where_they_lie(zone_id: str, settlements: int, schools: int, hospitals: int) -> None:
    check(zone_id, "settlements", None, settlements)
    check(zone_id, "facilities", "school", schools)
    check(zone_id, "facilities", "hospital", hospitals)


@pytest.mark.parametrize(
    ("zone_id", "km"),
    [
        # One road runs west to east through AA-1, one north along the line, 250 m from it.
        ("within|all|0-5000", 5 + 7),
        ("strip|all|0-500", 0.5 + 7),
        ("band|AA-XX|AA|0-1000", 1 + 3.5),
        ("band|AA-XX|BB|0-1000", 1),
        ("admin|AA-1|within-5000", 5 + 2),
        ("admin|AA-2|0-1000", 1.5),
        ("admin|BB-none|0-1000", 3.5),
        ("band|BB-XX|BB|3000-5000", 0),
    ],
)
def test_roads_are_measured_in_each_zone(zone_id: str, km: float) -> None:
    check(zone_id, "road_length", None, km)


@pytest.mark.parametrize(
    ("zone_id", "km2"),
    [("within|all|0-5000", 6), ("band|BB-XX|BB|0-1000", 3), ("strip|BB|0-500", 1.5), ("within|AA|0-5000", 0)],
)
def test_land_in_two_sites_is_protected_once_and_not_beyond_the_line(zone_id: str, km2: float) -> None:
    check(zone_id, "protected_area", None, km2)


def test_every_sum_stands_in_the_table_also_from_few_pixels() -> None:
    world = handmade.make_world()
    few = world.table[world.table["pixels"] < 30]
    assert len(few) > 500
    assert few["value"].notna().all()
    assert few["note"].str.startswith((FEW, "empty")).all()
    row = world.get("band|AA-XX|AA|0-1000", "cover_area", "tree")
    assert (row["pixels"], row["value"]) == pytest.approx((4, 1))
    assert row["note"] == FEW
    assert world.get("within|all|0-5000", "people", "total")["pixels"] == pytest.approx(40)


def test_pixels_are_empty_where_the_data_have_none() -> None:
    table = handmade.make_world().table
    without = {"area", "frontier_length", "settlements", "facilities", "road_length", "protected_area"}
    assert table[table["measure"].isin(without)]["pixels"].isna().all()
    assert table[~table["measure"].isin(without)]["pixels"].notna().all()


def test_the_data_s_own_pixel_decides_how_many_carry_a_figure() -> None:
    read, ground = handmade.make_layers(), handmade.make_world().ground
    options = {"pixel_km2": 40 / 30}
    entry = handmade.make_entry("counts", ["people"], counts="home", reader="raster", options=options)
    world = handmade.World(ground, handmade.swap(read, "people", entry=entry))
    row = world.get("within|all|0-5000", "people", "total")
    assert (row["pixels"], row["note"]) == (pytest.approx(30), NO_RANGE)
    row = world.get("within|all|0-5000", "cover_area", "grass")
    assert (row["pixels"], row["note"]) == (pytest.approx(40), NO_RANGE)
    assert world.get("within|AA|0-5000", "people", "total")["note"] == f"{FEW}; {NO_RANGE}"


def test_units_say_what_a_figure_is_in() -> None:
    units = handmade.make_world().table.groupby("measure")["unit"].unique().map(list).to_dict()
    assert units == {
        "area": ["km²"],
        "cover_area": ["km²"],
        "cover_share": ["share"],
        "people": ["persons"],
        "people_per_km2": ["persons/km²"],
        "settlements": ["count"],
        "facilities": ["count"],
        "road_length": ["km"],
        "protected_area": ["km²"],
        "frontier_length": ["km"],
    }


def test_figures_name_their_dataset_and_its_year() -> None:
    datasets = handmade.make_world().table.groupby("measure")["dataset"].unique().map(list).to_dict()
    assert {name: found for name, found in datasets.items() if len(found) > 1} == {}
    assert datasets["area"] == datasets["frontier_length"] == ["borders"]
    assert datasets["cover_share"] == datasets["cover_area"] == ["cover"]
    assert set(handmade.make_world().table["vintage"]) == {"2026"}
