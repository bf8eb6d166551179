"""1 km cells: named like the grid of the European Environment Agency, clipped to home land, none lost."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from pyproj import CRS

from geo_border.geo.crs import WGS84, area_km2, reproject
from geo_border.zones.cells import build_cells
from tests.worlds import a_study, boundaries, two_sides, world, wound

EUROPE = CRS.from_epsg(3035)


@pytest.fixture(scope="module")
def made():
    return world(boundaries(**two_sides(wound(3, 54, 54.6, 23))), a_study())


@pytest.fixture(scope="module")
def frame(made):
    return made.cells()


def test_a_cell_is_named_by_its_lower_left_corner_in_kilometres(made) -> None:
    home = {"HH": shapely.box(5_123_000, 3_456_000, 5_125_000, 3_457_000)}
    lonlat = shapely.get_coordinates(reproject(shapely.Point(5_123_500, 3_456_500), EUROPE, WGS84))[0]
    line = shapely.LineString([lonlat, np.add(lonlat, (0, 0.01))])
    from geo_border.geo.line_distance import LineIndex

    found = build_cells(home, ["HH-FF"], LineIndex([line], [0]), EUROPE, 10_000)
    assert found["cell_id"].tolist() == ["1kmN3456E5123", "1kmN3456E5124"]
    assert found["area_km2"].tolist() == pytest.approx([1.0, 1.0])


def test_cell_and_country_are_unique_together(frame) -> None:
    assert not frame.duplicated(["cell_id", "country"]).any()


def test_no_cell_is_larger_than_a_square_kilometre(frame) -> None:
    assert frame["area_km2"].between(1e-6, 1 + 1e-9).all()


def test_cells_lie_inside_their_squares(frame) -> None:
    bounds = shapely.bounds(frame.geometry.to_numpy()) / 1000
    corner = frame[["column", "row"]].to_numpy()
    assert (bounds[:, :2] >= corner - 1e-9).all()
    assert (bounds[:, 2:] <= corner + 1 + 1e-9).all()


def test_distance_is_that_of_the_clipped_centroid(frame, made) -> None:
    centroid = reproject(shapely.centroid(frame.geometry.to_numpy()), made.crs, WGS84)
    lonlat = shapely.get_coordinates(centroid)
    assert np.allclose(
        made.frontier.build_index().find_nearest(lonlat[:, 0], lonlat[:, 1]).distance_m, frame["distance_m"], atol=1e-6
    )
    assert (frame["distance_m"] < made.study.widest_m).all()


def test_cells_cover_home_land_well_inside_the_widest_band(frame, made) -> None:
    # A cell's own corner may lie 0.7 km beyond its centre, so only the land 1 km inside must be covered whole.
    inner = [p.geometry for p in made.pieces if p.to_m <= 5000]
    missing = shapely.difference(shapely.union_all(inner), shapely.union_all(frame.geometry.to_numpy()))
    assert float(area_km2(missing, made.crs)) == pytest.approx(0, abs=1e-6)
