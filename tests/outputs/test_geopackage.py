"""`layers.gpkg`: what every reader must find in it."""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from pandas.testing import assert_frame_equal

from geo_border.errors import SchemaError
from geo_border.outputs import cog, geopackage, table
from geo_border.outputs.questions import VIEWS
from geo_border.present.withholding import FEW, LEAST_PIXELS, is_withheld, withhold
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
    assert contents.fetchone() == (LAYERS[name].title, LAYERS[name].description)
    rows = database.execute(
        "SELECT column_name, name, description FROM gpkg_data_columns WHERE table_name = ?", (name,)
    ).fetchall()
    told = {column: (alias, about) for column, alias, about in rows}
    for column in LAYERS[name].columns:
        assert column.description in told[column.name][1]
        assert f"[{column.unit}]" in told[column.name][1] or not column.unit


def test_allowed_values_stand_as_enums(database):
    rows = database.execute(
        "SELECT value, description FROM gpkg_data_column_constraints WHERE constraint_name = 'frontier_medium'"
    ).fetchall()
    assert dict(rows) == {"land": "On land", "river": "In a river", "lake": "In a lake"}


def test_exposure_joins_to_zones_and_segments_by_foreign_keys(database, result):
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    targets = {(row[2], row[3], row[4]) for row in database.execute("PRAGMA foreign_key_list(exposure)")}
    assert targets == {("zones", "zone_fid", "fid"), ("segments", "segment", "segment")}
    orphans = database.execute("SELECT DISTINCT zone_id FROM exposure WHERE zone_fid IS NULL").fetchall()
    drawn = set(result.layers["zones"].zone_id)
    assert {zone for (zone,) in orphans} == set(result.exposure.zone_id) - drawn
    joined = database.execute("SELECT e.zone_id, z.zone_id FROM exposure e JOIN zones z ON z.fid = e.zone_fid")
    assert all(own == other for own, other in joined.fetchall())


def test_the_table_holds_what_is_withheld(database, result):
    rows = database.execute(
        "SELECT zone_id, measure, category, value, pixels FROM exposure WHERE pixels < 30"
    ).fetchall()
    few = result.exposure[is_withheld(result.exposure.pixels)]
    assert len(rows) == len(few) > 100
    assert [row[3] for row in rows] == few.value.tolist()


def test_the_wide_view_has_one_row_a_zone_and_the_figures_of_the_table_as_they_may_be_shown(gpkg, result):
    wide = gpd.read_file(gpkg, layer="zone_figures").set_index("zone_id")
    assert list(wide.index) == list(result.layers["zones"].zone_id)
    compared = hidden = 0
    for row in result.exposure.query("zone_id in @wide.index and measure != 'area'").itertuples():
        category = "" if pd.isna(row.category) else f"_{row.category}"
        shown = wide.loc[row.zone_id, f"{row.measure}{category}" + ("_km2" if row.unit == "km²" else "")]
        if row.pixels < LEAST_PIXELS:
            hidden += 1
            assert pd.isna(shown)
            measures, reason = wide.loc[row.zone_id, "withheld"].split(": ")
            assert row.measure in measures.split(", ")
            assert reason == FEW
        else:
            compared += 1
            assert shown == row.value
    assert compared > 2000
    assert hidden > 100
    assert wide.withheld.isna().sum() == len(wide) - result.exposure[result.exposure.pixels < 30].zone_id.nunique()


def test_the_density_of_few_people_is_left_out_of_the_wide_view_end_by_end(result, tmp_path):
    """As `withhold` does: times the area it would tell how many they are."""
    table = result.exposure.copy()
    for zone, people in (("band|LT-RU|LT|1000-5000", (9.9, 3.0, 12.0)), ("band|PL-BY|PL|1000-5000", (10.0, 9.0, 30.0))):
        rows = (table.zone_id == zone) & (table.measure == "people")
        table.loc[rows, ["value", "low", "high"]] = people
    path = geopackage.write(replace(result, exposure=table), tmp_path)
    wide = gpd.read_file(path, layer="zone_figures").set_index("zone_id")
    shown = withhold(table).query("measure == 'people_per_km2'").set_index("zone_id")
    for column, end in (("people_per_km2", "value"), ("people_per_km2_low", "low"), ("people_per_km2_high", "high")):
        assert wide[column].equals(shown[end].reindex(wide.index).rename(column))
    few, enough = wide.loc["band|LT-RU|LT|1000-5000"], wide.loc["band|PL-BY|PL|1000-5000"]
    assert (few.isna().people_per_km2, few.isna().people_per_km2_high) == (True, False)
    assert (enough.isna().people_per_km2, enough.isna().people_per_km2_low) == (False, True)
    assert few.withheld == "people_per_km2: fewer than 10 people"
    assert pd.isna(enough.withheld)


def test_every_column_of_the_wide_view_stands_once_under_a_plain_name_with_a_type(database):
    columns = [(row[1], row[2]) for row in database.execute("PRAGMA table_info(zone_figures)")]
    names = [name for name, _ in columns]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) for name in names)
    assert "" not in {kind for _, kind in columns}
    assert {"area_km2", "people_total_low", "people_per_km2", "cover_share_tree_high", "settlements"} <= set(names)
    # Nothing but a corridor's width gives these a range.
    assert "cover_area_water_km2_low" not in names


def test_the_wide_view_takes_what_a_view_may_join_and_says_what_is_left(result, tmp_path):
    areas = result.exposure[result.exposure.measure == "area"]
    many = [areas.assign(measure="facilities", category=f"kind {number}", unit="count") for number in range(70)]
    wider = replace(result, exposure=pd.concat([result.exposure, *many], ignore_index=True))
    path = geopackage.write(wider, tmp_path)
    with closing(sqlite3.connect(path)) as opened:
        names = [row[1] for row in opened.execute("PRAGMA table_info(zone_figures)")]
        (about,) = opened.execute("SELECT description FROM gpkg_contents WHERE table_name = 'zone_figures'").fetchone()
        (rows,) = opened.execute("SELECT count(*) FROM zone_figures").fetchone()
    there = {f"facilities_kind_{number}" for number in range(70)} & set(names)
    assert 0 < len(there) < 70
    assert {name for name in (f"facilities_kind_{n}" for n in range(70)) if name in re.split(r"\W+", about)} == (
        {f"facilities_kind_{number}" for number in range(70)} - there
    )
    assert rows == len(result.layers["zones"])


@pytest.mark.parametrize("question", VIEWS, ids=lambda q: q.view)
def test_every_view_answers_with_typed_columns_and_unique_rows(gpkg, database, question):
    frame = pyogrio.read_dataframe(gpkg, layer=question.view, fid_as_index=True)
    assert len(frame) > 0
    assert frame.index.is_unique
    types = [row[2] for row in database.execute(f"PRAGMA table_info({question.view})")]
    assert "" not in types


def rows_of(result, zones, measure):
    """Rows of the table for a measure of zones of all land to a distance, by its category and zone."""
    return result.exposure.query(f"zone_kind == 'within' and {zones} and measure == '{measure}'")


def as_shown(rows):
    """Values that may be shown: None where the rule withholds them."""
    return [None if few or pd.isna(v) else v for v, few in zip(rows.value, is_withheld(rows.pixels), strict=True)]


def test_people_within_10km_by_country_are_rows_of_the_table(database, result):
    rows = rows_of(result, "segment.isna() and country.notna() and to_m == 10000", "people")
    found = database.execute(
        "SELECT country, zone_name, within_m, people, people_low, people_high FROM people_within_10km_by_country"
    ).fetchall()
    columns = ["country", "zone_name", "to_m", "value", "low", "high"]
    assert sorted(found) == sorted(rows[columns].itertuples(index=False, name=None))
    assert len(found) == 2


def test_people_by_segment_are_rows_of_the_table_with_the_reason_where_none_is_shown(database, result):
    rows = rows_of(result, "segment.notna()", "people").sort_values("zone_id")
    found = database.execute("SELECT people, note FROM people_by_segment_and_distance ORDER BY zone_id").fetchall()
    assert [people for people, _ in found] == as_shown(rows)
    hidden = [note for people, note in found if people is None]
    assert len(hidden) == 4
    assert all(note.startswith(FEW) for note in hidden)


def test_cover_by_distance_is_rows_of_the_table(database, result):
    found = {
        (within, cover): (area, share)
        for within, cover, area, share in database.execute(
            "SELECT within_m, cover, area_km2, share FROM cover_by_distance"
        )
    }
    whole = "segment.isna() and country.isna()"
    for place, measure in enumerate(("cover_area", "cover_share")):
        rows = rows_of(result, whole, measure)
        for key, value in zip(zip(rows.to_m, rows.category, strict=True), as_shown(rows), strict=True):
            assert found.pop(key)[place] == value if place else found[key][place] == value
    # Land without data is no share of what is known.
    assert {cover for _, cover in found} == {"unknown"}
    assert all(share is None for _, share in found.values())


@pytest.mark.parametrize(
    ("part_of", "by", "whole"),
    [("bands", "country", "segment.isna() and country.notna()"), ("bands", "segment", "segment.notna()")],
)
def test_rows_of_one_partition_add_up_to_rows_of_the_table(database, result, part_of, by, whole):
    for measure, category in (("people", "total"), ("cover_area", "tree"), ("area", None)):
        rows = result.exposure.query(f"zone_kind == 'within' and {whole} and measure == '{measure}' and to_m == 10000")
        rows = rows[rows.category.isna() if category is None else rows.category == category]
        sums = database.execute(
            f"SELECT {by}, sum(value) FROM exposure WHERE part_of = ? AND measure = ? AND category IS ?"
            f" AND to_m <= 10000 GROUP BY {by}",
            (part_of, measure, category),
        ).fetchall()
        assert dict(sums) == pytest.approx(dict(zip(rows[by], rows.value, strict=True)))


def test_a_figure_of_29_pixels_is_shown_in_no_view(result, tmp_path):
    few = result.exposure.assign(pixels=result.exposure.pixels.where(result.exposure.pixels.isna(), LEAST_PIXELS - 1))
    path = geopackage.write(replace(result, exposure=few), tmp_path)
    with closing(sqlite3.connect(path)) as opened:
        for view, column in (
            ("people_within_10km_by_country", "people"),
            ("people_by_segment_and_distance", "people_high"),
            ("cover_by_distance", "area_km2"),
            ("cover_by_distance", "share"),
            ("zone_figures", "people_total"),
            ("zone_figures", "cover_share_tree_low"),
        ):
            assert opened.execute(f"SELECT count(*) > 0, count({column}) FROM {view}").fetchone() == (1, 0)
        assert opened.execute("SELECT count(settlements) > 0 FROM zone_figures").fetchone() == (1,)


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
