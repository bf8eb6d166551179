"""Rasters and zones that other tools get wrong: each has one clear outcome."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from geo_border.errors import CRSError, GeometryError, RasterError
from geo_border.geo.grid import Grid
from geo_border.zonal import tabulate

LAEA = CRS.from_epsg(3035)
AT = Affine(1000, 0, 4_000_000, 0, -1000, 3_010_000)
EARTH_KM2 = 510_065_621.724


def _write(path: Path, values: np.ndarray, **more: object) -> Path:
    """A GeoTIFF of one band in EPSG:3035, 1 km cells, unless `more` says otherwise."""
    profile = {
        "driver": "GTiff",
        "width": values.shape[1],
        "height": values.shape[0],
        "count": 1,
        "dtype": values.dtype,
        "crs": "EPSG:3035",
        "transform": AT,
    } | more
    with rasterio.open(path, "w", **profile) as file:
        file.write(values, 1)
    return path


def _zone(*shapes: shapely.Geometry | None, crs: object = 3035) -> gpd.GeoDataFrame:
    """Zones z0, z1, ... of the given shapes."""
    return gpd.GeoDataFrame({"zone_id": [f"z{i}" for i in range(len(shapes))]}, geometry=list(shapes), crs=crs)


def _box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """A box in km from the lower left corner of a grid of ten rows at `AT`."""
    return shapely.box(4e6 + 1e3 * west, 3e6 + 1e3 * south, 4e6 + 1e3 * east, 3e6 + 1e3 * north)


ONES = np.ones((10, 10), np.uint8)


def test_a_raster_without_crs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CRSError, match="no coordinate reference system"):
        tabulate(_write(tmp_path / "a.tif", ONES, crs=None), _zone(_box(0, 0, 1, 1)))


def test_zones_without_crs_are_refused() -> None:
    with pytest.raises(CRSError, match="no coordinate reference system"):
        tabulate(Grid(ONES, AT, LAEA), _zone(_box(0, 0, 1, 1), crs=None))


def test_a_rotated_raster_is_refused() -> None:
    with pytest.raises(RasterError, match="rotated"):
        tabulate(Grid(ONES, AT * Affine.rotation(10), LAEA), _zone(_box(0, 0, 1, 1)))


def test_classes_in_a_plane_that_does_not_keep_areas_are_refused_but_sums_are_not() -> None:
    grid = Grid(ONES, Affine(1000, 0, 500_000, 0, -1000, 6_500_000), CRS.from_epsg(32635))
    zones = _zone(shapely.box(500_000, 6_495_000, 502_000, 6_496_000), crs=32635)
    with pytest.raises(CRSError, match="areas are not kept"):
        tabulate(grid, zones)
    table = tabulate(grid, zones, mode="sum")
    assert table["sum"].tolist() == [2.0]
    assert table["data_share"].tolist() == [1.0]
    # UTM's scale of 0.9996 on the central meridian: the zone is larger than the plane says.
    assert table["zone_area_km2"].iloc[0] == pytest.approx(2 / 0.9996**2, rel=1e-6)


def test_a_raster_without_any_data_gives_zones_of_no_data() -> None:
    table = tabulate(Grid(np.zeros((10, 10), np.uint8), AT, LAEA, 0), _zone(_box(1, 1, 3, 2)))
    assert table["class"].isna().all()
    assert table["area_km2"].tolist() == [2.0]
    sums = tabulate(Grid(np.full((10, 10), np.nan), AT, LAEA), _zone(_box(1, 1, 3, 2)), mode="sum")
    assert sums[["sum", "data_share", "nodata_share"]].to_numpy().tolist() == [[0.0, 0.0, 1.0]]


def test_a_raster_of_one_pixel() -> None:
    table = tabulate(Grid(np.array([[7]], np.int16), AT, LAEA), _zone(_box(-1, 9.5, 0.5, 11)), mode="sum")
    assert table["sum"].tolist() == [7 * 0.25]


def test_an_empty_geometry_is_a_zone_of_no_area() -> None:
    zones = _zone(shapely.Polygon(), _box(0, 0, 1, 1))
    table = tabulate(Grid(ONES, AT, LAEA), zones)
    first = table[table["zone_id"] == "z0"]
    assert first["class"].isna().tolist() == [True]
    assert first[["area_km2", "share", "zone_area_km2", "data_share", "nodata_share"]].to_numpy().tolist() == [
        [0.0] * 5
    ]


def test_a_layer_without_zones_gives_an_empty_table_with_its_columns() -> None:
    for mode, column in (("class", "area_km2"), ("sum", "sum")):
        table = tabulate(Grid(ONES, AT, LAEA), _zone(_box(0, 0, 1, 1)).iloc[:0], mode=mode)
        assert len(table) == 0
        assert column in table.columns


def test_null_geometries_and_ids_are_refused() -> None:
    with pytest.raises(GeometryError, match="1 rows have no geometry"):
        tabulate(Grid(ONES, AT, LAEA), _zone(_box(0, 0, 1, 1), None))
    zones = _zone(_box(0, 0, 1, 1), _box(1, 1, 2, 2))
    zones["zone_id"] = ["a", None]
    with pytest.raises(GeometryError, match="1 rows have no id"):
        tabulate(Grid(ONES, AT, LAEA), zones)


def test_a_missing_zone_field_is_named_with_those_there_are() -> None:
    with pytest.raises(GeometryError, match="no column 'name'; there are zone_id, geometry"):
        tabulate(Grid(ONES, AT, LAEA), _zone(_box(0, 0, 1, 1)), zone_field="name")


def test_points_are_no_zones() -> None:
    with pytest.raises(GeometryError, match="row 0 is a Point"):
        tabulate(Grid(ONES, AT, LAEA), _zone(shapely.Point(4e6, 3e6)))


def test_a_self_intersecting_zone_is_mended_with_a_warning() -> None:
    bow = shapely.Polygon([(4e6, 3e6), (4.004e6, 3.004e6), (4.004e6, 3e6), (4e6, 3.004e6)])
    with pytest.warns(UserWarning, match="1 invalid polygons were mended"):
        table = tabulate(Grid(ONES, AT, LAEA), _zone(bow), mode="sum")
    assert table["sum"].tolist() == pytest.approx([8.0], rel=1e-9)
    assert table["zone_area_km2"].tolist() == pytest.approx([8.0], rel=1e-9)


def test_a_self_intersecting_zone_beside_the_raster_has_its_area_all_the_same() -> None:
    bow = shapely.Polygon([(5e6, 3e6), (5.004e6, 3.004e6), (5.004e6, 3e6), (5e6, 3.004e6)])
    with pytest.warns(UserWarning, match="1 invalid polygons were mended"):
        table = tabulate(Grid(ONES, AT, LAEA), _zone(bow), mode="sum")
    assert table["zone_area_km2"].tolist() == pytest.approx([8.0], rel=1e-9)
    assert table[["sum", "data_share"]].to_numpy().tolist() == [[0.0, 0.0]]


def test_a_ring_that_runs_twice_round_counts_once() -> None:
    corners = [(4e6, 3e6), (4.002e6, 3e6), (4.002e6, 3.002e6), (4e6, 3.002e6)]
    with pytest.warns(UserWarning, match="mended"):
        table = tabulate(Grid(ONES, AT, LAEA), _zone(shapely.Polygon(corners * 2)), mode="sum")
    assert table["sum"].tolist() == [4.0]


def test_a_hole_that_touches_its_shell_is_left_out() -> None:
    at_point = shapely.Polygon(_box(0, 0, 4, 4).exterior, [[(4e6, 3.002e6), (4.002e6, 3.001e6), (4.002e6, 3.003e6)]])
    along_side = shapely.Polygon(_box(0, 0, 4, 4).exterior, [_box(0, 1, 2, 2).exterior])
    table = tabulate(Grid(ONES, AT, LAEA), _zone(at_point, along_side), mode="sum")
    assert table["sum"].tolist() == pytest.approx([14.0, 14.0], rel=1e-9)


def test_overlapping_zones_count_twice_or_are_refused_when_asked() -> None:
    zones = _zone(_box(0, 0, 2, 2), _box(1, 1, 3, 3), _box(2, 0, 4, 1))
    assert tabulate(Grid(ONES, AT, LAEA), zones, mode="sum")["sum"].tolist() == [4.0, 4.0, 2.0]
    with pytest.raises(GeometryError, match="'z0' and 'z1' overlap"):
        tabulate(Grid(ONES, AT, LAEA), zones, overlap="forbid")
    touching = _zone(_box(0, 0, 2, 2), _box(2, 0, 4, 2))
    assert len(tabulate(Grid(ONES, AT, LAEA), touching, overlap="forbid", mode="sum")) == 2


def test_a_zone_across_the_antimeridian_is_whole_on_both_sides() -> None:
    """A circle of 100 km in a plane of its own round 180 degrees east, over a raster of the world."""
    plane = CRS.from_proj4("+proj=laea +lat_0=65 +lon_0=180 +datum=WGS84")
    zones = _zone(shapely.Point(0, 0).buffer(1e5, quad_segs=64), crs=plane)
    values = np.ones((360, 720), np.uint8)
    values[:, :360] = 2
    table = tabulate(Grid(values, Affine(0.5, 0, -180, 0, -0.5, 90), CRS.from_epsg(4326), 0), zones)
    area = zones.area.iloc[0] / 1e6
    assert table["class"].tolist() == [1, 2, pd.NA]
    np.testing.assert_allclose(table["area_km2"].iloc[:2], [area / 2, area / 2], rtol=1e-5)
    assert table["area_km2"].iloc[2] == 0.0


def test_a_zone_cut_or_drawn_past_180_degrees_is_the_same() -> None:
    grid = Grid(np.ones((180, 360), np.uint8), Affine(1, 0, -180, 0, -1, 90), CRS.from_epsg(4326), 0)
    past = shapely.box(179.25, 60, 181.5, 61)
    cut = shapely.MultiPolygon([shapely.box(179.25, 60, 180, 61), shapely.box(-180, 60, -178.5, 61)])
    table = tabulate(grid, _zone(past, cut, crs=4326), mode="sum")
    assert table["sum"].tolist() == [2.25, 2.25]
    assert table["data_share"].tolist() == [1.0, 1.0]


def test_an_edge_that_may_or_may_not_cross_the_antimeridian_is_refused() -> None:
    wide = shapely.Polygon([(179, 60), (-179, 60), (-179, 61), (179, 61)])
    grid = Grid(np.ones((180, 360), np.uint8), Affine(1, 0, -180, 0, -1, 90), CRS.from_epsg(4326))
    with pytest.raises(GeometryError, match=r"spans 358\.0 degrees"):
        tabulate(grid, _zone(wide, crs=4326))


@pytest.mark.parametrize(("epsg", "row"), [(3413, 0), (3031, 179)])
def test_a_zone_round_a_pole_holds_the_pole(epsg: int, row: int) -> None:
    """A circle of 300 km round the pole in a polar plane, over a raster of the world in 1 degree."""
    zones = _zone(shapely.Point(0, 0).buffer(3e5, quad_segs=64), crs=epsg)
    values = np.ones((180, 360), np.uint8)
    values[row] = 2
    table = tabulate(Grid(values, Affine(1, 0, -180, 0, -1, 90), CRS.from_epsg(4326), 0), zones)
    polar_row = 2 * np.pi * 6399593.6**2 * (1 - np.cos(np.radians(1.0))) / 1e6
    assert table["class"].tolist() == [1, 2, pd.NA]
    assert table["area_km2"].iloc[1] == pytest.approx(polar_row, rel=1e-3)
    assert table["area_km2"].iloc[2] == 0.0


def test_a_zone_of_the_whole_world_is_the_earth() -> None:
    grid = Grid(np.ones((180, 360), np.uint8), Affine(1, 0, -180, 0, -1, 90), CRS.from_epsg(4326), 0)
    table = tabulate(grid, _zone(shapely.box(-180, -90, 180, 90), crs=4326))
    assert table["area_km2"].iloc[0] == pytest.approx(EARTH_KM2, rel=1e-9)


def test_a_truncated_file_is_named_with_the_rows_that_fail(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = _write(
        tmp_path / "cut.tif",
        rng.integers(0, 255, (512, 512)).astype(np.uint8),
        tiled=True,
        blockxsize=128,
        blockysize=128,
        compress="DEFLATE",
        transform=Affine(1000, 0, 4e6, 0, -1000, 3e6),
    )
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RasterError, match=r"cut\.tif.*(damaged|cannot be|not a raster)"):
        tabulate(path, _zone(shapely.box(4e6, 2.488e6, 4.512e6, 3e6)))


def test_a_missing_or_foreign_raster_is_named(tmp_path: Path) -> None:
    (tmp_path / "page.tif").write_text("<html>404</html>")
    for name in ("page.tif", "absent.tif"):
        with pytest.raises(RasterError, match=name):
            tabulate(tmp_path / name, _zone(_box(0, 0, 1, 1)))


def test_three_hundred_classes_are_all_there(tmp_path: Path) -> None:
    values = (np.arange(400).reshape(20, 20) % 300).astype(np.int16) - 20
    path = _write(tmp_path / "many.tif", values, nodata=279, transform=Affine(1000, 0, 4e6, 0, -1000, 3e6))
    table = tabulate(path, _zone(shapely.box(4e6, 2.98e6, 4.02e6, 3e6)))
    assert table["class"].dropna().tolist() == list(range(-20, 279))
    assert table["area_km2"].sum() == pytest.approx(400.0, rel=1e-12)
    assert table["area_km2"].iloc[-1] == 1.0


def test_values_that_are_not_whole_are_no_classes() -> None:
    with pytest.raises(RasterError, match="not whole"):
        tabulate(Grid(np.full((10, 10), 0.5), AT, LAEA), _zone(_box(0, 0, 1, 1)))
    assert tabulate(Grid(np.full((10, 10), 4.0), AT, LAEA), _zone(_box(0, 0, 1, 1)))["class"].iloc[0] == 4


def test_a_class_beyond_64_bits_with_a_sign_is_refused() -> None:
    values = np.full((10, 10), 2**64 - 1, np.uint64)
    with pytest.raises(RasterError, match="too large a number for a class"):
        tabulate(Grid(values, AT, LAEA), _zone(_box(0, 0, 1, 1)))


@given(st.floats(1e-6, 1e12), st.integers(1, 100))
def test_a_sum_of_negative_values_is_that_of_the_positive_ones_with_its_sign(value: float, cells: int) -> None:
    values = np.zeros(100)
    values[:cells] = value
    plus, minus = (
        tabulate(Grid(sign * values.reshape(10, 10), AT, LAEA), _zone(_box(0, 0, 10, 10)), mode="sum")["sum"].iloc[0]
        for sign in (1, -1)
    )
    assert plus == pytest.approx(value * cells, rel=1e-12)
    assert minus == pytest.approx(-plus, rel=1e-9)


def test_rasters_that_share_cells_are_refused_but_not_those_that_touch() -> None:
    one = Grid(ONES, AT, LAEA)
    over, beside = (Grid(ONES, AT * Affine.translation(step, 0), LAEA) for step in (9, 10))
    zones = _zone(_box(5, 0, 15, 10))
    with pytest.raises(RasterError, match="grid and grid: overlap"):
        tabulate([one, over], zones)
    assert tabulate([one, beside], zones, mode="sum")["sum"].tolist() == [100.0]


def test_a_raster_replaced_while_it_is_read_gives_no_result(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.tif", ONES)
    other = _write(tmp_path / "b.tif", ONES + 1)

    def swap(_done: int, _of: int) -> None:
        if other.exists():
            other.replace(path)

    with pytest.raises(RasterError, match="changed or replaced while it was read"):
        tabulate(path, _zone(_box(0, 0, 10, 10)), progress=swap)
    assert tabulate(path, _zone(_box(0, 0, 10, 10)))["class"].iloc[0] == 2


def test_too_many_values_are_no_classes() -> None:
    values = np.arange(100, dtype=np.int64).reshape(10, 10) * 10_000
    with pytest.raises(RasterError, match="too many to be classes"):
        tabulate(Grid(values, AT, LAEA), _zone(_box(0, 0, 10, 10)))


def test_an_undeclared_nodata_value_is_not_summed_but_named() -> None:
    values = np.ones((10, 10), np.float32)
    values[3, 3] = np.finfo(np.float32).min
    with pytest.raises(RasterError, match="cannot be a count"):
        tabulate(Grid(values, AT, LAEA), _zone(_box(0, 0, 10, 10)), mode="sum")


def test_a_nodata_value_that_the_type_cannot_hold_is_no_cell(tmp_path: Path) -> None:
    path = _write(tmp_path / "odd.vrt.tif", ONES)
    with rasterio.open(path) as file:
        assert file.nodata is None
    table = tabulate(Grid(ONES, AT, LAEA, -9999.0), _zone(_box(0, 0, 2, 1)), mode="sum")
    assert table["sum"].tolist() == [2.0]


def test_scale_and_offset_are_applied_to_sums(tmp_path: Path) -> None:
    path = _write(tmp_path / "scaled.tif", ONES * 4)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.5,), (10.0,)
    assert tabulate(path, _zone(_box(0, 0, 2, 1)), mode="sum")["sum"].tolist() == [24.0]


def test_a_mask_band_says_which_cells_are_valid(tmp_path: Path) -> None:
    path = _write(tmp_path / "masked.tif", ONES)
    mask = np.full((10, 10), 255, np.uint8)
    mask[9, 0] = 0
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as file:
        file.write_mask(mask)
    zones = _zone(_box(0, 0, 2, 1))
    assert tabulate(path, zones, mode="sum")["sum"].tolist() == [1.0]
    assert tabulate(path, zones)["area_km2"].tolist() == [1.0, 1.0]


def test_rasters_of_two_crs_are_refused_together() -> None:
    other = Grid(ONES, Affine(0.01, 0, 20, 0, -0.01, 60), CRS.from_epsg(4326))
    with pytest.raises(RasterError, match="tabulate them apart"):
        tabulate([Grid(ONES, AT, LAEA), other], _zone(_box(0, 0, 1, 1)))


def test_a_band_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RasterError, match="has 1 bands, not a band 2"):
        tabulate(_write(tmp_path / "one.tif", ONES), _zone(_box(0, 0, 1, 1)), band=2)


def test_zones_from_any_file_give_the_same_table(tmp_path: Path) -> None:
    zones = _zone(_box(0, 0, 2, 1), _box(3, 3, 4.5, 5))
    expected = tabulate(Grid(ONES, AT, LAEA), zones)
    zones.to_file(tmp_path / "zones.gpkg")
    zones.to_parquet(tmp_path / "zones.parquet")
    for name in ("zones.gpkg", "zones.parquet"):
        pd.testing.assert_frame_equal(tabulate(Grid(ONES, AT, LAEA), tmp_path / name), expected)
    (tmp_path / "zones.geojson").write_text("{}")
    with pytest.raises(GeometryError, match=r"zones\.geojson"):
        tabulate(Grid(ONES, AT, LAEA), tmp_path / "zones.geojson")
