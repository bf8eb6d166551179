"""From files to layers: every need by its reader, what lies elsewhere left out and told, a user's own file refused."""

from __future__ import annotations

import logging
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from rasterio.transform import from_origin

from geo_border.errors import EmptyLayerError, StudyError
from geo_border.fetch.local import build_local_raw
from geo_border.geo.crs import WGS84
from geo_border.geo.grid import Grid
from geo_border.layers import Layer, Layers
from geo_border.pipeline import inputs
from geo_border.schemas import LINE_NEEDS, NEEDS
from geo_border.store import Raw
from tests import handmade
from tests.worlds import a_study

HERE = (10.0, 52.0, 10.2, 52.2)
LINES = [shapely.LineString([(10.0, 52.1), (10.2, 52.1)])]
POINTS = [shapely.Point(10.1, 52.1)]
SITES = [shapely.box(10.0, 52.0, 10.1, 52.1)]


def _quiet(_stage: str, _done: int, _total: int) -> None:
    return None


def write(folder: Path, need: str, shapes: list[shapely.Geometry], **columns: object) -> Raw:
    path = folder / f"{need}.gpkg"
    gpd.GeoDataFrame({**columns, "row": range(len(shapes))}, geometry=shapes, crs=4326).to_file(path)
    return build_local_raw(need, path)


def read(
    raws: dict[str, Raw | None], window: tuple[float, float, float, float] = HERE
) -> tuple[dict[str, Layer], list[str]]:
    return inputs.read_layers(raws, window, ("DE",), _quiet)


def shipped(raw: Raw) -> Raw:
    """The same files as of a dataset of the catalogue: what lies elsewhere is then no mistake of the user's."""
    return Raw(raw.entry.model_copy(update={"source": "embedded"}), raw.paths, raw.sha256)


def test_every_vector_need_is_read_to_a_layer(tmp_path: Path) -> None:
    raws: dict[str, Raw | None] = {
        "places": write(tmp_path, "places", POINTS, name=["A"]),
        "facilities": write(tmp_path, "facilities", POINTS, kind=["school"]),
        "roads": write(tmp_path, "roads", LINES, kind=["primary"]),
        "protected": write(tmp_path, "protected", SITES, name=["P"], kind=["park"]),
        "admin": write(tmp_path, "admin", SITES, admin_id=[7], name=["U"], country=["DE"]),
        "land": write(tmp_path, "land", SITES),
        "water": write(tmp_path, "water", SITES),
    }
    layers, notes = read(raws)
    assert set(layers) == set(raws)
    assert notes == []
    assert [len(layer.data) for layer in layers.values()] == [1] * 7
    assert all(layer.data.crs == 4326 for layer in layers.values())


def test_a_need_that_nothing_serves_is_missing() -> None:
    layers, notes = read({"roads": None, "cover": None})
    assert (layers, notes) == ({}, [])


@pytest.mark.parametrize("need", ["places", "facilities", "roads", "protected"])
def test_points_lines_and_sites_none_of_which_is_near_are_told(
    tmp_path: Path, need: str, caplog: pytest.LogCaptureFixture
) -> None:
    shapes = {"places": POINTS, "facilities": POINTS, "roads": LINES, "protected": SITES}[need]
    kinds = {"places": "village", "facilities": "school", "roads": "primary", "protected": "park"}
    raw = shipped(write(tmp_path, need, shapes, name=["X"], kind=[kinds[need]]))
    with caplog.at_level(logging.WARNING, "geo_border"):
        layers, notes = read({need: raw}, (20.0, 52.0, 20.2, 52.2))
    assert notes == [f"{need}: {need}.gpkg has none near this study; absent."]
    # Said when it arises, not only in the passport.
    assert notes[0] in caplog.text
    read_layers = Layers({**handmade.without(need).by_need, need: (layers[need],)})
    world = handmade.World(handmade.make_world().ground, read_layers)
    measure = {"roads": "road_length", "protected": "protected_area", "places": "settlements"}.get(need, need)
    assert measure not in set(world.table["measure"])


def make_raster(path: Path) -> Path:
    profile = {"driver": "GTiff", "width": 20, "height": 20, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    with rasterio.open(path, "w", **profile, transform=from_origin(10.0, 52.2, 0.01, 0.01), nodata=-1) as out:
        out.write(np.ones((20, 20), np.float32), 1)
    return path


def test_a_raster_that_lies_elsewhere_is_left_out_and_told_by_its_name(tmp_path: Path) -> None:
    raw = shipped(build_local_raw("people", make_raster(tmp_path / "people.tif")))
    layers, notes = read({"people": raw}, (20.0, 52.0, 20.2, 52.2))
    assert layers == {}
    assert len(notes) == 1
    assert notes[0].startswith("people: people.tif")
    assert notes[0].endswith("Its figures are absent.")
    # Outputs are passed on: they name no folder of this machine.
    assert str(tmp_path) not in notes[0]


def test_a_users_own_raster_that_lies_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmptyLayerError, match=r"people\.tif"):
        read({"people": build_local_raw("people", make_raster(tmp_path / "people.tif"))}, (20.0, 52.0, 20.2, 52.2))


def test_no_run_is_without_boundaries() -> None:
    with pytest.raises(StudyError, match="no source for boundaries"):
        inputs.read_boundaries(a_study(), None)


def test_a_country_without_a_name_in_the_file_is_named_by_its_code(tmp_path: Path) -> None:
    shapes = [shapely.box(24, 55, 25, 56), shapely.box(25, 55, 26, 56)]
    raw = write(tmp_path, "boundaries", shapes, country=["HH", "FF"], name=["Hähland", None])
    layer = inputs.read_boundaries(a_study(), raw)
    assert layer.data["name"].tolist() == ["Hähland", "FF"]


def test_a_note_is_said_when_it_arises(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "geo_border"):
        assert inputs.note("roads: none.") == "roads: none."
    assert "roads: none." in caplog.text


def test_boundaries_are_read_before_all_else() -> None:
    assert LINE_NEEDS[0] == next(iter(NEEDS)) == "boundaries"
    assert set(inputs.OPTIONAL) == set(NEEDS) - set(LINE_NEEDS)
    # Modelled people are made from the classes.
    assert inputs.OPTIONAL.index("settlement_class") < inputs.OPTIONAL.index("people")


# --- windows ---


def test_the_window_holds_all_within_the_margin() -> None:
    bounds, shape = inputs.compute_window([shapely.LineString([(25, 55), (25, 56)])], 11_000)
    west, south, east, north = bounds
    assert (west < 24.82, east > 25.18, south < 54.9, north > 56.1) == (True,) * 4
    assert shapely.contains(shape, shapely.Point(25.17, 55.5))


def test_a_window_across_the_antimeridian_begins_east_and_ends_west() -> None:
    bounds, shape = inputs.compute_window([shapely.LineString([(179.9, 60), (180.1, 61)])], 20_000)
    assert bounds[0] > 179
    assert bounds[2] < -179
    west, _, east, _ = shapely.bounds(shape)
    assert (west, east) == (-180, 180)


# --- layers ---


def test_the_first_dataset_of_a_need_is_the_primary_one() -> None:
    one, two = (Layer(handmade.make_entry(name, ["cover"]), handmade.make_grid(handmade.COVER, "u1")) for name in "ab")
    layers = Layers({"cover": (one, two)})
    assert layers.get("cover") is one
    assert layers.get_all("cover") == (one, two)
    assert layers.get("people") is None
    assert layers.get_all("people") == ()
    assert layers.get_grid("cover") is one.data
    assert layers.get_grid("people") is None


def test_a_pixel_is_as_large_as_its_grid_or_its_entry_says(tmp_path: Path) -> None:
    square = handmade.make_grid(handmade.COVER, "u1")
    entry = handmade.make_entry("a", ["cover"])
    assert Layer(entry, square).pixel_km2 == pytest.approx(1.0)
    stated = handmade.make_entry("a", ["cover"], options={"pixel_km2": 0.25})
    assert Layer(stated, square).pixel_km2 == 0.25
    fine = handmade.make_entry("a", ["cover"], pixel_m=10.0)
    assert Layer(fine, [tmp_path / "a.tif"]).pixel_km2 == pytest.approx(1e-4)
    # Half a degree at 60 degrees north, in the middle of the grid.
    lonlat = Grid(np.zeros((3, 3)), Affine(0.5, 0, 10, 0, -0.5, 60.75), WGS84)
    assert Layer(entry, lonlat).pixel_km2 == pytest.approx(27.9 * 55.7, rel=0.01)
    assert Layer(entry, gpd.GeoDataFrame(geometry=[], crs=4326)).pixel_km2 == 0
