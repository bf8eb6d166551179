"""Every place belongs to the segment whose line is nearest to it."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from geo_border.geo.crs import WGS84, reproject
from geo_border.geo.line_distance import LineIndex
from geo_border.zones.voronoi import partition_by_lines, partition_by_points
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


@given(st.integers(0, 200), st.sampled_from((45.0, 55.0, 68.5)))
@settings(max_examples=8)
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
