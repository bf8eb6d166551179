"""Territories come out whole and on one sheet of longitudes."""

from __future__ import annotations

import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_border.frontier import build_territories, find_country, shift_longitudes
from tests.worlds import a_study, boundaries


def test_a_country_cut_at_the_antimeridian_is_whole_again() -> None:
    parts = shapely.MultiPolygon([shapely.box(178, 0, 180, 1), shapely.box(-180, 0, -179, 1)])
    found = build_territories(boundaries(HH=parts, FF=shapely.box(-179, 0, -178, 1)), a_study())
    assert found["HH"].geom_type == "Polygon"
    assert shapely.bounds(found["HH"]).tolist() == [178.0, 0.0, 181.0, 1.0]
    assert shapely.bounds(found["FF"]).tolist() == [181.0, 0.0, 182.0, 1.0]


def test_a_country_on_both_sides_of_greenwich_stays_as_it_is() -> None:
    home = shapely.box(-2, 50, 2, 51)
    assert build_territories(boundaries(HH=home, FF=shapely.box(2, 50, 3, 51)), a_study())["HH"] is home


def test_a_territory_is_part_of_its_country() -> None:
    study = a_study(territories={"KGD": {"country": "FF", "point": (20.5, 54.7)}})
    assert (find_country("KGD", study), find_country("HH", study)) == ("FF", "HH")


@given(st.integers(-179, 178), st.integers(-2, 2))
def test_a_sheet_is_a_whole_number_of_turns_away(west: int, turns: int) -> None:
    box = shapely.box(west, 0, west + 1, 1)
    near = shapely.box(west + 360 * turns, 0, west + 1 + 360 * turns, 1)
    (moved,) = shift_longitudes([box], near)
    assert shapely.bounds(moved).tolist() == shapely.bounds(near).tolist()
