"""Every place belongs to the segment whose line is nearest to it."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st
from pyproj import CRS

from geo_border.geo.crs import WGS84, reproject
from geo_border.geo.line_distance import LineIndex
from geo_border.zones.ridges import LineDistances, correct_labels
from geo_border.zones.voronoi import partition_by_lines, partition_by_points
from tests.drawing import drawn
from tests.worlds import wound

EUROPE = CRS.from_epsg(3035)
REACH_M = 50_000.0


def test_two_parallel_meridians_share_the_land_between_them_in_the_middle() -> None:
    lines = [shapely.LineString([(lon, 52), (lon, 53)]) for lon in (10.0, 10.5)]
    parts = partition_by_lines(lines, EUROPE, REACH_M)
    middle = reproject(shapely.points([(10.24, 52.5), (10.26, 52.5)]), WGS84, EUROPE)
    assert shapely.contains(parts[0], middle).tolist() == [True, False]
    assert shapely.contains(parts[1], middle).tolist() == [False, True]


def test_points_of_two_labels_share_the_plane_without_gap_or_overlap() -> None:
    xy = np.array([(0.0, 0.0), (0.0, 1000.0), (4000.0, 0.0), (4000.0, 1000.0)])
    left, right = partition_by_points(xy, np.array([0, 0, 1, 1]), 10_000.0)
    assert shapely.area(shapely.intersection(left, right)) == pytest.approx(0, abs=1e-6)
    assert shapely.bounds(left)[2] == pytest.approx(2000.0, abs=1e-6)
    whole = shapely.union(left, right)
    assert shapely.area(whole) == pytest.approx(shapely.area(left) + shapely.area(right), rel=1e-12)


# Line 1 at 55° N: a corner of the line between two parts lies so that Newton's steps went back and forth across it.
@given(st.integers(0, 200), st.sampled_from((45.0, 55.0, 68.5)))
@example(1, 55.0)
@drawn(8)
def test_random_points_lie_in_the_part_of_their_nearest_segment(seed: int, south: float) -> None:
    whole = wound(seed, south, south + 0.8, 25, count=31)
    lines = [shapely.LineString(whole[a : a + 11]) for a in (0, 10, 20)]
    parts = partition_by_lines(lines, EUROPE, REACH_M)
    index = LineIndex(lines, [0, 1, 2])
    draw = np.random.default_rng(seed)
    lonlat = draw.uniform(whole.min(axis=0) - (0.5, 0.3), np.add(whole.max(axis=0), (0.5, 0.3)), (4000, 2))
    each = np.array([LineIndex([line], [0]).find_nearest(lonlat[:, 0], lonlat[:, 1]).distance_m for line in lines])
    near = index.find_nearest(lonlat[:, 0], lonlat[:, 1])
    assert np.allclose(near.distance_m, each.min(axis=0), atol=1e-3)
    point, part = shapely.STRtree(parts).query(reproject(shapely.points(lonlat), WGS84, EUROPE), predicate="within")
    within = each.min(axis=0)[point] < REACH_M
    point, part = point[within], part[within]
    # In the wrong part only where the two distances are equal to 2 m.
    off_m = each[part, point] - each.min(axis=0)[point]
    assert off_m.max() < 2.0
    assert len(np.unique(point)) == len(point)
    assert len(point) == (each.min(axis=0) < REACH_M).sum()


@given(st.integers(0, 1000), st.sampled_from((45.0, 55.0, 68.5)), st.sampled_from((0.03, 0.15)))
@example(1, 55.0, 0.03)
# The widest miss, 437 m, of edges that were straight for 500 m.
@example(9, 68.5, 0.15)
# Corners where both lines lie in nearly one direction; in the last two a third line is as far away.
@example(8, 55.0, 0.15)
@example(77, 45.0, 0.15)
@example(34, 45.0, 0.15)
@example(198, 68.5, 0.15)
@drawn(4)
def test_what_parts_two_segments_is_equally_far_from_both_everywhere(seed: int, south: float, swing: float) -> None:
    whole = wound(seed, south, south + 0.8, 25, swing, count=31)
    lines = [shapely.LineString(whole[a : a + 11]) for a in (0, 10, 20)]
    parts = partition_by_lines(lines, EUROPE, REACH_M)
    distance_m = np.sort(distances_m(between(parts), lines), axis=1)
    # Nearer than the step of a line's samples, ends of two lines that nearly meet are one point.
    within = (distance_m[:, 0] > 20.0) & (distance_m[:, 0] < REACH_M)
    assert within.sum() > 1000
    assert (distance_m[:, 1] - distance_m[:, 0])[within].max() < 1.0


def between(parts: list[shapely.Geometry]) -> np.ndarray:
    """Points every 50 m on what parts the plane, its outer frame apart."""
    frame = shapely.boundary(shapely.union_all(parts))
    edges = shapely.difference(shapely.union_all(shapely.boundary(parts)), shapely.buffer(frame, 1.0))
    return shapely.get_coordinates(shapely.segmentize(edges, 50.0))


def distances_m(xy: np.ndarray, lines: list[shapely.LineString]) -> np.ndarray:
    lonlat = shapely.get_coordinates(reproject(shapely.points(xy), EUROPE, WGS84))
    return np.stack(
        [LineIndex([line], [0]).find_nearest(lonlat[:, 0], lonlat[:, 1]).distance_m for line in lines], axis=1
    )


def test_a_line_that_turns_away_parts_the_land_at_the_corner_too() -> None:
    # Nearest to the left line are first its upper, then its lower end: the curve between has a corner at 54° N.
    west = shapely.LineString([(24.0, 54.3), (23.6, 54.0), (24.0, 53.7)])
    east = shapely.LineString([(24.8, 53.5), (24.8, 54.5)])
    left, right = partition_by_lines([west, east], EUROPE, REACH_M)
    distance_m = distances_m(between([left, right]), [west, east])
    within = distance_m.min(axis=1) < REACH_M
    assert np.ptp(distance_m[within], axis=1).max() < 0.5


def test_parts_of_lines_that_meet_in_pairs_are_whole() -> None:
    # Two lines go on from A, two from B, and A and B are 80 km apart: in the middle all four are equally far away.
    a, b = (24.0, 54.0), (25.2, 54.0)
    lines = [
        shapely.LineString([(23.5, 54.4), a]),
        shapely.LineString([b, (25.7, 54.4)]),
        shapely.LineString([a, (23.5, 53.6)]),
        shapely.LineString([(25.7, 53.6), b]),
    ]
    parts = partition_by_lines(lines, EUROPE, REACH_M)
    assert [shapely.get_num_geometries(part) for part in parts] == [1, 1, 1, 1]
    inside = np.random.default_rng(0).uniform((23.4, 53.5), (25.8, 54.5), (4000, 2))
    xy = shapely.get_coordinates(reproject(shapely.points(inside), WGS84, EUROPE))
    point, part = shapely.STRtree(parts).query(shapely.points(xy), predicate="within")
    distance_m = distances_m(xy, lines)
    assert sorted(point) == list(range(len(inside)))
    assert (distance_m[point, part] - distance_m[point].min(axis=1)).max() < 1.0


def test_a_label_is_corrected_where_the_plane_errs_and_kept_where_distances_tie() -> None:
    lines = [shapely.LineString([(10, 52), (10, 53)]), shapely.LineString([(10, 53), (10, 54)])]
    distances = LineDistances([LineIndex([line], [0]) for line in lines], EUROPE, REACH_M)
    lonlat = [(10.1, 52.5), (10.1, 52.5), (10.1, 53.5), (10.1, 53.0), (10.1, 53.0), (14.0, 52.5)]
    xy = shapely.get_coordinates(reproject(shapely.points(lonlat), WGS84, EUROPE))
    given_labels = np.array([0, 1, 0, 0, 1, 1])
    # The last lies beyond the reach, where nothing has to be exact.
    assert correct_labels(given_labels, xy, distances).tolist() == [0, 0, 1, 0, 1, 1]
