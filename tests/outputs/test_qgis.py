"""The QGIS project, opened by real QGIS: valid, drawn, printed, moved, asked, translated."""

from __future__ import annotations

import re
import shutil
import sqlite3
import xml.etree.ElementTree as ET
import zipfile
from contextlib import closing
from dataclasses import replace
from html import escape
from pathlib import Path

import duckdb
import geopandas as gpd
import pyogrio
import pytest

from geo_border.outputs import cog, geopackage, geoparquet, qgis, table
from geo_border.outputs.qgis.expressions import (
    build_area_expr,
    build_km_expr,
    build_people_expr,
    build_percent_expr,
    shown_length,
)
from geo_border.outputs.questions import VIEWS
from geo_border.present import labels, palette, read_disclaimer, rounding
from geo_border.present.languages import LANGUAGES, read_language
from geo_border.present.withholding import LEAST_PIXELS, withhold
from geo_border.schemas import LAYERS
from tests.outputs.qgis_runs import DOCS, bare, questions, session
from tests.synthetic import HOSTILE_NAMES, build

SAY = read_language("en").translate
SPATIAL = ("st_intersects",)
# One process, so that QGIS is opened once.
pytestmark = [pytest.mark.qgis, pytest.mark.xdist_group("qgis")]


def expressions() -> list[str]:
    """Every expression of the docs."""
    return [e.strip() for e in re.findall(r"```qgis-expression\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)]


@pytest.fixture(scope="module")
def result():
    """The made-up result with a long line, and figures near the line that a sheet must not print as they are."""
    made = build()
    table, segments = made.exposure.copy(), made.layers["segments"].copy()
    table.loc[_find(table, "within|LT-RU|0-1000", "cover_share", "tree"), "pixels"] = LEAST_PIXELS - 1.0
    for zone, figures in (
        ("PL-BY|0-1000", None),
        ("LT-BY|0-1000", (3.0, 1.0, 7.0)),
        ("LT-BY|0-5000", (14.0, 4.0, 26.0)),
    ):
        table.loc[_find(table, f"within|{zone}", "people", "total"), ["value", "low", "high"]] = figures
    segments.loc[segments.segment == "PL-RU", "length_km"] = 1285.64
    return replace(made, exposure=table, layers={**made.layers, "segments": segments})


def _find(table, zone_id, measure, category):
    """The one row of a figure, as a mask."""
    found = (table.zone_id == zone_id) & (table.measure == measure) & (table.category == category)
    assert found.sum() == 1
    return found


@pytest.fixture(scope="module")
def folder(result, tmp_path_factory):
    made = tmp_path_factory.mktemp("run")
    geopackage.write(result, made)
    table.write(result, made)
    geoparquet.write(result, made)
    cog.write(result, made)
    qgis.write(result, made)
    return made


VALUES = (0, 0.2, 3, 9.99, 10, 14.9, 15, 994, 996, 1040, 9_940, 9_960, 52_310, 123_456.7)
SHARES = (0, 0.002, 0.0049, 0.0051, 0.3, 0.456, 0.994, 0.996, 0.9999, 1 - 1e-16, 1)


def _calculations() -> list[str]:
    made = [build_people_expr(repr(v), SAY) for v in VALUES]
    made += [build_area_expr(repr(v), SAY) for v in VALUES]
    made += [build_km_expr(repr(v), SAY) for v in VALUES]
    made += [shown_length(repr(v), SAY) for v in VALUES]
    return made + [build_percent_expr(repr(v), SAY) for v in SHARES]


@pytest.fixture(scope="module")
def answer(folder, tmp_path_factory):
    inside, within, of_area = expressions()
    return session(
        project=str(folder / "finland-poland.qgz"),
        out=str(tmp_path_factory.mktemp("drawn")),
        sql=questions(),
        expressions={
            "near": ["layer_settlements", inside],
            "corridor": ["layer_settlements", within],
            "area": ["layer_corridor", of_area],
            "class": ["layer_populated", 'represent_value("class")'],
            "country": ["layer_settlements", 'represent_value("country")'],
        },
        labels=True,
        tips=["layer_settlements", "layer_zones", "layer_zone_figures", "layer_corridor", "layer_countries"],
        calculate=_calculations(),
        gpkg=str(folder / "layers.gpkg"),
        open=[name for name, layer in LAYERS.items() if layer.geometry],
    )


def test_the_project_opens_with_no_invalid_layer_and_no_warning(answer):
    assert answer["read"], answer["error"]
    assert [i for i, layer in answer["described"]["layers"].items() if not layer["valid"]] == []
    assert answer["messages"] == []


def test_every_layer_of_the_geopackage_and_every_grid_is_in_the_project(answer):
    ids = set(answer["described"]["layers"])
    assert {f"layer_{name}" for name in LAYERS} <= ids
    assert {"layer_bands", "layer_strips", "layer_admin", "layer_zone_figures", "layer_people"} <= ids


def test_rows_are_those_of_the_result_and_subsets_part_the_zones(answer, result):
    layers = answer["described"]["layers"]
    for name, frame in result.layers.items():
        assert layers[f"layer_{name}"]["rows"] == len(frame), name
    zones = result.layers["zones"]
    strips = zones[(zones.zone_kind == "strip") & zones.segment.notna()]
    for subset, rows in (("bands", zones.part_of == "bands"), ("admin", zones.part_of == "admin"), ("strips", strips)):
        assert layers[f"layer_{subset}"]["rows"] == (len(rows) if rows is strips else rows.sum())
    assert 0 < len(strips) < (zones.zone_kind == "strip").sum()


def _filters(folder) -> dict[str, list[str]]:
    """Which zones each layer of zones draws, as SQL: its subset, or the filters of its rules."""
    with zipfile.ZipFile(folder / "finland-poland.qgz") as archive:
        root = ET.fromstring(archive.read("finland-poland.qgs").decode("utf-8").split("\n", 1)[1])
    found = {}
    for layer in root.iter("maplayer"):
        source = layer.findtext("datasource")
        if "layername=zones" in source or "layername=zone_figures" in source:
            rules = [rule.get("filter") for rule in layer.findall("renderer-v2/rules/rule")]
            found[layer.findtext("id")] = [source.partition("|subset=")[2]] if "|subset=" in source else rules
    return found


def test_no_layer_draws_the_same_land_twice(folder):
    filters = _filters(folder)
    named = ("bands", "strips", "admin", "own_areas", "zones", "zone_figures")
    assert set(filters) == {f"layer_{name}" for name in named}
    # Areas of a user's own may lie over each other, and this study has none.
    wheres = {where for listed in filters.values() for where in listed if "'own'" not in where}
    for where in wheres:
        drawn = pyogrio.read_dataframe(folder / "layers.gpkg", layer="zones", where=where)
        # Strips nest by their depth and by nothing else.
        parts = [part for _, part in drawn.groupby("to_m")] if "'strip'" in where else [drawn]
        for part in parts:
            assert len(part) > 0
            assert part.geometry.area.sum() == pytest.approx(part.union_all().area, rel=1e-9), where


def test_a_zone_is_found_by_its_columns_and_named_by_its_name(answer, folder):
    layers = answer["described"]["layers"]
    for name in ("bands", "strips", "admin", "zones", "zone_figures"):
        assert layers[f"layer_{name}"]["display"] == '"zone_name"'
    assert layers["layer_exposure"]["display"].startswith('"zone_name"')
    with zipfile.ZipFile(folder / "finland-poland.qgz") as archive:
        text = archive.read("finland-poland.qgs").decode("utf-8")
    # Neither put together nor taken apart.
    for spelt in (text, *questions().values(), *(q.sql for q in VIEWS)):
        assert not re.search(r"'(band|strip|within|admin|corridor|segment|country|own)\|", spelt)
        assert not re.search(r"(split|substr|regexp_\w+|string_to_array|like)\W+zone_id", spelt, re.IGNORECASE)


def test_the_project_is_in_the_studys_crs_and_measures_on_the_ellipsoid(answer):
    assert answer["described"]["crs"] == "EPSG:3035"
    assert answer["described"]["ellipsoid"] == "EPSG:7030"


def test_fields_explain_themselves_and_look_up_names(answer):
    cells = answer["described"]["layers"]["layer_cells"]
    assert cells["aliases"]["distance_m"] == "Distance (m)"
    assert cells["widgets"]["civilian_exposure"] == "ValueMap"
    assert cells["widgets"]["country"] == "ValueRelation"
    settlements, zones = (answer["described"]["layers"][f"layer_{name}"] for name in ("settlements", "zones"))
    assert (settlements["aliases"]["admin_id"], settlements["aliases"]["admin_name"]) == ("Code of region", "Region")
    assert (zones["aliases"]["zone_name"], zones["widgets"]["part_of"]) == ("Name of zone", "ValueMap")
    assert answer["described"]["layers"]["layer_exposure"]["aliases"]["pixels"] == "Pixels of the data"
    assert answer["values"]["class"]["values"][0] in ("Village", "Dispersed rural", "Low-density rural")
    assert set(answer["values"]["country"]["values"]) == {"Lietuva", "Polska"}


def test_tables_join_to_zones_by_valid_relations(answer):
    relations = answer["described"]["relations"]
    assert {"figures_of_zones", "figures_of_bands", "figures_of_segment"} <= set(relations)
    assert all(relations.values())


def test_large_layers_are_hidden_when_seen_from_afar(answer):
    layers = answer["described"]["layers"]
    assert 0 < layers["layer_cells"]["farthest"] <= 500_000
    assert 0 < layers["layer_facilities"]["farthest"] <= 1_000_000


def test_metadata_credits_and_disclaimer_are_in_the_project(answer, result):
    described = answer["described"]
    assert described["title"] == result.study.title
    assert read_disclaimer() in described["abstract"]
    assert result.passport["sources"][0]["attribution"] in described["layers"]["layer_cells"]["attribution"]


@pytest.mark.parametrize("theme", ["Overview", "Forest", "People", "Exposure", "Suwałki"])
def test_every_theme_draws_something(answer, theme):
    drawn = answer["themes"][theme]
    assert drawn["errors"] == []
    assert drawn["colours"] > 20
    assert "layer_frontier" in drawn["layers"]


def test_no_theme_draws_cells_without_a_known_exposure(answer):
    assert all("layer_cells" not in drawn["layers"] for drawn in answer["themes"].values())


def test_there_is_a_sheet_a_segment_one_of_the_whole_and_one_of_the_corridor(answer, result):
    segments = set(result.layers["segments"].segment)
    assert set(answer["sheets"]) == segments | {"Whole frontier", "Suwałki"}
    assert set(answer["described"]["bookmarks"]) == segments | {"Suwałki"}
    for name, sheet in answer["sheets"].items():
        assert sheet["ok"], name
        assert sheet["png_bytes"] > 10_000
        assert sheet["pdf_bytes"] > 10_000
        assert sheet["colours"] > 20
        assert read_disclaimer() in sheet["labels"]["disclaimer"]
        assert result.passport["sources"][0]["attribution"] in sheet["labels"]["sources"]


def test_the_figures_of_a_sheet_are_rows_of_the_table_withheld_and_rounded(answer, result):
    english, shown = read_language("en"), withhold(result.exposure)
    compared = 0
    for segment in result.layers["segments"].segment:
        lines = bare(answer["sheets"][segment]["labels"]["figures"]).split("\n")
        assert len(lines) == 1 + len(result.study.bands_m)
        for line, edge_m in zip(lines[1:], result.study.bands_m, strict=True):
            zone = f"within|{segment}|0-{edge_m:g}"
            people, trees = (
                shown[_find(shown, zone, *key)].iloc[0] for key in (("people", "total"), ("cover_share", "tree"))
            )
            value, low, high = (rounding.round_people(people[name]) for name in ("value", "low", "high"))
            spread = english.format_range(low, high)
            expected = (
                f"0–{edge_m / 1000:g} km: People {english.format_number(value)}{f' ({spread})' if spread else ''}"
            )
            assert line == bare(f"{expected}; Tree cover {english.format_share(rounding.round_percent(trees.value))}")
            compared += 1
    assert compared == 20


def test_a_sheet_prints_a_dash_for_what_is_not_known_and_a_floor_for_the_few(answer):
    lines = {name: sheet["labels"].get("figures", "").split("\n") for name, sheet in answer["sheets"].items()}
    assert lines["PL-BY"][1].startswith("0–1 km: People –; Tree cover ")
    assert lines["LT-RU"][1].endswith("; Tree cover –")
    assert lines["LT-BY"][1].startswith("0–1 km: People under 10; Tree")
    assert lines["LT-BY"][2].startswith("0–5 km: People 10 (under 10–30); Tree")


def test_lengths_on_a_sheet_round_as_everywhere(answer):
    first = {name: sheet["labels"].get("figures", "").split("\n")[0] for name, sheet in answer["sheets"].items()}
    assert first["PL-RU"] == "Measured length 1,286 km; Length at sea 7.0 km"
    assert first["LT-BY"] == "Measured length 30.0 km; Official length 31.0 km"


def test_the_notes_of_a_sheet_say_what_its_share_is_of_and_what_a_dash_is(answer, result):
    trees = result.exposure.query("measure == 'cover_share' and category == 'tree' and basis.notna()")
    assert set(trees.basis) == {"known cover without water"}
    for segment in result.layers["segments"].segment:
        notes = answer["sheets"][segment]["labels"]["notes"]
        assert "Percentages are shares of: known cover without water." in notes
        assert "A dash: not known" in notes


def test_no_text_of_a_sheet_is_cut_off(answer, result):
    assert len(answer["cut"]) == len(result.layers["segments"]) + 2
    assert set(map(len, answer["cut"].values())) == {0}


def test_figures_in_tips_round_as_everywhere(answer):
    english = read_language("en")
    expected = [english.format_number(rounding.round_people(v)) for v in VALUES]
    expected += [f"{english.format_number(rounding.round_area_km2(v))} km²" for v in VALUES]
    expected += [f"{english.format_number(rounding.round_distance_km(v))} km" for v in VALUES]
    expected += [f"{english.format_number(rounding.round_length_km(v))} km" for v in VALUES]
    expected += [english.format_share(rounding.round_percent(v)) for v in SHARES]

    assert [bare(a) for a in answer["calculated"]] == [bare(e) for e in expected]


def test_names_in_tips_are_text_never_markup_or_expression(answer):
    shown = "\n".join(answer["tips"]["layer_settlements"])
    assert "<script" not in shown
    assert "<img" not in shown
    assert "&lt;script&gt;" in shown
    assert "[% 1 + 1 %]" in shown
    assert sum(name in shown for name in HOSTILE_NAMES if "<" not in name) == sum("<" not in n for n in HOSTILE_NAMES)


def test_a_tip_of_a_zone_says_its_name_and_kind_and_that_a_strip_is_hypothetical(answer, result):
    zones = result.layers["zones"]
    for layer in ("layer_zones", "layer_zone_figures"):
        for tip, zone in zip(answer["tips"][layer], zones.itertuples(), strict=True):
            assert tip.startswith(
                f"<b>{escape(zone.zone_name, quote=False)}</b><br>{labels.ZONE_KINDS[zone.zone_kind]}<br>"
            )
            assert "[%" not in tip
            assert ("Hypothetical strip<br>" in tip) == (zone.zone_kind == "strip")
    assert any("&lt;b&gt;" in tip for tip in answer["tips"]["layer_zones"])


def test_a_tip_of_a_corridor_tells_its_part_and_a_dash_for_people_that_nobody_knows(answer):
    assert answer["tips"]["layer_corridor"] == [
        "<b>Suwałki (suwalki), Lietuva (LT)</b><br>Area: 2,400 km²<br>People: –",
        "<b>Suwałki (suwalki), Polska (PL)</b><br>Area: 2,400 km²<br>People: –",
    ]


def test_a_layer_opened_alone_brings_its_style(answer):
    opened = answer["opened"]
    assert all(layer["valid"] for layer in opened.values())
    assert opened["zones"]["renderer"] == "RuleRenderer"
    assert opened["cells"]["renderer"] == "categorizedSymbol"
    assert opened["settlements"]["labels"]


def test_the_questions_leave_out_what_the_rule_withholds():
    asked = [sql for sql in questions().values() if "layer_exposure" in sql]
    assert len(asked) == 4
    assert all(f"coalesce(pixels, {LEAST_PIXELS}) >= {LEAST_PIXELS}" in sql for sql in asked)


def test_there_are_ten_questions():
    assert list(questions()) == [str(number) for number in range(1, 11)]


@pytest.mark.parametrize("number", sorted(questions(), key=int))
def test_a_question_has_the_same_answer_in_qgis_and_in_duckdb_or_geopandas(answer, folder, number):
    sql = questions()[number]
    in_qgis = answer["sql"][number]
    assert "error" not in in_qgis, in_qgis
    expected = _in_geopandas(folder) if any(f in sql for f in SPATIAL) else _in_duckdb(folder, sql)
    assert len(expected) > 0
    assert len(in_qgis["rows"]) == len(expected)
    for row, other in zip(in_qgis["rows"], expected, strict=True):
        assert row == [pytest.approx(v, rel=1e-12) if isinstance(v, float) else v for v in other]


@pytest.mark.parametrize("number", sorted(questions(), key=int))
def test_a_question_has_the_same_answer_in_sqlite_but_for_the_spatial_one(answer, folder, number):
    sql = questions()[number]
    with closing(sqlite3.connect(folder / "layers.gpkg")) as database:
        if any(f in sql for f in SPATIAL):
            with pytest.raises(sqlite3.OperationalError):
                database.execute(_of_the_file(sql))
            return
        expected = database.execute(_of_the_file(sql)).fetchall()
    assert [list(row) for row in expected] == [
        [pytest.approx(v, rel=1e-12) if isinstance(v, float) else v for v in row]
        for row in answer["sql"][number]["rows"]
    ]


@pytest.mark.parametrize("number", sorted(questions(), key=int))
def test_a_question_has_the_same_answer_in_gdal(answer, folder, number):
    rows = pyogrio.read_dataframe(folder / "layers.gpkg", sql=_of_the_file(questions()[number])).to_numpy().tolist()
    expected = answer["sql"][number]["rows"]
    assert len(rows) == len(expected) > 0
    for row, other in zip(rows, expected, strict=True):
        found = [None if v != v else v for v in row]
        assert found == [pytest.approx(v, rel=1e-12) if isinstance(v, float) else v for v in other]


def _of_the_file(sql: str) -> str:
    """SQL of the docs as they say it is written for `layers.gpkg`."""
    return sql.replace("layer_", "").replace(".geometry", ".geom")


def _in_duckdb(folder: Path, sql: str) -> list[tuple]:
    database = duckdb.connect()
    for path in [folder / "exposure.parquet", *(folder / "parquet").glob("*.parquet")]:
        database.execute(f"CREATE VIEW layer_{path.stem} AS SELECT * FROM '{path}'")
    return database.execute(sql).fetchall()


def _in_geopandas(folder: Path) -> list[tuple]:
    settlements = gpd.read_file(folder / "layers.gpkg", layer="settlements")
    corridor = gpd.read_file(folder / "layers.gpkg", layer="corridor")
    joined = settlements[["name", "country", "people", "geometry"]].sjoin(corridor[["geometry"]])
    rows = joined.sort_values("name", key=lambda names: names.map(lambda n: n.encode()))
    return [
        (r.name_, r.country, None if r.people != r.people else r.people)
        for r in rows.rename(columns={"name": "name_"}).itertuples()
    ]


def test_the_expressions_of_the_docs_say_the_same_as_their_sql(answer, result):
    values = answer["values"]
    assert all(not v["error"] for v in values.values()), values
    assert sum(values["near"]["values"]) == len(answer["sql"]["3"]["rows"])
    assert sum(bool(v) for v in values["corridor"]["values"]) == len({r[0] for r in answer["sql"]["8"]["rows"]})
    cells = result.layers["cells"]
    whole = values["area"]["values"]
    assert sum(whole) == pytest.approx(cells.people.sum())


def test_the_folder_opens_as_well_where_it_was_moved(folder, tmp_path):
    moved = tmp_path / "Nowy folder – Suwałki (2)"
    shutil.copytree(folder, moved)
    told = session(project=str(moved / "finland-poland.qgz"))
    assert [i for i, layer in told["described"]["layers"].items() if not layer["valid"]] == []
    assert told["messages"] == []
    assert all(str(moved) in layer["source"] for layer in told["described"]["layers"].values())


def test_no_absolute_path_is_in_any_project(folder):
    for path in folder.glob("*.qgz"):
        with zipfile.ZipFile(path) as archive:
            text = archive.read(archive.namelist()[0]).decode("utf-8")
        assert str(folder) not in text
        sources = [e.text for e in ET.fromstring(text.split("\n", 1)[1]).iter("datasource")]
        assert sources
        assert all(source.startswith("./") for source in sources)


def test_each_language_has_a_project_that_opens_with_the_same_ids(folder, answer):
    assert {p.name for p in folder.glob("*.qgz")} == {
        "finland-poland.qgz",
        *(f"finland-poland_{code}.qgz" for code in LANGUAGES if code != "en"),
    }
    for code in ("fi", "pl"):
        told = session(project=str(folder / f"finland-poland_{code}.qgz"), sql=questions(), labels=True)
        assert set(told["described"]["layers"]) == set(answer["described"]["layers"])
        assert all(layer["valid"] for layer in told["described"]["layers"].values())
        assert told["messages"] == []
        assert told["sql"] == answer["sql"]
        assert set(map(len, told["cut"].values())) == {0}


def test_every_text_of_the_project_is_translated(result, folder):
    said = set()

    class Listening:
        code = "fi"

        def translate(self, message, **values):
            said.add(message)
            return read_language("fi").translate(message, **values)

    qgis.project.build_project(result, folder, Listening(), qgis.project.measure_bounds(result))
    missing = {text for text in said if text not in read_language("fi").messages} - {
        c.name for c in result.study.corridors
    }
    assert len(said) > 80
    assert missing == set()


def test_two_writings_give_the_same_bytes(result, folder, tmp_path):
    qgis.write(result, tmp_path)
    for path in tmp_path.glob("*.qgz"):
        assert path.read_bytes() == (folder / path.name).read_bytes()


def test_colours_are_those_of_the_palette(folder):
    with zipfile.ZipFile(folder / "finland-poland.qgz") as archive:
        text = archive.read("finland-poland.qgs").decode("utf-8")
    for cls in palette.list_classes("civilian_exposure"):
        style = palette.get_style("civilian_exposure", cls)
        red, green, blue = (int(style.fill[at : at + 2], 16) for at in (1, 3, 5))
        assert f"{red},{green},{blue},{int(style.fill_opacity * 255 + 0.5)}" in text
