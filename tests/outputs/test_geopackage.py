"""`layers.gpkg`: what every reader must find in it."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from pandas.testing import assert_frame_equal

from geo_border.errors import SchemaError
from geo_border.outputs import cog, geopackage, table
from geo_border.outputs.questions import QUESTIONS
from geo_border.result import read
from geo_border.schemas import LAYERS, conform
from tests.synthetic import build

SPATIAL = [name for name, layer in LAYERS.items() if layer.geometry]
SYSTEM_PYTHON = Path("/usr/bin/python3")


@pytest.fixture(scope="module")
def result():
    return build()


@pytest.fixture(scope="module")
def gpkg(result, tmp_path_factory):
    return geopackage.write(result, tmp_path_factory.mktemp("gpkg"))


@pytest.fixture
def database(gpkg):
    with closing(sqlite3.connect(gpkg)) as opened:
        yield opened


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "exposure"])
def test_every_layer_reads_back_as_the_schema_says(gpkg, result, name):
    frame = gpd.read_file(gpkg, layer=name)
    if LAYERS[name].geometry is None:
        frame = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    back = conform(name, frame)
    columns = LAYERS[name].column_names
    assert_frame_equal(pd.DataFrame(back[columns]), pd.DataFrame(result.layers[name][columns]))
    if LAYERS[name].geometry:
        assert back.crs.to_epsg() == 3035
        assert back.geometry.geom_equals(result.layers[name].geometry).all()


def test_a_written_result_reads_back_whole(result, tmp_path):
    geopackage.write(result, tmp_path)
    table.write(result, tmp_path)
    cog.write(result, tmp_path)
    (tmp_path / "run.json").write_text('{"sources": [], "checks": [], "outputs": []}', encoding="utf-8")
    back = read(result.study, tmp_path)
    assert_frame_equal(back.exposure, conform("exposure", result.exposure))
    assert back.layers["cells"].degurba.dtype == "Int64"
    assert back.layers["cells"].degurba.isna().sum() == result.layers["cells"].degurba.isna().sum() > 0
    assert back.layers["cells"].forested.dtype == bool
    assert (back.cover.values == result.cover.values).all()
    assert back.people.crs == result.people.crs


def test_two_writings_at_different_times_give_the_same_bytes(result, gpkg, tmp_path):
    time.sleep(1.1)
    again = geopackage.write(result, tmp_path)
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(gpkg.read_bytes()).digest()


def test_gdal_finds_nothing_to_object_to(gpkg):
    probe = [str(SYSTEM_PYTHON), "-c", "import osgeo_utils.samples.validate_gpkg"]
    if not SYSTEM_PYTHON.exists() or subprocess.run(probe, check=False, capture_output=True).returncode:
        pytest.skip("python3-gdal is not installed for /usr/bin/python3")
    code = "import sys; from osgeo_utils.samples.validate_gpkg import main; sys.exit(main(sys.argv))"
    done = subprocess.run(
        [str(SYSTEM_PYTHON), "-c", code, "-k", "--extra", "--warning-as-error", str(gpkg)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_ogrinfo_reads_every_layer_without_a_warning(gpkg):
    if not shutil.which("ogrinfo"):
        pytest.skip("ogrinfo is not installed (Debian: gdal-bin)")
    done = subprocess.run(["ogrinfo", "-al", "-so", "-q", str(gpkg)], check=True, capture_output=True, text=True)
    assert done.stderr == ""


@pytest.mark.parametrize("name", SPATIAL)
def test_every_spatial_layer_has_an_r_tree(database, name):
    (rows,) = database.execute(f"SELECT count(*) FROM {name}").fetchone()
    (boxes,) = database.execute(f"SELECT count(*) FROM rtree_{name}_geom").fetchone()
    assert boxes == rows


@pytest.mark.parametrize("name", LAYERS)
def test_columns_are_not_null_exactly_where_the_schema_says(database, name):
    declared = {row[1]: bool(row[3]) for row in database.execute(f"PRAGMA table_info({name})")}
    for column in LAYERS[name].columns:
        assert declared[column.name] is not column.nullable, column.name


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_and_column_says_what_it_is_and_in_which_unit(database, name):
    contents = database.execute("SELECT identifier, description FROM gpkg_contents WHERE table_name = ?", (name,))
    assert contents.fetchone() == (LAYERS[name].title, LAYERS[name].about)
    rows = database.execute(
        "SELECT column_name, name, description FROM gpkg_data_columns WHERE table_name = ?", (name,)
    ).fetchall()
    told = {column: (alias, about) for column, alias, about in rows}
    for column in LAYERS[name].columns:
        assert column.about in told[column.name][1]
        assert f"[{column.unit}]" in told[column.name][1] or not column.unit


def test_allowed_values_stand_as_enums(database):
    rows = database.execute(
        "SELECT value, description FROM gpkg_data_column_constraints WHERE constraint_name = 'frontier_medium'"
    ).fetchall()
    assert dict(rows) == {"land": "On land", "river": "In a river", "lake": "In a lake"}


def test_exposure_joins_to_zones_and_segments_by_foreign_keys(database):
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    targets = {(row[2], row[3], row[4]) for row in database.execute("PRAGMA foreign_key_list(exposure)")}
    assert targets == {("zones", "zone_fid", "fid"), ("segments", "segment", "segment")}
    (orphans,) = database.execute(
        "SELECT count(*) FROM exposure WHERE zone_kind != 'segment' AND zone_fid IS NULL"
    ).fetchone()
    assert orphans == 0


def test_the_wide_view_has_one_row_a_zone_and_the_figures_of_the_table(gpkg, result):
    wide = gpd.read_file(gpkg, layer="zone_figures").set_index("zone_id")
    assert len(wide) == len(result.layers["zones"])
    for row in result.exposure.query("zone_kind != 'segment'").itertuples():
        name = f"{row.measure}_{row.category}" + ("_km2" if row.unit == "km²" else "")
        assert wide.loc[row.zone_id, name] == row.value


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.view)
def test_every_view_answers_with_typed_columns_and_unique_rows(gpkg, database, question):
    frame = pyogrio.read_dataframe(gpkg, layer=question.view, fid_as_index=True)
    assert len(frame) > 0
    assert frame.index.is_unique
    types = [row[2] for row in database.execute(f"PRAGMA table_info({question.view})")]
    assert "" not in types


def test_people_within_10km_are_the_sum_of_the_bands(gpkg, result):
    answer = gpd.read_file(gpkg, layer="people_within_10km_by_country").set_index("country").people
    rows = result.exposure.query("zone_kind == 'band' and measure == 'people' and to_m <= 10000")
    assert answer.to_dict() == pytest.approx(rows.groupby("country").value.sum().to_dict())


def test_settlements_in_a_strip_are_those_nearer_than_its_depth(gpkg, result):
    answer = gpd.read_file(gpkg, layer="settlements_in_strips")
    settlements = result.layers["settlements"]
    expected = sum(int((settlements.distance_m < depth).sum()) for depth in result.study.strips_m)
    assert len(answer) == expected > 0


def test_the_metadata_names_every_source_and_the_disclaimer(database, result):
    (text,) = database.execute(
        "SELECT metadata FROM gpkg_metadata m JOIN gpkg_metadata_reference r ON r.md_file_id = m.id"
        " WHERE r.reference_scope = 'geopackage'"
    ).fetchone()
    words = " ".join(ET.fromstring(text).itertext())
    assert result.passport["disclaimer"] in words
    assert "EPSG:3035" in words
    for source in result.passport["sources"]:
        assert all(words.count(holder) == 1 for holder in source["attribution"].split("; "))
        assert source["licence"] in words
    rows = database.execute("SELECT dataset, licence, attribution FROM sources").fetchall()
    assert len(rows) == len(result.passport["sources"])


def test_hostile_names_come_through_unchanged(gpkg, result):
    assert list(gpd.read_file(gpkg, layer="settlements").name) == list(result.layers["settlements"].name)


def test_a_layer_that_breaks_the_schema_leaves_no_file(result, tmp_path):
    broken = build()
    broken.layers["zones"] = broken.layers["zones"].drop(columns="country")
    with pytest.raises(SchemaError, match="country"):
        geopackage.write(broken, tmp_path)
    assert list(tmp_path.iterdir()) == []
