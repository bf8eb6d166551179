"""GeoParquet twins: every layer, typed, described, read alike by geopandas and DuckDB."""

from __future__ import annotations

import json

import duckdb
import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal

from geo_border.outputs import geoparquet
from geo_border.outputs.columns import describe_column
from geo_border.schemas import LAYERS, conform
from tests.synthetic import UNITS, build

NAMES = [name for name in LAYERS if name != "exposure"]


@pytest.fixture(scope="module")
def result():
    return build()


@pytest.fixture(scope="module")
def folder(result, tmp_path_factory):
    made = tmp_path_factory.mktemp("parquet")
    geoparquet.write(result, made)
    return made / geoparquet.FOLDER


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_reads_back_as_the_schema_says(folder, result, name):
    read = gpd.read_parquet if LAYERS[name].geometry else pd.read_parquet
    back = conform(name, read(folder / f"{name}.parquet"))
    columns = LAYERS[name].column_names
    assert_frame_equal(pd.DataFrame(back[columns]), pd.DataFrame(result.layers[name][columns]))
    if LAYERS[name].geometry:
        assert back.crs == result.layers[name].crs
        assert back.geometry.geom_equals(result.layers[name].geometry).all()


@pytest.mark.parametrize("name", NAMES)
def test_columns_say_what_they_are_and_whether_they_may_be_empty(folder, name):
    schema = pq.read_schema(folder / f"{name}.parquet")
    for column in LAYERS[name].columns:
        field = schema.field(column.name)
        assert field.metadata[b"description"].decode() == describe_column(column)
        assert field.nullable is column.nullable
    assert schema.metadata[b"attribution"]


def test_metadata_is_geoparquet_1_1(folder, result):
    geo = json.loads(pq.read_schema(folder / "zones.parquet").metadata[b"geo"])
    column = geo["columns"][geo["primary_column"]]
    assert geo["version"] == "1.1.0"
    assert column["encoding"] == "WKB"
    assert column["geometry_types"] == ["MultiPolygon"]
    assert column["crs"]["id"] == {"authority": "EPSG", "code": 3035}
    assert column["bbox"] == pytest.approx(result.layers["zones"].total_bounds)


def test_duckdb_counts_and_sums_as_pandas_does(folder, result):
    cells = result.layers["cells"]
    rows, people = (
        duckdb.connect()
        .execute(f"SELECT count(*), sum(people) FROM '{folder / 'cells.parquet'}' WHERE forested")
        .fetchone()
    )
    assert rows == cells.forested.sum() > 0
    assert people == pytest.approx(cells[cells.forested].people.sum())


def test_the_twin_of_zones_tells_places_and_partitions_by_columns(folder, result):
    zones = f"FROM '{folder / 'zones.parquet'}'"
    database = duckdb.connect()
    bands, within = (
        database.execute(f"SELECT sum(area_km2) {zones} WHERE {where} AND country = 'PL'").fetchone()[0]
        for where in ("part_of = 'bands'", "zone_kind = 'within' AND segment IS NULL AND to_m = 50000")
    )
    assert bands == pytest.approx(within)
    places = database.execute(f"SELECT DISTINCT place_id, place_name {zones} WHERE part_of = 'admin'").fetchall()
    assert dict(places) == UNITS


def test_two_writings_give_the_same_bytes(result, folder, tmp_path):
    for path in geoparquet.write(result, tmp_path):
        assert path.read_bytes() == (folder / path.name).read_bytes()
