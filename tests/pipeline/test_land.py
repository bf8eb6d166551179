"""Home land as measures see it: polygons beside units, stretches shared out, points located, units of regions."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo_border.geo.crs import length_m
from geo_border.pipeline.land import find_units, list_polygons, share_stretches
from tests import handmade
from tests.handmade import World, box, point


def test_a_corridor_is_cut_to_each_country_in_its_three_widths() -> None:
    ground = handmade.make_world().ground
    found = list_polygons(handmade.STUDY, ground)
    assert [(zone.country, zone.number, dict(zone.variants)) for zone in found.zones] == [
        ("AA", 0, {"corridor width k 1.1": 1, "corridor width k 1.5": 2}),
        ("BB", 3, {"corridor width k 1.1": 4, "corridor width k 1.5": 5}),
    ]
    assert (shapely.area(found.shapes) / 1e6).tolist() == pytest.approx([4, 2, 12, 2, 1, 8])
    assert {zone.range_from for zone in found.zones} == {"corridor width k 1.1 to 1.5"}


def test_a_country_that_the_corridor_does_not_reach_has_no_part() -> None:
    outlines = {1.1: box(-3, 5, -2, 6), 1.25: box(-4, 4, -2, 6), 1.5: box(-5, 3, -1, 7)}
    world = World(handmade.make_ground(outlines=outlines), handmade.make_layers())
    corridor = world.table[world.table["zone_kind"] == "corridor"]
    # The wide one reaches BB, but the corridor itself does not.
    assert corridor["zone_id"].unique().tolist() == ["corridor|gap|AA", "corridor|gap|all"]
    assert world.get("corridor|gap|all", "area")["high"] == pytest.approx(12)


def test_a_country_that_only_the_narrow_corridor_leaves_out_has_a_low_of_nothing() -> None:
    outlines = {1.1: box(-3, 5, -2, 6), 1.25: box(-4, 3, -2, 6), 1.5: box(-5, 2, -1, 7)}
    world = World(handmade.make_ground(outlines=outlines), handmade.make_layers())
    row = world.get("corridor|gap|BB", "area")
    assert [row["low"], row["value"], row["high"]] == pytest.approx([0, 2, 8])
    row = world.get("corridor|gap|BB", "people", "total")
    assert [row["low"], row["value"], row["high"]] == pytest.approx([0, 7, 67])
    # Nothing of no land is no share: the range is of the outlines that have one.
    row = world.get("corridor|gap|BB", "cover_share", "grass")
    assert [row["low"], row["value"], row["high"]] == pytest.approx([0.5, 1, 1])


def test_a_corridor_beyond_home_has_no_zones() -> None:
    outlines = dict.fromkeys((1.1, 1.25, 1.5), box(1, 3, 2, 6))
    world = World(handmade.make_ground(outlines=outlines), handmade.make_layers())
    assert "corridor" not in set(world.table["zone_kind"])
    assert len(world.land.blocks) == 1


def test_units_come_first_among_the_areas_and_polygons_after_them() -> None:
    world = handmade.make_world()
    units, polygons = world.land.blocks
    assert units is world.land.units
    assert (len(units), len(polygons)) == (len(world.ground.units), 6)
    assert units.area_km2.sum() == pytest.approx(48)
    assert units.dry_km2.sum() == pytest.approx(47.5)
    # The lake lies in AA's part of the wide corridor alone.
    assert (polygons.area_km2 - polygons.dry_km2).tolist() == pytest.approx([0, 0, 0.5, 0, 0, 0])


def test_a_study_without_water_is_dry() -> None:
    ground = handmade.make_ground(water=())
    world = World(ground, handmade.make_layers())
    assert world.get("within|all|0-5000", "people_per_km2")["value"] == pytest.approx(294 / 40)


def test_stretches_are_shared_out_among_units_and_add_up() -> None:
    ground = handmade.make_world().ground
    found = share_stretches(ground)
    assert set(found["admin"]) == {"AA-1", "AA-2", "none"}
    assert found[found["admin"] == "none"]["segment"].unique().tolist() == ["BB-XX"]
    own = found.groupby(["segment", "medium"])["length_km"].sum()
    for segment in ground.frontier.segments:
        for medium, line in segment.stretches:
            assert own[segment.id, medium] == pytest.approx(float(length_m(line)[0]) / 1e3, rel=1e-9)


def test_a_segment_whose_country_has_no_land_beside_it_runs_along_no_unit() -> None:
    ground = handmade.make_world().ground
    pieces = [piece for piece in ground.band_parts if piece.country != "AA" or piece.from_m > 0]
    kept = np.array([ground.band_parts[i] in pieces for i in ground.units["piece"]])
    place = {id(piece): i for i, piece in enumerate(pieces)}
    units = ground.units[kept].assign(piece=lambda f: [place[id(ground.band_parts[i])] for i in f["piece"]])
    bare = handmade.replace_ground(ground, band_parts=pieces, units=units.reset_index(drop=True))
    found = share_stretches(bare)
    assert found[found["segment"] == "AA-XX"]["admin"].unique().tolist() == ["none"]


def points_of(*rows: tuple[str, float, float]) -> gpd.GeoDataFrame:
    shapes = [point(x, y) for _, x, y in rows]
    return gpd.GeoDataFrame({"country": [row[0] for row in rows]}, geometry=shapes, crs=handmade.EUROPE)


def test_a_point_is_in_the_nearest_unit_of_its_own_country() -> None:
    admin = handmade.make_admin()
    # The last is nearer to AA-1 than anything of BB, which has no units; the third lies just beyond AA's land.
    rows = (("AA", -1.0, 4.5), ("AA", -1.0, 7.9), ("AA", 0.01, 7.0), ("BB", -1.0, 3.9))
    assert find_units(points_of(*rows), admin).tolist() == [0, 1, 1, -1]


def test_no_point_has_a_unit_where_there_are_none() -> None:
    assert find_units(points_of(("AA", -1.0, 4.5)), handmade.make_admin().iloc[:0]).tolist() == [-1]
    assert find_units(points_of(), handmade.make_admin()).tolist() == []


def test_a_study_without_units_has_no_zones_of_them() -> None:
    admin = handmade.make_admin().iloc[:0]
    world = World(handmade.make_ground(admin=admin), handmade.make_layers())
    assert "admin" not in set(world.table["zone_kind"])
    assert world.get("within|all|0-5000", "people", "total")["value"] == pytest.approx(294)


def test_land_in_no_unit_adds_up_with_the_units_to_the_whole() -> None:
    world = handmade.make_world()
    table = world.table[(world.table["part_of"] == "admin") & (world.table["measure"] == "area")]
    assert table["value"].sum() == pytest.approx(40)
    assert table[table["zone_id"].str.contains("BB-none")]["value"].sum() == pytest.approx(20)
    along = world.table[world.table["part_of"] == "admin-segments"]
    assert along["value"].sum() == pytest.approx(7, rel=1e-5)
