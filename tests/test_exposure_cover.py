"""Shares of cover: a dataset that tells only tree from not tree knows both."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from pyproj import CRS

from geo_border import exposure
from geo_border.catalog import entry, known_km2
from geo_border.errors import RasterError
from geo_border.model import Grid
from geo_border.zonal import prepare_zones

ROW = pd.Series({"tree": 30.0, "grass": 0.0, "unknown": 70.0})


def test_what_a_full_legend_does_not_know_is_left_out_of_shares() -> None:
    assert known_km2(ROW, entry("esa-worldcover-2021").legend) == 30.0
    assert list(known_km2(pd.DataFrame([ROW, ROW * 2]), None)) == [30.0, 60.0]


def test_not_forest_is_known_where_the_dataset_tells_forest_only() -> None:
    legend = entry("copernicus-forest-type-2018").legend
    assert legend is not None
    assert legend.only_tree
    assert known_km2(ROW, legend) == 100.0
    assert list(known_km2(pd.DataFrame([ROW]), legend)) == [100.0]


def test_a_value_that_the_legend_lacks_is_an_error_in_streamed_cover_too() -> None:
    legend = entry("esa-worldcover-2021").legend
    assert legend is not None
    grid = Grid(np.full((4, 4), 77, np.uint8), Affine(0.25, 0, 20, 0, -0.25, 51), CRS.from_epsg(4326), 0)
    areas = gpd.GeoDataFrame({"unit": [0]}, geometry=[shapely.box(20.1, 50.1, 20.9, 50.9)], crs=4326)
    zones = prepare_zones(areas, "unit")
    with pytest.raises(RasterError, match="class 77, which its legend lacks"):
        exposure.cover_by_area(grid, zones, 1, legend)
