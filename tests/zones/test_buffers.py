"""The outline of everything within a distance lies at that distance, whatever the line."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st
from pyproj import CRS

from geo_border.geo.crs import GEOD, WGS84, area_km2, length_m, reproject
from geo_border.geo.line_distance import LineIndex
from geo_border.zones.buffers import buffer_line, cut_line
from tests.drawing import drawn
from tests.worlds import wound

EUROPE = CRS.from_epsg(3035)
EDGES_M = (500.0, 1000.0, 5000.0, 10000.0, 50000.0)


def off_m(shape: object, line: object, edge_m: float) -> np.ndarray:
    """How far each point of an outline, every 50 m, is from being at the distance."""
    outline = shapely.segmentize(shapely.boundary(shape), 50.0)
    lonlat = shapely.get_coordinates(reproject(outline, EUROPE, WGS84))
    return np.abs(LineIndex([line], [0]).find_nearest(lonlat[:, 0], lonlat[:, 1]).distance_m - edge_m)


def test_a_point_like_line_has_a_disc() -> None:
    dot = shapely.LineString([(15.0, 52.0), (15.0, 52.0 + 1e-7)])
    (disc,) = buffer_line(dot, (10_000,), EUROPE)
    # A disc of geodesic radius 10 km: pi r^2 to a part in a million.
    assert float(area_km2(disc, EUROPE)) == pytest.approx(np.pi * 100, rel=1e-4)


def test_a_straight_line_has_a_capsule() -> None:
    line = shapely.LineString([(15.0, 52.0), (15.0, 52.5)])
    (capsule,) = buffer_line(line, (5_000,), EUROPE)
    length_km = float(length_m(line)[0]) / 1e3
    assert float(area_km2(capsule, EUROPE)) == pytest.approx(2 * 5 * length_km + np.pi * 25, rel=1e-4)


def test_every_distance_holds_the_smaller_one() -> None:
    shapes = buffer_line(shapely.LineString(wound(7, 60, 60.6, 25)), EDGES_M, EUROPE)
    for inner, outer in itertools.pairwise(shapes):
        assert shapely.area(shapely.difference(inner, outer)) < 1.0


def test_progress_counts_every_piece() -> None:
    told: list[tuple[int, int]] = []
    buffer_line(shapely.LineString(wound(1, 50, 53, 25)), (1000,), EUROPE, lambda done, of: told.append((done, of)))
    assert [done for done, _ in told] == list(range(1, told[-1][1] + 1))
    assert told[-1][1] > 1


@given(st.integers(0, 5_000), st.sampled_from((36.0, 52.0, 69.0)), st.sampled_from((0.005, 0.03, 0.2)))
@example(1589, 52.0, 0.03)
@example(3049, 36.0, 0.03)
@drawn(10)
def test_outlines_lie_within_2_m_of_their_distance_and_3_m_at_50_km(seed: int, south: float, swing: float) -> None:
    line = shapely.LineString(wound(seed, south, south + 0.7, 25, swing))
    for edge_m, shape in zip(EDGES_M, buffer_line(line, EDGES_M, EUROPE), strict=True):
        worst_m = off_m(shape, line, edge_m).max()
        assert worst_m <= (3.0 if edge_m == 50_000 else 2.0), f"{edge_m} m: {worst_m:.2f} m off"


@given(st.integers(0, 5_000), st.floats(5_000, 100_000))
def test_cutting_loses_nothing_of_the_line(seed: int, piece_m: float) -> None:
    line = shapely.LineString(wound(seed, 50, 51.5, 25))
    runs = cut_line(line, piece_m)
    assert all((a[-1] == b[0]).all() for a, b in itertools.pairwise(runs))
    lengths = [GEOD.line_length(run[:, 0], run[:, 1]) for run in runs]
    # Longer than the line by what a straight edge in lon/lat is longer than the geodesic between its ends.
    assert sum(lengths) == pytest.approx(float(length_m(line)[0]), rel=1e-5)
