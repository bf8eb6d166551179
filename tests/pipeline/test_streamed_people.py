"""People rasters too fine to hold are streamed from their files, and give what holding them gives."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from geo_border.pipeline.reading import Sources, people_in
from rasterio.transform import from_origin

from geo_border import readers
from geo_border.errors import RasterError
from geo_border.fetchers import local
from geo_border.people import Ground, counted, in_areas
from geo_border.store import Raw
from geo_border.zonal import prepare_zones


def tile(path: Path, west: float, nodata: float | None = -200.0) -> Path:
    values = np.random.default_rng(int(west)).uniform(0, 9, (120, 120)).astype("float64")
    values[:5] = -200.0
    profile = {"driver": "GTiff", "width": 120, "height": 120, "count": 1, "dtype": "float64", "crs": "EPSG:4326"}
    with rasterio.open(path, "w", **profile, transform=from_origin(west, 55, 1 / 120, 1 / 120), nodata=nodata) as out:
        out.write(values, 1)
    return path


def test_streaming_tiles_gives_the_sums_of_the_held_grid(tmp_path: Path) -> None:
    paths = (tile(tmp_path / "a.tif", 21), tile(tmp_path / "b.tif", 22))
    raw = Raw(local("people", paths[0]).entry, paths, {})
    shapes = [
        shapely.box(21.2, 54.1, 21.9, 54.6),
        shapely.Point(22, 54.5).buffer(0.3),
        shapely.box(22.4, 54.2, 22.8, 54.99),
    ]
    frame = gpd.GeoDataFrame({"unit": range(3)}, geometry=shapes, crs=4326).to_crs(3035)
    none = gpd.GeoDataFrame({"unit": np.array([], dtype=int)}, geometry=[], crs=3035)
    units, water = prepare_zones(frame, "unit"), prepare_zones(none, "unit")
    held, _ = counted(readers.read_people(raw), "all", Ground(units, water, none))
    expected = in_areas(held, units, water, 3)["people"]
    streams = {"people": list(readers.people_files(raw))}
    found = people_in(Sources(streams=streams), units, water, 3)
    assert found is not None
    np.testing.assert_allclose(found["people"], expected, rtol=1e-9)
    assert (expected > 1000).all()


def test_a_raster_that_does_not_declare_nodata_is_not_streamed(tmp_path: Path) -> None:
    raw = local("people", tile(tmp_path / "a.tif", 21, nodata=None))
    with pytest.raises(RasterError, match="declares no nodata value"):
        readers.people_files(raw)
