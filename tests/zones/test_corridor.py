"""The corridor between two territories: an ellipse-like figure with known extent, and laws of k."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import shapely
from pyproj import CRS

from geo_border.errors import StudyError
from geo_border.geo.crs import GEOD, WGS84, area_km2, length_m, reproject
from geo_border.study import Corridor
from geo_border.zones.corridor import build_corridor

EUROPE = CRS.from_epsg(3035)
# Two small squares, 60 km apart east to west: as good as points, so the corridor is an ellipse with them as foci.
A, B = shapely.box(22.0, 54.0, 22.001, 54.001), shapely.box(22.916, 54.0, 22.917, 54.001)


@lru_cache
def made(**changes: float):
    return build_corridor(
        Corridor.model_validate({"id": "c", "name": "C", "between": ("AA", "BB"), **changes}), A, B, EUROPE
    )


def test_between_two_points_the_corridor_is_an_ellipse() -> None:
    found = made()
    focal_m = found.gap_m / 2
    for k, shape in found.by_k.items():
        major_m = k * found.gap_m / 2
        expected_km2 = np.pi * major_m * np.sqrt(major_m**2 - focal_m**2) / 1e6
        # The squares are 65 x 111 m, not points.
        assert float(area_km2(shape, EUROPE)) == pytest.approx(expected_km2, rel=0.01)


def test_the_axis_is_the_shortest_way_across() -> None:
    found = made()
    # Between the northern corners, because meridians draw together.
    _, _, expected_m = GEOD.inv(22.001, 54.001, 22.916, 54.001)
    assert found.gap_m == pytest.approx(expected_m, abs=1.0)
    assert float(length_m(found.axis)[0]) == pytest.approx(found.gap_m, abs=0.01)


def test_the_axis_touches_both_territories() -> None:
    ends = shapely.points(shapely.get_coordinates(made().axis)[[0, -1]])
    assert shapely.distance(ends, np.array([A, B])).tolist() == pytest.approx([0, 0], abs=1e-9)


def test_corridors_nest_by_k() -> None:
    shapes = [made().by_k[k] for k in (1.1, 1.25, 1.5)]
    assert shapely.area(shapely.difference(shapes[0], shapes[1])) < 1.0
    assert shapely.area(shapely.difference(shapes[1], shapes[2])) < 1.0


def test_the_edge_lies_where_the_two_distances_add_up_to_k_gaps() -> None:
    found = made()
    lonlat = shapely.get_coordinates(reproject(shapely.boundary(found.by_k[1.25]), EUROPE, WGS84))
    sums = sum(
        GEOD.inv(lonlat[:, 0], lonlat[:, 1], np.full(len(lonlat), lon), np.full(len(lonlat), 54.0005))[2]
        for lon in (22.0005, 22.9165)
    )
    # Where the sum grows slowest, by 0.6 m a metre, 50 m of edge are 30 m of sum; the squares add their half widths.
    assert np.abs(sums - 1.25 * found.gap_m).max() < 150


def test_territories_that_touch_have_no_corridor() -> None:
    with pytest.raises(StudyError, match=r"corridor c: the gap between AA and BB is 0\.0 km"):
        build_corridor(
            Corridor(id="c", name="C", between=("AA", "BB")), A, shapely.box(22.001, 54.0, 22.002, 54.001), EUROPE
        )


def test_territories_too_far_apart_have_no_corridor() -> None:
    with pytest.raises(StudyError, match="needs one above 0 and below 300 km"):
        build_corridor(Corridor(id="c", name="C", between=("AA", "BB")), A, shapely.box(30, 54, 30.001, 54.001), EUROPE)
