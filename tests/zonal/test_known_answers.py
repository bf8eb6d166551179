"""A 3 x 3 grid whose shares and sums can be counted by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from pyproj import CRS

from geo_border.geo.grid import Grid
from geo_border.zonal import compute_coverage_fraction, compute_coverage_table, tabulate

_KM = 1000.0
_ORIGIN = (4_000_000.0, 3_003_000.0)


def _grid(values: np.ndarray, nodata: float | None = None) -> Grid:
    """Cells of 1 km in EPSG:3035, north-up."""
    return Grid(values, Affine(_KM, 0, _ORIGIN[0], 0, -_KM, _ORIGIN[1]), CRS.from_epsg(3035), nodata)


def _zones(**boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    """Boxes given as west, south, east, north in km from the grid's lower left corner."""
    x, y = _ORIGIN[0], _ORIGIN[1] - 3 * _KM
    shapes = [shapely.box(x + a * _KM, y + b * _KM, x + c * _KM, y + d * _KM) for a, b, c, d in boxes.values()]
    return gpd.GeoDataFrame({"zone_id": list(boxes)}, geometry=shapes, crs=3035)


ONE_TO_NINE = np.arange(1, 10, dtype=np.int32).reshape(3, 3)


def test_half_cell_margin_covers_corners_by_a_quarter_and_sides_by_half() -> None:
    shares = compute_coverage_fraction(_grid(ONE_TO_NINE), _zones(a=(0.5, 0.5, 2.5, 2.5)))
    assert shares.tolist() == [[0.25, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 0.25]]


def test_sum_weighs_cells_by_their_covered_share() -> None:
    table = tabulate(_grid(ONE_TO_NINE), _zones(a=(0.5, 0.5, 2.5, 2.5)), mode="sum")
    assert table["sum"].tolist() == [0.25 * (1 + 3 + 7 + 9) + 0.5 * (2 + 4 + 6 + 8) + 5]
    assert table.loc[0, ["zone_area_km2", "data_share", "nodata_share"]].tolist() == [4.0, 1.0, 0.0]


def test_center_rule_counts_whole_cells_and_ties_once() -> None:
    zones = _zones(left=(0, 0, 1.5, 3), right=(1.5, 0, 3, 3))
    table = tabulate(_grid(ONE_TO_NINE), zones, mode="sum", coverage="center")
    # The shared edge runs through the middle column's centres: the zone on its left has them.
    assert table["sum"].tolist() == [1 + 4 + 7 + 2 + 5 + 8, 3 + 6 + 9]


def test_class_areas_are_km2_and_add_up_with_nodata_to_the_zone() -> None:
    values = np.array([[1, 1, 2], [1, 255, 2], [3, 3, 3]], dtype=np.uint8)
    table = tabulate(_grid(values, nodata=255), _zones(a=(0, 0, 3, 3), b=(1, 1, 2, 2)))
    a = table[table["zone_id"] == "a"]
    assert a["class"].tolist()[:3] == [1, 2, 3]
    assert pd.isna(a["class"].iloc[3])
    assert a["area_km2"].tolist() == [3.0, 2.0, 3.0, 1.0]
    assert a["share"].sum() == pytest.approx(1.0, abs=1e-15)
    b = table[table["zone_id"] == "b"]
    assert b["class"].isna().tolist() == [True]
    assert b["area_km2"].tolist() == [1.0]
    assert b["nodata_share"].tolist() == [1.0]


def test_what_lies_outside_the_raster_counts_as_no_data() -> None:
    table = tabulate(_grid(ONE_TO_NINE), _zones(a=(2, 0, 5, 1), b=(10, 10, 11, 11)))
    a = table[table["zone_id"] == "a"]
    assert a["area_km2"].tolist() == pytest.approx([1.0, 2.0], rel=1e-12)
    assert a["data_share"].iloc[0] == pytest.approx(1 / 3, rel=1e-12)
    b = table[table["zone_id"] == "b"]
    assert b["class"].isna().all()
    assert b["area_km2"].tolist() == pytest.approx([1.0], rel=1e-12)


def test_a_zone_that_touches_nothing_keeps_its_line_in_sums() -> None:
    table = tabulate(_grid(ONE_TO_NINE), _zones(far=(10, 10, 11, 11), near=(0, 0, 1, 1)), mode="sum")
    assert table["zone_id"].tolist() == ["far", "near"]
    assert table["sum"].tolist() == [0.0, 7.0]
    assert table["data_share"].tolist() == [0.0, 1.0]


def test_rows_with_one_id_are_one_zone() -> None:
    zones = pd.concat([_zones(a=(0, 0, 1, 1)), _zones(b=(1, 0, 2, 1)), _zones(a=(2, 0, 2.5, 1))], ignore_index=True)
    table = tabulate(_grid(ONE_TO_NINE), zones, mode="sum")
    assert table["zone_id"].tolist() == ["a", "b"]
    assert table["sum"].tolist() == [7 + 4.5, 8.0]


def test_holes_are_left_out() -> None:
    zones = _zones(a=(0, 0, 3, 3))
    zones.geometry = [zones.geometry[0].difference(_zones(h=(1, 1, 2, 2)).geometry[0])]
    assert tabulate(_grid(ONE_TO_NINE), zones, mode="sum")["sum"].tolist() == [45.0 - 5.0]


def test_nodata_and_nan_are_not_summed() -> None:
    values = np.array([[1.0, np.nan], [-99999.0, 4.0]])
    zones = _zones(a=(0, 1, 2, 3))
    table = tabulate(_grid(values, nodata=-99999.0), zones, mode="sum")
    assert table["sum"].tolist() == [5.0]
    assert table["nodata_share"].tolist() == [0.5]


def test_coverage_table_lists_the_cells_of_each_zone() -> None:
    table = compute_coverage_table(_grid(ONE_TO_NINE), _zones(a=(0, 0, 1.5, 1), b=(1.5, 0, 2, 1)))
    found = list(zip(table.zone.tolist(), table.row.tolist(), table.column.tolist(), table.share.tolist(), strict=True))
    assert found == [(0, 2, 0, 1.0), (0, 2, 1, 0.5), (1, 2, 1, 0.5)]


def test_south_up_rasters_give_the_same_sums() -> None:
    grid = _grid(ONE_TO_NINE)
    flipped = Grid(ONE_TO_NINE[::-1].copy(), Affine(_KM, 0, _ORIGIN[0], 0, _KM, _ORIGIN[1] - 3 * _KM), grid.crs)
    zones = _zones(a=(0.25, 0.5, 2.75, 2.0), b=(0, 0, 3, 0.1))
    pd.testing.assert_frame_equal(tabulate(grid, zones, mode="sum"), tabulate(flipped, zones, mode="sum"))
