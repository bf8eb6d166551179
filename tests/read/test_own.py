"""A user's own areas and line as their files have them: ids, names, columns by any name, and no military rows."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geo_border.catalog import find_entry
from geo_border.errors import CRSError, SchemaError
from geo_border.fetch.local import build_local_raw
from geo_border.geo.crs import WGS84, reproject
from geo_border.read import read_own_line, read_own_zones
from geo_border.store import Raw

BOXES = [shapely.box(23.0 + i, 54.0, 23.5 + i, 54.5) for i in range(3)]
HERE = (22.0, 53.0, 24.0, 55.0)


def write(path: Path, columns: dict[str, object], shapes: list[object], crs: object = 4326, like: str = "") -> Raw:
    gpd.GeoDataFrame(columns, geometry=shapes, crs=crs).to_file(path)
    return build_local_raw("own_zones", path, find_entry(like) if like else None)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["b", "a", "Šal/1|2"], ["b", "a", "Šal/1|2"]),
        ([7, 5, 6], ["7", "5", "6"]),
        ([1.0, 2.0, 3.0], ["1", "2", "3"]),
        ([1.5, 2.0, 3.0], ["1.5", "2.0", "3.0"]),
    ],
)
def test_ids_are_texts_in_the_order_of_the_file(tmp_path: Path, ids: list[object], expected: list[str]) -> None:
    found = read_own_zones(write(tmp_path / "a.gpkg", {"id": ids}, BOXES))
    assert found["id"].tolist() == found["name"].tolist() == expected
    assert shapely.equals(found.geometry.to_numpy(), BOXES).all()


def test_without_an_id_rows_are_numbered_and_an_area_without_a_name_goes_by_its_id(tmp_path: Path) -> None:
    found = read_own_zones(write(tmp_path / "a.gpkg", {"name": ["Vištytis", None, " "]}, BOXES))
    assert found["id"].tolist() == ["1", "2", "3"]
    assert found["name"].tolist() == ["Vištytis", "2", "3"]


def test_all_of_a_users_areas_are_read_wherever_they_lie(tmp_path: Path) -> None:
    raw = write(tmp_path / "a.gpkg", {"id": ["a", "b", "c"]}, BOXES)
    assert read_own_zones(raw, HERE)["id"].tolist() == ["a", "b", "c"]


def test_outlines_of_a_dataset_are_those_of_the_window_one_an_id_by_its_own_columns(tmp_path: Path) -> None:
    columns = {"GISCO_ID": ["LT_1", "LT_1", "LT_9"], "LAU_NAME": ["Alytus", "Alytus", "Šakiai"], "CNTR_CODE": "LT"}
    shapes = [BOXES[0], shapely.box(23.0, 54.6, 23.5, 54.7), BOXES[2]]
    found = read_own_zones(write(tmp_path / "a.gpkg", columns, shapes, like="gisco-lau-2024"), HERE)
    assert found[["id", "name"]].to_numpy().tolist() == [["LT_1", "Alytus"]]
    assert found.geometry.iloc[0].area == pytest.approx(0.25 + 0.05)


def test_a_dataset_without_the_column_that_its_entry_names_is_refused(tmp_path: Path) -> None:
    raw = write(tmp_path / "a.gpkg", {"LAU_NAME": ["A", "B", "C"]}, BOXES, like="gisco-lau-2024")
    with pytest.raises(SchemaError, match=r"a\.gpkg: no column GISCO_ID\. It has: LAU_NAME"):
        read_own_zones(raw, HERE)


@pytest.mark.parametrize("read", [read_own_zones, read_own_line])
def test_military_rows_are_dropped(tmp_path: Path, read: object) -> None:
    line = shapely.LineString([(23, 54), (23, 55)])
    shapes = BOXES[:2] if read is read_own_zones else [line, line]
    raw = write(tmp_path / "a.gpkg", {"landuse": ["forest", "military"]}, shapes)
    assert len(read(raw)) == 1  # type: ignore[operator]


def test_edges_stay_as_straight_as_they_are_in_the_files_own_crs(tmp_path: Path) -> None:
    # 10 km² in the plane of Europe; its edges are no straight lines in degrees.
    square = shapely.box(5_100_000, 3_500_000, 5_102_500, 3_504_000)
    found = read_own_zones(write(tmp_path / "a.gpkg", {"id": ["a"]}, [square], crs=3035))
    flat = reproject(found.geometry.to_numpy(), WGS84, gpd.GeoSeries([square], crs=3035).crs)
    assert flat[0].area == pytest.approx(10e6, rel=1e-9)


@pytest.mark.parametrize(
    ("shapes", "columns", "expected"),
    [
        ([BOXES[0], shapely.Point(23, 54)], {}, r"a\.gpkg: row 2 is a Point, and a polygon is wanted"),
        ([BOXES[0], BOXES[1]], {"id": ["x", "x"]}, r"a\.gpkg: id 'x' stands in rows 1, 2"),
        ([BOXES[0], BOXES[1]], {"id": ["x", ""]}, r"a\.gpkg: row 2 has no id"),
        ([shapely.Polygon([(23, 54), (24, 54), (23, 54)])], {}, r"a\.gpkg: area '1' is a polygon that holds no land"),
        ([shapely.Point(23, 54)], {"landuse": ["military"]}, r"a\.gpkg: has no polygon"),
    ],
)
def test_what_is_no_area_is_refused_with_its_row(
    tmp_path: Path, shapes: list[object], columns: dict[str, object], expected: str
) -> None:
    raw = write(tmp_path / "a.gpkg", columns or {"kind": [""] * len(shapes)}, shapes)
    with pytest.raises(SchemaError, match=expected):
        read_own_zones(raw)


@pytest.mark.filterwarnings("ignore:.crs. was not provided")
def test_a_file_without_a_crs_is_refused(tmp_path: Path) -> None:
    raw = write(tmp_path / "a.shp", {"id": ["a"]}, BOXES[:1], crs=None)
    with pytest.raises(CRSError, match=r"a\.shp: no coordinate reference system"):
        read_own_zones(raw)


def test_a_line_is_read_flat_and_whole(tmp_path: Path) -> None:
    shapes = [shapely.LineString([(23, 54, 5), (23, 55, 6)]), shapely.MultiLineString([[(24, 54), (24, 55)]])]
    found = read_own_line(write(tmp_path / "a.geojson", {"id": [1, 2]}, shapes))
    assert not shapely.has_z(found.geometry.to_numpy()).any()
    assert shapely.length(found.geometry.to_numpy()).tolist() == [1, 1]
