"""A user's own files: each fault is one clear line that names the file, or is repaired and told."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import Affine, from_origin

from geo_border import study
from geo_border.catalog import find_entry
from geo_border.errors import (
    CRSError,
    EmptyLayerError,
    GeoBorderError,
    GeometryError,
    RasterError,
    SchemaError,
    StudyError,
)
from geo_border.fetch.local import build_local_raw
from geo_border.read import read_admin, read_boundaries, read_cover, read_grid, read_land, read_people, read_protected
from geo_border.store import Raw

HERE = (0.0, 0.0, 1.0, 1.0)
PAIR = study.Study(name="pair", title="", home=("AA",), facing=("BB",), bands_m=(1000,))


def raster(path: Path, values: Any, **changes: Any) -> Raw:
    values = np.asarray(values)
    profile: dict[str, Any] = {
        "driver": "GTiff",
        "count": 1,
        "crs": "EPSG:4326",
        "transform": from_origin(0, 1, 0.1, 0.1),
    }
    profile |= {"height": values.shape[0], "width": values.shape[1], "dtype": values.dtype, **changes}
    with rasterio.open(path, "w", **profile) as out:
        out.write(values, 1)
    return build_local_raw("people", path)


def grid(fill: float = 1.0, dtype: str = "float32") -> Any:
    return np.full((10, 10), fill, dtype=dtype)


def test_a_people_grid_without_crs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CRSError, match=r"p\.tif: no coordinate reference system.*gdal|p\.tif: no coordinate"):
        read_people(raster(tmp_path / "p.tif", grid(), crs=None), HERE)


def test_a_people_grid_elsewhere_says_both_extents(tmp_path: Path) -> None:
    raw = raster(tmp_path / "p.tif", grid())
    with pytest.raises(EmptyLayerError, match=r"covers lon 0\.00 to 1\.00.*the study lon 20\.00 to 21\.00"):
        read_people(raw, (20.0, 50.0, 21.0, 51.0))


@pytest.mark.parametrize(("nodata", "warns"), [(-99999.0, False), (None, True)])
def test_minus_99999_is_never_people(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, nodata: float | None, warns: bool
) -> None:
    values = grid()
    values[0, :] = -99999
    with caplog.at_level(logging.WARNING, "geo_border"):
        found = read_people(raster(tmp_path / "p.tif", values, nodata=nodata), HERE)
    assert np.nansum(found.values) == 90
    assert np.isnan(found.values[0]).all()
    assert ("-99999" in caplog.text) is warns


def test_nan_and_scale_are_read_as_they_mean(tmp_path: Path) -> None:
    values = grid()
    values[3, 3] = np.nan
    raw = raster(tmp_path / "p.tif", values)
    with rasterio.open(raw.paths[0], "r+") as opened:
        opened.scales = (10.0,)
    assert np.nansum(read_people(raw, HERE).values) == 990


@pytest.mark.parametrize(
    ("transform", "told"),
    [(Affine(0.1, 0.01, 0, 0.01, -0.1, 1), "rotated"), (Affine(0.1, 0, 0, 0, 0.1, 0), "south-up")],
)
def test_a_rotated_or_south_up_raster_is_an_error(tmp_path: Path, transform: Affine, told: str) -> None:
    with pytest.raises(RasterError, match=told):
        read_people(raster(tmp_path / "p.tif", grid(), transform=transform), HERE)


def test_a_file_that_is_no_raster_is_said(tmp_path: Path) -> None:
    path = tmp_path / "p.tif"
    path.write_text("people")
    with pytest.raises(RasterError, match="cannot be opened as a raster"):
        read_people(build_local_raw("people", path), HERE)


def test_tiles_of_other_grids_are_refused(tmp_path: Path) -> None:
    one = raster(tmp_path / "a.tif", grid())
    for changed, told in (
        ({"transform": from_origin(1, 1, 0.2, 0.2)}, "differ in size"),
        ({"transform": from_origin(1.04, 1, 0.1, 0.1)}, "do not fall on the lattice"),
    ):
        two = raster(tmp_path / "b.tif", grid(), **changed)
        with pytest.raises(RasterError, match=told):
            read_grid(Raw(one.entry, (*one.paths, *two.paths), {}))


def test_a_cover_without_a_legend_says_how_to_name_one(tmp_path: Path) -> None:
    raw = raster(tmp_path / "c.tif", grid(1, "uint8"))
    with pytest.raises(RasterError, match=r"needs a legend.*cover=DATASET@"):
        read_cover(raw, HERE)


def test_a_file_of_the_users_is_read_with_the_legend_they_name(tmp_path: Path) -> None:
    raster(tmp_path / "c.tif", grid(25, "int8"))
    raw = build_local_raw("cover", tmp_path / "c.tif", find_entry("corine-2018"))
    assert (read_cover(raw, HERE).values == 25).all()


def polygons(path: Path, rows: list[tuple[str | None, Any]], crs: str | None = "EPSG:4326", **named: Any) -> Raw:
    frame = gpd.GeoDataFrame({"country": [row[0] for row in rows], **named}, geometry=[row[1] for row in rows], crs=crs)
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_file(path)
    return build_local_raw("boundaries", path)


TWO = [("AA", shapely.box(0, 0, 1, 1)), ("BB", shapely.box(1, 0, 2, 1))]


@pytest.mark.parametrize("name", ["b.gpkg", "b.geojson", "b.shp", "b.fgb", "b.parquet"])
def test_boundaries_come_from_any_common_file(tmp_path: Path, name: str) -> None:
    table = read_boundaries(polygons(tmp_path / name, TWO), PAIR)
    assert list(table["territory"]) == ["AA", "BB"]
    assert table.geometry.iloc[1].equals(TWO[1][1])


def test_boundaries_in_another_crs_are_moved(tmp_path: Path) -> None:
    moved = gpd.GeoSeries([row[1] for row in TWO], crs=4326).to_crs(3857)
    raw = polygons(tmp_path / "b.gpkg", list(zip(("AA", "BB"), moved, strict=True)), "EPSG:3857")
    table = read_boundaries(raw, PAIR)
    assert shapely.equals_exact(table.geometry.iloc[0].normalize(), TWO[0][1].normalize(), 1e-9)


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_boundaries_without_crs_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(CRSError, match="no coordinate reference system"):
        read_boundaries(polygons(tmp_path / "b.shp", TWO, None), PAIR)


def test_a_missing_country_and_a_missing_field_are_told_with_what_is_there(tmp_path: Path) -> None:
    raw = polygons(tmp_path / "b.gpkg", [TWO[0], ("CC", TWO[1][1])])
    with pytest.raises(StudyError, match=r"b\.gpkg: no BB in the field 'country'.*It has: AA, CC"):
        read_boundaries(raw, PAIR)
    elsewhere = PAIR.model_copy(update={"boundaries": study.BoundaryFields(country="iso")})
    with pytest.raises(StudyError, match=r"no field 'iso'.*The file has: country.*\[boundaries\] country"):
        read_boundaries(raw, elsewhere)


def test_invalid_polygons_are_repaired_and_told_and_empty_ones_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    raw = polygons(tmp_path / "b.gpkg", [("AA", bow), TWO[1], ("AA", None)])
    with caplog.at_level(logging.WARNING, "geo_border"):
        table = read_boundaries(raw, PAIR)
    assert shapely.is_valid(table.geometry.to_numpy()).all()
    assert "1 of 2 geometries were invalid and have been repaired" in caplog.text


def test_a_territory_is_the_part_that_holds_its_point(tmp_path: Path) -> None:
    away = shapely.box(5, 0, 6, 1)
    raw = polygons(tmp_path / "b.gpkg", [TWO[0], ("BB", shapely.MultiPolygon([TWO[1][1], away]))])
    apart = PAIR.model_copy(update={"territories": {"EXC": study.Territory(country="BB", point=(5.5, 0.5))}})
    table = read_boundaries(raw, apart).set_index("territory")
    assert table.loc["EXC", "geometry"].equals(away)
    assert table.loc["BB", "geometry"].equals(TWO[1][1])
    assert table.loc["EXC", "country"] == "BB"
    lost = PAIR.model_copy(update={"territories": {"EXC": study.Territory(country="BB", point=(9, 9))}})
    with pytest.raises(StudyError, match=r"territory 'EXC'.*lies in no polygon of BB"):
        read_boundaries(raw, lost)


def test_codes_of_three_letters_and_eurostats_are_the_same_countries(tmp_path: Path) -> None:
    shapes = [shapely.box(i, 0, i + 1, 1) for i in range(2)]
    greek = study.Study(name="g", title="", home=("GR",), facing=("TR",), bands_m=(1000,))
    for codes in (("EL", "TR"), ("GRC", "TUR"), ("GR", "TR")):
        raw = polygons(tmp_path / f"{codes[0]}.gpkg", list(zip(codes, shapes, strict=True)))
        assert list(read_boundaries(raw, greek)["country"]) == ["GR", "TR"]


def test_a_file_with_two_layers_asks_for_one(tmp_path: Path) -> None:
    path = tmp_path / "b.gpkg"
    frame = gpd.GeoDataFrame({"country": ["AA"]}, geometry=[TWO[0][1]], crs=4326)
    frame.to_file(path, layer="one")
    frame.to_file(path, layer="two")
    with pytest.raises(SchemaError, match="expected one layer with geometry, found one, two"):
        read_boundaries(build_local_raw("boundaries", path), PAIR)


def test_a_file_that_is_no_vector_data_is_said(tmp_path: Path) -> None:
    path = tmp_path / "b.gpkg"
    path.write_text("nothing")
    with pytest.raises(SchemaError, match="cannot be opened as vector data"):
        read_boundaries(build_local_raw("boundaries", path), PAIR)


def test_a_column_that_an_admin_file_lacks_is_named_with_those_it_has(tmp_path: Path) -> None:
    raw = polygons(tmp_path / "a.gpkg", TWO, admin_id=["1", "2"])
    with pytest.raises(SchemaError, match=r"no column name\. It has: country, admin_id"):
        read_admin(raw, HERE)


def test_windows_across_the_antimeridian_read_both_sides(tmp_path: Path) -> None:
    east, west = shapely.box(179, 0, 180, 1), shapely.box(-180, 0, -179, 1)
    raw = polygons(tmp_path / "b.gpkg", [("AA", east), ("BB", west), ("CC", shapely.box(0, 0, 1, 1))])
    assert len(read_land(raw, (179.5, 0.0, -179.5, 1.0))) == 2


def test_protected_areas_of_a_user_are_read(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"SITENAME": ["Białowieża"], "SITETYPE": ["C"], "SITECODE": ["PL1"]}, geometry=[TWO[0][1]], crs=4326
    )
    frame.to_crs(3035).to_file(tmp_path / "n.gpkg", layer="NaturaSite_polygon")
    raw = build_local_raw("protected", tmp_path / "n.gpkg", find_entry("natura2000-2023"))
    table = read_protected(raw, HERE)
    assert table.iloc[0][["name", "kind", "source"]].tolist() == ["Białowieża", "C", "natura2000-2023"]


def test_a_file_s_only_layer_is_taken_whatever_its_name(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"SITENAME": ["Bog"], "SITETYPE": ["B"]}, geometry=[TWO[0][1]], crs=4326)
    frame.to_file(tmp_path / "sites.gpkg", layer="my sites", engine="pyogrio")
    raw = build_local_raw("protected", tmp_path / "sites.gpkg", find_entry("natura2000-2023"))
    assert list(read_protected(raw, HERE)["name"]) == ["Bog"]


def test_of_several_layers_the_wanted_one_is_asked_for_and_those_there_are_named(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"SITENAME": ["Bog"], "SITETYPE": ["B"]}, geometry=[TWO[0][1]], crs=4326)
    for layer in ("one", "two"):
        frame.to_file(tmp_path / "sites.gpkg", layer=layer, engine="pyogrio")
    raw = build_local_raw("protected", tmp_path / "sites.gpkg", find_entry("natura2000-2023"))
    with pytest.raises(SchemaError, match=r"sites\.gpkg: .* called 'NaturaSite_polygon'\), found one, two\."):
        read_protected(raw, HERE)


def test_protected_areas_that_are_not_in_force_are_left_out(tmp_path: Path) -> None:
    rows = {
        "NAME": ["Romincka", "Planned", "Unknown", "Reserve"],
        "DESIG_ENG": ["Landscape Park", "National Park", "National Park", "UNESCO-MAB Biosphere Reserve"],
        "STATUS": ["Designated", "Proposed", "Not Reported", "Designated"],
    }
    gpd.GeoDataFrame(rows, geometry=[TWO[0][1]] * 4, crs=4326).to_file(tmp_path / "w.gpkg")
    table = read_protected(build_local_raw("protected", tmp_path / "w.gpkg", find_entry("wdpa")), HERE)
    assert table["name"].tolist() == ["Romincka"]


SITE = shapely.box(0.2, 0.2, 0.4, 0.4)


def sites(path: Path, *shapes: Any) -> Raw:
    frame = gpd.GeoDataFrame({"name": "s", "kind": "park"}, index=range(len(shapes)), geometry=list(shapes), crs=4326)
    frame.to_file(path)
    return build_local_raw("protected", path)


@pytest.mark.parametrize("shape", [shapely.Point(0.5, 0.5), shapely.LineString([(0, 0), (1, 1)])])
def test_protected_sites_without_polygons_are_not_an_area_of_nought(tmp_path: Path, shape: Any) -> None:
    with pytest.raises(SchemaError, match=r"s\.gpkg: has no polygons where the study is.*Give the polygon layer"):
        read_protected(sites(tmp_path / "s.gpkg", shape, shape), HERE)


def test_points_and_lines_among_protected_sites_are_left_out_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    both = shapely.GeometryCollection([SITE, shapely.Point(0.9, 0.9)])
    raw = sites(tmp_path / "s.gpkg", SITE, shapely.Point(0.5, 0.5), shapely.LineString([(0, 0), (1, 1)]), both)
    with caplog.at_level(logging.WARNING, "geo_border"):
        table = read_protected(raw, HERE)
    assert shapely.area(table.geometry.to_numpy()).tolist() == pytest.approx([SITE.area] * 2)
    assert "2 of 4 features are points or lines, which have no area; left out" in caplog.text


def test_no_protected_site_near_a_study_is_no_fault(tmp_path: Path) -> None:
    assert read_protected(sites(tmp_path / "s.gpkg", SITE), (20.0, 50.0, 21.0, 51.0)).empty


with np.errstate(invalid="ignore"):
    NOT_A_NUMBER = shapely.Polygon([(0.1, 0.1), (0.5, float("nan")), (0.5, 0.5)])


@pytest.mark.parametrize("suffix", ["gpkg", "parquet"])
def test_a_coordinate_that_is_no_number_is_told_with_where_it_is(tmp_path: Path, suffix: str) -> None:
    told = rf"b\.{suffix}: 1 of 2 features have coordinates that are no numbers \(the first near 0\.1 0\.1\)"
    raw = polygons(tmp_path / f"b.{suffix}", [("AA", NOT_A_NUMBER), TWO[1]], name="n", kind="k", admin_id="1")
    for read in (read_protected, read_admin, read_land):
        with pytest.raises(GeometryError, match=told):
            read(raw, (0.0, 0.0, 2.0, 1.0))
    with pytest.raises(GeometryError, match=told):
        read_boundaries(raw, PAIR)


def test_every_message_is_one_line(tmp_path: Path) -> None:
    for make in (
        lambda: read_people(raster(tmp_path / "p.tif", grid(), crs=None), HERE),
        lambda: read_boundaries(polygons(tmp_path / "q.gpkg", [TWO[0]]), PAIR),
    ):
        with pytest.raises(GeoBorderError) as caught:
            make()
        assert "\n" not in str(caught.value)
