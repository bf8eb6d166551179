"""The grids: valid COGs on their own cells that say what their values mean."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio

from geo_border import catalog
from geo_border.outputs import cog
from geo_border.present import palette
from tests.synthetic import build

SYSTEM_PYTHON = Path("/usr/bin/python3")
LEGEND = catalog.Legend(
    canopy="over 60 %",
    classes={
        "0": "water",
        "1": "tree",
        "4": "tree",
        "5": "tree",
        "8": "tree",
        "10": "grass",
        "11": "wetland",
        "12": "crop",
        "13": "built",
    },
    names={
        "0": "Water",
        "1": "Needle",
        "4": "Broad",
        "5": "Mixed",
        "8": "Woody savanna",
        "10": "Grass & herbs",
        "11": "Wetland",
        "12": "Crop",
        "13": "Urban",
    },
    tree_low=[1, 4, 5],
    tree_high=[1, 4, 5, 8],
)


@pytest.fixture
def written(tmp_path, monkeypatch):
    monkeypatch.setattr(cog, "find_legend", lambda source: LEGEND)
    return {path.name: path for path in cog.write(build(), tmp_path)}


@pytest.mark.parametrize("name", ["landcover.tif", "people.tif"])
def test_gdal_calls_it_a_valid_cog(written, name):
    probe = [str(SYSTEM_PYTHON), "-c", "import osgeo_utils.samples.validate_cloud_optimized_geotiff"]
    if not SYSTEM_PYTHON.exists() or subprocess.run(probe, check=False, capture_output=True).returncode:
        pytest.skip("python3-gdal is not installed for /usr/bin/python3")
    code = "import sys; from osgeo_utils.samples.validate_cloud_optimized_geotiff import main; sys.exit(main(sys.argv))"
    done = subprocess.run(
        [str(SYSTEM_PYTHON), "-c", code, "--full-check=yes", str(written[name])],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_values_and_grid_are_those_of_the_result(written):
    result = build()
    for name, grid in (("landcover.tif", result.cover), ("people.tif", result.people)):
        with rasterio.open(written[name]) as raster:
            np.testing.assert_array_equal(raster.read(1), grid.values)
            assert raster.transform == grid.transform
            assert raster.crs.to_epsg() == grid.crs.to_epsg()


def test_cover_is_coloured_from_the_palette(written):
    with rasterio.open(written["landcover.tif"]) as raster:
        red, green, blue, _ = raster.colormap(1)[12]
    assert f"#{red:02x}{green:02x}{blue:02x}" == palette.get_style("cover", "crop").fill


def test_gdal_finds_names_and_attribute_table_of_cover(written):
    if not SYSTEM_PYTHON.exists():
        pytest.skip("no /usr/bin/python3 with GDAL")
    code = (
        "import sys; from osgeo import gdal; d = gdal.Open(sys.argv[1]); b = d.GetRasterBand(1);"
        "t = b.GetDefaultRAT();"
        "print(b.GetCategoryNames()[10], t.GetRowCount(), t.GetValueAsString(4, 1), t.GetValueAsString(4, 2), sep='|')"
    )
    done = subprocess.run(
        [str(SYSTEM_PYTHON), "-c", code, str(written["landcover.tif"])], check=False, capture_output=True, text=True
    )
    if "No module named 'osgeo'" in done.stderr:
        pytest.skip("python3-gdal is not installed for /usr/bin/python3")
    assert done.stdout.strip() == "Grass & herbs|9|Woody savanna|tree"


def test_overviews_keep_classes_and_average_counts_and_say_so(tmp_path):
    result = build()
    values = np.zeros((600, 600))
    values[::2, ::2] = 4.0
    big = type(result.people)(values, result.people.transform, result.people.crs, None)
    cog.write(replace(result, cover=None, people=big), tmp_path)
    with rasterio.open(tmp_path / "people.tif") as raster:
        assert raster.overviews(1)
        assert "full resolution only" in raster.tags()["OVERVIEWS"]
    with rasterio.open(tmp_path / "people.tif", overview_level=0) as raster:
        assert raster.read(1).mean() == pytest.approx(1.0)


def test_a_cover_file_without_a_legend_is_written_without_names(tmp_path):
    assert [p.name for p in cog.write(build(), tmp_path)] == ["landcover.tif", "people.tif"]


def test_a_grid_of_a_former_run_does_not_stay(written, tmp_path):
    result = build()
    cog.write(replace(result, cover=None, people=None), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_two_writings_give_the_same_bytes(tmp_path):
    first, second = cog.write(build(), tmp_path / "a"), cog.write(build(), tmp_path / "b")
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
