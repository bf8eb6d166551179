"""What holds of every figure, whatever the world: partitions add up, zones nest, ranges hold their figure."""

from __future__ import annotations

from functools import lru_cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_border.measures.base import VALUE
from geo_border.measures.countries import build_readings as build_country_readings
from geo_border.measures.countries import build_rows as build_country_rows
from geo_border.measures.table import build_readings, build_table, sum_columns
from geo_border.schemas import MEDIA
from geo_border.zones.membership import build_membership
from tests import handmade
from tests.drawing import drawn
from tests.handmade import World, box

# Measures whose figures add up over land; ratios do not.
ADD_UP = ("area", "cover_area", "people", "settlements", "facilities", "road_length", "protected_area")
KEYS = ["zone_id", "measure", "category"]


@lru_cache(maxsize=8)
def make_random_world(seed: int) -> World:
    """Random cover, people, points, lines, sites, units and corridor on the ground of the world made by hand."""
    random = np.random.default_rng(seed)
    read = handmade.make_layers()
    read = handmade.swap(read, "cover", data=handmade.make_grid(random.integers(0, 7, (8, 6)), "u1", 255))
    people = handmade.make_grid(random.pareto(1.0, (8, 6)) * 30, "f8")
    young = handmade.make_grid(people.values * random.uniform(0, 1, (8, 6)), "f8")
    read = handmade.swap(read, "people", data=people, ages={"under_15": young})
    count = int(random.integers(1, 40))
    points = [handmade.point(*at) for at in random.uniform((-6, 0), (0, 8), (count, 2))]
    places = {"name": "x", "name_en": None, "kind": "village", "country": None, "people": np.nan}
    read = handmade.swap(read, "places", data=handmade.make_table(points, **places))
    facilities = {"name": None, "name_en": None, "kind": random.choice(["school", "clinic"], count)}
    read = handmade.swap(read, "facilities", data=handmade.make_table(points, **facilities))
    roads = [handmade.line(*random.uniform((-7, 0), (1, 8), (3, 2))) for _ in range(4)]
    read = handmade.swap(read, "roads", data=handmade.make_table(roads, kind="primary"))
    corners = np.sort(random.uniform((-6, 0), (0, 8), (3, 2, 2)), axis=1)
    sites = [box(*south_west, *north_east) for south_west, north_east in corners]
    read = handmade.swap(read, "protected", data=handmade.make_table(sites, name="s", kind="park"))
    split = random.uniform(4.1, 7.9)
    columns = {"admin_id": ["AA-1", "AA-2"], "name": ["Ääs", "Öst"], "country": "AA"}
    shapes = [box(-6, 4, 0, split), box(-6, split, 0, 8)]
    admin = gpd.GeoDataFrame(columns, geometry=shapes, crs=handmade.EUROPE)
    narrow, wide = random.uniform(0.1, 0.9), random.uniform(1.1, 2.9)
    half = {1.1: narrow, 1.25: 1.0, 1.5: wide}
    outlines = {k: box(-3 - size, 4 - size, -3 + size, 4 + size) for k, size in half.items()}
    return World(handmade.make_ground(admin, outlines), read)


few = drawn(4)
# Few enough that the laws share their worlds; a search draws any.
worlds = st.integers(0, 3 if few.max_examples <= 4 else 2**32 - 1).map(make_random_world)


def list_figures(world: World, measures: tuple[str, ...] = ADD_UP) -> pd.DataFrame:
    table = world.table[world.table["measure"].isin(measures)]
    return table.assign(figure=table["measure"] + ":" + table["category"].fillna(""))


def assert_adds_up(parts: pd.DataFrame, whole: pd.DataFrame, keys: list[str]) -> None:
    """The figures of the parts, summed by keys, are those of the whole."""
    assert len(parts) > len(whole) > 0
    sums, values = parts.groupby(keys)["value"].sum(), whole.set_index(keys)["value"]
    # Ellipsoidal against planar area is evened out in each zone by itself, hence no more.
    np.testing.assert_allclose(sums.reindex(values.index), values, rtol=1e-6, atol=1e-9)


@given(worlds)
@few
def test_bands_add_up_to_all_land_of_segments_of_countries_and_of_all(world: World) -> None:
    table = list_figures(world)
    bands, within = table[table["part_of"] == "bands"], table[table["zone_kind"] == "within"]
    for to_m in world.study.bands_m:
        near, whole = bands[bands["to_m"] <= to_m], within[within["to_m"] == to_m]
        by_segment, total = whole[whole["segment"].notna()], whole[whole["country"].isna()]
        assert_adds_up(near, by_segment, ["segment", "figure"])
        assert_adds_up(near, whole[whole["segment"].isna() & whole["country"].notna()], ["country", "figure"])
        assert_adds_up(near, total, ["figure"])


@given(worlds)
@few
def test_administrative_units_add_up_to_the_bands_and_to_their_own_land_to_a_distance(world: World) -> None:
    table = list_figures(world)
    units, bands = table[table["part_of"] == "admin"], table[table["part_of"] == "bands"]
    rings = bands.groupby(["from_m", "country", "figure"], as_index=False)["value"].sum()
    assert_adds_up(units, rings, ["from_m", "country", "figure"])
    unit = table["zone_id"].str.split("|").str[1]
    nested = table[table["zone_id"].str.contains("within-")].assign(unit=unit)
    for to_m in world.study.bands_m[1:]:
        near = units[units["to_m"] <= to_m].assign(unit=unit)
        assert_adds_up(near, nested[nested["to_m"] == to_m], ["unit", "figure"])


@given(worlds)
@few
def test_the_frontier_along_units_adds_up_to_the_segments_and_to_the_line(world: World) -> None:
    table = list_figures(world, ("frontier_length",))
    segments, units = (table[table["part_of"] == name] for name in ("segments", "admin-segments"))
    assert_adds_up(units, segments, ["segment", "figure"])
    stretches = world.ground.frontier.build_layer().groupby("medium")["length_km"].sum()
    by_medium = segments.groupby("category")["value"].sum()
    np.testing.assert_allclose(by_medium[stretches.index], stretches, rtol=1e-9)
    assert set(by_medium.index) == set(MEDIA)


@given(worlds)
@few
def test_corridors_add_up_over_their_countries(world: World) -> None:
    table = list_figures(world)
    corridor = table[table["zone_kind"] == "corridor"]
    whole = corridor["country"].isna()
    assert_adds_up(corridor[~whole], corridor[whole], ["figure"])


@given(worlds)
@few
def test_strips_and_land_to_a_distance_nest(world: World) -> None:
    table = list_figures(world, ("area", "people", "settlements", "facilities", "road_length", "protected_area"))
    nested = table[table["zone_kind"].isin(["strip", "within"])].fillna({"segment": "-", "country": "-"})
    steps = nested.sort_values("to_m").groupby(["zone_kind", "segment", "country", "figure"])["value"].diff()
    assert (steps.dropna() >= -1e-9).all()


@given(worlds)
@few
def test_the_same_land_has_the_same_figures_whatever_its_zone_is_called(world: World) -> None:
    table = world.table.assign(category=world.table["category"].fillna(""))
    columns = ["measure", "category", "value", "low", "high", "pixels", "note"]

    def rows(zone_id: str) -> pd.DataFrame:
        return table[table["zone_id"] == zone_id][columns].reset_index(drop=True)

    for one, other in (
        ("strip|all|0-1000", "within|all|0-1000"),
        ("strip|AA-XX|AA|0-1000", "band|AA-XX|AA|0-1000"),
        ("strip|BB|0-500", "within|BB|0-500"),
        ("admin|BB-none|within-5000", "within|BB|0-5000"),
        ("admin|AA-1|0-1000", "admin|AA-1|within-1000"),
    ):
        pd.testing.assert_frame_equal(rows(one), rows(other))


@given(worlds)
@few
def test_classes_of_cover_add_up_to_the_zone(world: World) -> None:
    table = world.table
    cover = table[table["measure"] == "cover_area"].groupby("zone_id")["value"].sum()
    area = table[table["measure"] == "area"].set_index("zone_id")["value"]
    np.testing.assert_allclose(cover, area[cover.index], rtol=1e-12)


@given(worlds)
@few
def test_a_ratio_is_its_numerator_over_its_basis(world: World) -> None:
    values = world.table.set_index(KEYS)["value"]
    cover = values.xs("cover_area", level="measure").unstack("category")
    known = cover.drop(columns="unknown").sum(axis=1)
    for zone_id, category, value in (
        (zone_id, category, value) for (zone_id, measure, category), value in values.items() if measure == "cover_share"
    ):
        whole = known[zone_id] - (0 if category == "water" else cover.loc[zone_id, "water"])
        expected = cover.loc[zone_id, category] / whole if whole > 1e-9 else np.nan
        assert value == pytest.approx(expected, rel=1e-5, abs=1e-7, nan_ok=True), (zone_id, category)
    dry = world.sums["people"].get(None, "counts", "dry land, km²")[world.zones.main]
    by_id = dict(zip(world.zones.frame["zone_id"], dry, strict=True))
    density = world.table[world.table["measure"] == "people_per_km2"]
    for row in density.itertuples():
        assert row.value == pytest.approx(values[row.zone_id, "people", "total"] / by_id[row.zone_id], rel=1e-9)
    shares = world.table[world.table["measure"] == "cover_share"]["value"].dropna()
    assert shares.between(0, 1 + 1e-9).all()


@given(worlds)
@few
def test_a_range_holds_its_figure_and_one_without_says_why(world: World) -> None:
    table = world.table
    ranged = table[table["low"].notna()]
    assert len(ranged) > 100
    assert (ranged["low"] <= ranged["value"]).all()
    assert (ranged["value"] <= ranged["high"]).all()
    assert ranged["range_from"].notna().all()
    assert ranged["high"].notna().all()
    bare = table[table["low"].isna()]
    assert bare["high"].isna().all()
    assert bare["range_from"].isna().all()
    assert bare["note"].notna().all()


@given(worlds)
@few
def test_a_corridor_has_a_range_whatever_is_measured(world: World) -> None:
    corridor = world.table[(world.table["zone_kind"] == "corridor") & world.table["value"].notna()]
    assert corridor["range_from"].str.endswith("corridor width k 1.1 to 1.5").all()
    area = corridor[corridor["measure"] == "area"]
    assert (area["low"] < area["value"]).all()
    assert (area["value"] < area["high"]).all()


@given(worlds)
@few
def test_value_low_and_high_of_every_row_are_computed_from_readings(world: World) -> None:
    """Nothing but the table of readings is needed: the first is the value, the least and the most are its range."""
    whole = build_country_rows(["AA", "FI"], handmade.NAMES, list(world.counted), world.read)
    table = pd.concat([world.table, whole], ignore_index=True).fillna({"category": ""})
    readings = pd.concat([world.readings, build_country_readings(whole)], ignore_index=True).fillna({"category": ""})
    groups = readings.groupby(KEYS, sort=False)
    value = readings[readings["reading"] == VALUE].set_index(KEYS)["value"]
    assert value.index.is_unique
    rows = table.set_index(KEYS)
    assert set(value.index) == set(rows.index)
    np.testing.assert_array_equal(value[rows.index], rows["value"])
    ranged = (groups.size()[rows.index] > 1) & value[rows.index].notna()
    assert ranged.sum() > 100
    for column, extreme in (("low", groups["value"].min()), ("high", groups["value"].max())):
        np.testing.assert_array_equal(extreme[rows.index].where(ranged), rows[column])
    assert not readings.duplicated([*KEYS, "dataset", "reading"]).any()
    assert (readings.groupby(KEYS)["dataset"].first()[rows.index] == rows["dataset"]).all()


@given(worlds, st.randoms(use_true_random=False))
@few
def test_the_order_of_zones_does_not_matter(world: World, random: object) -> None:
    order = list(range(len(world.membership.zones)))
    random.shuffle(order)  # type: ignore[attr-defined]
    zones = build_membership(world.membership.zones[i] for i in order)
    table = handmade.build_zone_table(world, zones)
    sums = sum_columns(world.counted, table)
    found = build_table(world.counted, sums, table).sort_values(KEYS, ignore_index=True)
    pd.testing.assert_frame_equal(found, world.table.sort_values(KEYS, ignore_index=True))
    readings = build_readings(world.counted, sums, table)
    keys = [*KEYS, "dataset", "reading"]
    pd.testing.assert_frame_equal(
        readings.sort_values(keys, ignore_index=True), world.readings.sort_values(keys, ignore_index=True)
    )


@given(st.floats(-5.9, -0.1), st.floats(0.1, 7.9))
@drawn(4)
def test_splitting_units_changes_no_sum(x: float, y: float) -> None:
    """Home land cut once more from west to east and from south to north has the same figures."""
    world = handmade.make_world()
    ground = handmade.split_units(world.ground, x, y)
    assert len(ground.units) > len(world.ground.units)
    other = World(ground, world.read)
    columns = [*KEYS, "unit", "part_of", "dataset"]
    pd.testing.assert_frame_equal(other.table[columns], world.table[columns])
    for column in ("value", "low", "high", "pixels"):
        np.testing.assert_allclose(other.table[column], world.table[column], rtol=1e-6, atol=1e-9)


@given(worlds)
@few
def test_keys_are_unique_and_rows_stand_in_the_order_of_zones(world: World) -> None:
    table = world.table
    assert not table.duplicated(KEYS).any()
    place = {zone.id: i for i, zone in enumerate(world.membership.zones)}
    assert table["zone_id"].map(place).is_monotonic_increasing
    assert table["zone_name"].str.len().gt(0).all()


@given(worlds)
@few
def test_a_settlement_has_the_region_that_holds_it(world: World) -> None:
    places = world.points["places"]
    regions = world.ground.admin.set_index("admin_id").geometry
    for row in places.itertuples():
        if row.country == "AA":
            assert shapely.distance(regions[row.admin_id], row.geometry) < 1e-6
            assert row.admin_name == {"AA-1": "Ääs", "AA-2": "Öst"}[row.admin_id]
        else:
            assert pd.isna(row.admin_id)
            assert pd.isna(row.admin_name)
