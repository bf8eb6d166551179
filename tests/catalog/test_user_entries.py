"""A user's own `[[dataset]]`: what follows from what is stated, and each mistake in one line with its entry and key."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from geo_border.catalog.declared import Entry
from geo_border.catalog.user import parse_catalogue, parse_tables, read_catalogue
from geo_border.errors import CatalogError

LEGEND = """
[dataset.legend]
canopy = "10 % and more"
tree_low = [1]
tree_high = [1, 2]
classes = { 1 = "tree", 2 = "shrub", 3 = "unknown" }
"""
COVER = f"""
[[dataset]]
name = "mine"
needs = ["cover"]
file = "tiles/cover.tif"
{LEGEND}
"""


def written(folder: Path, text: str, name: str = "own.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def told(folder: Path, text: str) -> str:
    """The one line that a catalogue is refused with."""
    with pytest.raises(CatalogError) as caught:
        read_catalogue(written(folder, text))
    line = str(caught.value)
    assert "\n" not in line
    assert "own.toml" in line
    return line


def make(**keys: Any) -> Entry:
    """An entry of a catalogue with these keys."""
    table = {"name": "mine", "needs": ["places"], "file": "x.gpkg", **keys}
    (one,) = parse_tables([table], "own.toml", "own.toml", Path()).require()
    return one.entry


# --- what follows from what is stated ---


def test_a_file_counts_from_the_folder_of_its_catalogue_and_may_lie_outside(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    text = COVER + COVER.replace('"mine"', '"other"').replace("tiles/", "../elsewhere/")
    one, other = read_catalogue(written(tmp_path / "own", text))
    assert one.entry.file == tmp_path / "own" / "tiles" / "cover.tif"
    assert other.entry.file is not None
    assert other.entry.file.resolve() == tmp_path / "elsewhere" / "cover.tif"
    assert (one.origin, other.origin) == ("own.toml", "own.toml")


def test_what_is_written_of_an_entry_names_no_folder(tmp_path: Path) -> None:
    (one,) = read_catalogue(written(tmp_path, COVER))
    assert one.entry.model_dump(mode="json")["file"] == "cover.tif"
    assert str(tmp_path) not in one.entry.model_dump_json()


@pytest.mark.parametrize(
    ("keys", "reader", "source"),
    [
        ({"needs": ["people"], "file": "x.tif"}, "raster", "local"),
        ({"needs": ["settlement_class"], "file": "x.img"}, "raster", "local"),
        ({"needs": ["roads"]}, "vector", "local"),
        ({"needs": ["roads", "places"], "file": "x.osm.pbf"}, "osm-pbf", "local"),
        ({"needs": ["protected"], "file": None, "url": "https://a.example/sites.gpkg"}, "vector", "http"),
    ],
)
def test_reader_and_way_follow_from_need_and_file(keys: dict[str, Any], reader: str, source: str) -> None:
    given = {key: value for key, value in keys.items() if value is not None}
    table = {"name": "mine", **({} if "url" in given else {"file": "x.gpkg"}), **given}
    (one,) = parse_tables([table], "own.toml", "own.toml", Path()).require()
    assert (one.entry.reader, one.entry.source) == (reader, source)


def test_a_url_is_short_for_the_download_of_one_file() -> None:
    short = make(file=None, url="https://a.example/data/villages.geojson?version=3")
    assert short.download is not None
    assert (short.download.name, short.download.kind, short.version) == ("villages.geojson", "geojson", "current")
    long = make(file=None, download={"url": short.download.url, "name": "villages.geojson", "kind": "geojson"})
    assert long.download == short.download


def test_numbers_of_a_year_or_version_are_texts() -> None:
    entry = make(vintage=2024, version=3)
    assert (entry.vintage, entry.version) == ("2024", "3")


def test_classes_are_called_by_their_class_where_the_legend_has_no_names(tmp_path: Path) -> None:
    (one,) = read_catalogue(written(tmp_path, COVER))
    assert one.entry.legend is not None
    assert one.entry.legend.names == {"1": "tree", "2": "shrub", "3": "unknown"}


def test_terms_that_nobody_stated_are_said_to_be_the_owners() -> None:
    entry = make()
    assert (entry.licence, entry.vintage, entry.publisher) == ("as given by its owner", "as given", "the user")
    assert entry.title == entry.attribution == "mine"


# --- what is refused: a table, and what the line must say ---

PLACES = {"name": "mine", "needs": ["places"], "file": "x.gpkg"}
GRID = {"name": "mine", "needs": ["people"], "file": "x.tif"}
TREE = {"canopy": "10 %", "tree_low": [1], "tree_high": [1], "classes": {"1": "tree"}}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "unknown key": ({**PLACES, "fiel": "y"}, r"fiel: unknown key\. Known: .*\bfile\b.*\burl\b"),
    "unknown key in a legend": (
        {"name": "c", "needs": ["cover"], "file": "x.tif", "legend": {**TREE, "classes_": {}}},
        r"legend\.classes_: unknown key\. Known: canopy, classes, names, tree_high, tree_low",
    ),
    "no name": ({"needs": ["places"], "file": "x"}, r"\(no name\): name: Field required"),
    "no need": ({"name": "mine", "file": "x"}, r"needs: Field required"),
    "need as text": ({**PLACES, "needs": "places"}, r"needs: .*valid list, got 'places'"),
    "need unknown": ({**PLACES, "needs": ["villages"]}, r"unknown needs \['villages'\]; known: boundaries, land"),
    "name of a folder above": ({**PLACES, "name": "../../etc"}, r"name: expected letters, digits.*got '\.\./\.\./etc'"),
    "name with signs of --sources": ({**PLACES, "name": "a=b@c"}, r"name: expected letters"),
    "version of a folder above": ({**PLACES, "version": ".."}, r"version: expected letters, digits.*got '\.\.'"),
    "version with a slash": ({**PLACES, "version": "a/b"}, r"version: expected letters"),
    "band of a table": ({**PLACES, "band": 2}, r"band: is of rasters, and this dataset is read by vector"),
    "band nought": ({**GRID, "band": 0}, r"band: .*greater than or equal to 1, got 0"),
    "band as text": ({**GRID, "band": "two"}, r"band: .*valid integer.*got 'two'"),
    "nodata not a number": ({**GRID, "nodata": float("nan")}, r"nodata: .*finite number"),
    "nodata of a table": ({**PLACES, "nodata": 0}, r"nodata: is of rasters"),
    "layer of a raster": ({**GRID, "layer": "a"}, r"layer: is of vector files, and this dataset is read by raster"),
    "columns of a raster": ({**GRID, "columns": {"total": "T"}}, r"columns: is of tables"),
    "a column that nobody reads": (
        {**PLACES, "columns": {"nmae": "NAME"}},
        r"columns\.nmae: not read for places; known: country, kind, name, name_en, people, source_id",
    ),
    "kinds of what has none": ({**PLACES, "needs": ["admin"], "kinds": {"a": "b"}}, r"kinds: nothing of admin is told"),
    "counts of places": ({**PLACES, "counts": "all"}, r"counts: is of people"),
    "counts of nobody": ({**GRID, "counts": "some"}, r"counts: .*'all' or 'home', got 'some'"),
    "density of cover": (
        {"name": "c", "needs": ["cover"], "file": "x.tif", "density": True, "legend": TREE},
        r"density: is of people",
    ),
    "density of a census": (
        {**GRID, "reader": "census-grid", "columns": {"cell": "c"}, "density": True},
        r"density: is of rasters",
    ),
    "census without cells": ({**GRID, "reader": "census-grid"}, r"columns\.cell: expected the name of the column"),
    "legend of people": ({**GRID, "legend": TREE}, r"legend: is of land cover"),
    "cover without legend": ({"name": "c", "needs": ["cover"], "file": "x.tif"}, r"legend: expected a table"),
    "a reader of another need": ({**PLACES, "reader": "raster"}, r"reader: raster reads no places; expected vector or"),
    "a reader that is none": ({**PLACES, "reader": "excel"}, r"reader: .*'raster', 'vector'.*got 'excel'"),
    "a reader of the package": ({**GRID, "reader": "modelled"}, r"reader: modelled is for datasets of the package"),
    "what ships": ({"name": "m", "needs": ["places"], "source": "embedded"}, r"source: embedded is what ships"),
    "options": ({**PLACES, "options": {"not_in_force": 5}}, r"options: only datasets of the package have them"),
    "url and file": ({**PLACES, "url": "https://a.example/x.gpkg"}, r"file is a file of this machine.*expected one"),
    "url and download": (
        {"name": "m", "needs": ["places"], "url": "https://a.example/x.gpkg", "download": {}},
        r"url and \[download\] say the same",
    ),
    "checksums of no download": ({**PLACES, "files": [{"name": "x"}]}, r"files: only with a url"),
    "pixel of no size": ({**GRID, "pixel_m": 0}, r"pixel_m: .*greater than 0"),
    "file as a number": ({**PLACES, "file": 5}, r"file: .*got 5"),
    "legend as text": (
        {"name": "c", "needs": ["cover"], "file": "x.tif", "legend": "corine"},
        r"legend: .*got 'corine'",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_one_line_with_file_entry_and_key(case: str) -> None:
    table, expected = WRONG[case]
    parsed = parse_tables([PLACES | {"name": "fine"}, table], "folder/own.toml", "own.toml", Path())
    assert [one.entry.name for one in parsed.datasets] == ["fine"]
    assert parsed.faults
    assert all("\n" not in fault for fault in parsed.faults)
    assert all(fault.startswith("folder/own.toml: [[dataset]] 2 (") for fault in parsed.faults)
    assert any(re.search(expected, fault) for fault in parsed.faults), parsed.faults


@pytest.mark.parametrize(
    ("legend", "expected"),
    [
        ({"classes": {}}, r"legend\.classes: .*at least 1"),
        ({"classes": {"1": "forest"}}, r"classes not in the common legend: \['forest'\]; expected tree, shrub"),
        ({"classes": {"one": "crop"}}, r"'one' is no whole number"),
        ({"classes": {"01": "crop"}}, r"'01' is no whole number"),
        ({"classes": {"1.5": "crop"}}, r"'1\.5' is no whole number"),
        ({"classes": {"1": 5}}, r"legend\.classes\.1: .*valid string"),
        ({"classes": {"1": "tree"}}, r"a class is tree: expected canopy .* tree_low and tree_high"),
        ({**TREE, "canopy": " "}, r"expected canopy"),
        ({**TREE, "tree_low": [2]}, r"every value of tree_low among those that are tree"),
        ({**TREE, "tree_high": [1, 9]}, r"and these in classes"),
        ({**TREE, "classes": {"1": "tree", "2": "tree"}}, r"those in tree_high"),
        ({**TREE, "names": {"2": "x"}}, r"names and classes must have the same keys"),
    ],
)
def test_a_legend_is_whole_or_refused(legend: dict[str, Any], expected: str) -> None:
    table = {"name": "c", "needs": ["cover"], "file": "x.tif", "legend": legend}
    (fault,) = parse_tables([table], "own.toml", "own.toml", Path()).faults
    assert re.search(expected, fault), fault


def test_a_legend_without_trees_needs_no_canopy() -> None:
    legend = {"classes": {"1": "crop", "-2": "unknown", "100000": "water"}}
    entry = make(needs=["cover"], file="x.tif", legend=legend)
    assert entry.legend is not None
    assert set(entry.legend.classes.values()) == {"crop", "unknown", "water"}


# --- what would reach beyond this machine, or beyond a folder of its own ---


@pytest.mark.parametrize(
    "file",
    [
        "/vsicurl/https://a.example/x.tif",
        "/vsizip/x.zip/y.tif",
        "https://a.example/x.tif",
        "http:/a.example/x.tif",
        "ftp://a.example/x.tif",
        "NETCDF:x.nc:band",
        "GTIFF_DIR:1:x.tif",
        "//server/share/x.tif",
        "file:///etc/passwd",
        "x\0.tif",
    ],
)
def test_a_file_is_a_path_of_this_machine(file: str) -> None:
    (fault,) = parse_tables([{**GRID, "file": file}], "own.toml", "own.toml", Path()).faults
    assert "expected the path of a file of this machine" in fault


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/x.gpkg",
        "file:///etc/passwd.gpkg",
        "/etc/x.gpkg",
        "x.gpkg",
        "https:///x.gpkg",
        "javascript:alert(1)",
        "s3://bucket/x.gpkg",
        "https://a.example/x y.gpkg",
        "http://[::1/x.gpkg",
        "",
    ],
)
def test_a_url_is_of_the_web(url: str) -> None:
    table = {"name": "mine", "needs": ["places"], "url": url}
    faults = parse_tables([table], "own.toml", "own.toml", Path()).faults
    assert any("expected an address that begins with https:// or http://" in fault for fault in faults), faults


@pytest.mark.parametrize("name", ["../x.gpkg", "/etc/x.gpkg", "a/b.gpkg", "..", ".hidden", "a\\b.gpkg", "C:x", "a\0b"])
def test_a_fetched_file_stays_in_the_folder_of_its_dataset(name: str) -> None:
    download = {"url": "https://a.example/x.gpkg", "name": name, "kind": "gpkg"}
    (fault,) = parse_tables(
        [{"name": "m", "needs": ["places"], "download": download}], "own.toml", "own.toml", Path()
    ).faults
    assert "download.name: expected the name of a file without its folder" in fault


@pytest.mark.parametrize(
    ("download", "expected"),
    [
        ({"url": "https://a.example/{z}.gpkg"}, r"url: unknown placeholder \{z\}; known: part"),
        ({"url": "https://a.example/{part.__class__}.gpkg"}, r"unknown placeholder \{part\.__class__\}"),
        ({"url": "https://a.example/{}.gpkg"}, r"unknown placeholder \{\}"),
        ({"url": "https://a.example/{part!r}.gpkg"}, r"unknown placeholder \{part\}"),
        ({"url": "https://a.example/{.gpkg"}, r"url: .*write \{\{ for a brace"),
        ({"url": "https://a.example/{part}.gpkg", "each": ["../up"]}, r"each: expected the name of a file"),
        ({"url": "https://a.example/data"}, r"download\.kind: Field required"),
        (
            {
                "url": "https://a.example/x.gpkg",
                "tiles": {"scheme": "index", "field": "t", "index_url": "file:///etc/x"},
            },
            r"download\.tiles\.index_url: expected an address",
        ),
        ({"url": "https://a.example/x.gpkg", "tiles": {"scheme": "degrees", "step": 1e-9}}, r"tiles\.step"),
        ({"url": "https://a.example/x.gpkg", "per_host": 0}, r"per_host"),
        ({"url": 5}, r"download\.url"),
    ],
)
def test_a_download_leaves_open_only_what_can_be_filled_in(download: dict[str, Any], expected: str) -> None:
    table = {"name": "m", "needs": ["places"], "download": download}
    faults = parse_tables([table], "own.toml", "own.toml", Path()).faults
    assert any(re.search(expected, fault) for fault in faults), faults


# --- files that are no catalogue ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", r"holds no dataset\. Expected \[\[dataset\]\] tables; `geo-border inspect FILE` prints one"),
        ("dataset = []\nname = 'x'\n", r"unknown key 'name'\. Expected \[\[dataset\]\]"),
        ("dataset = 5\n", r"dataset: not a list of tables"),
        ("dataset = [1, 2]\n", r"dataset: not a list of tables"),
        ("[dataset]\nname = 'x'\n", r"dataset: not a list of tables"),
        ("[[dataset]\n", r"not TOML: .*Expected \[\[dataset\]\]"),
        ("x = " + "[" * 5_000, r"nested too deep|not TOML"),
        ("x = 1" + "0" * 10_000, r"not TOML"),
        ("[[dataset]]\nname = 'a'\nname = 'b'\n", r"not TOML"),
    ],
)
def test_what_is_no_catalogue_is_told_in_one_line(tmp_path: Path, text: str, expected: str) -> None:
    assert re.search(expected, told(tmp_path, text))


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    with path.open("wb") as handle:
        handle.truncate(5_000_000_000)
    with pytest.raises(CatalogError, match=r"own\.toml: has 5,000,000,000 bytes"):
        read_catalogue(path)


@pytest.mark.parametrize("what", ["folder", "gone", "binary", "latin"])
def test_what_cannot_be_read_is_told(tmp_path: Path, what: str) -> None:
    path = tmp_path / "own.toml"
    if what == "folder":
        path.mkdir()
    elif what != "gone":
        path.write_bytes(bytes(range(256)) if what == "binary" else "title = 'ä'".encode("latin-1"))
    expected = {"gone": "cannot be read", "folder": "cannot be read"}.get(what, "not UTF-8 text")
    with pytest.raises(CatalogError, match=expected) as caught:
        read_catalogue(path)
    assert "\n" not in str(caught.value)


def test_a_thousand_datasets_are_read_and_every_mistake_is_listed(tmp_path: Path) -> None:
    text = "".join(f'[[dataset]]\nname = "d{i}"\nneeds = ["places"]\nfile = "x{i}.gpkg"\n' for i in range(1000))
    assert len(read_catalogue(written(tmp_path, text))) == 1000
    parsed = parse_catalogue(written(tmp_path, text.replace('["places"]', '["place"]')))
    assert (len(parsed.datasets), len(parsed.faults)) == (0, 1000)
    with pytest.raises(CatalogError, match=r"\(and 999 more: `geo-border inspect` lists them\)"):
        parsed.require()
