"""Laws that hold for any raster and any zones."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import rasterio.shutil
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import Generator
from pyproj import CRS, Geod, Transformer

from geo_border.engine import Checkpoints, LocalEngine
from geo_border.geo.grid import Grid
from geo_border.zonal import compute_coverage_fraction, compute_coverage_table, tabulate
from geo_border.zonal.reproject import project_rings
from geo_border.zonal.rings import flatten_polygons
from tests.drawing import drawn
from tests.kinds import KEY

PLANES = {3035: Affine(1000, 0, 4_000_000, 0, -1000, 3_000_000), 4326: Affine(0.05, 0, 20.0, 0, -0.05, 70.0)}
ROWS, COLUMNS = 60, 80


def _star(rng: Generator, transform: Affine) -> shapely.Polygon:
    """A random star-shaped polygon somewhere about the grid."""
    corners = int(rng.integers(3, 40))
    turn = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radius = rng.uniform(0.1, 25) * rng.uniform(0.3, 1.0, corners) * transform.a
    x = transform.c + rng.uniform(0, COLUMNS) * transform.a + radius * np.cos(turn)
    y = transform.f - rng.uniform(0, ROWS) * transform.a + radius * np.sin(turn)
    return shapely.make_valid(shapely.Polygon(np.column_stack((x, y))))


def _scene(seed: int, epsg: int, count: int = 6) -> tuple[Grid, gpd.GeoDataFrame]:
    """A grid of five classes with some nodata, and random zones."""
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 6, (ROWS, COLUMNS)).astype(np.uint8)
    shapes = [_star(rng, PLANES[epsg]) for _ in range(count)]
    zones = gpd.GeoDataFrame({"zone_id": [f"z{i}" for i in range(count)]}, geometry=shapes, crs=epsg)
    return Grid(values, PLANES[epsg], CRS.from_epsg(epsg), 0), zones


def _halves(zones: gpd.GeoDataFrame, share: float) -> gpd.GeoDataFrame:
    """Each zone cut along a slanted line through it: two zones of new ids, named by the old one and a side."""
    rows = []
    for name, shape in zip(zones["zone_id"], zones.geometry, strict=True):
        west, south, east, north = shape.bounds
        x0, x1 = west + share * (east - west), east - share * (east - west)
        wide = 3 * (east - west + north - south)
        left = shapely.Polygon([(west - wide, south - 1), (x0, south - 1), (x1, north + 1), (west - wide, north + 1)])
        rows += [(f"{name}/l", shape.intersection(left)), (f"{name}/r", shape.difference(left))]
    return gpd.GeoDataFrame(rows, columns=["zone_id", "geometry"], crs=zones.crs)


@pytest.mark.parametrize("epsg", [3035, 4326])
@pytest.mark.parametrize("coverage", ["exact", "center"])
@given(seed=st.integers(0, 10_000))
@drawn(25)
def test_classes_and_nodata_add_up_to_the_zone(epsg: int, coverage: str, seed: int) -> None:
    grid, zones = _scene(seed, epsg)
    table = tabulate(grid, zones, coverage=coverage)
    total = table.groupby("zone_id", sort=False)["area_km2"].sum()
    area = table.groupby("zone_id", sort=False)["zone_area_km2"].first()
    np.testing.assert_allclose(total, area, rtol=1e-12, atol=1e-15)
    assert table["class"].isna().groupby(table["zone_id"]).sum().eq(1).all()


@pytest.mark.parametrize("epsg", [3035, 4326])
@given(seed=st.integers(0, 10_000), share=st.floats(0.1, 0.9))
@drawn(25)
def test_a_zone_split_in_two_sums_to_the_whole(epsg: int, seed: int, share: float) -> None:
    """The cut adds vertices to the outline, which may move it by a rounding of its coordinates, but by no more."""
    grid, zones = _scene(seed, epsg)
    whole = tabulate(grid, zones, mode="sum").set_index("zone_id")["sum"]
    parts = tabulate(grid, _halves(zones, share), mode="sum")
    joined = parts.groupby(parts["zone_id"].str[:-2])["sum"].sum().reindex(whole.index)
    np.testing.assert_allclose(joined, whole, rtol=1e-9, atol=1e-7)


@given(cut=st.integers(1, 30), low=st.floats(-3, 3), high=st.floats(-3, 3))
@drawn(50)
def test_parts_that_share_vertices_sum_to_the_whole_to_1e_12(cut: int, low: float, high: float) -> None:
    grid, _ = _scene(1, 4326)
    turn = np.linspace(0, 2 * np.pi, 61)[:-1]
    ring = np.column_stack((22 + np.cos(turn) * 1.3, 68.5 + np.sin(turn) * 1.1))
    middle = np.array([[22 + low / 4, 68.5], [22, 68.5 + high / 4]])
    left = np.vstack((ring[: cut + 1], middle))
    right = np.vstack((ring[cut:], ring[:1], middle[::-1]))
    zones = gpd.GeoDataFrame(
        {"zone_id": ["w", "p", "p"]}, crs=4326, geometry=[shapely.Polygon(r) for r in (ring, left, right)]
    )
    if not zones.is_valid.all():
        return
    sums = tabulate(grid, zones, mode="sum")
    assert sums["sum"].iloc[1] == pytest.approx(sums["sum"].iloc[0], rel=1e-12)
    areas = tabulate(grid, zones).groupby(["zone_id", "class"], dropna=False)["area_km2"].sum()
    np.testing.assert_allclose(areas["p"], areas["w"], rtol=1e-12, atol=1e-9)


@given(seed=st.integers(0, 10_000))
@drawn(15)
def test_order_of_zones_and_vertices_does_not_matter(seed: int) -> None:
    grid, zones = _scene(seed, 4326)
    turned = zones.iloc[::-1].copy()
    turned.geometry = shapely.reverse(turned.geometry.values)
    ours = tabulate(grid, zones, mode="sum").set_index("zone_id").sort_index()
    theirs = tabulate(grid, turned, mode="sum").set_index("zone_id").sort_index()
    np.testing.assert_array_equal(ours["sum"], theirs["sum"])


@given(seed=st.integers(0, 10_000), right=st.integers(0, 9), down=st.integers(0, 9))
@drawn(15)
def test_moving_raster_and_zones_by_whole_cells_changes_nothing(seed: int, right: int, down: int) -> None:
    grid, zones = _scene(seed, 3035)
    east, south = right * 1024.0, -down * 1024.0
    # Cells of 1,024 m, so that coordinates move without rounding.
    at = Affine(1024, 0, 4096 * 1024, 0, -1024, 4096 * 1024)
    shapes = shapely.transform(zones.geometry.values, lambda xy: np.round(xy) - [4e6, 3e6] + [at.c, at.f])
    here = gpd.GeoDataFrame({"zone_id": zones["zone_id"]}, geometry=shapely.make_valid(shapes), crs=3035)
    there = here.set_geometry(here.translate(east, south))
    moved = Grid(grid.values, Affine(1024, 0, at.c + east, 0, -1024, at.f + south), grid.crs, 0)
    first = tabulate(Grid(grid.values, at, grid.crs, 0), here)
    pd.testing.assert_frame_equal(first, tabulate(moved, there), check_exact=False, rtol=1e-10, atol=1e-12)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], gpd.GeoDataFrame]:
    """The same grid as files of different blocks, and zones."""
    rng = np.random.default_rng(5)
    values = rng.integers(0, 9, (700, 900)).astype(np.uint8)
    values[200:500, 100:600] = 3
    folder = tmp_path_factory.mktemp("blocks")
    paths = []
    layouts = {
        "tiles64": {"tiled": True, "blockxsize": 64, "blockysize": 64},
        "strips": {"blockysize": 1},
        "tiles256": {"tiled": True, "blockxsize": 256, "blockysize": 256},
        "whole": {"blockysize": 700},
    }
    for name, layout in layouts.items():
        path = folder / f"{name}.tif"
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            width=900,
            height=700,
            count=1,
            dtype="uint8",
            nodata=0,
            crs="EPSG:4326",
            transform=Affine(0.005, 0, 20, 0, -0.005, 70),
            **layout,
        ) as file:
            file.write(values, 1)
        paths.append(path)
    transform = Affine(0.05, 0, 20.0, 0, -0.05, 70.0)
    shapes = [_star(rng, transform) for _ in range(20)]
    return paths, gpd.GeoDataFrame({"zone_id": range(20)}, geometry=shapes, crs=4326).to_crs(3035)


@pytest.mark.parametrize("mode", ["class", "sum"])
@pytest.mark.parametrize("coverage", ["exact", "center"])
def test_threads_and_blocks_change_no_bit(files: tuple[list[Path], gpd.GeoDataFrame], mode: str, coverage: str) -> None:
    paths, zones = files
    first = tabulate(paths[0], zones, mode=mode, coverage=coverage, threads=1)
    for path in paths:
        for threads in (1, 2, 5):
            again = tabulate(path, zones, mode=mode, coverage=coverage, threads=threads)
            pd.testing.assert_frame_equal(first, again, check_exact=True)


def test_two_tiles_give_what_one_mosaic_gives(files: tuple[list[Path], gpd.GeoDataFrame]) -> None:
    paths, zones = files
    with rasterio.open(paths[0]) as file:
        values, t = file.read(1), file.transform
    crs = CRS.from_epsg(4326)
    tiles = [Grid(values[:300], t, crs, 0), Grid(values[300:], t * Affine.translation(0, 300), crs, 0)]
    one = tabulate(paths[0], zones)
    two = tabulate(tiles, zones)
    assert one["class"].equals(two["class"])
    # Tiles look at outlines in their own rows, so a crossing may round differently: far below a square metre.
    np.testing.assert_allclose(two["area_km2"], one["area_km2"], rtol=1e-9, atol=1e-9)


def test_shares_as_grid_and_as_table_are_the_same() -> None:
    grid, zones = _scene(3, 3035)
    table = compute_coverage_table(grid, zones)
    dense = np.zeros(grid.shape)
    np.add.at(dense, (table.row, table.column), table.share)
    np.testing.assert_allclose(compute_coverage_fraction(grid, zones), dense, rtol=0, atol=1e-12)


def test_geographic_areas_are_those_on_the_ellipsoid() -> None:
    grid, zones = _scene(8, 4326)
    table = tabulate(grid, zones).drop_duplicates("zone_id")
    dense = shapely.segmentize(zones.geometry.values, 0.002)
    truth = [abs(Geod(ellps="WGS84").geometry_area_perimeter(shape)[0]) / 1e6 for shape in dense]
    np.testing.assert_allclose(table["zone_area_km2"], truth, rtol=1e-6)


def test_an_edge_in_another_crs_moves_by_less_than_a_tenth_of_a_metre() -> None:
    """A 400 km edge straight in EPSG:3035 bends by kilometres in longitude and latitude; the area must not."""
    box = shapely.box(4.8e6, 3.4e6, 5.2e6, 3.6e6)
    zones = gpd.GeoDataFrame({"zone_id": ["a"]}, geometry=[box], crs=3035)
    grid = Grid(np.ones((1000, 2000), np.uint8), Affine(0.01, 0, 15, 0, -0.01, 60), CRS.from_epsg(4326))
    area = tabulate(grid, zones)["zone_area_km2"].iloc[0]
    assert abs(area * 1e6 - 4e5 * 2e5) < 0.1 * box.length


def test_a_broken_call_goes_on_where_it_was(
    files: tuple[list[Path], gpd.GeoDataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths, zones = files
    whole = tabulate(paths[0], zones)
    monkeypatch.setattr("geo_border.engine.base.GROUP", 1)
    ran: list[int] = []

    def cut_off(done: int, of: int) -> None:
        ran.append(done)
        if len(ran) == 2 and done < of:
            raise KeyboardInterrupt

    # Two strips: the first is kept, the second is under way when the user gives up.
    monkeypatch.setattr("geo_border.zonal.run._TASK_ROWS", 256)
    with pytest.raises(KeyboardInterrupt):
        tabulate(paths[0], zones, engine=LocalEngine(1, Checkpoints(tmp_path, "v1", KEY)), progress=cut_off)
    assert list(tmp_path.rglob("*.checkpoint"))
    before = len(ran)
    checkpoints = Checkpoints(tmp_path, "v1", KEY)
    again = tabulate(paths[0], zones, engine=LocalEngine(1, checkpoints), progress=lambda done, _: ran.append(done))
    checkpoints.remove()
    pd.testing.assert_frame_equal(whole, again, check_exact=True)
    assert ran[before] > 1
    assert not tmp_path.exists()


def test_a_broken_off_tabulation_takes_nothing_from_a_tile_that_has_changed_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below a VRT, with the size and the time that it had before."""
    tile, mosaic = tmp_path / "tile.tif", tmp_path / "mosaic.vrt"
    at = rasterio.Affine(0.1, 0, 20, 0, -0.1, 60)

    def filled(value: int) -> None:
        how = {"height": 64, "width": 64, "count": 1, "dtype": "uint8", "crs": 4326, "transform": at}
        with rasterio.open(tile, "w", driver="GTiff", **how) as out:
            out.write(np.full((1, 64, 64), value, np.uint8))

    filled(1)
    rasterio.shutil.copy(tile, mosaic, driver="VRT")
    zones = gpd.GeoDataFrame({"zone_id": ["a"]}, geometry=[shapely.box(20, 54, 26, 60)], crs=4326)
    before = tile.stat()
    monkeypatch.setattr("geo_border.engine.base.GROUP", 1)
    monkeypatch.setattr("geo_border.zonal.run._TASK_ROWS", 16)

    def cut_off(done: int, _of: int) -> None:
        if done > 1:
            raise KeyboardInterrupt

    kept = tmp_path / "kept"
    with pytest.raises(KeyboardInterrupt):
        tabulate(mosaic, zones, engine=LocalEngine(1, Checkpoints(kept, "v1", KEY)), progress=cut_off)
    assert list(kept.rglob("*.checkpoint"))
    filled(2)
    os.utime(tile, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (tile.stat().st_size, tile.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    again = tabulate(mosaic, zones, engine=LocalEngine(1, Checkpoints(kept, "v1", KEY)))
    assert again["class"].dropna().tolist() == [2]


@pytest.mark.parametrize(("source", "target"), [(3035, 4326), (32635, 4326), (3035, 32635)])
def test_no_point_of_an_edge_moves_by_a_tenth_of_a_metre(source: int, target: int) -> None:
    """Points on the new straight edges, taken back, lie on the old ones."""
    corners = {
        3035: [(4.9e6, 3.1e6), (5.6e6, 3.4e6), (5.0e6, 4.9e6)],
        32635: [(2e5, 5.6e6), (7.5e5, 5.9e6), (5e5, 7.6e6)],
    }
    shape = shapely.Polygon(corners[source])
    rings = flatten_polygons(np.array([shape], dtype=object), np.zeros(1, np.int64), CRS.from_epsg(source))
    moved = project_rings(rings, CRS.from_epsg(target))
    back = Transformer.from_crs(target, source, always_xy=True)
    for share in (0.25, 0.5, 0.75):
        x, y = (v[:-1] + share * np.diff(v) for v in (moved.x, moved.y))
        assert shapely.distance(shape.exterior, shapely.points(*back.transform(x, y))).max() < 0.1


def test_an_edge_shared_by_two_zones_stays_shared_in_another_crs() -> None:
    west, east = shapely.box(4e6, 3e6, 4.3e6, 3.9e6), shapely.box(4.3e6, 3e6, 4.5e6, 3.9e6)
    sides = []
    for shape in (west, shapely.reverse(east)):
        rings = flatten_polygons(np.array([shape], dtype=object), np.zeros(1, np.int64), CRS.from_epsg(3035))
        moved = project_rings(rings, CRS.from_epsg(4326))
        sides.append(set(zip(moved.x.tolist(), moved.y.tolist(), strict=True)))
    assert len(sides[0] & sides[1]) > 20
