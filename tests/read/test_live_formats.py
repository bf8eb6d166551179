"""Every live format, fetched from the world server in its publisher's form, becomes its canonical layer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import shapely

from geo_border import read, study
from geo_border.catalog import find_entry
from geo_border.errors import EmptyLayerError, RasterError, SchemaError, StudyError
from geo_border.read import osm_tags
from geo_border.store import Raw
from tests.read.conftest import BOUNDS

Fetched = Callable[[str], Raw]
SUWALKI = study.read_study("suwalki")


@pytest.mark.parametrize("name", ["geoboundaries-cgaz", "gisco-countries-2024", "natural-earth-10m", "osm-boundaries"])
def test_every_boundary_dataset_gives_the_same_territories(fetched: Fetched, name: str) -> None:
    table = read.read_boundaries(fetched(name), SUWALKI)
    assert list(table["territory"]) == ["LT", "PL", "RU", "BY", "KGD"]
    assert list(table["country"]) == ["LT", "PL", "RU", "BY", "RU"]
    assert table.crs.to_epsg() == 4326
    assert shapely.is_valid(table.geometry.to_numpy()).all()
    kaliningrad = table.geometry.iloc[4]
    assert kaliningrad.contains(shapely.Point(20.5, 54.7))
    assert kaliningrad.bounds[2] < 23.1


def test_a_country_that_is_not_there_is_named_with_those_that_are(fetched: Fetched) -> None:
    elsewhere = SUWALKI.model_copy(update={"home": ("LT", "PT")})
    with pytest.raises(StudyError, match=r"no PT in the field 'shapeGroup'.*It has: BY, EE"):
        read.read_boundaries(fetched("geoboundaries-cgaz"), elsewhere)


def test_land_from_countries_is_cut_to_the_window(fetched: Fetched) -> None:
    land = read.read_land(fetched("geoboundaries-cgaz"), BOUNDS)
    shapes = land.geometry.to_numpy()
    assert shapely.box(*BOUNDS).buffer(1e-9).contains(shapes).all()
    # Neighbours share their edges, so their pieces fill the window once.
    assert shapely.area(shapes).sum() == pytest.approx(2.0 * 1.3, rel=1e-3)


@pytest.mark.parametrize("name", ["gisco-nuts-2024", "gisco-lau-2024"])
def test_admin_units_keep_their_letters(fetched: Fetched, name: str) -> None:
    table = read.read_admin(fetched(name), BOUNDS)
    assert set(table.columns) == {"admin_id", "name", "country", "geometry"}
    assert set(table["country"]) == {"LT", "PL"}
    assert table["admin_id"].is_unique
    if name == "gisco-nuts-2024":
        assert table["name"].str.endswith("kõik").all()


def test_worldcover_tiles_are_one_grid_with_known_classes(fetched: Fetched) -> None:
    grid = read.read_cover(fetched("esa-worldcover-2021"), BOUNDS)
    assert grid.crs.to_epsg() == 4326
    assert set(np.unique(grid.values)) <= {0, 10, 20, 30, 40, 50, 60, 70, 80, 90}
    assert (grid.values == 10).mean() > 0.05


def test_a_class_that_the_legend_lacks_is_an_error(fetched: Fetched) -> None:
    raw = fetched("ghs-smod-r2023a")
    wrong = Raw(find_entry("esa-worldcover-2021"), raw.paths, raw.sha256)
    with pytest.raises(RasterError, match=r"values 11, 12, 13.* not in the dataset's legend"):
        read.read_cover(wrong, BOUNDS)


def test_people_are_those_of_the_cells_never_resampled(fetched: Fetched) -> None:
    raw = fetched("ghs-pop-r2023a")
    grid = read.read_people(raw, BOUNDS)
    import rasterio

    expected = 0.0
    for path in raw.paths:
        with rasterio.open(path) as source:
            values = source.read(1)
            rows, columns = np.indices(values.shape)
            x, y = source.transform * (columns + 0.5, rows + 0.5)
            west, north = grid.transform * (0, 0)
            east, south = grid.transform * (grid.shape[1], grid.shape[0])
            inside = (x > west) & (x < east) & (y > south) & (y < north) & (values >= 0)
            expected += values[inside].sum()
    assert np.nansum(grid.values) == pytest.approx(expected, rel=1e-12)
    assert expected > 10_000


def test_countries_rasters_that_overlap_lose_nobody(fetched: Fetched) -> None:
    raw = fetched("worldpop-r2025a")
    import rasterio

    total = 0.0
    for path in raw.paths:
        with rasterio.open(path) as source:
            values = source.read(1)
            total += float(values[values >= 0].astype(float).sum())
    assert len(raw.paths) == 2
    both = np.nansum(read.read_people(raw).values)
    # A cell on the border may be in both countries' rasters; it is counted once.
    assert both == pytest.approx(total, rel=0.002)
    assert both <= total


def test_settlement_classes_are_read_in_their_own_projection(fetched: Fetched) -> None:
    grid = read.read_classes(fetched("ghs-smod-r2023a"), BOUNDS)
    assert "Mollweide" in grid.crs.name
    assert set(np.unique(grid.values)) <= {0, 10, 11, 12, 13, 21, 22, 23, 30}


def test_census_cells_of_two_countries_stay_and_the_confidential_are_unknown(fetched: Fetched) -> None:
    raw = fetched("eurostat-census-2021")
    grid = read.read_people(raw)
    rows = [line.split(",") for line in raw.paths[0].read_text().splitlines()[1:]]
    placed = [row for row in rows if row[0].startswith("CRS")]
    shared = [row for row in placed if row[-1] == "BY-PL"]
    assert shared
    assert np.nansum(grid.values) == sum(int(row[1]) for row in placed if int(row[1]) >= 0)
    assert any(int(row[1]) == -8888 for row in placed)
    assert (read.describe_unplaced_people(raw, ("LV", "FI", "EE")) or "").endswith(": FI 1,234, LV 567.")
    assert (read.describe_unplaced_people(raw, ("LV",)) or "").endswith(": LV 567.")
    # The file is all of Europe's: a study is told of its own countries.
    assert read.describe_unplaced_people(raw, ("LT", "PL")) is None
    row, column = grid.locate_cells(*_centre(shared[0][0]))
    assert grid.values[row[0], column[0]] == int(shared[0][1])


def _centre(cell: str) -> tuple[np.ndarray, np.ndarray]:
    north, east = cell.removeprefix("CRS3035RES1000mN").split("E")
    return np.array([float(east) + 500]), np.array([float(north) + 500])


def test_census_ages_add_up_to_the_total(fetched: Fetched) -> None:
    raw = fetched("eurostat-census-2021")
    assert read.list_people_categories(raw) == ("total", "under_15", "15_64", "over_64")
    ages = [np.nansum(read.read_people(raw, BOUNDS, name).values) for name in read.list_people_categories(raw)[1:]]
    assert sum(ages) == np.nansum(read.read_people(raw, BOUNDS).values)


def test_a_count_that_a_dataset_lacks_is_said(fetched: Fetched) -> None:
    with pytest.raises(RasterError, match=r"no count 'under_15'; it has total"):
        read.read_people(fetched("ghs-pop-r2023a"), BOUNDS, "under_15")


def test_a_census_elsewhere_is_empty_not_zero(fetched: Fetched) -> None:
    with pytest.raises(EmptyLayerError, match="no cell where the study is"):
        read.read_people(fetched("eurostat-census-2021"), (-9.0, 37.0, -8.0, 38.0))


def test_geonames_keep_their_letters_and_leave_out_ruins(fetched: Fetched) -> None:
    table = read.read_places(fetched("geonames"), BOUNDS)
    assert "Suwałki" in set(table["name"])
    assert table.set_index("name").loc["Suwałki", "name_en"] == "Suwalki"
    assert "Ruina" not in set(table["name"])
    # Traps: a place called NA is a place, and 0 people are unknown people.
    whole = read.read_places(fetched("geonames"))
    assert "NA" in set(whole["name"])
    assert not (whole["people"] <= 0).any()


def test_facilities_are_civilian_and_known_kinds(fetched: Fetched) -> None:
    for name in ("osm-facilities", "osm-extracts"):
        table = read.read_facilities(fetched(name), None if name == "osm-extracts" else BOUNDS)
        assert set(table["kind"]) == set(osm_tags.FACILITY_KINDS), name
        assert not table["name"].fillna("").str.contains("Secret").any(), name
        assert set(table.geometry.geom_type) == {"Point"}
        assert (table["source"] == name).all()


def test_the_same_map_gives_the_same_roads_by_overpass_and_by_extract(fetched: Fetched) -> None:
    near = (22.5, 53.9, 23.5, 54.5)
    by_query = read.read_roads(fetched("osm-roads"), near)
    by_extract = read.read_roads(fetched("osm-extracts"), near)
    assert sorted(by_query["kind"]) == sorted(by_extract["kind"])
    assert set(by_query["kind"]) <= set(osm_tags.ROAD_KINDS)
    assert len(by_query) > 3
    length = shapely.length(by_query.geometry.to_numpy()).sum()
    assert shapely.length(by_extract.geometry.to_numpy()).sum() == pytest.approx(length, abs=1e-4)


def test_places_of_the_map_have_a_name_in_english_where_there_is_one(fetched: Fetched) -> None:
    table = read.read_places(fetched("osm-places"), BOUNDS)
    assert table.set_index("name").loc["Suwałki", "name_en"] == "Suwalki"
    assert set(table["kind"]) <= set(osm_tags.PLACE_KINDS)


def test_a_text_that_is_no_geonames_dump_is_said(fetched: Fetched, tmp_path: object) -> None:
    raw = fetched("eurostat-census-2021")
    wrong = Raw(find_entry("geonames"), raw.paths, raw.sha256)
    with pytest.raises(SchemaError, match="not a GeoNames dump"):
        read.read_places(wrong)
