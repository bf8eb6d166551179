"""What an entry declares of its file is what is read: layer, columns, kinds, band, no data, CRS, counts or density."""

from __future__ import annotations

import logging
import math
import pickle
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from geo_border import read
from geo_border.catalog.user import parse_tables
from geo_border.errors import CRSError, RasterError, SchemaError, StudyError
from geo_border.fetch.local import build_local_raw
from geo_border.geo.crs import WGS84
from geo_border.measures.base import choose_band
from geo_border.measures.cover import sum_classes
from geo_border.outputs import mosaic
from geo_border.store import Raw
from geo_border.zonal import Band, tabulate
from tests import handmade
from tests.worlds import a_study

HERE = (0.0, 0.0, 1.0, 1.0)
LEGEND = {
    "canopy": "10 %",
    "tree_low": [100],
    "tree_high": [100, 200],
    "classes": {"100": "tree", "200": "shrub", "-3": "crop"},
}


def take(path: Path, **keys: Any) -> Raw:
    """A file as a catalogue beside it describes it."""
    table = {"name": "mine", "file": path.name, **keys}
    (one,) = parse_tables([table], "own.toml", "own.toml", path.parent).require()
    assert one.entry.file is not None
    return build_local_raw(one.entry.needs[0], one.entry.file, one.entry)


def write_raster(path: Path, *bands: Any, **changes: Any) -> Path:
    """A raster of 0.1 degree from 0 E, 1 N."""
    first = np.asarray(bands[0])
    profile = {"driver": "GTiff", "count": len(bands), "dtype": first.dtype, "crs": "EPSG:4326"}
    profile |= {"height": first.shape[0], "width": first.shape[1], "transform": from_origin(0, 1, 0.1, 0.1), **changes}
    with rasterio.open(path, "w", **profile) as out:
        for number, values in enumerate(bands, 1):
            out.write(np.asarray(values), number)
    return path


def write_points(path: Path, layer: str | None = None, **columns: list[Any]) -> Path:
    """Points in a row, 0.1 degree apart."""
    count = len(next(iter(columns.values())))
    points = [shapely.Point(0.1 + 0.1 * i, 0.5) for i in range(count)]
    gpd.GeoDataFrame(columns, geometry=points, crs=4326).to_file(path, layer=layer)
    return path


# --- vector files ---


def test_the_layer_that_is_named_is_read_of_several(tmp_path: Path) -> None:
    path = write_points(tmp_path / "x.gpkg", "old", name=["Stara"])
    write_points(path, "new", name=["Nowa", "Druga"])
    for layer, names in (("old", ["Stara"]), ("new", ["Nowa", "Druga"])):
        assert read.read_places(take(path, needs=["places"], layer=layer), HERE)["name"].tolist() == names
    with pytest.raises(SchemaError, match=r"one called 'gone'\), found old, new"):
        read.read_places(take(path, needs=["places"], layer="gone"), HERE)


@pytest.mark.parametrize("need", ["land", "water", "admin", "protected", "boundaries"])
def test_a_layer_is_chosen_for_every_need_of_polygons(tmp_path: Path, need: str) -> None:
    path = tmp_path / "x.gpkg"
    for layer, wide in (("other", 0.1), ("wanted", 0.5)):
        columns = {"name": ["N", "M"], "country": ["AA", "BB"], "admin_id": ["a", "b"], "kind": ["k", "k"]}
        shapes = [shapely.box(0, 0, wide, 0.5), shapely.box(0, 0.5, wide, 1)]
        gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_file(path, layer=layer)
    raw = take(path, needs=[need], layer="wanted")
    readers = {"land": read.read_land, "water": read.read_water, "admin": read.read_admin}
    if need == "boundaries":
        found = read.read_boundaries(raw, a_study(home=("AA",), facing=("BB",)))
    else:
        found = readers.get(need, read.read_protected)(raw, HERE)
    assert found.total_bounds.tolist() == [0.0, 0.0, 0.5, 1.0]


def test_columns_are_read_under_the_names_that_the_entry_gives(tmp_path: Path) -> None:
    path = write_points(tmp_path / "x.gpkg", NAZWA=["Żary"], LUDNOSC=[1200], KOD=["PL"], name=["wrong"])
    columns = {"name": "NAZWA", "people": "LUDNOSC", "country": "KOD"}
    (row,) = read.read_places(take(path, needs=["places"], columns=columns), HERE).to_dict("records")
    assert (row["name"], row["people"], row["country"], row["source"]) == ("Żary", 1200.0, "PL", "mine")


def test_a_column_that_is_declared_is_to_be_there(tmp_path: Path) -> None:
    path = write_points(tmp_path / "x.gpkg", name=["Żary"])
    for need, column in (("places", "people"), ("facilities", "name_en")):
        columns = {"kind": "name", column: "LUDNOSC"}
        reader = {"places": read.read_places, "facilities": read.read_facilities}[need]
        with pytest.raises(SchemaError, match=r"no column LUDNOSC\. It has: name.*`columns` of an entry"):
            reader(take(path, needs=[need], columns=columns), HERE)


def test_water_is_measured_by_the_columns_that_are_named(tmp_path: Path) -> None:
    path = tmp_path / "w.gpkg"
    columns = {"id": [7], "km2": [3.5], "round": [9.0], "typ": ["jezioro"]}
    gpd.GeoDataFrame(columns, geometry=[shapely.box(0, 0, 0.1, 0.1)], crs=4326).to_file(path)
    named = {"water_id": "id", "area_km2": "km2", "perimeter_km": "round", "kind": "typ"}
    raw = take(path, needs=["water"], columns=named, kinds={"jezioro": "lake"})
    (row,) = read.read_water(raw, HERE).drop(columns="geometry").to_dict("records")
    assert row == {"water_id": "7", "area_km2": 3.5, "perimeter_km": 9.0, "kind": "lake"}


def test_boundary_fields_of_the_study_are_short_for_columns_and_an_entry_goes_before(tmp_path: Path) -> None:
    path, shapes = tmp_path / "b.gpkg", [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    columns = {"ISO": ["AA", "BB"], "KOD": ["BB", "AA"], "NAME": ["Ää", "Bé"]}
    gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_file(path)
    study = a_study(home=("AA",), facing=("BB",), boundaries={"country": "ISO", "name": "NAME"})
    found = read.read_boundaries(take(path, needs=["boundaries"]), study)
    assert found[["country", "name"]].to_numpy().tolist() == [["AA", "Ää"], ["BB", "Bé"]]
    # What the entry does not say, the study does.
    found = read.read_boundaries(take(path, needs=["boundaries"], columns={"country": "KOD"}), study)
    assert found[["country", "name"]].to_numpy().tolist() == [["AA", "Bé"], ["BB", "Ää"]]
    with pytest.raises(StudyError, match=r"no field 'GONE'.*Write columns = \{ country = \"\.\.\.\" \} into its entry"):
        read.read_boundaries(take(path, needs=["boundaries"], columns={"country": "GONE"}), study)
    with pytest.raises(SchemaError, match="no column GONE"):
        read.read_boundaries(take(path, needs=["boundaries"], columns={"name": "GONE"}), study)


@pytest.mark.parametrize("kind", ["text", "whole", "gaps"])
def test_kinds_are_translated_and_others_stay(tmp_path: Path, kind: str) -> None:
    values: dict[str, list[Any]] = {"text": ["szkola", "school", "bar"], "whole": [1, 2, 3], "gaps": [1.0, 2.0, None]}
    kinds = {"text": {"szkola": "school"}, "whole": {"1": "school", "2": "school"}}
    path = write_points(tmp_path / "x.gpkg", kind=values[kind], name=["A", "B", "C"])
    raw = take(path, needs=["facilities"], kinds=kinds.get(kind, kinds["whole"]))
    assert read.read_facilities(raw, HERE)[["name", "kind"]].to_numpy().tolist() == [["A", "school"], ["B", "school"]]


def test_classes_of_road_are_translated_before_the_public_ones_are_chosen(tmp_path: Path) -> None:
    path = tmp_path / "r.gpkg"
    lines = [shapely.LineString([(0.1, y), (0.9, y)]) for y in (0.2, 0.4, 0.6)]
    gpd.GeoDataFrame({"KLASA": ["A", "G", "lesna"]}, geometry=lines, crs=4326).to_file(path)
    with pytest.raises(SchemaError, match="none of its classes of road is known"):
        read.read_roads(take(path, needs=["roads"], columns={"kind": "KLASA"}), HERE)
    kinds = {"A": "motorway", "G": "primary", "lesna": "track"}
    raw = take(path, needs=["roads"], columns={"kind": "KLASA"}, kinds=kinds)
    assert read.read_roads(raw, HERE)["kind"].tolist() == ["motorway", "primary"]


def test_kinds_of_protected_areas_are_translated(tmp_path: Path) -> None:
    path = tmp_path / "s.gpkg"
    gpd.GeoDataFrame({"N": ["Bór"], "T": ["PN"]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326).to_file(path)
    columns = {"name": "N", "kind": "T"}
    raw = take(path, needs=["protected"], columns=columns, kinds={"PN": "national park"})
    assert read.read_protected(raw, HERE)["kind"].tolist() == ["national park"]


# --- the CRS ---


@pytest.mark.parametrize("name", ["x.gpkg", "x.shp", "x.parquet"])
def test_the_crs_that_is_declared_serves_a_file_without_one(tmp_path: Path, name: str) -> None:
    path, point = tmp_path / name, gpd.GeoSeries([shapely.Point(0.5, 0.5)], crs=4326).to_crs(3857)
    frame = gpd.GeoDataFrame({"name": ["A"]}, geometry=point.to_numpy())
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        with pytest.warns(UserWarning, match="'crs' was not provided"):
            frame.to_file(path)
    with pytest.raises(CRSError, match="no coordinate reference system"):
        read.read_places(take(path, needs=["places"]), HERE)
    found = read.read_places(take(path, needs=["places"], crs="EPSG:3857"), HERE)
    assert found.geometry.iloc[0].distance(shapely.Point(0.5, 0.5)) < 1e-9


def test_the_crs_that_is_declared_of_its_own_file_overrules_it_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    point = gpd.GeoSeries([shapely.Point(0.5, 0.5)], crs=4326).to_crs(3857)
    path = tmp_path / "x.gpkg"
    # Metres, under a wrong name.
    gpd.GeoDataFrame({"name": ["A"]}, geometry=point.to_numpy(), crs=4326).to_file(path)
    with caplog.at_level(logging.WARNING, "geo_border"):
        found = read.read_places(take(path, needs=["places"], crs="EPSG:3857"), HERE)
    assert found.geometry.iloc[0].distance(shapely.Point(0.5, 0.5)) < 1e-9
    assert "read in EPSG:3857, as its entry says" in caplog.text
    # Another file that is read as this dataset says for itself where it lies.
    entry = take(path, needs=["places"], crs="EPSG:3857").entry.model_copy(update={"file": None})
    other = write_points(tmp_path / "y.gpkg", name=["B"])
    assert read.read_places(build_local_raw("places", other, entry), HERE).geometry.iloc[0].x == pytest.approx(0.1)
    with pytest.raises(CRSError, match="mine: crs: 'EPSG:0' is not a coordinate reference system"):
        read.read_places(take(path, needs=["places"], crs="EPSG:0"), HERE)


@pytest.mark.parametrize("stated", [None, "EPSG:3035"])
def test_a_raster_is_read_in_the_crs_that_is_declared(tmp_path: Path, stated: str | None) -> None:
    path = write_raster(tmp_path / "p.tif", np.ones((10, 10), "f4"), crs=stated)
    grid = read.read_people(take(path, needs=["people"], crs="EPSG:4326"), HERE)
    assert grid.crs == WGS84
    assert grid.values.sum() == 100


# --- values of rasters ---


def test_the_band_that_is_named_is_read_with_its_own_no_data(tmp_path: Path) -> None:
    one, two = np.full((10, 10), 1, "i2"), np.full((10, 10), 2, "i2")
    two[0] = -1
    path = write_raster(tmp_path / "p.tif", one, two)
    assert np.nansum(read.read_people(take(path, needs=["people"]), HERE).values) == 100
    assert np.nansum(read.read_people(take(path, needs=["people"], band=2), HERE).values) == 180
    with pytest.raises(RasterError, match=r"p\.tif: has 2 bands, not the band 3 that its entry names"):
        read.read_people(take(path, needs=["people"], band=3), HERE)


def test_no_data_is_what_the_entry_says_in_place_of_the_file(tmp_path: Path) -> None:
    values = np.full((10, 10), 3, "i4")
    values[0], values[1] = 0, 999
    path = write_raster(tmp_path / "p.tif", values, nodata=0)
    people = read.read_people(take(path, needs=["people"], nodata=999), HERE).values
    assert np.isnan(people[1]).all()
    assert (people[0] == 0).all()
    legend = {"classes": {"3": "crop", "0": "water"}}
    cover = read.read_cover(take(path, needs=["cover"], legend=legend, nodata=999), HERE)
    assert cover.nodata == 999
    with pytest.raises(RasterError, match=r"values 999 are not in the dataset's legend"):
        read.read_cover(take(path, needs=["cover"], legend=legend), HERE)


@pytest.mark.parametrize("nodata", [-1, 256, 0.5])
def test_no_data_that_cannot_stand_in_the_file_is_refused(tmp_path: Path, nodata: float) -> None:
    path = write_raster(tmp_path / "p.tif", np.ones((10, 10), "u1"))
    with pytest.raises(RasterError, match=r"p\.tif: holds uint8, in which nodata = .* of its entry cannot stand"):
        read.read_people(take(path, needs=["people"], nodata=nodata), HERE)


def test_density_in_longitude_and_latitude_becomes_persons_row_by_row(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "p.tif", np.full((10, 10), 50, "f4"))
    grid = read.read_people(take(path, needs=["people"], density=True), HERE)
    # A square degree north of the equator has 12,308 km² (Snyder 1987).
    assert grid.values.sum() == pytest.approx(50 * 12_308, rel=1e-4)
    assert grid.values[0, 0] < grid.values[-1, 0]


def test_density_in_a_plane_that_keeps_areas_becomes_persons_by_the_cell(tmp_path: Path) -> None:
    where = from_origin(4_321_000, 3_210_000, 500, 500)
    path = write_raster(tmp_path / "p.tif", np.full((4, 4), 8, "i2"), crs="EPSG:3035", transform=where)
    assert (read.read_people(take(path, needs=["people"], density=True)).values == 2).all()
    wrong = write_raster(tmp_path / "q.tif", np.full((4, 4), 8, "i2"), crs="EPSG:3857", transform=where)
    with pytest.raises(CRSError, match=r"q\.tif: holds persons per km² in .*, which does not keep areas"):
        read.read_people(take(wrong, needs=["people"], density=True))


def test_cells_finer_than_100_m_are_known_by_the_file(tmp_path: Path) -> None:
    plane = {"crs": "EPSG:3035", "transform": from_origin(4_321_000, 3_210_000, 30, 30)}
    path = write_raster(tmp_path / "p.tif", np.ones((4, 4), "u1"), **plane)
    assert take(path, needs=["people"]).entry.pixel_m == pytest.approx(30)
    assert take(path, needs=["people"], pixel_m=50).entry.pixel_m == 50
    degrees = write_raster(tmp_path / "d.tif", np.ones((4, 4), "u1"), transform=from_origin(20, 60.2, 0.1, 0.1))
    assert take(degrees, needs=["people"]).entry.pixel_m == pytest.approx(111_320 * 0.1 * math.sqrt(0.5), rel=0.01)


# --- rasters that are streamed: the same answers from files that are never held ---


def write_fine_cover(path: Path) -> Path:
    """Codes of 10 m cells around the world made by hand: band 2 has the cover, -3 west and 100 east, 7 unknown."""
    values = np.full((800, 800), 100, "i2")
    values[:, :400], values[:10] = -3, 7
    where = from_origin(handmade.X0 - 6e3, handmade.Y0 + 8e3, 10, 10)
    return write_raster(path, np.zeros_like(values), values, crs="EPSG:3035", transform=where)


def test_a_streamed_cover_is_read_by_band_no_data_and_legend(tmp_path: Path) -> None:
    keys = {"needs": ["cover"], "band": 2, "nodata": 7, "legend": LEGEND}
    entry = take(write_fine_cover(tmp_path / "c.tif"), **keys).entry
    units = handmade.make_world().land.units
    assert entry.legend is not None
    band = choose_band(entry)
    assert band == Band(2, 7.0, None)
    table = sum_classes([tmp_path / "c.tif"], units.zones, len(units), entry.legend, None, band).sum()
    # Eight by eight km from the north-western corner; home is six km wide: four of crop, two of trees.
    assert table["crop"] == pytest.approx(4 * 7.9, rel=1e-6)
    assert table["tree"] == pytest.approx(2 * 7.9, rel=1e-6)
    assert table["unknown"] == pytest.approx(6 * 0.1, rel=1e-6)
    with pytest.raises(RasterError, match="holds class 7, which its legend lacks"):
        sum_classes([tmp_path / "c.tif"], units.zones, len(units), entry.legend, None, Band(2))


def test_a_streamed_raster_lies_where_its_entry_says(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "p.tif", np.full((10, 10), 2, "u1"), crs="EPSG:32633")
    zones = gpd.GeoDataFrame({"zone_id": ["a"]}, geometry=[shapely.box(0.2, 0.2, 0.6, 0.6)], crs=4326)
    table = tabulate(path, zones, mode="sum", band=Band(crs="EPSG:4326"))
    assert table["sum"].tolist() == pytest.approx([32.0])
    bare = write_raster(tmp_path / "q.tif", np.full((10, 10), 2, "u1"), crs=None)
    assert tabulate(bare, zones, mode="sum", band=Band(crs="EPSG:4326"))["sum"].tolist() == pytest.approx([32.0])


def test_a_worker_elsewhere_gets_all_that_it_needs_with_its_task(tmp_path: Path) -> None:
    # As a cluster hands a task over: what is declared of a band travels in it, no catalogue does.
    from geo_border.zonal.raster import open_source
    from geo_border.zonal.run import TabulationTasks
    from geo_border.zonal.tabulation import Tabulation
    from geo_border.zonal.zones import prepare_zones

    path = write_raster(tmp_path / "p.tif", np.zeros((10, 10), "u1"), np.full((10, 10), 2, "u1"), crs=None)
    zones = gpd.GeoDataFrame({"zone_id": ["a"]}, geometry=[shapely.box(0.2, 0.2, 0.6, 0.6)], crs=4326)
    band = Band(2, crs="EPSG:4326")
    header = open_source(path, band).header
    rings = prepare_zones(zones, "zone_id").rings_by_crs
    tasks = TabulationTasks([path], [header], rings, 2.0**-10, Tabulation("sum", "exact"), band)
    sent = pickle.loads(pickle.dumps(tasks))
    (task,) = tasks.list_tasks()
    here, there = tasks(task), sent(task)
    assert here[0].any()
    assert (here[0] == there[0]).all()
    sent.close()
    tasks.close()


def test_a_checkpoint_of_another_crs_or_no_data_is_another(tmp_path: Path) -> None:
    from geo_border.zonal.raster import open_source
    from geo_border.zonal.run import TabulationTasks
    from geo_border.zonal.tabulation import Tabulation
    from geo_border.zonal.zones import prepare_zones

    path = write_raster(tmp_path / "p.tif", np.ones((10, 10), "u1"))
    zones = gpd.GeoDataFrame({"zone_id": ["a"]}, geometry=[shapely.box(0.2, 0.2, 0.6, 0.6)], crs=4326)
    rings = prepare_zones(zones, "zone_id").rings_by_crs
    keys = set()
    for band in (Band(), Band(nodata=1), Band(crs="EPSG:4258")):
        header = open_source(path, band).header
        keys.add(TabulationTasks([path], [header], rings, 1.0, Tabulation("sum", "exact"), band).compute_key())
    assert len(keys) == 3


def test_the_mosaic_over_a_streamed_cover_shows_the_band_and_no_data_of_the_entry(tmp_path: Path) -> None:
    raw = take(write_fine_cover(tmp_path / "c.tif"), needs=["cover"], band=2, nodata=7, legend=LEGEND)
    with rasterio.open(mosaic.write(raw.paths, raw.entry, tmp_path)) as source:
        assert source.nodata == 7
        assert set(np.unique(source.read(1))) == {-3, 7, 100}


@pytest.mark.parametrize("dtype", ["int32", "uint32", "float32", "float64"])
def test_a_cover_of_any_type_has_a_mosaic(tmp_path: Path, dtype: str) -> None:
    where = from_origin(4_321_000, 3_210_000, 10, 10)
    path = write_raster(tmp_path / "c.tif", np.full((20, 20), 70_000, dtype), crs="EPSG:3035", transform=where)
    raw = take(path, needs=["cover"], legend={"classes": {"70000": "crop"}})
    with rasterio.open(mosaic.write(raw.paths, raw.entry, tmp_path)) as source:
        assert (source.read(1) == 70_000).all()


def test_a_streamed_count_is_read_by_what_its_entry_says_of_no_data(tmp_path: Path) -> None:
    values = np.full((800, 800), 1, "i2")
    values[:, :400] = -7
    where = from_origin(handmade.X0 - 6e3, handmade.Y0 + 8e3, 10, 10)
    path = write_raster(tmp_path / "p.tif", values, crs="EPSG:3035", transform=where)
    raw = take(path, needs=["people"], counts="all", nodata=-7)
    assert read.list_people_files(raw) == (path,)
    with pytest.raises(RasterError, match="declares no nodata value"):
        read.list_people_files(take(path, needs=["people"], counts="all"))
    zones = gpd.GeoDataFrame({"zone_id": ["a"]}, geometry=[handmade.box(-6, 0, 0, 8)], crs=3035)
    table = tabulate(path, zones, mode="sum", band=choose_band(raw.entry))
    assert table["sum"].tolist() == pytest.approx([200 * 800])
