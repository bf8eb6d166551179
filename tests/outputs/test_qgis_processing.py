"""Figures that QGIS's own tools compute from the outputs agree with ours."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine

from geo_border.geo.grid import Grid
from geo_border.outputs import cog, geopackage, qgis
from geo_border.zonal import tabulate
from tests.outputs.qgis_runs import missing
from tests.synthetic import X0, Y0, build

pytestmark = pytest.mark.qgis
ZONES = ("band|LT-RU|LT|5000-10000", "band|PL-RU|PL|10000-25000", "band|PL-BY|PL|25000-50000")
# QGIS's zonal statistics take a cell whole when its centre lies in the zone; ours take the share that the zone covers.
CENTRE_RULE = 0.03


@pytest.fixture(scope="module")
def result():
    made = build()
    random = np.random.default_rng(11)
    # Cells that no zone's edge runs along, as in real data.
    grid = Grid(
        random.gamma(2.0, 20.0, (80, 100)), Affine(1000, 0, X0 - 9_700, 0, -1000, Y0 + 39_400), made.people.crs, None
    )
    return replace(made, people=grid)


@pytest.fixture(scope="module")
def folder(result, tmp_path_factory):
    made = tmp_path_factory.mktemp("run")
    geopackage.write(result, made)
    cog.write(result, made)
    qgis.write(result, made)
    return made


def _process(folder: Path, out: Path, tool: str, **parameters: str) -> gpd.GeoDataFrame:
    # Debian's wrapper hands over an option that the program does not know.
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    if missing() or not program:
        pytest.skip(missing() or "qgis_process is not installed (Debian: apt-get install qgis)")
    done = subprocess.run(
        [program, "run", tool, f"--project_path={folder / 'finland-poland.qgz'}", f"--OUTPUT={out}"]
        + [f"--{name}={value}" for name, value in parameters.items()],
        check=False,
        capture_output=True,
        text=True,
        env={
            "QT_QPA_PLATFORM": "offscreen",
            "HOME": str(out.parent),
            "XDG_RUNTIME_DIR": str(out.parent),
            "PATH": "/usr/bin:/bin",
        },
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return gpd.read_file(out)


def test_zonal_statistics_of_people_agree_within_the_centre_rule(folder, result, tmp_path):
    told = _process(
        folder,
        tmp_path / "zonal.gpkg",
        "native:zonalstatisticsfb",
        INPUT="layer_bands",
        INPUT_RASTER="layer_people",
        RASTER_BAND="1",
        STATISTICS="1",
        COLUMN_PREFIX="people_",
    ).set_index("zone_id")
    ours = tabulate(result.people, result.layers["zones"], mode="sum").set_index("zone_id")
    for zone in ZONES:
        assert told.loc[zone, "people_sum"] == pytest.approx(ours.loc[zone, "sum"], rel=CENTRE_RULE)


def test_overlap_analysis_of_forest_agrees_with_geopandas(folder, result, tmp_path):
    told = _process(
        folder,
        tmp_path / "overlap.gpkg",
        "native:calculatevectoroverlaps",
        INPUT="layer_bands",
        LAYERS="layer_forested",
    ).set_index("zone_id")
    zones = result.layers["zones"].set_index("zone_id")
    forest = result.layers["forested"].union_all()
    for zone in ZONES:
        # QGIS measures on the project's ellipsoid, the study in the equal-area plane.
        area = told.loc[zone, "Forested zones_area"] / 1e6
        assert area == pytest.approx(zones.loc[zone].geometry.intersection(forest).area / 1e6, rel=1e-4)


def test_points_in_polygon_counts_the_settlements_of_the_corridor(folder, tmp_path):
    told = _process(
        folder,
        tmp_path / "counted.gpkg",
        "native:countpointsinpolygon",
        POLYGONS="layer_corridor",
        POINTS="layer_settlements",
    )
    settlements = gpd.read_file(folder / "layers.gpkg", layer="settlements")
    corridor = gpd.read_file(folder / "layers.gpkg", layer="corridor")
    assert told.NUMPOINTS.sum() == len(settlements.sjoin(corridor)) > 0
