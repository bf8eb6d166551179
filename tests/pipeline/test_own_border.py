"""A user's own border, far from the snapshot: real boundaries, bands on one side, and what is missing said once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import shapely

import geo_border
from geo_border.result import Result
from geo_border.study import read

# One process, so that the study is run once.
pytestmark = pytest.mark.xdist_group("own border")

DATA = Path(__file__).parents[1] / "data"
BOUNDARIES = f"boundaries={DATA / 'us_mx_natural_earth_10m.geojson'}"


@pytest.fixture(scope="module")
def us_mx(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return geo_border.run(read(DATA / "us-mx.toml"), root=tmp_path_factory.mktemp("us-mx"), sources=[BOUNDARIES])


def test_the_generalised_line_is_2640_km_long(us_mx: Result) -> None:
    # The two commissions give 3,145 km: Natural Earth is generalised.
    assert us_mx.layers["segments"]["length_km"].sum() == pytest.approx(2640, rel=0.01)


def test_bands_lie_on_the_home_side_only(us_mx: Result) -> None:
    zones, countries = us_mx.layers["zones"], us_mx.layers["countries"].set_index("country").geometry
    bands = shapely.union_all(zones.geometry.to_numpy())
    # Both borders are the same line, thinned to 100 m for the map: more than that past it would be the other side.
    assert shapely.area(shapely.intersection(bands, shapely.buffer(countries["US"], -250))) == 0
    assert set(zones["country"]) == {"MX"}


def test_what_no_dataset_covers_is_absent_and_said_once(us_mx: Result) -> None:
    measures = set(us_mx.exposure["measure"])
    assert measures == {"area", "cover_area", "frontier_length"}
    notes = us_mx.passport["notes"]
    assert sum(note.startswith("people:") for note in notes) == 1
    assert not any(str(Path(geo_border.__file__).parent.parent) in note for note in notes)


def test_the_passport_names_no_folder_of_this_machine(us_mx: Result) -> None:
    assert str(DATA.parent.parent) not in json.dumps(us_mx.passport)
