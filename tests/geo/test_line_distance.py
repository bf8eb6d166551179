"""Distance to lines: against geodesics that pyproj computes apart, and where ties and labels go."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_border.geo.crs import GEOD, distance_m
from geo_border.geo.line_distance import LineIndex, densify
from tests.worlds import wound


def asked(lines: LineIndex, *points: tuple[float, float]):
    lon, lat = np.array(points, dtype=float).T
    return lines.find_nearest(lon, lat)


def test_a_point_north_of_a_meridian_line_is_as_far_as_its_end() -> None:
    near = asked(LineIndex([shapely.LineString([(10, 50), (10, 51)])], [4]), (10.0, 51.1))
    assert near.distance_m[0] == pytest.approx(GEOD.inv(10, 51, 10, 51.1)[2], abs=0.01)
    assert near.label.tolist() == [4]


def test_a_point_on_the_line_is_at_no_distance() -> None:
    # A straight edge in lon/lat and its 20 m chords part by less than a millimetre.
    near = asked(LineIndex([shapely.LineString([(10, 50), (11, 50.5)])], [0]), (10.25, 50.125))
    assert near.distance_m[0] == pytest.approx(0, abs=0.01)


def test_the_direction_points_to_the_line() -> None:
    near = asked(LineIndex([shapely.LineString([(0, -1), (0, 1)])], [0]), (0.1, 0.0))
    # At 0 E on the equator, west is -y of earth-centred coordinates.
    assert near.direction[0] == pytest.approx([0, -1, 0], abs=0.002)


def test_equal_distances_go_to_the_smaller_label() -> None:
    east, west = (shapely.LineString([(lon, 50), (lon, 51)]) for lon in (10.5, 9.5))
    assert asked(LineIndex([east, west], [1, 0]), (10.0, 50.5)).label.tolist() == [0]
    assert asked(LineIndex([east, west], [0, 1]), (10.0, 50.5)).label.tolist() == [0]


def test_parts_of_a_line_are_not_joined() -> None:
    parts = shapely.MultiLineString([[(10, 50), (10, 50.1)], [(10, 50.9), (10, 51)]])
    near = asked(LineIndex([parts], [0]), (10.001, 50.5))
    assert near.distance_m[0] == pytest.approx(GEOD.inv(10.001, 50.5, 10, 50.1)[2], abs=1.0)


def test_labels_of_touching_lines_are_not_joined() -> None:
    lines = [shapely.LineString([(10, 50), (10, 50.5)]), shapely.LineString([(11, 50.5), (11, 51)])]
    near = asked(LineIndex(lines, [0, 1]), (10.4, 50.5), (10.6, 50.5))
    assert near.label.tolist() == [0, 1]
    assert near.distance_m[1] == pytest.approx(GEOD.inv(10.6, 50.5, 11, 50.5)[2], abs=1.0)


def test_nothing_asked_nothing_answered() -> None:
    near = LineIndex([shapely.LineString([(10, 50), (10, 51)])], [0]).find_nearest(np.array([]), np.array([]))
    assert len(near.distance_m) == len(near.label) == len(near.direction) == 0


def test_across_the_antimeridian_the_way_is_short() -> None:
    near = asked(LineIndex([shapely.LineString([(180.0, 65), (180.0, 66)])], [0]), (-179.9, 65.5), (179.9, 65.5))
    assert near.distance_m[0] == pytest.approx(near.distance_m[1], abs=1e-6)
    assert near.distance_m[0] < 5_000


def by_geodesics(line: np.ndarray, lon: float, lat: float) -> float:
    """Least geodesic from a point to a line's points every metre or so about the nearest, by brute force."""
    coarse = densify(line, 50.0)
    far = distance_m(np.full(len(coarse), lon), np.full(len(coarse), lat), coarse[:, 0], coarse[:, 1])
    at = int(far.argmin())
    fine = densify(coarse[max(at - 2, 0) : at + 3], 0.5)
    return float(distance_m(np.full(len(fine), lon), np.full(len(fine), lat), fine[:, 0], fine[:, 1]).min())


@given(st.integers(0, 10_000), st.floats(-80, 80), st.floats(-1, 1), st.floats(-0.2, 0.7))
def test_distances_are_geodesic_to_2_cm(seed: int, south: float, east: float, north: float) -> None:
    line = wound(seed, south, south + 0.5, 25, count=12)
    lon, lat = 25 + east * 0.6 / np.cos(np.radians(south)), south + north
    exact_m = by_geodesics(line, lon, lat)
    found_m = asked(LineIndex([shapely.LineString(line)], [0]), (lon, lat)).distance_m[0]
    # Beyond 100 km no band reaches; nearer than a step the chords cut corners by up to 0.2 m.
    allowed_m = 0.2 if exact_m < 20 else 0.02
    assert exact_m > 100_000 or found_m == pytest.approx(exact_m, abs=allowed_m)


@given(st.integers(0, 10_000), st.integers(1, 10))
def test_splitting_a_line_changes_no_distance(seed: int, at: int) -> None:
    line = wound(seed, 55, 55.5, 25, count=12)
    draw = np.random.default_rng(seed)
    lon, lat = draw.uniform(24.5, 25.5, 200), draw.uniform(54.8, 55.7, 200)
    whole = LineIndex([shapely.LineString(line)], [0]).find_nearest(lon, lat).distance_m
    split = (
        LineIndex([shapely.LineString(line[: at + 1]), shapely.LineString(line[at:])], [0, 1])
        .find_nearest(lon, lat)
        .distance_m
    )
    assert np.allclose(whole, split, atol=1e-6)


@given(st.integers(0, 10_000), st.floats(5, 500))
def test_densified_lines_keep_their_vertices_and_have_no_long_edge(seed: int, step_m: float) -> None:
    line = wound(seed, 55, 55.1, 25, count=8)
    dense = densify(line, step_m)
    assert {tuple(v) for v in line} <= {tuple(v) for v in dense}
    assert distance_m(*dense[:-1].T, *dense[1:].T).max() <= step_m * 1.001
