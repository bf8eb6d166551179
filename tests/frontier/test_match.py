"""Where two polygons run along each other: known lengths first, then laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_border.frontier.match import find_shared_line
from geo_border.geo.crs import GEOD, length_m
from tests.worlds import two_sides, wound

# One degree of a meridian from the equator, WGS 84 (NGA.STND.0036: 110 574.4 m).
DEGREE_AT_EQUATOR_M = 110_574.39


def km(line: Any) -> float:
    return float(length_m(line)[0]) / 1e3


def test_two_boxes_share_one_degree_of_meridian() -> None:
    line = find_shared_line(shapely.box(9, 0, 10, 1), shapely.box(10, 0, 11, 1), 2.0)
    assert km(line) * 1e3 == pytest.approx(DEGREE_AT_EQUATOR_M, abs=0.01)
    assert len(line.geoms) == 1


def test_boxes_that_touch_in_a_corner_share_no_length() -> None:
    # A corner is a point, so whatever is left of it is no longer than twice the tolerance.
    assert km(find_shared_line(shapely.box(9, 0, 10, 1), shapely.box(10, 1, 11, 2), 2.0)) < 0.005


def test_boxes_far_apart_share_nothing() -> None:
    assert find_shared_line(shapely.box(0, 0, 1, 1), shapely.box(5, 0, 6, 1), 2.0).is_empty


@pytest.mark.parametrize(("gap_m", "shares"), [(0.5, True), (1.9, True), (2.2, False), (30.0, False)])
def test_a_gap_counts_as_shared_up_to_the_tolerance(gap_m: float, shares: bool) -> None:
    gap_deg = gap_m / 111_319.49
    line = find_shared_line(shapely.box(9, 0, 10, 1), shapely.box(10 + gap_deg, 0, 11, 1), 2.0)
    assert line.is_empty is not shares


def test_a_neighbour_along_one_third_of_an_edge_shares_that_third() -> None:
    # The home edge has no vertex where the neighbour starts and ends: it has to be split there.
    line = find_shared_line(shapely.box(9, 0, 10, 3), shapely.box(10, 1, 11, 2), 2.0)
    _, _, expected_m = GEOD.inv(10, 1, 10, 2)
    assert km(line) * 1e3 == pytest.approx(expected_m, abs=5.0)


def test_neighbours_with_other_vertices_on_the_same_line_share_all_of_it() -> None:
    home = shapely.segmentize(shapely.box(24, 60, 25, 61), 0.013)
    facing = shapely.segmentize(shapely.box(25, 60, 26, 61), 0.0071)
    _, _, expected_m = GEOD.inv(25, 60, 25, 61)
    assert km(find_shared_line(home, facing, 2.0)) * 1e3 == pytest.approx(expected_m, abs=0.01)


def test_a_country_between_leaves_two_pieces() -> None:
    home, facing = shapely.box(9, 0, 10, 3), shapely.box(10, 0, 11, 3).difference(shapely.box(10, 1, 10.5, 2))
    line = find_shared_line(home, facing, 2.0)
    assert len(line.geoms) == 2
    assert km(line) * 1e3 == pytest.approx(2 * DEGREE_AT_EQUATOR_M, rel=1e-3)


def test_an_enclave_shares_its_whole_ring() -> None:
    enclave = shapely.box(0.4, 0.4, 0.6, 0.6)
    home = shapely.box(0, 0, 1, 1).difference(enclave)
    assert km(find_shared_line(home, enclave, 2.0)) == pytest.approx(km(enclave.exterior), rel=1e-6)


seeds = st.integers(0, 10_000)
latitudes = st.floats(-70, 70)


@given(seeds, latitudes)
def test_whoever_is_home_the_shared_line_is_as_long(seed: int, south: float) -> None:
    sides = two_sides(wound(seed, south, south + 1, 25))
    there, back = (find_shared_line(sides[a], sides[b], 2.0) for a, b in (("HH", "FF"), ("FF", "HH")))
    assert km(there) == pytest.approx(km(back), rel=1e-9)


@given(seeds, latitudes)
def test_the_shared_line_is_the_line_both_were_drawn_along(seed: int, south: float) -> None:
    line = wound(seed, south, south + 1, 25)
    sides = two_sides(line)
    # The two outer edges run apart from the line's ends, and are within the tolerance of it for that far only.
    assert km(find_shared_line(sides["HH"], sides["FF"], 2.0)) == pytest.approx(km(shapely.linestrings(line)), abs=0.02)


@given(seeds, st.floats(0.003, 0.2))
def test_more_vertices_change_no_length(seed: int, step_deg: float) -> None:
    sides = two_sides(wound(seed, 55, 56, 25))
    plain = find_shared_line(sides["HH"], sides["FF"], 2.0)
    cut = find_shared_line(shapely.segmentize(sides["HH"], step_deg), sides["FF"], 2.0)
    # A straight edge in lon/lat is not quite a geodesic: at 0.1 degree the two differ by under a part in 100 000.
    assert km(cut) == pytest.approx(km(plain), rel=2e-5)


@given(seeds, st.integers(-150, 150))
def test_the_same_line_elsewhere_on_its_parallel_is_as_long(seed: int, lon: int) -> None:
    sides, moved = (two_sides(np.add(wound(seed, 55, 56, 0.0), (at, 0))) for at in (25, lon))
    lengths = [km(find_shared_line(side["HH"], side["FF"], 2.0)) for side in (sides, moved)]
    assert lengths[0] == pytest.approx(lengths[1], rel=1e-7)


@given(seeds, st.floats(0.0, 1.5))
def test_noise_below_the_tolerance_loses_nothing(seed: int, noise_m: float) -> None:
    line = wound(seed, 55, 56, 25)
    sides = two_sides(line)
    draw = np.random.default_rng(seed)
    wobble = draw.uniform(-1, 1, line.shape) * noise_m / 111_320 / np.sqrt(2)
    other = two_sides(line + wobble)
    assert km(find_shared_line(sides["HH"], other["FF"], 2.0)) == pytest.approx(km(shapely.linestrings(line)), rel=1e-3)
