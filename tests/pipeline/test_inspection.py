"""What `inspect` finds of a file: its own words, what of a study it covers, what is doubtful, an entry that works."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from rasterio.transform import from_origin

import geo_border
from geo_border.catalog.user import read_catalogue
from geo_border.errors import CatalogError, GeoBorderError
from geo_border.pipeline import Inspection, drafting
from geo_border.pipeline.study_extent import locate_study
from geo_border.schemas import NEEDS
from geo_border.study import read_study

# About 11 km of meridian far from what ships, home in the west.
WEST, EAST = shapely.box(99.8, 55.0, 100.0, 55.1), shapely.box(100.0, 55.0, 100.2, 55.1)
CORNER = from_origin(99.75, 55.2, 0.005, 0.005)
STUDY = """
name = "mine"
title = "A border of one's own"
home = ["HH"]
facing = ["FF"]
bands_m = [1000, 3000]
"""
# Home to 3 km of the line: 55.0 to 55.1 N is 11.13 km.
HOME_KM2 = 3.0 * 11.13


@pytest.fixture
def study(tmp_path: Path) -> Path:
    names = ["HH", "FF"]
    frame = gpd.GeoDataFrame({"country": names, "name": names}, geometry=[WEST, EAST], crs=4326)
    frame.to_file(tmp_path / "boundaries.gpkg")
    path = tmp_path / "mine.toml"
    sources = f"[sources]\nboundaries = {str(tmp_path / 'boundaries.gpkg')!r}\n"
    path.write_text(STUDY + sources, "utf-8")
    return path


def write_grid(path: Path, values: Any = 5.0, dtype: str = "float32", **profile: Any) -> Path:
    """A grid around the line, 0.005 degrees a cell; values of shape (bands, 60, 100) or less."""
    values = np.broadcast_to(np.asarray(values, dtype), (1, 60, 100)) if np.ndim(values) < 3 else values
    given = {"driver": "GTiff", "width": 100, "height": 60, "count": len(values), "dtype": dtype, "crs": 4326}
    with rasterio.open(path, "w", **{**given, "transform": CORNER, **profile}) as out:
        out.write(values)
    return path


def write_layer(path: Path, shapes: list[Any], crs: Any = 4326, **columns: Any) -> Path:
    gpd.GeoDataFrame(columns, geometry=shapes, crs=crs).to_file(path)
    return path


def paste(found: Inspection, folder: Path, name: str = "pasted.toml") -> Path:
    path = folder / name
    path.write_text(found.entry, "utf-8")
    return path


# --- what a file says of itself ---


def test_a_grid_of_counts_is_told_with_the_sum_of_people_near_the_line(tmp_path: Path, study: Path) -> None:
    found = geo_border.inspect(write_grid(tmp_path / "grid.tif", nodata=-1), study=study)
    assert (found.kind, found.need, found.guessed) == ("raster", "people", True)
    assert found.raster is not None
    assert (found.raster.rows, found.raster.columns, found.raster.nodata) == (60, 100, -1)
    assert found.raster.bounds == pytest.approx((99.75, 54.9, 100.25, 55.2))
    assert found.raster.values.total == 5.0 * 6000
    assert found.cover is not None
    assert found.cover.home_km2 == pytest.approx(HOME_KM2, rel=0.02)
    assert (found.cover.extent_share, found.cover.known_share) == pytest.approx((1.0, 1.0))
    # A cell of 0.005 degrees at 55.05 N is 0.319 by 0.557 km.
    assert found.cover.totals["people"] == pytest.approx(5 * HOME_KM2 / (0.3189 * 0.5566), rel=0.02)


def test_scale_and_offset_are_told_and_applied(tmp_path: Path, study: Path) -> None:
    path = write_grid(tmp_path / "scaled.tif", np.full((60, 100), 50), "int16")
    with rasterio.open(path, "r+") as out:
        out.scales, out.offsets = (0.1,), (2.0,)
    found = geo_border.inspect(path, need="people", study=study)
    assert found.raster is not None
    assert (found.raster.scale, found.raster.offset) == (0.1, 2.0)
    assert (found.raster.values.least, found.raster.values.most) == pytest.approx((7.0, 7.0))


def test_codes_are_counted_where_the_study_is(tmp_path: Path, study: Path) -> None:
    values = np.where(np.arange(100) < 40, 3, 8) * np.ones((60, 1), int)
    values[:, 99] = 255
    found = geo_border.inspect(write_grid(tmp_path / "cover.tif", values, "uint8", nodata=255), study=study)
    assert (found.need, found.guessed) == ("cover", True)
    assert found.raster is not None
    assert found.raster.values.codes == {3: 40 * 60, 8: 59 * 60}
    assert found.cover is not None
    # Column 40 begins at 99.95 E, 3.2 km from the line: all home land near it is 8.
    assert found.cover.areas_km2 == {8: pytest.approx(found.cover.home_km2, rel=1e-3)}
    assert f'8 = "?"  # 60 % of the cells, {found.cover.home_km2:,.0f} km² in the study' in found.entry


def test_the_band_that_is_asked_for_is_looked_at(tmp_path: Path, study: Path) -> None:
    values = np.stack([np.full((60, 100), value, "float32") for value in (1, 5)])
    path = write_grid(tmp_path / "two.tif", values)
    for band, value in ((1, 1.0), (2, 5.0)):
        found = geo_border.inspect(path, study=study, band=band)
        assert found.raster is not None
        assert found.raster.values.most == value
        assert f"band = {band}  # of 2" in found.entry
        assert any("2 bands" in doubt for doubt in found.doubts)
        assert read_catalogue(paste(found, tmp_path))[0].entry.band == band
    with pytest.raises(GeoBorderError, match="has 2 bands, not a band 3"):
        geo_border.inspect(path, study=study, band=3)


def test_tiles_of_a_folder_are_one_raster(tmp_path: Path, study: Path) -> None:
    (tmp_path / "tiles").mkdir()
    for number in range(2):
        write_grid(
            tmp_path / "tiles" / f"{number}.tif",
            np.full((1, 60, 50), 5, "float32"),
            width=50,
            transform=CORNER * Affine.translation(50 * number, 0),
        )
    whole = geo_border.inspect(write_grid(tmp_path / "whole.tif"), study=study).cover
    found = geo_border.inspect(tmp_path / "tiles", study=study)
    assert whole is not None
    assert found.cover is not None
    assert found.tiles == 2
    assert found.cover.totals["people"] == pytest.approx(whole.totals["people"], rel=1e-9)


def test_layers_are_told_and_the_fullest_is_taken_unless_another_is_named(tmp_path: Path, study: Path) -> None:
    path = tmp_path / "two.gpkg"
    few = gpd.GeoDataFrame({"name": ["A"]}, geometry=[shapely.Point(99.99, 55.05)], crs=4326)
    many = gpd.GeoDataFrame({"nazwa": ["B", "C"]}, geometry=[shapely.Point(99.98, 55.05)] * 2, crs=4326)
    few.to_file(path, layer="few")
    many.to_file(path, layer="many")
    for layer, rows in ((None, 2), ("few", 1), ("many", 2)):
        found = geo_border.inspect(path, need="places", study=study, layer=layer)
        assert {one.name for one in found.layers} == {"few", "many"}
        assert found.layer is not None
        assert found.cover is not None
        assert (found.layer.name, found.cover.rows) == (layer or "many", rows)
        assert read_catalogue(paste(found, tmp_path))[0].entry.layer == (layer or "many")
    with pytest.raises(GeoBorderError, match=r"has no layer 'none'\. Layers: few, many"):
        geo_border.inspect(path, study=study, layer="none")


def test_rows_are_counted_by_kind_with_their_people_length_and_area(tmp_path: Path, study: Path) -> None:
    points = [shapely.Point(99.99, 55.05), shapely.Point(99.98, 55.05), shapely.Point(99.85, 55.05)]
    places = write_layer(
        tmp_path / "p.gpkg", points, name=["A", "B", "C"], kind=["town", "hamlet", "hamlet"], pop=[9, 4, 1]
    )
    found = geo_border.inspect(places, need="places", study=study).cover
    assert found is not None
    # The third lies 9.6 km from the line.
    assert (found.rows, found.kinds, found.totals) == (2, {"town": 1, "hamlet": 1}, {"people": 13.0})
    roads = write_layer(tmp_path / "r.gpkg", [shapely.LineString([(99.9, 55.05), (100.1, 55.05)])], highway=["primary"])
    found = geo_border.inspect(roads, study=study).cover
    assert found is not None
    assert found.totals["length_km"] == pytest.approx(3.0, rel=0.01)
    sites = write_layer(tmp_path / "s.gpkg", [WEST], name=["Park"], kind=["park"])
    found = geo_border.inspect(sites, need="protected", study=study).cover
    assert found is not None
    assert found.totals["area_km2"] == pytest.approx(HOME_KM2, rel=0.02)


# --- what is doubtful ---


def write_rotated(folder: Path) -> Path:
    return write_grid(folder / "x.tif", transform=CORNER * Affine.rotation(10))


DOUBTS: dict[str, tuple[Callable[[Path], Path], str, str]] = {
    "no CRS": (lambda folder: write_grid(folder / "x.tif", crs=None), "people", "no coordinate reference system"),
    "no CRS of features": (
        lambda folder: write_layer(folder / "x.gpkg", [shapely.Point(0, 0)], crs=None, name=["A"]),
        "places",
        "no coordinate reference system",
    ),
    "metres in degrees": (
        lambda folder: write_layer(folder / "x.gpkg", [shapely.Point(5e6, 3e6)], name=["A"]),
        "places",
        "its coordinates are no degrees",
    ),
    "rotated": (write_rotated, "people", "rotated, or not north-up"),
    "no place": (
        lambda folder: write_grid(folder / "x.tif", crs=None, transform=Affine.identity()),
        "people",
        "nothing says where its cells lie",
    ),
    "a plane of its own": (
        lambda folder: write_grid(folder / "x.tif", crs='LOCAL_CS["x",UNIT["m",1]]'),
        "people",
        "its CRS, x, cannot be moved to longitude and latitude",
    ),
    "infinite": (lambda folder: write_grid(folder / "x.tif", np.inf), "people", "6,000 cells are infinite"),
    "nothing but no data": (
        lambda folder: write_grid(folder / "x.tif", -1, nodata=-1),
        "people",
        "holds no cell with data",
    ),
    "negative people": (lambda folder: write_grid(folder / "x.tif", -200), "people", "6,000 negative cells"),
    "elsewhere": (
        lambda folder: write_grid(folder / "x.tif", transform=from_origin(10, 10, 0.005, 0.005)),
        "people",
        "lies elsewhere than study mine",
    ),
    "features elsewhere": (
        lambda folder: write_layer(folder / "x.gpkg", [shapely.Point(1, 1)], name=["A"]),
        "places",
        "has no row in the home land of study mine",
    ),
    "no classes": (lambda folder: write_grid(folder / "x.tif", 0.5), "cover", "holds no classes"),
    "a legend that is not there": (lambda folder: write_grid(folder / "x.tif", 7, "uint8"), "cover", "of a legend"),
    "a legend of the package": (
        lambda folder: write_grid(folder / "x.tif", 95, "uint8"),
        "cover",
        "--sources cover=esa-worldcover-2021@PATH",
    ),
    "a column that is not there": (
        lambda folder: write_layer(folder / "x.gpkg", [WEST], what=["A"]),
        "admin",
        "no column is known as admin_id, name, country",
    ),
    "another geometry": (
        lambda folder: write_layer(folder / "x.gpkg", [shapely.Point(99.99, 55.05)], kind=["primary"]),
        "roads",
        "holds Point, and roads are lines",
    ),
    "what a run refuses": (
        lambda folder: write_layer(
            folder / "x.gpkg", [shapely.LineString([(99.9, 55.05), (100.1, 55.05)])], highway=["asphalt"]
        ),
        "roads",
        "a run refuses it as it is: ",
    ),
    "what a run leaves out": (
        lambda folder: write_layer(
            folder / "x.gpkg", [shapely.Point(99.99, 55.05)] * 2, kind=["school"] * 2, landuse=["military", None]
        ),
        "facilities",
        "1 of 2 rows left out: military",
    ),
}


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
@pytest.mark.filterwarnings("ignore:The given matrix is equal to Affine.identity")
@pytest.mark.parametrize("case", DOUBTS)
def test_what_is_doubtful_is_one_line_and_ends_nothing(
    case: str, tmp_path: Path, study: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write, need, expected = DOUBTS[case]
    with caplog.at_level(logging.WARNING, "geo_border"):
        found = geo_border.inspect(write(tmp_path), need=need, study=study)
    assert any(expected in doubt for doubt in found.doubts), found.doubts
    assert not any("\n" in doubt for doubt in found.doubts)
    # Told once, with all else that was found.
    assert not caplog.records
    # Whatever is doubtful, what is printed is a catalogue by its form.
    assert len(tomllib.loads(found.entry)["dataset"]) == 1


def test_a_sound_file_raises_no_doubt(tmp_path: Path, study: Path) -> None:
    path = write_layer(tmp_path / "x.gpkg", [shapely.Point(99.99, 55.05)], name=["Wieś"])
    assert geo_border.inspect(path, need="places", study=study).doubts == ()


def test_a_study_that_cannot_be_located_is_said_and_ends_nothing(tmp_path: Path) -> None:
    nowhere = STUDY.replace("HH", "AQ").replace("FF", "NZ")
    (tmp_path / "far.toml").write_text(nowhere, "utf-8")
    found = geo_border.inspect(write_grid(tmp_path / "x.tif"), study=tmp_path / "far.toml")
    assert found.cover is None
    assert any("how much of study mine it covers is not known" in doubt for doubt in found.doubts)
    assert found.entry


@pytest.mark.parametrize(
    ("name", "need", "expected"),
    [
        ("x.tif", "nature", "--need nature: not a need"),
        ("x.tif", "roads", "--need roads: is served by lines, and x.tif is no file of such"),
        ("x.gpkg", "cover", "--need cover: is served by rasters, and x.gpkg is a file of features"),
        ("none.tif", None, "none.tif: cannot be opened: no such file"),
        ("text.tif", None, "text.tif: cannot be opened as a raster"),
        ("complex.tif", None, "complex.tif: band 1 holds complex64 values"),
        ("empty", None, "empty: an empty folder"),
    ],
)
def test_what_cannot_be_inspected_is_refused_in_one_line(
    name: str, need: str | None, expected: str, tmp_path: Path, study: Path
) -> None:
    write_grid(tmp_path / "x.tif")
    write_layer(tmp_path / "x.gpkg", [shapely.Point(99.99, 55.05)], name=["A"])
    (tmp_path / "text.tif").write_text("no raster", "utf-8")
    (tmp_path / "empty").mkdir()
    write_grid(tmp_path / "complex.tif", 1 + 2j, "complex64")
    with pytest.raises(GeoBorderError) as caught:
        geo_border.inspect(tmp_path / name, need=need, study=study)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_home_land_near_the_line_is_that_of_a_run(tmp_path: Path, study: Path) -> None:
    extent, why = locate_study(read_study(study), (), tmp_path)
    assert extent is not None, why
    west, south, _, north = extent.home.bounds
    # 3 km at 55 N are 0.047 degrees of longitude.
    assert (west, south, north) == pytest.approx((99.953, 55.0, 55.1), abs=1e-3)


def test_a_line_of_one_s_own_is_read_and_a_study_along_it_is_located(tmp_path: Path, study: Path) -> None:
    line = write_layer(tmp_path / "river.gpkg", [shapely.LineString([(100.0, 55.0), (100.0, 55.1)])])
    found = geo_border.inspect(line, need="own_line", study=study)
    assert found.doubts == ()
    along = study.read_text("utf-8").replace('facing = ["FF"]', "facing = []") + f"own_line = {str(line)!r}\n"
    (tmp_path / "along.toml").write_text(along.replace("bands_m = [1000, 3000]", "bands_m = [1000, 2000]"), "utf-8")
    extent, why = locate_study(read_study(tmp_path / "along.toml"), (), tmp_path)
    # A line of one's own is to be 20 km long at least; what a run would refuse is said.
    assert extent is None
    assert "20 km" in why


# --- the entry that is printed ---

SHAPES: dict[str, list[Any]] = {
    "polygons": [WEST],
    "points": [shapely.Point(99.99, 55.05)],
    "lines": [shapely.LineString([(99.9, 55.05), (100.1, 55.05)])],
}
ODD_NAMES = [
    'a "quote".gpkg',
    "a 'quote'.gpkg",
    "back\\slash.gpkg",
    "# hash.gpkg",
    "żółć 中.gpkg",
    "...dots.gpkg",
    "[x].gpkg",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_an_entry_is_toml_whatever_files_and_columns_are_called(name: str, tmp_path: Path, study: Path) -> None:
    (tmp_path / "odd").mkdir()
    write_layer(tmp_path / "odd" / "plain.gpkg", SHAPES["points"], name=["A"])
    path = (tmp_path / "odd" / "plain.gpkg").rename(tmp_path / "odd" / name)
    found = geo_border.inspect(path, need="places", study=study)
    (one,) = read_catalogue(paste(found, tmp_path / "odd"))
    assert one.entry.file == path
    assert geo_border.inspect(tmp_path / "odd" / "pasted.toml", study=study).faults == ()


@pytest.mark.parametrize("column", ['na"me', "na'me", "NAZWA", "name # x", "nazwa"])
def test_a_column_is_named_as_the_file_has_it(column: str, tmp_path: Path, study: Path) -> None:
    path = write_layer(tmp_path / "x.gpkg", SHAPES["points"], **{column: ["Wieś"]})
    found = geo_border.inspect(path, need="places", study=study)
    table = tomllib.loads(found.entry)["dataset"][0]
    known = column.lower() == "nazwa"
    assert table["columns"] == {"name": column if known else drafting.OPEN}
    # What is left open is said, and refused until it is filled in.
    (tmp_path / "pasted.toml").write_text(
        found.entry.replace('"?"', repr(column) if "'" not in column else '"na\'me"'), "utf-8"
    )
    assert geo_border.inspect(tmp_path / "pasted.toml", study=study).faults == ()
    if not known:
        wrong = geo_border.inspect(paste(found, tmp_path), study=study).faults
        assert any("columns.name: x.gpkg has no column '?'" in fault for fault in wrong), wrong


def test_the_legend_of_a_cover_is_left_open_and_refused_until_it_is_filled_in(tmp_path: Path, study: Path) -> None:
    values = np.where(np.arange(100) < 40, 3, 8) * np.ones((60, 1), int)
    found = geo_border.inspect(write_grid(tmp_path / "my cover.tif", values, "uint8"), study=study)
    pasted = paste(found, tmp_path)
    (fault,) = geo_border.inspect(pasted, study=study).faults
    assert "pasted.toml: [[dataset]] 1 (my-cover): legend: classes not in the common legend: ['?']" in fault
    filled = (
        found.entry.replace('3 = "?"', '3 = "tree"')
        .replace('8 = "?"', '8 = "crop"')
        .replace('canopy = "?"', 'canopy = "20 % and more"')
        .replace("_low = []", "_low = [3]")
        .replace("_high = []", "_high = [3]")
    )
    pasted.write_text(filled, "utf-8")
    checked = geo_border.inspect(pasted, study=study)
    assert (checked.faults, checked.doubts) == ((), ())
    # A canopy that is still a question mark is none.
    pasted.write_text(filled.replace("20 % and more", "?"), "utf-8")
    assert "canopy" in geo_border.inspect(pasted, study=study).faults[0]


def write_world(folder: Path) -> dict[str, Path]:
    """A file for every need that needs no legend, most of them with columns of other names than ours."""
    settled = np.where(np.arange(100) < 48, 11, 12) * np.ones((60, 1), int)
    settled[0, :8] = [10, 11, 12, 13, 21, 22, 23, 30]
    return {
        "land": write_layer(folder / "land.gpkg", [shapely.union(WEST, EAST)]),
        "water": write_layer(folder / "water.gpkg", [shapely.box(99.96, 55.02, 99.98, 55.04)], kind=["lake"]),
        "admin": write_layer(folder / "units.gpkg", [WEST], admin_id=["HH-1"], name=["Ziemia"], country=["HH"]),
        "people": write_grid(folder / "people.tif", 5.0),
        "settlement_class": write_grid(folder / "settled.tif", settled, "uint8"),
        "places": write_layer(folder / "places.gpkg", SHAPES["points"], name=["Wieś"], people=[40]),
        "facilities": write_layer(folder / "schools.gpkg", SHAPES["points"], kind=["school"], name=["Szkoła"]),
        "roads": write_layer(folder / "roads.gpkg", SHAPES["lines"], highway=["primary"]),
        "protected": write_layer(folder / "parks.gpkg", [WEST], name=["Park"], kind=["park"]),
        "own_zones": write_layer(folder / "areas.gpkg", [shapely.box(99.96, 55.0, 100.0, 55.1)], name=["Obszar"]),
    }


@pytest.mark.slow
def test_entries_pasted_into_a_catalogue_give_the_figures_of_the_files_themselves(tmp_path: Path, study: Path) -> None:
    files = write_world(tmp_path)
    # Boundaries are the study's, a cover's legend is left open, a line of one's own faces nobody.
    assert set(files) | {"boundaries", "cover", "own_line"} == set(NEEDS)
    given = geo_border.run(study, root=tmp_path / "given", sources=[f"{need}={path}" for need, path in files.items()])
    entries = {need: geo_border.inspect(path, need=need, study=study) for need, path in files.items()}
    assert [found.entry for found in entries.values() if '"?"' in found.entry] == []
    catalogue = tmp_path / "all.toml"
    catalogue.write_text("\n".join(found.entry for found in entries.values()), "utf-8")
    assert geo_border.inspect(catalogue, study=study).faults == ()
    names = {need: tomllib.loads(found.entry)["dataset"][0]["name"] for need, found in entries.items()}
    pasted = geo_border.run(
        study,
        root=tmp_path / "pasted",
        sources=[f"{need}={name}" for need, name in names.items()],
        catalog=[catalogue],
    )
    key = ["zone_id", "measure", "category"]
    one, other = (result.exposure.set_index(key).sort_index() for result in (given, pasted))
    figures = ["value", "low", "high", "pixels", "known_share"]
    pd.testing.assert_frame_equal(one[figures], other[figures], check_exact=True)
    assert {"people", "facilities", "settlements", "road_length", "protected_area"} <= set(
        one.index.get_level_values(1)
    )
    # Only whose the data are is told otherwise.
    assert set(other.xs("road_length", level="measure")["dataset"]) == {"roads"}
    # The passport says what won, and where it was written.
    rows = {row["need"]: row for row in pasted.passport["sources"]}
    assert {row["entry"]["name"] for need, row in rows.items() if need in files} == set(names.values())
    assert {row["declared_in"] for need, row in rows.items() if need in files} == {"all.toml"}


# --- catalogues ---


def test_every_mistake_in_entries_and_files_is_listed(tmp_path: Path, study: Path) -> None:
    write_layer(tmp_path / "x.gpkg", SHAPES["points"], name=["A"])
    write_grid(tmp_path / "x.tif", 3, "uint8")
    legend = 'legend = { canopy = "20 %", tree_low = [1], tree_high = [1], classes = { 1 = "tree" } }'
    tables = {
        "geonames-2025": ('needs = ["places"]\nfile = "x.gpkg"', "taken by the package"),
        "columns": ('needs = ["places"]\nfile = "x.gpkg"\ncolumns = { name = "nazwa" }', "has no column 'nazwa'"),
        "layer": ('needs = ["places"]\nfile = "x.gpkg"\nlayer = "y"', "has no 'y' with geometry. Layers: x"),
        "legend": (f'needs = ["cover"]\nfile = "x.tif"\n{legend}', "x.tif holds 3, which it does not name"),
        "band": ('needs = ["people"]\nfile = "x.tif"\nband = 2', "has 1 bands, not a band 2"),
        "absent": ('needs = ["people"]\nfile = "none.tif"', "file: no file at"),
        "kind": ('needs = ["people"]\nfile = "x.tif"\nkinds = { a = "b" }', "kinds: is of vector files"),
        "reader": ('needs = ["facilities"]\nfile = "x.gpkg"', "no column kind. It has: name"),
        "unknown": ('needs = ["people"]\nfile = "x.tif"\nscale = 2', "scale: unknown key"),
        "sound": ('needs = ["places"]\nfile = "x.gpkg"', ""),
    }
    text = "".join(f'[[dataset]]\nname = "{name}"\n{keys}\n' for name, (keys, _) in tables.items())
    (tmp_path / "own.toml").write_text(text, "utf-8")
    found = geo_border.inspect(tmp_path / "own.toml", study=study)
    assert found.kind == "catalogue"
    # A mistake in one keeps no other from being found.
    for number, (name, (_, expected)) in enumerate(tables.items(), 1):
        place = f"own.toml: [[dataset]] {number} ({name}): "
        lines = [fault for fault in found.faults if place in fault]
        assert any(expected in line for line in lines) if expected else not lines, (name, found.faults)
    assert not any("\n" in fault for fault in found.faults)


def test_whose_place_an_entry_takes_is_told(tmp_path: Path, study: Path) -> None:
    write_layer(tmp_path / "x.gpkg", SHAPES["points"], name=["A"])
    entry = '[[dataset]]\nname = "geonames-2025"\nneeds = ["places"]\nfile = "x.gpkg"\nreplaces = "geonames-2025"\n'
    for name in ("first.toml", "second.toml"):
        (tmp_path / name).write_text(entry, "utf-8")
    (one,) = geo_border.inspect(tmp_path / "first.toml", study=study).datasets
    assert one.replaced == ("package",)
    (one,) = geo_border.inspect(tmp_path / "second.toml", study=study, catalog=[tmp_path / "first.toml"]).datasets
    assert one.replaced == ("package", "first.toml")
    # A catalogue is not laid over itself.
    (one,) = geo_border.inspect(tmp_path / "first.toml", study=study, catalog=[tmp_path / "first.toml"]).datasets
    assert one.replaced == ("package",)


def test_the_datasets_of_a_study_are_held_against_its_own_land(tmp_path: Path, study: Path) -> None:
    write_layer(tmp_path / "near.gpkg", SHAPES["points"], name=["A"])
    write_layer(tmp_path / "far.gpkg", [shapely.Point(20, 50)], name=["A"])
    tables = "".join(
        f'[[dataset]]\nname = "{name}"\nneeds = ["places"]\nfile = "{name}.gpkg"\n' for name in ("near", "far")
    )
    study.write_text(study.read_text("utf-8") + tables, "utf-8")
    found = geo_border.inspect(study)
    assert (found.kind, found.faults) == ("study", ())
    assert [one.entry.name for one in found.datasets] == ["near", "far"]
    study.write_text(study.read_text("utf-8").replace("bands_m", "bandes_m"), "utf-8")
    assert "bandes_m" in geo_border.inspect(study).faults[0]


def test_a_catalogue_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("[[dataset", "utf-8")
    (fault,) = geo_border.inspect(tmp_path / "x.toml").faults
    assert "x.toml: not TOML" in fault
    with pytest.raises(CatalogError):
        read_catalogue(tmp_path / "x.toml")
