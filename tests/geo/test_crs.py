"""Area and distance against figures published or computed apart, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Geod

from geo_border.errors import CRSError
from geo_border.geo import crs

EUROPE = CRS.from_epsg(3035)


def test_flinders_peak_to_buninyong_is_as_surveyors_have_it() -> None:
    # GRS 80: 54 972.271 m (Geoscience Australia, Geodetic calculations); WGS 84 differs from GRS 80 by 0.1 mm of axis.
    flinders = (144 + 25 / 60 + 29.52440 / 3600, -(37 + 57 / 60 + 3.72030 / 3600))
    buninyong = (143 + 55 / 60 + 35.38390 / 3600, -(37 + 39 / 60 + 10.15610 / 3600))
    assert float(crs.distance_m(*flinders, *buninyong)) == pytest.approx(54_972.271, abs=0.001)


def test_the_quarter_meridian_is_10_001_966_m() -> None:
    assert crs.length_m(shapely.LineString([(0, 0), (0, 45), (0, 90)]))[0] == pytest.approx(10_001_965.729, abs=0.001)


def test_a_missing_line_has_no_length() -> None:
    assert crs.length_m([None, shapely.LineString()]).tolist() == [0.0, 0.0]


def test_the_whole_earth_is_510_million_square_kilometres() -> None:
    # WGS 84: 510 065 621.7 km² (NGA.STND.0036).
    assert crs.row_area_km2(90.0, 1.0, 360.0, 180).sum() == pytest.approx(510_065_621.7, abs=1.0)


@given(st.integers(-89, 88), st.floats(0.01, 1.0))
def test_a_row_of_cells_has_the_area_of_its_geodesic_polygon(south: int, step: float) -> None:
    box = shapely.segmentize(shapely.box(0, south, 0.5, south + step), 0.002)
    expected_km2 = abs(Geod(ellps="WGS84").geometry_area_perimeter(box)[0]) / 1e6
    assert crs.row_area_km2(south + step, step, 0.5, 1)[0] == pytest.approx(expected_km2, rel=1e-6)
    between = np.diff(crs.area_below_m2(np.array([south, south + step]), crs.WGS84))[0] * 0.5 / 1e6
    assert between == pytest.approx(expected_km2, rel=1e-6)


@given(st.floats(-179, 179), st.floats(-80, 80), st.floats(0, 360), st.floats(1, 100_000))
def test_an_arc_from_its_chord_is_geodesic_to_1_cm_per_100_km(
    lon: float, lat: float, azimuth: float, far_m: float
) -> None:
    east, north, _ = crs.GEOD.fwd(lon, lat, azimuth, far_m)
    ends = crs.convert_to_ecef(np.array([lon, east]), np.array([lat, north]))
    chord = np.linalg.norm(ends[1] - ends[0])
    assert float(crs.arc_m(np.array([chord]))[0]) == pytest.approx(far_m, abs=0.012)


@given(st.floats(-179, 179), st.floats(-80, 80), st.floats(0, 360), st.floats(1, 60_000))
def test_a_local_plane_keeps_distances_from_its_centre(lon: float, lat: float, azimuth: float, far_m: float) -> None:
    plane = crs.LocalPlane(lon, lat)
    east, north, _ = crs.GEOD.fwd(round(lon, 6), round(lat, 6), azimuth, far_m)
    xy = shapely.get_coordinates(plane.project(shapely.Point(east, north)))[0]
    assert np.hypot(*xy) == pytest.approx(far_m, abs=1e-3)


@given(st.floats(-10, 40), st.floats(36, 71))
def test_moving_to_a_plane_and_back_is_where_one_started(lon: float, lat: float) -> None:
    point = shapely.Point(lon, lat)
    there = crs.reproject(point, crs.WGS84, EUROPE)
    back = crs.reproject(there, EUROPE, crs.WGS84)
    # PROJ turns an authalic latitude back by a series that is good to a millimetre.
    assert float(crs.distance_m(lon, lat, back.x, back.y)) < 2e-3
    local = crs.LocalPlane(lon, lat)
    again = local.unproject(local.project(point))
    assert float(crs.distance_m(lon, lat, again.x, again.y)) < 1e-4


def test_moving_nowhere_changes_nothing() -> None:
    point = shapely.Point(1, 2)
    assert crs.reproject(point, crs.WGS84, crs.WGS84) is point


@pytest.mark.parametrize(("code", "keeps"), [(3035, True), (6933, True), (4326, False), (3857, False), (32635, False)])
def test_only_equal_area_planes_measure_area(code: int, keeps: bool) -> None:
    plane = CRS.from_epsg(code)
    assert crs.is_equal_area(plane) is keeps
    box = shapely.box(0, 0, 1000, 1000)
    if keeps:
        assert float(crs.area_km2(box, plane)) == 1.0
    else:
        with pytest.raises(CRSError, match="areas are only measured in an equal-area CRS"):
            crs.area_km2(box, plane)


@given(st.floats(-179, 179), st.floats(-80, 80))
def test_the_plane_made_for_a_place_keeps_areas_there(lon: float, lat: float) -> None:
    plane = crs.build_equal_area_crs(lon, lat)
    box = shapely.segmentize(shapely.box(lon - 0.5, lat - 0.5, lon + 0.5, lat + 0.5), 0.01)
    expected_km2 = crs.row_area_km2(lat + 0.5, 1.0, 1.0, 1)[0]
    assert float(crs.area_km2(crs.reproject(box, crs.WGS84, plane), plane)) == pytest.approx(expected_km2, rel=1e-5)


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_crs_is_told_with_its_file_and_the_way_out(value: object) -> None:
    with pytest.raises(CRSError, match=r"people\.tif: no coordinate reference system.*ogr2ogr -a_srs"):
        crs.parse_crs(value, "people.tif")


def test_what_is_no_crs_is_told_with_its_file() -> None:
    with pytest.raises(CRSError, match=r"people\.tif: 'EPSG:0' is not a coordinate reference system"):
        crs.parse_crs("EPSG:0", "people.tif")
