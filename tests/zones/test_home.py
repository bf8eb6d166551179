"""Home land is the territory less the sea, and a misfit between two coastlines is not the sea."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from pyproj import CRS

from geo_border.geo.crs import WGS84, area_km2, reproject
from geo_border.zones.home import cut_home_land

EUROPE = CRS.from_epsg(3035)
NONE = np.array([], dtype=object)
TERRITORY = shapely.box(24, 55, 25, 56)
WINDOW = shapely.buffer(reproject(shapely.Point(24.5, 55.5), WGS84, EUROPE), 200_000)


def flat(*shapes: object) -> np.ndarray:
    return reproject(shapely.segmentize(np.array(shapes, dtype=object), 0.01), WGS84, EUROPE)


def land_km2(land: np.ndarray, lagoons: np.ndarray = NONE, window: object = WINDOW) -> float:
    return float(area_km2(cut_home_land(TERRITORY, land, lagoons, window, EUROPE, 60.0), EUROPE))


def test_without_a_land_dataset_all_of_the_territory_is_land() -> None:
    # Geodesic area of the 1 x 1 degree box.
    assert land_km2(NONE) == pytest.approx(float(area_km2(flat(TERRITORY)[0], EUROPE)), rel=1e-9)


def test_territorial_sea_is_not_land() -> None:
    half = flat(shapely.box(24, 55, 24.5, 56))
    assert land_km2(half) == pytest.approx(float(area_km2(half[0], EUROPE)), rel=1e-4)


def test_a_gap_100_m_wide_between_two_coastline_files_is_land() -> None:
    gap = 50 / 63_850
    sheets = flat(shapely.box(23, 54, 24.5 - gap, 57), shapely.box(24.5 + gap, 54, 26, 57))
    assert land_km2(sheets) == pytest.approx(land_km2(NONE), rel=1e-9)


def test_a_strait_1_km_wide_is_sea() -> None:
    gap = 500 / 63_850
    sheets = flat(shapely.box(23, 54, 24.5 - gap, 57), shapely.box(24.5 + gap, 54, 26, 57))
    assert land_km2(NONE) - land_km2(sheets) == pytest.approx(111.3, rel=0.01)


def test_a_lagoon_is_taken_out() -> None:
    lagoon = flat(shapely.box(24.2, 55.2, 24.4, 55.4))
    assert land_km2(NONE) - land_km2(NONE, lagoon) == pytest.approx(float(area_km2(lagoon[0], EUROPE)), rel=1e-9)


def test_only_the_window_is_kept() -> None:
    window = shapely.buffer(reproject(shapely.Point(24.5, 55.5), WGS84, EUROPE), 5_000)
    assert land_km2(NONE, window=window) == pytest.approx(float(area_km2(window, EUROPE)), rel=1e-9)


def test_a_territory_past_the_antimeridian_meets_its_window() -> None:
    from geo_border.geo.crs import build_equal_area_crs

    plane = build_equal_area_crs(180.0, 65.0)
    territory = shapely.box(179.0, 65, 181.0, 66)
    window = shapely.buffer(reproject(shapely.Point(180.0, 65.5), WGS84, plane), 300_000)
    found = cut_home_land(territory, NONE, NONE, window, plane, 60.0)
    assert float(area_km2(found, plane)) == pytest.approx(2 * 5_139, rel=0.01)
