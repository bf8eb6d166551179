"""People rasters too fine to hold are streamed from their files, and give what holding them gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from geo_border import read
from geo_border.errors import EmptyLayerError, RasterError
from geo_border.fetch.local import build_local_raw
from geo_border.layers import Layer, Layers
from geo_border.measures.base import Absent
from geo_border.measures.people import PeopleCount, Residents
from geo_border.store import Raw
from tests import handmade

# About 100 m: 1/720 of a degree of longitude, 1/1200 of a degree of latitude.
WEST, NORTH, DX, DY = 9.88, 52.10, 1 / 720, 1 / 1200


def write_tile(path: Path, column: int, nodata: float | None = -200.0) -> Path:
    """One of two tiles side by side, 48 x 144 cells of people, its northern rows without data."""
    values = np.random.default_rng(column).uniform(0, 9, (144, 48)).astype("float64")
    values[:5] = -200.0
    profile = {"driver": "GTiff", "width": 48, "height": 144, "count": 1, "dtype": "float64", "crs": "EPSG:4326"}
    where = from_origin(WEST + 48 * DX * column, NORTH, DX, DY)
    with rasterio.open(path, "w", **profile, transform=where, nodata=nodata) as out:
        out.write(values, 1)
    return path


def count(layer: Layer) -> tuple[Residents, dict[str | None, np.ndarray]]:
    """People of the units of the world made by hand, and columns by category."""
    land = handmade.make_world().land
    prepared = PeopleCount().prepare(Layers({"people": (layer,)}), land)
    assert not isinstance(prepared, Absent)
    columns = PeopleCount().count(prepared, land.units, land)
    return prepared, {column.category: column.values for column in columns}


def test_streaming_tiles_gives_the_sums_of_the_held_grid(tmp_path: Path) -> None:
    paths = (write_tile(tmp_path / "a.tif", 0), write_tile(tmp_path / "b.tif", 1))
    entry = build_local_raw("people", paths[0]).entry.model_copy(update={"counts": "all"})
    raw = Raw(entry, paths, {})
    held, by_held = count(Layer(entry, read.read_people(raw)))
    streamed, by_stream = count(Layer(entry, list(read.list_people_files(raw))))
    assert held.spread is not None
    assert streamed.spread is None
    np.testing.assert_allclose(by_stream["total"], by_held["total"], rtol=1e-9, atol=1e-9)
    assert by_held["total"].sum() > 1000
    # What sums over areas are held against is taken without them.
    assert streamed.home_people == pytest.approx(by_stream["total"].sum(), rel=1e-6)


def test_ages_are_streamed_beside_the_total(tmp_path: Path) -> None:
    path = write_tile(tmp_path / "a.tif", 0)
    entry = build_local_raw("people", path).entry
    _, found = count(Layer(entry, [path], {"under_15": [path, path]}))
    np.testing.assert_allclose(found["under_15"], 2 * found["total"], rtol=1e-12)


def test_rasters_with_nobody_on_home_land_are_refused(tmp_path: Path) -> None:
    far = write_tile(tmp_path / "far.tif", 40)
    with pytest.raises(EmptyLayerError, match="hold nobody on home land"):
        count(Layer(build_local_raw("people", far).entry, [far]))


def test_a_raster_that_does_not_declare_nodata_is_not_streamed(tmp_path: Path) -> None:
    raw = build_local_raw("people", write_tile(tmp_path / "a.tif", 0, nodata=None))
    with pytest.raises(RasterError, match="declares no nodata value"):
        read.list_people_files(raw)
