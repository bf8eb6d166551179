"""Administrative units share out home land whole, whatever their published outlines leave over."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from geo_border.errors import SchemaError
from geo_border.geo.crs import WGS84, reproject
from geo_border.zones.admin import build_admin_units

EUROPE = CRS.from_epsg(3035)


def flat(shape: object) -> object:
    return reproject(shapely.segmentize(shape, 0.01), WGS84, EUROPE)


HOME = {"HH": flat(shapely.box(24, 55, 25, 56))}


def layer(**shapes: object) -> gpd.GeoDataFrame:
    data = {"admin_id": list(shapes), "name": list(shapes), "country": "HH"}
    return gpd.GeoDataFrame(data, geometry=list(shapes.values()), crs=WGS84)


def test_land_outside_every_unit_goes_to_the_nearest() -> None:
    found = build_admin_units(
        layer(S=shapely.box(24.1, 55.1, 24.9, 55.4), N=shapely.box(24.1, 55.5, 24.9, 55.9)), HOME, EUROPE
    )
    assert found["admin_id"].tolist() == ["N", "S"]
    assert found.geometry.area.sum() == pytest.approx(shapely.area(HOME["HH"]), rel=1e-9)
    north, south = found.geometry
    assert shapely.area(shapely.intersection(north, south)) == pytest.approx(0, abs=1)
    corners = reproject(shapely.points([(24.02, 55.02), (24.02, 55.98), (24.5, 55.46)]), WGS84, EUROPE)
    assert shapely.contains(south, corners).tolist() == [True, False, False]
    assert shapely.contains(north, corners).tolist() == [False, True, True]


def test_an_only_unit_has_all_the_land() -> None:
    (row,) = build_admin_units(layer(ONE=shapely.box(24.3, 55.3, 24.4, 55.4)), HOME, EUROPE).geometry
    assert shapely.equals(row, HOME["HH"])


def test_units_that_overlap_do_not_count_land_twice() -> None:
    found = build_admin_units(layer(A=shapely.box(23, 54, 24.6, 57), B=shapely.box(24.4, 54, 26, 57)), HOME, EUROPE)
    assert found.geometry.area.sum() == pytest.approx(shapely.area(HOME["HH"]), rel=1e-9)


def test_a_country_without_units_has_none() -> None:
    assert len(build_admin_units(layer(A=shapely.box(24, 55, 25, 56)).assign(country="XX"), HOME, EUROPE)) == 0


def test_ids_may_be_numbers_and_rows_of_one_id_are_one_unit() -> None:
    shapes = [shapely.box(24, 55, 25, 55.3), shapely.box(24, 55.3, 25, 55.6), shapely.box(24, 55.6, 25, 56)]
    columns = {"admin_id": [10, 9, 9], "name": ["S", "N", "N"], "country": "HH"}
    found = build_admin_units(gpd.GeoDataFrame(columns, geometry=shapes, crs=WGS84), HOME, EUROPE)
    assert found["admin_id"].tolist() == ["10", "9"]
    assert found["name"].tolist() == ["S", "N"]
    # Three tenths of a degree of latitude and seven.
    assert found.geometry.area.to_numpy() / shapely.area(HOME["HH"]) == pytest.approx([0.3, 0.7], rel=0.01)
    assert found.geometry.area.sum() == pytest.approx(shapely.area(HOME["HH"]), rel=1e-9)


def test_one_id_in_two_countries_is_refused_in_one_line() -> None:
    home = {**HOME, "GG": flat(shapely.box(24, 56, 25, 57))}
    both = gpd.GeoDataFrame(
        {"admin_id": ["1", "1"], "name": ["a", "b"], "country": ["HH", "GG"]},
        geometry=[shapely.box(24, 55, 25, 56), shapely.box(24, 56, 25, 57)],
        crs=WGS84,
    )
    with pytest.raises(SchemaError, match=r"unit '1' stands in GG and HH\. Give every unit an id of its own") as caught:
        build_admin_units(both, home, EUROPE)
    assert "\n" not in str(caught.value)


def test_one_id_in_two_countries_matters_only_where_both_are_home() -> None:
    both = layer(A=shapely.box(24, 55, 25, 56))
    other = both.assign(country="XX")
    joined = gpd.GeoDataFrame(pd.concat([both, other], ignore_index=True), crs=WGS84)
    assert build_admin_units(joined, HOME, EUROPE)["country"].tolist() == ["HH"]
