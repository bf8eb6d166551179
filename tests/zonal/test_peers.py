"""The same figures as GDAL's centre rule and exactextract's exact shares, and the tie rule where they differ."""

from __future__ import annotations

import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from pyproj import CRS
from rasterio.features import geometry_mask

from geo_border.geo.grid import Grid
from geo_border.zonal import prepare_zones, tabulate
from geo_border.zonal.clip import project_near_rings
from geo_border.zonal.edges import build_edges
from geo_border.zonal.raster import GridSource
from geo_border.zonal.strip import build_row_spans

SHAPE = (300, 400)
AT = {4326: Affine(0.01, 0, 20, 0, -0.01, 60), 3035: Affine(100, 0, 4e6, 0, -100, 3e6)}


def _zones(epsg: int, count: int = 30, seed: int = 2) -> gpd.GeoDataFrame:
    """Stars of up to 500 corners, some reaching outside, some with a hole."""
    rng = np.random.default_rng(seed)
    at = AT[epsg]
    shapes = []
    for _ in range(count):
        turn = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 500))))
        radius = rng.uniform(10, 120) * rng.uniform(0.4, 1, len(turn)) * at.a
        x = at.c + rng.uniform(0, SHAPE[1]) * at.a + radius * np.cos(turn)
        y = at.f - rng.uniform(0, SHAPE[0]) * at.a + radius * np.sin(turn)
        star = shapely.buffer(shapely.Polygon(np.column_stack((x, y))), 0)
        shapes.append(star.difference(star.centroid.buffer(at.a * rng.uniform(0, 5))))
    return gpd.GeoDataFrame({"zone_id": range(count)}, geometry=shapes, crs=epsg)


def _cells(grid: Grid, zones: gpd.GeoDataFrame) -> np.ndarray:
    """Which cells the centre rule gives to each zone: zones x rows x columns."""
    prepared, header = prepare_zones(zones), GridSource(grid).header
    edges = build_edges(project_near_rings(prepared.rings_by_crs, header), len(zones), header.transform, header.shape)
    spans, old = build_row_spans(edges, (0, SHAPE[0]), SHAPE[1], "center", np.zeros(SHAPE[0]))
    found = np.zeros((len(zones), *SHAPE), dtype=bool)
    for row, first, last, zone in spans.cells:
        found[old[zone], row, first:last] = True
    return found


@pytest.mark.parametrize("epsg", [4326, 3035])
def test_the_centre_rule_is_that_of_gdal_cell_by_cell(epsg: int) -> None:
    grid = Grid(np.zeros(SHAPE, np.uint8), AT[epsg], CRS.from_epsg(epsg))
    zones = _zones(epsg)
    ours = _cells(grid, zones)
    for number, shape in enumerate(zones.geometry):
        theirs = geometry_mask([shape], SHAPE, AT[epsg], invert=True)
        np.testing.assert_array_equal(ours[number], theirs)
    assert ours.sum() > 100_000


def test_a_centre_on_a_shared_edge_belongs_to_exactly_one_zone() -> None:
    """Every edge of this pattern runs through centres: rows, columns and diagonals."""
    grid = Grid(np.ones(SHAPE, np.uint8), AT[3035], CRS.from_epsg(3035))
    x, y, side = 4e6 + 50.0, 3e6 - 50.0, 2_000.0
    shapes = []
    for i in range(10):
        for j in range(10):
            a, b = x + i * side, y - j * side
            shapes.append(shapely.Polygon([(a, b), (a + side, b), (a, b - side)]))
            shapes.append(shapely.Polygon([(a + side, b), (a + side, b - side), (a, b - side)]))
    zones = gpd.GeoDataFrame({"zone_id": range(200)}, geometry=shapes, crs=3035)
    owners = _cells(grid, zones).sum(axis=0)
    assert owners.max() == 1
    assert owners.sum() == 200 * 200


@pytest.mark.parametrize("epsg", [4326, 3035])
def test_exact_sums_are_those_of_exactextract(epsg: int, tmp_path: Path) -> None:
    exactextract = pytest.importorskip("exactextract", reason="the peer is not installed")
    rng = np.random.default_rng(4)
    values = rng.gamma(0.5, 20, SHAPE)
    values[rng.random(SHAPE) < 0.1] = -9999.0
    path = tmp_path / "people.tif"
    with rasterio.open(path, "w", driver="GTiff", width=SHAPE[1], height=SHAPE[0], count=1, dtype="float64",
                       nodata=-9999.0, crs=f"EPSG:{epsg}", transform=AT[epsg]) as file:  # fmt: skip
        file.write(values, 1)
    zones = _zones(epsg)
    theirs = exactextract.exact_extract(str(path), zones, ["sum"], output="pandas")["sum"]
    ours = tabulate(path, zones, mode="sum")["sum"]
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_exact_areas_of_classes_are_those_of_exact_shares(tmp_path: Path) -> None:
    """In an equal-area plane a class's area is its share of the zone's cells times the cell."""
    exactextract = pytest.importorskip("exactextract", reason="the peer is not installed")
    path = tmp_path / "cover.tif"
    with rasterio.open(path, "w", driver="GTiff", width=SHAPE[1], height=SHAPE[0], count=1, dtype="uint8", nodata=0,
                       crs="EPSG:3035", transform=AT[3035]) as file:  # fmt: skip
        file.write(np.random.default_rng(6).integers(0, 6, SHAPE).astype(np.uint8), 1)
    zones = _zones(3035)
    found = exactextract.exact_extract(str(path), zones, ["unique", "frac", "count"], output="pandas",
                                       include_cols=["zone_id"])  # fmt: skip
    ours = tabulate(path, zones).dropna(subset=["class"]).set_index(["zone_id", "class"])["area_km2"]
    for row in found.itertuples():
        for label, share in zip(row.unique, row.frac, strict=True):
            assert ours[row.zone_id, label] == pytest.approx(share * row.count * 0.01, rel=1e-6, abs=1e-9)


def test_areas_of_small_zones_on_coarse_geographic_cells_are_true_areas() -> None:
    """A cell of 0.05 degrees at 65 north is a thousandth wider at its lower edge: shares must be of true area."""
    rng = np.random.default_rng(1)
    corner = np.column_stack((rng.uniform(20, 24, 50), rng.uniform(60, 64, 50)))
    # Upper or lower quarters of single cells, where planar shares are most wrong.
    west, south = np.floor(corner[:, 0] / 0.05) * 0.05, np.floor(corner[:, 1] / 0.05) * 0.05
    shapes = shapely.box(west + 0.01, south + 0.002, west + 0.04, south + 0.0125)
    zones = gpd.GeoDataFrame({"zone_id": range(50)}, geometry=shapes, crs=4326)
    grid = Grid(np.ones((100, 100), np.uint8), Affine(0.05, 0, 20, 0, -0.05, 65), CRS.from_epsg(4326))
    ours = tabulate(grid, zones).dropna(subset=["class"])["area_km2"]
    truth = [abs(zones.crs.get_geod().geometry_area_perimeter(shape)[0]) / 1e6 for shape in
             shapely.segmentize(shapes, 0.0005)]  # fmt: skip
    np.testing.assert_allclose(ours, truth, rtol=1e-6)


def test_it_is_several_times_faster_than_a_mask_and_a_count() -> None:
    """A ratio measured side by side, far below what `make bench` shows, so that a busy machine does not fail it."""
    size = 3000
    values = np.repeat(np.repeat(np.random.default_rng(0).integers(1, 9, (60, 60), np.uint8), 50, 0), 50, 1)
    at = Affine(10, 0, 4e6, 0, -10, 3e6)
    grid = Grid(values, at, CRS.from_epsg(3035))
    shapes = [shapely.Point(4e6 + 15_000, 3e6 - 15_000).buffer(radius) for radius in range(5_000, 15_000, 1_000)]
    zones = gpd.GeoDataFrame({"zone_id": range(len(shapes))}, geometry=shapes, crs=3035)
    tabulate(grid, zones, coverage="center", threads=1)
    ours, theirs = [], []
    for _ in range(3):
        begin = time.process_time()
        tabulate(grid, zones, coverage="center", threads=1)
        ours.append(time.process_time() - begin)
        begin = time.process_time()
        for shape in shapes:
            np.bincount(values[geometry_mask([shape], (size, size), at, invert=True)])
        theirs.append(time.process_time() - begin)
    assert min(theirs) > 3 * min(ours)
