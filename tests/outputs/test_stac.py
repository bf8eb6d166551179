"""The STAC item and collection: what is there, where, when, from whom, on what terms."""

from __future__ import annotations

import json
from dataclasses import replace

import geopandas as gpd
import pytest
import shapely

from geo_border.outputs import cog, extent, geopackage, stac, table
from geo_border.present import read_disclaimer
from tests.synthetic import build


@pytest.fixture(scope="module")
def result():
    return build()


@pytest.fixture(scope="module")
def folder(result, tmp_path_factory):
    made = tmp_path_factory.mktemp("stac")
    for output in (geopackage, table, cog, stac):
        output.write(result, made)
    return made


def _read(folder, name):
    return json.loads((folder / name).read_text("utf-8"))


def test_the_item_has_all_that_stac_asks_of_one(folder, result):
    item = _read(folder, stac.ITEM_FILE)
    assert (item["type"], item["stac_version"], item["id"]) == ("Feature", "1.0.0", result.study.name)
    assert item["properties"]["datetime"] is None
    assert item["properties"]["start_datetime"] <= item["properties"]["end_datetime"]
    assert shapely.geometry.shape(item["geometry"]).bounds == tuple(item["bbox"])
    assert item["properties"]["proj:code"] == "EPSG:3035"


def test_every_asset_is_there_with_its_size_by_relative_path(folder):
    assets = _read(folder, stac.ITEM_FILE)["assets"]
    assert {"layers.gpkg", "exposure.csv", "exposure.parquet", "people.tif", "landcover.tif"} <= set(assets)
    for name, asset in assets.items():
        assert asset["href"].startswith("./")
        assert name == "run.json" or (folder / asset["href"]).stat().st_size == asset["file:size"]


def test_the_item_is_the_same_whether_or_not_a_passport_stands_there(folder, result):
    first = (folder / stac.ITEM_FILE).read_bytes()
    (folder / "run.json").write_text("{}", encoding="utf-8")
    stac.write(result, folder)
    assert (folder / stac.ITEM_FILE).read_bytes() == first


def test_the_collection_names_every_source_licence_and_the_disclaimer(folder, result):
    collection = _read(folder, stac.COLLECTION_FILE)
    words = json.dumps(collection, ensure_ascii=False)
    for source in result.passport["sources"]:
        assert source["citation"] in words
        assert source["licence"] in words
    assert read_disclaimer() in collection["description"]
    assert collection["extent"]["temporal"]["interval"] == [["2025-01-01T00:00:00Z", "2025-12-31T23:59:59Z"]]


def test_the_box_holds_every_zone(result):
    west, south, east, north = extent.compute_lonlat_bounds(result)
    left, bottom, right, top = result.layers["zones"].to_crs(4326).total_bounds
    assert west <= left < right <= east
    assert south <= bottom < top <= north
    assert east - west < 2 * (right - left)


def test_a_box_across_the_antimeridian_is_in_two_parts(result):
    plane = "+proj=laea +lat_0=66 +lon_0=180 +datum=WGS84"
    square = gpd.GeoDataFrame(geometry=[shapely.box(-50_000, -50_000, 50_000, 50_000)], crs=plane)
    far = replace(result, layers={**result.layers, "zones": square})
    west, _, east, _ = extent.compute_lonlat_bounds(far)
    assert west > 170
    assert east < -170
    assert stac._build_geometry(list(extent.compute_lonlat_bounds(far)))["type"] == "MultiPolygon"
