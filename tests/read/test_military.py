"""Whatever a file says is military never gets past its reader, in any format or spelling; what is civilian stays."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from geo_border.catalog import find_entry
from geo_border.errors import SchemaError
from geo_border.fetch.local import build_local_raw
from geo_border.read import read_admin, read_facilities, read_land, read_places, read_protected, read_roads, read_water
from geo_border.read.military import drop_military
from geo_border.store import Raw

HERE = (0.0, 0.0, 1.0, 1.0)
Tags = Mapping[str, object]

MILITARY: list[Tags] = [
    {"military": "barracks"},
    {"MILITARY": "Yes"},
    {"Military": True},
    {"military": 1},
    {"military": "no;base"},
    {"military:type": "depot"},
    {"is_military": "Y"},
    {"@military": "danger_area"},
    {"tags.military": "office"},
    {"landuse": "military"},
    {"LandUse": "Residential; Military"},
    {"access": "military"},
    {"access": "private;military"},
    {"motor_vehicle": "military"},
    {"operator:type": "military"},
    {"Operator:Type": " MILITARY "},
    {"operator_type": "military"},
    {"operator:typ": "military"},
    {"operator_t": "military"},
    {"operator:t": "army"},
    {"hospital:t": "Military"},
    {"building": "military"},
    {"building": "barracks"},
    {"building": "bunker"},
    {"aerodrome:type": "military/public"},
    {"aeroway": "aerodrome", "military": "airfield"},
    {"type": "military mid"},
    {"fclass": "military"},
    {"class": "naval_base", "subtype": "military"},
    {"class": "naval_base"},
    {"subtype": "military"},
    {"usage": "military"},
    {"owner": "military"},
    {"feature_code": "MILB"},
    {"feature_code": "L.NVB"},
    {"FEATURE_CO": "S.AIRB"},
    {"fcode": "insm"},
    {"categories": {"primary": "military_base", "alternate": ["school"]}},
    {"categories": {"primary": "school", "alternate": ["military_school"]}},
    {"source_tags": [("amenity", "school"), ("military", "base")]},
    {"source_tags": [{"key": "landuse", "value": "military"}]},
    {"tags": {"amenity": "school", "operator:type": "military"}},
    {"tags": '{"amenity": "school", "landuse": "military"}'},
    {"tags": "{'amenity': 'school', 'access': 'military'}"},
    {"tags": "amenity=school;military=base"},
    {"other_tags": '"amenity"=>"school","military"=>"base"'},
    {"other_tags": '"name"=>"The \\"old\\" one","landuse"=>"military"'},
    {"access": np.array(["no", "military"], dtype=object)},
    {"barrier": "border_control"},
    {"amenity": "customs"},
    {"feature_code": "PSTB"},
    {"kind": "Border crossing"},
]

CIVILIAN: list[Tags] = [
    {"military": "no"},
    {"military": None},
    {"military": float("nan")},
    {"military": 0},
    {"MILITARY": "Nie"},
    {"military": False},
    {"military_distance": 1200.0},
    {"was:military": "barracks"},
    {"name": "Military"},
    {"name:en": "Military Road"},
    {"road_name": "Military Road"},
    {"addr:street": "Military"},
    {"description": "landuse=military is next door"},
    {"names": {"primary": "Military", "common": None}},
    {"other_tags": '"name"=>"Military","access"=>"yes"'},
    {"tags": {"name": "Military base road", "military": "no"}},
    {"website": "https://example.org/?military=base"},
    {"link": "https://example.org/?military=base"},
    {"operator:type": "public"},
    {"kind": "non-military"},
    {"shop": "military_surplus"},
    {"category": "military museum"},
    {"golf": "bunker"},
    {"landuse": "residential"},
    {"access": "customers"},
    {"class": "demilitarised"},
    {"feature_code": "PPL"},
    {"fcode": "AIRP"},
]


@pytest.mark.parametrize("tags", MILITARY, ids=str)
def test_a_row_is_dropped_by_whatever_says_that_it_is_military(tags: Tags) -> None:
    table = pd.DataFrame({key: pd.Series([value, None], dtype=object) for key, value in tags.items()})
    assert list(drop_military(table, "f").index) == [1]


@pytest.mark.parametrize("tags", CIVILIAN, ids=str)
def test_a_civilian_row_stays_whatever_it_is_called(tags: Tags) -> None:
    table = pd.DataFrame({key: pd.Series([value], dtype=object) for key, value in tags.items()})
    assert len(drop_military(table, "f")) == 1


def test_a_text_that_is_nested_without_end_is_a_text() -> None:
    assert len(drop_military(pd.DataFrame({"tags": ["[" * 100_000 + "military"]}), "f")) == 1


def test_what_is_left_out_is_counted_and_neither_named_nor_located(caplog: pytest.LogCaptureFixture) -> None:
    table = pd.DataFrame({"name": ["Secret", *("Open" for _ in range(26))], "landuse": ["military"] * 3 + [None] * 24})
    drop_military(table, "roads.gpkg")
    assert caplog.messages == ["roads.gpkg: 3 of 27 rows left out: military or border control."]
    caplog.clear()
    drop_military(table[3:], "roads.gpkg")
    assert not caplog.messages


# Tags of what is planted, as a plain column in every format and packed where the format can.
PLANTED: list[dict[str, str | None]] = [
    {"military": "barracks", "other_tags": None},
    {"military": None, "other_tags": '"operator:type"=>"military"'},
    {"military": None, "other_tags": '{"landuse": "Military"}'},
]
OPEN: dict[str, str | None] = {"military": "no", "other_tags": '"access"=>"yes"'}
FORMATS = ["a.gpkg", "a.geojson", "a.shp", "a.fgb", "a.parquet", "a.csv"]


def write(path: Path, rows: list[dict[str, object]], shapes: list[shapely.Geometry], need: str) -> Raw:
    frame = gpd.GeoDataFrame(rows, geometry=shapes, crs=4326)
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".csv":
        # GDAL takes the geometry from a column WKT, and the CRS from a file beside.
        frame.assign(WKT=frame.geometry.to_wkt()).drop(columns="geometry").to_csv(path, index=False)
        path.with_suffix(".prj").write_text(frame.crs.to_wkt())
    else:
        frame.to_file(path)
    return build_local_raw(need, path)


POINTS = [shapely.Point(0.1 + 0.2 * i, 0.5) for i in range(4)]
LINES = [shapely.LineString([(0.1, 0.2 * i + 0.1), (0.9, 0.2 * i + 0.1)]) for i in range(4)]
SITES = [shapely.box(0.2 * i, 0.0, 0.2 * i + 0.1, 0.5) for i in range(4)]
Read = Callable[[Raw, tuple[float, float, float, float]], gpd.GeoDataFrame]
NEEDS: dict[str, tuple[Read, dict[str, object], list[shapely.Geometry]]] = {
    "facilities": (read_facilities, {"kind": "school", "name": "n"}, POINTS),
    "places": (read_places, {"kind": "village", "name": "n"}, POINTS),
    "roads": (read_roads, {"kind": "primary"}, LINES),
    "protected": (read_protected, {"kind": "park", "name": "n"}, SITES),
}


@pytest.mark.parametrize("need", NEEDS)
@pytest.mark.parametrize("name", FORMATS)
def test_no_format_of_a_users_file_brings_the_military_in(
    tmp_path: Path, need: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    read, columns, shapes = NEEDS[need]
    raw = write(tmp_path / name, [{**columns, **tags} for tags in [OPEN, *PLANTED]], shapes, need)
    with caplog.at_level(logging.WARNING, "geo_border"):
        table = read(raw, HERE)
    assert len(table) == 1
    assert table.geometry.iloc[0].normalize().equals_exact(shapes[0].normalize(), 1e-6)
    assert f"{name}: 3 of 4 rows left out: military" in caplog.text


@pytest.mark.filterwarnings("ignore:Column names longer than 10")
@pytest.mark.filterwarnings("ignore:Normalized/laundered field name")
def test_a_shapefile_that_cuts_the_name_of_a_tag_is_understood(tmp_path: Path) -> None:
    rows = [{"kind": "school", "operator:type": text} for text in ("public", "military")]
    raw = write(tmp_path / "a.shp", rows, POINTS[:2], "facilities")
    assert "operator_t" in pyogrio.read_info(raw.paths[0])["fields"]
    assert len(read_facilities(raw, HERE)) == 1


def test_maps_and_structs_of_geoparquet_are_looked_into(tmp_path: Path) -> None:
    rows = [
        {"kind": "school", "tags": tags, "cats": ["school"]}
        for tags in ({"access": "yes"}, {"access": "military"}, {"access": None})
    ]
    rows[2]["cats"] = ["school", "military"]
    raw = write(tmp_path / "a.parquet", rows, POINTS[:3], "facilities")
    assert len(read_facilities(raw, HERE)) == 1


def test_nested_tags_of_geojson_are_looked_into(tmp_path: Path) -> None:
    tags: list[dict[str, str]] = [{"amenity": "school"}, {"amenity": "school", "military": "base"}]
    features = [
        {"type": "Feature", "properties": {"kind": "school", "tags": own}, "geometry": shapely.geometry.mapping(point)}
        for own, point in zip(tags, POINTS, strict=False)
    ]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert len(read_facilities(build_local_raw("facilities", path), HERE)) == 1


@pytest.mark.parametrize("dataset", ["osm-facilities", "osm-places", "osm-roads"])
def test_an_answer_of_overpass_is_asked_by_any_tag(tmp_path: Path, dataset: str) -> None:
    need = dataset.removeprefix("osm-")
    civil = {"facilities": {"amenity": "school"}, "places": {"place": "village", "name": "n"}}.get(
        need, {"highway": "primary"}
    )
    line = [{"lon": 0.1, "lat": 0.1}, {"lon": 0.9, "lat": 0.1}]
    elements = [
        {"type": "way", "id": number, "center": line[0], "geometry": line, "tags": {**civil, **tags}}
        for number, tags in enumerate([{"military": "no"}, {"Military": "base"}, {"usage": "military;public"}])
    ]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"elements": elements}))
    assert len(NEEDS[need][0](build_local_raw(need, path, find_entry(dataset)), HERE)) == 1


def test_an_extract_is_asked_by_any_tag(tmp_path: Path) -> None:
    import osmium
    from osmium.osm.mutable import Node, Way

    path = tmp_path / "a.osm.pbf"
    plants = [{"military": "no"}, {"military": "base"}, {"motor_vehicle": "military"}, {"military:use": "storage"}]
    with osmium.SimpleWriter(str(path)) as out:
        for i, tags in enumerate(plants):
            civil = {"amenity": "school", "place": "village", "name": "n"}
            out.add_node(Node(id=i + 1, location=(0.2 * i + 0.1, 0.5), tags={**civil, **tags}, version=1))
        for i, tags in enumerate(plants):
            out.add_way(Way(id=i + 1, nodes=[1, 2], tags={"highway": "primary", **tags}, version=1))
    for need in ("facilities", "places", "roads"):
        assert len(NEEDS[need][0](build_local_raw(need, path), HERE)) == 1, need


@pytest.mark.parametrize("need", ["land", "water", "admin"])
def test_the_ground_keeps_its_military_parts_since_a_hole_would_draw_them(tmp_path: Path, need: str) -> None:
    rows = [
        {"admin_id": str(i), "name": "n", "country": "PL", "landuse": use} for i, use in enumerate(("", "military"))
    ]
    raw = write(tmp_path / "a.gpkg", rows, SITES[:2], need)
    read = {"land": read_land, "water": read_water, "admin": read_admin}[need]
    table = read(raw, HERE)
    assert len(table) == 2
    assert "landuse" not in table.columns


def roads(tmp_path: Path, **columns: list[object]) -> Raw:
    count = len(next(iter(columns.values())))
    rows = [{name: values[i] for name, values in columns.items()} for i in range(count)]
    lines = [shapely.LineString([(0.1, 0.05 * i + 0.1), (0.9, 0.05 * i + 0.1)]) for i in range(count)]
    return write(tmp_path / "r.gpkg", rows, lines, "roads")


@pytest.mark.parametrize("column", ["kind", "highway", "HIGHWAY", "fclass", "class", "road_class"])
def test_roads_of_ones_own_are_public_ones_by_their_class(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, column: str
) -> None:
    kinds: list[object] = [
        "primary",
        "Trunk_Link",
        "track",
        "service",
        "footway",
        None,
        "living street",
        "bicycle_road",
    ]
    with caplog.at_level(logging.WARNING, "geo_border"):
        table = read_roads(roads(tmp_path, **{column: kinds}), HERE)
    assert list(table["kind"]) == ["primary", "trunk", "living_street"]
    assert re.search(r"r\.gpkg: 5 of 8 rows left out: not public roads.*track 1, service 1", caplog.text)


def test_the_class_of_a_road_is_found_in_packed_tags(tmp_path: Path) -> None:
    raw = roads(
        tmp_path, other_tags=['"highway"=>"secondary"', '"highway"=>"track"', '"highway"=>"tertiary","access"=>"no"']
    )
    assert list(read_roads(raw, HERE)["kind"]) == ["secondary"]


@pytest.mark.parametrize("access", ["private", "no", "NO", "private;customers", "military"])
def test_a_road_that_the_public_may_not_use_is_left_out(tmp_path: Path, access: str) -> None:
    raw = roads(tmp_path, highway=["primary"] * 4, Access=[access, "yes", None, "destination"])
    assert len(read_roads(raw, HERE)) == 3
    raw = roads(tmp_path, Access=[access, "yes", None, "destination"])
    assert len(read_roads(raw, HERE)) == 3


@pytest.mark.parametrize("columns", [{"length": [1.0, 2.0]}, {"kind": [None, None], "length": [1.0, 2.0]}])
def test_roads_without_a_class_all_count_with_an_empty_kind(tmp_path: Path, columns: dict[str, list[object]]) -> None:
    table = read_roads(roads(tmp_path, **columns), HERE)
    assert len(table) == 2
    assert table["kind"].isna().all()


@pytest.mark.parametrize("words", [["gminna", "krajowa"], ["road", "road"], ["a", "b"]])
def test_classes_of_another_language_are_refused_and_never_a_length_of_nought(
    tmp_path: Path, words: list[object]
) -> None:
    expected = rf"^r\.gpkg: none of its classes of road is known \({words[0]}.*`highway`"
    with pytest.raises(SchemaError, match=expected) as caught:
        read_roads(roads(tmp_path, kind=words), HERE)
    assert "\n" not in str(caught.value)
