"""Map layers of the world made by hand: points with their region, cells, zones with their figures, outlines."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from geo_border.pipeline.layers import build_cells, build_class_layers, build_points, build_segments, build_zones
from geo_border.pipeline.outlines import outline_zones
from geo_border.schemas import NEEDS, POINTS, conform
from geo_border.zones.membership import LINE
from tests import handmade
from tests.handmade import World, box


def places_at(*at: tuple[float, float], country: str | None = None, world: World | None = None) -> pd.DataFrame:
    """Layer `settlements` of a dataset with a place at each of some points."""
    columns = {"name": [f"P{i}" for i in range(len(at))], "name_en": None, "kind": "village", "people": np.nan}
    data = handmade.make_table([handmade.point(x, y) for x, y in at], **columns, country=country)
    ground = (world or handmade.make_world()).ground
    found = build_points("places", ground, handmade.swap(handmade.make_layers(), "places", data=data), handmade.STUDY)
    return pd.DataFrame(conform("settlements", found)).set_index("name")


# --- points ---


def test_settlements_lie_on_home_land_within_the_widest_band_and_carry_their_region() -> None:
    found = handmade.make_world().points["places"]
    assert set(found["name"]) == {"Ülo", "Żary", "Põlva", "Šeši", "Čára"}
    rows = found.set_index("name")
    # BB has no units.
    assert rows["admin_id"].dropna().to_dict() == {"Ülo": "AA-2", "Żary": "AA-1", "Čára": "AA-2"}
    assert rows.loc["Żary", ["country", "segment", "admin_name"]].tolist() == ["AA", "AA-XX", "Ääs"]
    assert rows["distance_m"].to_dict() == pytest.approx(
        {"Ülo": 400, "Żary": 800, "Põlva": 2500, "Čára": 1500, "Šeši": np.hypot(3500, 200)}, abs=0.2
    )


def test_a_place_at_the_edge_of_the_widest_band_is_beyond_it() -> None:
    found = places_at((-4.999, 7), (-5.001, 7))
    assert found.index.tolist() == ["P0"]


def test_a_point_has_the_segment_of_the_land_that_holds_it() -> None:
    # By distance alone the line of BB is nearer, but this land is AA-XX's: where two are equally far, land decides.
    found = places_at((-0.5, 3.2), (-0.5, 2.8))
    assert found["segment"].to_dict() == {"P0": "AA-XX", "P1": "BB-XX"}
    assert found["distance_m"].to_dict() == pytest.approx({"P0": np.hypot(500, 200), "P1": 500}, abs=0.2)


def test_a_place_that_a_source_gives_to_another_home_country_keeps_it() -> None:
    found = places_at((-0.5, 4.01), (-0.5, 7), country="BB")
    # On AA's land by our line; the source knows better, and the nearest line is asked.
    assert found["country"].tolist() == ["BB", "BB"]
    assert found["segment"].tolist() == ["AA-XX", "AA-XX"]
    assert found["admin_id"].isna().all()


def test_a_place_of_a_foreign_country_is_left_out() -> None:
    assert places_at((-0.5, 7), country="XX").empty
    assert places_at((0.5, 7)).empty


def test_layers_without_points_are_empty_and_conform() -> None:
    ground = handmade.make_world().ground
    none = handmade.without("places")
    for found in (build_points("places", ground, none, handmade.STUDY), places_at((3.0, 3.0)).reset_index()):
        assert found.empty
    for need, kind in NEEDS.items():
        if kind == POINTS:
            conform("settlements" if need == "places" else need, build_points(need, ground, none, handmade.STUDY))


def test_a_study_with_places_none_of_which_is_near_has_zeros() -> None:
    columns = {"name": "far", "name_en": None, "kind": "village", "country": None, "people": np.nan}
    read = handmade.swap(handmade.make_layers(), "places", data=handmade.make_table([handmade.point(3, 3)], **columns))
    world = World(handmade.make_world().ground, read)
    rows = world.table[world.table["measure"] == "settlements"]
    assert len(rows) > 0
    assert (rows["value"] == 0).all()


def test_facilities_none_of_which_is_near_have_no_kinds_and_no_rows() -> None:
    data = handmade.make_table([handmade.point(3, 3)], name=None, name_en=None, kind="school")
    read = handmade.swap(handmade.make_layers(), "facilities", data=data)
    world = World(handmade.make_world().ground, read)
    assert "facilities" not in set(world.table["measure"])
    assert "facilities" not in set(world.readings["measure"])


# --- cells ---


def make_cells(world: World) -> pd.DataFrame:
    found = build_cells(world.ground, world.counted, world.read, world.study, world.points["facilities"])
    return pd.DataFrame(found).assign(x=lambda f: f["column"] - 4321, y=lambda f: f["row"] - 3210).set_index(["x", "y"])


def test_a_cell_has_the_people_and_cover_of_its_units() -> None:
    cells = make_cells(handmade.make_world())
    assert len(cells) == 40
    assert cells["area_km2"].tolist() == pytest.approx([1.0] * 40)
    expected = np.array(handmade.PEOPLE)[::-1]
    for (x, y), people in cells["people"].items():
        assert people == pytest.approx(expected[y, x + 6], abs=1e-9), (x, y)
    assert cells.loc[(-3, 6), "water_share"] == pytest.approx(1)
    assert cells.loc[(-1, 7), "tree_share"] == pytest.approx(1)
    assert cells.loc[(-1, 4), ["tree_share", "crop_share"]].tolist() == pytest.approx([0, 0])
    assert set(cells["cover_from"]) == {"cover"}


def test_a_road_or_a_facility_is_passage_and_without_both_it_is_not_assessed() -> None:
    ground = handmade.make_world().ground
    # So that nobody is near enough for a livelihood.
    alone = handmade.STUDY.thresholds.model_copy(update={"livelihood_reach_people": 1e9})
    study = handmade.replace_study(thresholds=alone)
    kinds = make_cells(World(ground, handmade.make_layers(), study))["civilian_exposure"]
    # The road north, the road west, a school; and a cell with none of them, where nobody lives.
    assert [kinds.loc[at] for at in ((-1, 3), (-4, 5), (-1, 1))] == ["passage"] * 3
    assert pd.isna(kinds.loc[(-3, 3)])
    bare = World(ground, handmade.without("roads", "facilities"), study)
    assert "passage" not in set(make_cells(bare)["civilian_exposure"])


def test_cells_of_a_run_without_people_or_cover_have_none() -> None:
    world = World(handmade.make_world().ground, handmade.without("cover", "people"))
    cells = make_cells(world)
    shares = [name for name in cells.columns if name.endswith("_share")]
    assert cells[[*shares, "people", "reach_people"]].isna().all().all()
    assert cells["cover_from"].isna().all()
    assert not cells["forested"].any()


def test_dissolved_layers_add_up_to_their_cells_and_leave_blank_ones_out() -> None:
    world = handmade.make_world()
    found = build_cells(world.ground, world.counted, world.read, world.study, world.points["facilities"])
    layers = build_class_layers(found)
    forested = layers["forested"]
    assert forested["area_km2"].sum() == pytest.approx(float(found.loc[found["forested"], "area_km2"].sum()))
    exposed = layers["civilian_exposure"]["area_km2"].sum()
    blank = found["civilian_exposure"].isna()
    assert exposed == pytest.approx(float(found.loc[~blank, "area_km2"].sum()))


# --- zones ---


def test_every_zone_of_land_has_an_outline_as_large_as_its_area() -> None:
    world = handmade.make_world()
    shapes = outline_zones(world.membership, world.ground, world.polygons)
    areas = world.table[world.table["measure"] == "area"].set_index("zone_id")["value"]
    drawn = 0
    for zone, shape in zip(world.membership.zones, shapes, strict=True):
        nested = zone.kind == "admin" and zone.part_of is None
        assert (shape is None) == (zone.carrier == LINE or nested), zone.id
        if shape is not None:
            assert shapely.is_valid(shape), zone.id
            assert shapely.get_type_id(shape) in (3, 6), zone.id
            assert shapely.area(shape) / 1e6 == pytest.approx(areas[zone.id], rel=1e-9), zone.id
            drawn += 1
    assert drawn > 50


@pytest.mark.parametrize(
    ("zone_id", "expected"),
    [
        ("band|AA-XX|BB|1000-3000", box(-3, 3, -1, 4)),
        ("within|all|0-3000", box(-3, 0, 0, 8)),
        ("strip|BB|0-500", box(-0.5, 0, 0, 4)),
        ("corridor|gap|all", box(-4, 3, -2, 6)),
        ("admin|AA-2|0-1000", box(-1, 6, 0, 8)),
        ("admin|BB-none|3000-5000", box(-5, 0, -3, 4)),
    ],
)
def test_a_zone_is_drawn_where_it_lies(zone_id: str, expected: shapely.Polygon) -> None:
    world = handmade.make_world()
    shapes = outline_zones(world.membership, world.ground, world.polygons)
    at = [zone.id for zone in world.membership.zones].index(zone_id)
    assert shapely.area(shapely.symmetric_difference(shapes[at], expected)) < 1.0


def test_zones_of_bands_are_disjoint() -> None:
    world = handmade.make_world()
    shapes = outline_zones(world.membership, world.ground, world.polygons)
    for part in ("bands", "admin"):
        own = shapes[[zone.part_of == part for zone in world.membership.zones]]
        assert shapely.area(own).sum() == pytest.approx(float(shapely.area(shapely.union_all(own))), rel=1e-9)


def test_the_layer_of_zones_has_the_figures_of_the_table_and_withholds_those_from_few_pixels() -> None:
    world = handmade.make_world()
    layer = build_zones(world.membership, world.ground, world.polygons, world.table).set_index("zone_id")
    assert layer.loc["within|all|0-5000", ["area_km2", "people"]].tolist() == pytest.approx([40, 294])
    assert layer.loc["within|all|0-5000", "tree_share"] == pytest.approx(16 / 38)
    # 4 pixels of 1 km²: the area is measured and shown, people and trees are not.
    assert layer.loc["band|AA-XX|AA|0-1000", "area_km2"] == pytest.approx(4)
    assert layer.loc["band|AA-XX|AA|0-1000", ["people", "people_low", "people_high", "tree_share"]].isna().all()
    assert layer.loc["admin|AA-1|0-1000", ["place_id", "place_name"]].tolist() == ["AA-1", "Ääs"]
    assert layer.loc["corridor|gap|AA", ["place_id", "place_name"]].tolist() == ["gap", "Źródło"]
    assert layer["part_of"].dropna().unique().tolist() == ["bands", "admin"]


def test_segments_are_as_long_on_land_and_at_sea_as_they_are() -> None:
    rows = build_segments(handmade.make_world().ground).set_index("segment")
    assert rows["length_km"].to_dict() == pytest.approx({"AA-XX": 4, "BB-XX": 3}, rel=1e-5)
    assert rows["sea_km"].to_dict() == pytest.approx({"AA-XX": 0, "BB-XX": 1}, rel=1e-5)
    assert rows["official_km"].isna().all()
