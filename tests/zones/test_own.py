"""A user's own areas: each rule holds at its border and breaks past it, in any order and under any name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_border.errors import StudyError
from geo_border.zones.own import Extent, OwnAreas, clip_areas
from tests.handmade import EUROPE, box

# Home is 40 km wide and 100 km tall, in two countries; the widest band is 30 km; sea lies in its north-west.
SEA = box(-40, 90, -20, 100)
HOME = {"AA": box(-40, 50, 0, 100).difference(SEA), "BB": box(-40, 0, 0, 50)}
EXTENT = Extent(
    home=HOME,
    territory=box(-60, 0, 0, 100),
    others=box(0, 0, 50, 100),
    near=box(-30, 0, 30, 100),
    known=box(-40, 0, 40, 100),
)


def make_areas(shapes: Sequence[shapely.Geometry], **columns: Sequence[str]) -> gpd.GeoDataFrame:
    ids = [str(number) for number in range(1, len(shapes) + 1)]
    return gpd.GeoDataFrame({"id": ids, "name": ids, **columns}, geometry=list(shapes), crs=EUROPE)


def clip(*shapes: shapely.Geometry, extent: Extent = EXTENT, is_drawn: bool = True) -> OwnAreas:
    return clip_areas(make_areas(shapes), extent, "areas.gpkg", is_drawn=is_drawn)


def km2(areas: OwnAreas) -> list[float]:
    return [sum(shapely.area(part) for part in area.parts.values()) / 1e6 for area in areas.areas]


def refusal(*shapes: shapely.Geometry) -> str:
    with pytest.raises(StudyError) as caught:
        clip(*shapes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def row(count: int, width: float = 2.0) -> list[shapely.Polygon]:
    """Areas of 10 km² and more side by side."""
    return [
        box(-30 + width * (i % 10), 60 + 6 * (i // 10), -30 + width * (i % 10 + 1), 65 + 6 * (i // 10))
        for i in range(count)
    ]


def test_twenty_areas_are_taken_and_twenty_one_are_not() -> None:
    assert len(clip(*row(20)).areas) == 20
    assert refusal(*row(21)) == (
        "areas.gpkg: 21 areas, and at most 20 can be drawn freely. Take some out, or name a dataset of outlines with "
        "--sources own_zones=DATASET."
    )


def test_ten_square_kilometres_are_enough_and_less_is_not() -> None:
    assert km2(clip(box(-6, 60, -1, 62))) == [pytest.approx(10, rel=1e-12)]
    assert "area '1': has 9.999 km² of home land, and each part needs at least 10 km²" in refusal(
        box(-6, 60, -1, 61.9998)
    )


def test_each_part_of_an_area_is_large_enough() -> None:
    large, small = box(-10, 60, -1, 70), box(-20, 60, -15, 61.9)
    assert km2(clip(large.union(box(-20, 60, -15, 62)))) == [pytest.approx(100)]
    assert "part 1 of 2 has 9.5 km² of home land" in refusal(shapely.MultiPolygon([small, large]))
    # Parts that touch along an edge are one.
    assert km2(clip(shapely.MultiPolygon([box(-10, 60, -5, 61), box(-10, 61, -5, 62)]))) == [pytest.approx(10)]


def test_what_counts_is_the_land_that_is_left_after_clipping() -> None:
    # 12 km² of which 3 lie at sea.
    assert "has 9 km² of home land" in refusal(box(-21.5, 92, -15.5, 94))


def test_two_areas_differ_by_nothing_or_by_enough() -> None:
    one = box(-10, 60, -1, 70)
    assert km2(clip(one, one)) == [90, 90]
    assert km2(clip(one, box(-10, 60, -1, 70).union(box(-10, 70, -5, 72)))) == [90, 100]
    told = refusal(one, one.union(box(-10, 70, -5, 71.9)))
    assert told.startswith("areas.gpkg: area '2' less area '1' is 9.5 km², and the difference of two areas is either")
    # Not their overlap, but what one has beyond the other.
    assert km2(clip(one, box(-2, 60, 0, 70))) == [90, 20]
    assert "area '2' less area '1' is 9 km²" in refusal(one, box(-5, 60, -0.1, 70))


def test_areas_drawn_with_a_common_edge_need_not_share_its_vertices() -> None:
    ragged = [(-5, 60), (-5.004, 63), (-4.997, 66), (-5, 70)]
    west = shapely.Polygon([(x * 1e3, y * 1e3) for x, y in [(-10, 60), *ragged, (-10, 70)]])
    nested = shapely.affinity.translate(west, *box(0, 0, 1, 1).bounds[:2])
    assert len(clip(nested, box(-10, 60, -5, 70)).areas) == 2


def test_one_hundredth_beyond_the_line_is_clipped_and_told_and_more_is_refused() -> None:
    found = clip(box(-9.9, 60, 0.1, 70))
    assert km2(found) == [pytest.approx(99)]
    assert found.notes == ("own_zones: area '1': clipped to home land; not counted: 1 km² beyond the line.",)
    assert "area '1': 1.010% of it (1.01 of 100.00 km²) lies beyond the line, outside home" in refusal(
        box(-9.899, 60, 0.101, 70)
    )


def test_one_hundredth_beyond_the_widest_band_is_clipped_and_told_and_more_is_refused() -> None:
    found = clip(box(-30.1, 60, -20.1, 70))
    assert km2(found) == [pytest.approx(99)]
    assert found.notes == ("own_zones: area '1': clipped to home land; not counted: 1 km² beyond the widest band.",)
    assert "1.200% of it (1.20 of 100.00 km²) lies beyond the widest band, and at most 1% may" in refusal(
        box(-30.12, 60, -20.12, 70)
    )
    # As far as home land is not even known.
    assert "lies beyond the widest band" in refusal(box(-55, 60, -20, 70))


def test_the_sea_is_clipped_however_much_of_it_there_is() -> None:
    found = clip(box(-25, 90, -15, 100))
    assert km2(found) == [pytest.approx(50)]
    assert found.notes == ("own_zones: area '1': clipped to home land; not counted: 50 km² at sea.",)


def test_sea_that_is_no_land_of_anyones_is_not_beyond_the_line() -> None:
    bay = replace(EXTENT, others=box(0, 0, 50, 60))
    assert km2(clip(box(-5, 70, 5, 80), extent=bay)) == [pytest.approx(50)]
    # Where no dataset tells land from sea, all that is not home lies beyond.
    with pytest.raises(StudyError, match=r"50.000% of it .* beyond the line"):
        clip(box(-5, 70, 5, 80), extent=replace(bay, others=None))


def test_bits_that_clipping_cuts_off_are_left_out_and_told_up_to_one_hundredth() -> None:
    inlet = shapely.difference(HOME["AA"], box(-10, 70, -9.9, 80))
    islands = replace(EXTENT, home={"AA": inlet.difference(box(-10, 79.9, -5, 80)), "BB": HOME["BB"]})
    land = islands.home["AA"]
    west, bit = box(-20, 70, -10, 80), box(-9.9, 70, -9.8, 79)
    found = clip(west.union(box(-10, 70, -9.8, 79)), extent=islands)
    assert km2(found) == [pytest.approx(100)]
    assert found.notes == (
        "own_zones: area '1': clipped to home land; not counted: 0.9 km² at sea, 0.9 km² in small pieces that these "
        "cut off.",
    )
    assert shapely.area(shapely.intersection(land, bit)) == pytest.approx(0.9e6)
    with pytest.raises(
        StudyError, match=r"clipping cuts pieces off it, each under 10 km² and 9 km² in all; at most 1%"
    ):
        clip(west.union(box(-10, 70, -8.9, 79)), extent=islands)


def test_a_gap_between_the_polygons_of_two_home_countries_does_not_part_an_area() -> None:
    gap = replace(EXTENT, home={"AA": box(-40, 50.005, 0, 90), "BB": HOME["BB"]})
    found = clip(box(-10, 49, -1, 60), extent=gap)
    assert list(found.areas[0].parts) == ["AA", "BB"]
    assert km2(found) == [pytest.approx(99, rel=1e-3)]


def test_an_area_over_two_countries_has_a_part_in_each() -> None:
    (area,) = clip(box(-10, 45, 0, 60)).areas
    assert {country: shapely.area(part) / 1e6 for country, part in area.parts.items()} == {"AA": 100, "BB": 50}


def test_areas_stand_in_the_order_of_their_file() -> None:
    shapes = row(5)
    assert [area.id for area in clip(*shapes).areas] == ["1", "2", "3", "4", "5"]
    found = clip_areas(make_areas(shapes, id=["e", "a", "d", "b", "c"]), EXTENT, "f", is_drawn=True)
    assert [area.id for area in found.areas] == ["e", "a", "d", "b", "c"]


@given(st.permutations(range(6)))
def test_the_order_of_the_file_changes_no_area(order: list[int]) -> None:
    shapes = [*row(4), box(-20, 40, -5, 60), box(-10, 45, 0, 55)]
    before = {str(i + 1): size for i, size in enumerate(km2(clip(*shapes)))}
    areas = make_areas([shapes[i] for i in order], id=[str(i + 1) for i in order])
    found = clip_areas(areas, EXTENT, "f", is_drawn=True)
    assert dict(zip([area.id for area in found.areas], km2(found), strict=True)) == before


@pytest.mark.parametrize(
    "name", ["Šalčininkai", "<script>alert(1)</script>", "'; DROP TABLE", "line\nbreak", "{{7*7}}"]
)
def test_names_are_data_and_end_no_message(name: str) -> None:
    areas = make_areas([box(-6, 60, -1, 65)], name=[name], id=[f"{name}|2"])
    (area,) = clip_areas(areas, EXTENT, "f", is_drawn=True).areas
    assert (area.id, area.name) == (f"{name}|2", name)
    with pytest.raises(StudyError, match=re.escape(name).replace("\\\n", r"\\n")) as caught:
        clip_areas(areas.set_geometry([box(-6, 60, -1, 61)]), EXTENT, "f", is_drawn=True)
    assert "\n" not in str(caught.value)


def test_outlines_that_a_dataset_publishes_may_be_of_any_size_and_number() -> None:
    small = [box(-30 + i, 60 + j, -29 + i, 61 + j) for i in range(6) for j in range(5)]
    found = clip(*small, box(-5, 60, 5, 70), box(-80, 60, -50, 70), is_drawn=False)
    assert km2(found) == [*[1.0] * 30, 50.0]
    assert found.notes == (
        "own_zones: 1 of 31 outlines are clipped to home land within the widest band, by 50.0 km² in all.",
    )


def test_a_dataset_without_an_outline_near_the_line_is_absent_with_a_note() -> None:
    found = clip(box(-60, 60, -50, 70), is_drawn=False)
    assert not found.areas
    assert found.notes == ("own_zones: no outline of the dataset has home land within the widest band; absent.",)


@given(st.integers(0, 10_000))
def test_land_and_what_is_told_as_clipped_make_up_the_area(seed: int) -> None:
    draw = np.random.default_rng(seed)
    west, south = draw.uniform(-31, -10), draw.uniform(10, 85)
    shape = box(west, south, west + draw.uniform(5, 12), south + draw.uniform(5, 14))
    try:
        found = clip(shape)
    except StudyError:
        return
    told = sum(float(text) for note in found.notes for text in re.findall(r"([\d.]+) km²", note))
    assert km2(found)[0] + told == pytest.approx(shapely.area(shape) / 1e6, rel=6e-3)
