"""Laws of the kernel that adds up runs of equal codes."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from geo_border.geo.grid import Grid
from geo_border.zonal import tabulate
from geo_border.zonal.kernels import add_classes
from tests.drawing import drawn


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@drawn(150)
@given(
    seed=st.integers(0, 1 << 30),
    mean_run=st.sampled_from((1, 3, 20, 200, 5000)),
    rows=st.integers(1, 4),
    width=st.integers(1, 400),
)
def test_spans_are_counted_like_cell_by_cell(kind: type, seed: int, mean_run: int, rows: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    new = rng.random(rows * width) < 1 / mean_run
    codes = rng.integers(0, 256, rows * width)[np.cumsum(new) % (rows * width)].astype(kind)
    top, left = 3, 11
    spans = []
    for row in range(rows):
        first, last = np.sort(rng.integers(0, width + 1, 2))
        if first < last:
            spans.append((row + top, first + left, last + left, rng.integers(2)))
    cells = np.array(spans, np.int32).reshape(-1, 4)
    areas = rng.integers(1, 1 << 42, rows + top)
    sums = np.zeros((2, 256, 2), np.int64)
    index, column = np.array([0, 512]), 2 * np.arange(256)
    add_classes(codes, width, (top, left), cells, np.ones(len(cells)), areas, index, column, sums.reshape(-1))
    expected = np.zeros((2, 256), object)
    for row, first, last, zone in cells.tolist():
        at = (row - top) * width - left
        counts = np.bincount(codes[at + first : at + last], minlength=256)
        expected[zone] += counts.astype(object) * int(areas[row])
    assert (sums[:, :, 0].astype(object) * (1 << 40) + sums[:, :, 1] == expected).all()


def test_a_run_of_three_million_cells_keeps_its_area() -> None:
    earth = 510_065_621.7  # km2, by Geod
    belt = Grid(np.full((1, 3_000_000), 7, np.uint8), Affine(360 / 3e6, 0, -180, 0, -180, 90), CRS.from_epsg(4326))
    zone = gpd.GeoDataFrame({"zone_id": ["a"]}, geometry=[shapely.box(-180, -90, 180, 90)], crs=4326)
    table = tabulate(belt, zone)
    assert table["area_km2"].iloc[0] == pytest.approx(earth, rel=1e-6)
