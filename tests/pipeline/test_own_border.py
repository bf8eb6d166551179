"""A user's own border, far from the snapshot: real boundaries, bands on one side, and what is missing said once."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

import geo_border
from geo_border.geo.crs import WGS84, area_km2, reproject
from geo_border.result import Result
from geo_border.study import read_study

# One process, so that the study is run once.
pytestmark = pytest.mark.xdist_group("own border")

DATA = Path(__file__).parents[1] / "data"
BOUNDARIES = f"boundaries={DATA / 'us_mx_natural_earth_10m.geojson'}"

# Made for the test: two sites that overlap between 112 and 110 degrees west.
SITES = [shapely.box(-118.0, 25.0, -110.0, 34.0), shapely.box(-112.0, 25.0, -106.0, 34.0)]


@pytest.fixture(scope="module")
def us_mx(tmp_path_factory: pytest.TempPathFactory) -> Result:
    root = tmp_path_factory.mktemp("us-mx")
    sites = gpd.GeoDataFrame({"name": ["A", "B"], "kind": ["park", "park"]}, geometry=SITES, crs=4326)
    sites.to_file(root / "sites.gpkg")
    sources = [BOUNDARIES, f"protected={root / 'sites.gpkg'}"]
    return geo_border.run(read_study(DATA / "us-mx.toml"), root=root, sources=sources)


def test_the_generalised_line_is_2640_km_long(us_mx: Result) -> None:
    # The two commissions give 3,145 km: Natural Earth is generalised.
    assert us_mx.layers["segments"]["length_km"].sum() == pytest.approx(2640, rel=0.01)


def test_bands_lie_on_the_home_side_only(us_mx: Result) -> None:
    zones, countries = us_mx.layers["zones"], us_mx.layers["countries"].set_index("country").geometry
    bands = shapely.union_all(zones.geometry.to_numpy())
    # Both borders are the same line, thinned to 100 m for the map: more than that past it would be the other side.
    assert shapely.area(shapely.intersection(bands, shapely.buffer(countries["US"], -250))) == 0
    # All land to a distance is of no one country.
    assert set(zones["country"].dropna()) == {"MX"}
    assert set(zones.loc[zones["country"].isna(), "zone_kind"]) <= {"within", "strip"}


def test_what_no_dataset_covers_is_absent_and_said_once(us_mx: Result) -> None:
    measures = set(us_mx.exposure["measure"])
    assert measures == {"area", "cover_area", "cover_share", "frontier_length", "protected_area"}
    notes = us_mx.passport["notes"]
    assert sum(note.startswith("people:") for note in notes) == 1
    assert not any(str(Path(geo_border.__file__).parent.parent) in note for note in notes)


def test_the_passport_names_no_folder_of_this_machine(us_mx: Result) -> None:
    assert str(DATA.parent.parent) not in json.dumps(us_mx.passport)


def test_land_in_two_protected_sites_is_counted_once(us_mx: Result) -> None:
    zones = us_mx.layers["zones"].set_index("zone_id")
    found = us_mx.exposure.query("measure == 'protected_area'").set_index("zone_id")["value"]
    sites = reproject(shapely.segmentize(shapely.box(-118.0, 25.0, -106.0, 34.0), 0.05), WGS84, zones.crs)
    inside = area_km2(shapely.intersection(zones.loc[found.index].geometry.to_numpy(), sites), zones.crs)
    assert len(found) > 3
    assert found.sum() > 1_000
    assert found.to_numpy() == pytest.approx(inside, rel=1e-3)
