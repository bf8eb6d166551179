"""People are neither lost nor made: counts on their own cells, spread over home's dry land, known answers first."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from geo_border.errors import EmptyLayerError
from geo_border.geo.crs import WGS84, reproject, row_area_km2
from geo_border.geo.grid import Grid
from geo_border.geo.line_distance import LineIndex
from geo_border.people import Ground, counted, in_areas, modelled
from geo_border.zonal import prepare_zones
from tests.drawing import drawn

EUROPE = CRS.from_epsg(3035)
# South-west corner of the made-up grid: cells of 1 km, whole kilometres of EPSG:3035.
X, Y = 5_000_000.0, 3_500_000.0


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """A box given in kilometres from the corner."""
    return shapely.box(X + west * 1000, Y + south * 1000, X + east * 1000, Y + north * 1000)


def areas(*shapes: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"unit": np.arange(len(shapes))}, geometry=list(shapes), crs=EUROPE)


def ground(units: gpd.GeoDataFrame, water: gpd.GeoDataFrame | None = None, beyond: Any = None) -> Ground:
    none = gpd.GeoDataFrame({"unit": np.array([], dtype=np.int64)}, geometry=[], crs=EUROPE)
    wet = prepare_zones(none if water is None else water, "unit")
    return Ground(prepare_zones(units, "unit"), wet, none if beyond is None else areas(beyond))


def grid(values: list[list[float]], nodata: float | None = None) -> Grid:
    array = np.array(values, dtype=np.float64)
    return Grid(array, Affine(1000, 0, X, 0, -1000, Y + 1000 * len(values)), EUROPE, nodata)


def summed(people: Any, units: gpd.GeoDataFrame, water: gpd.GeoDataFrame | None = None) -> list[float]:
    laid = ground(units, water)
    return in_areas(people, laid.units, laid.water, len(units))["people"].tolist()


# One row of three cells; home ends in the middle of the second.
ROW = grid([[100.0, 10.0, 7.0]])
HALVES = areas(box(0, 0, 1, 1), box(1, 0, 1.5, 1))


def test_residents_of_a_border_cell_all_live_on_its_home_land() -> None:
    people, kind = counted(ROW, "home", ground(HALVES))
    assert kind == "home"
    assert summed(people, HALVES) == pytest.approx([100, 10])
    assert people.home_people == 110


def test_of_everyone_in_a_border_cell_the_home_share_counts() -> None:
    people, kind = counted(ROW, "all", ground(HALVES))
    assert kind == "all"
    assert summed(people, HALVES) == pytest.approx([100, 5])


def test_a_grid_without_people_beyond_the_line_counts_home() -> None:
    _, kind = counted(grid([[100.0, 10.0, 0.0]]), None, ground(HALVES, beyond=box(2, 0, 3, 1)))
    assert kind == "home"


def test_a_grid_with_people_beyond_the_line_counts_all() -> None:
    _, kind = counted(ROW, None, ground(HALVES, beyond=box(2, 0, 3, 1)))
    assert kind == "all"


def test_nobody_lives_on_water() -> None:
    lake = areas(box(0, 0, 0.75, 1))
    parts = areas(box(0, 0, 0.75, 1), box(0.75, 0, 1, 1), box(1, 0, 1.5, 1))
    water = gpd.GeoDataFrame({"unit": [0]}, geometry=lake.geometry, crs=EUROPE)
    people, _ = counted(ROW, "home", ground(parts, water))
    assert summed(people, parts, water) == pytest.approx([0, 100, 10], abs=1e-9)


def test_people_of_a_cell_that_is_all_water_stay_in_it() -> None:
    parts = areas(box(0, 0, 0.5, 1), box(0.5, 0, 1, 1))
    water = gpd.GeoDataFrame({"unit": [0, 1]}, geometry=parts.geometry, crs=EUROPE)
    people, _ = counted(ROW, "home", ground(parts, water))
    assert summed(people, parts, water) == pytest.approx([50, 50])


def test_an_unknown_cell_counts_nobody() -> None:
    people, _ = counted(grid([[np.nan, 10.0, 0.0]]), "home", ground(HALVES))
    assert summed(people, HALVES) == pytest.approx([0, 10])


def test_a_grid_with_nobody_on_home_land_is_refused() -> None:
    with pytest.raises(EmptyLayerError, match="holds nobody on home land"):
        counted(grid([[0.0, 0.0, 7.0]]), "home", ground(HALVES))


def cut(seed: int, width: int, height: int) -> list[Any]:
    """Home land of a random outline, cut by two random straight lines into disjoint units."""
    draw = np.random.default_rng(seed)
    top = np.column_stack((np.linspace(0, width, 9), draw.uniform(0.3, height, 9)))
    home = shapely.Polygon([(X, Y), *((X + a * 1000, Y + b * 1000) for a, b in top), (X + width * 1000, Y)])
    parts = [home]
    for a, b in draw.uniform(-1, width + 1, (2, 2)):
        west = shapely.Polygon(
            [(X - 5e3, Y - 1e3), (X + a * 1000, Y - 1e3), (X + b * 1000, Y + 9e3), (X - 5e3, Y + 9e3)]
        )
        parts = [
            piece for part in parts for piece in (part.intersection(west), part.difference(west)) if piece.area > 1
        ]
    return parts


@given(st.integers(0, 10_000))
@drawn(20)
def test_all_residents_are_found_again_however_home_is_cut(seed: int) -> None:
    draw = np.random.default_rng(seed)
    counts = grid((draw.pareto(1.0, (5, 6)) * 30 * (draw.random((5, 6)) > 0.3) + 1).tolist())
    units = areas(*cut(seed, 6, 5))
    lake = box(*np.sort(draw.uniform(0, 5, 4))[[0, 1, 2, 3]])
    wet = [(i, shape.intersection(lake)) for i, shape in enumerate(units.geometry)]
    wet = [(i, shape) for i, shape in wet if shape.area > 0]
    water = gpd.GeoDataFrame({"unit": [i for i, _ in wet]}, geometry=[s for _, s in wet], crs=EUROPE)
    people, _ = counted(counts, "home", ground(units, water))
    total = sum(summed(people, units, water))
    assert total == pytest.approx(people.home_people, rel=1e-6)
    touched = shapely.union_all(list(units.geometry))
    cells = [box(c, 4 - r, c + 1, 5 - r) for r in range(5) for c in range(6)]
    reached = [shapely.area(shapely.intersection(cell, touched)) > 1e-3 for cell in cells]
    assert people.home_people == pytest.approx(counts.values.ravel()[reached].sum(), rel=1e-9)


MODEL = {
    "rings_m": [2000.0, 5000.0, 10000.0, 50000.0],
    "density": {"other": {"11": [1, 2, 3, 4], "21": [100, 200, 300, 400]}, "HH-FF": {"11": [10, 20, 30, 40]}},
    "spread": [2.0, 1.8, 1.5, 1.3],
}


def modelled_at(lon: float, code: int, segment: str = "HH-FF") -> tuple[dict[str, float], float]:
    """People in one cell of 1/120 degree whose west edge is at `lon`, the line at 25 E; and the cell's area."""
    step = 1 / 120
    classes = Grid(np.array([[code]], dtype=np.uint8), Affine(step, 0, lon, 0, -step, 56.0), WGS84, 0)
    cell = reproject(shapely.segmentize(shapely.box(lon, 56 - step, lon + step, 56.0), step / 50), WGS84, EUROPE)
    units = areas(cell)
    index = LineIndex([shapely.LineString([(25, 55), (25, 57)])], [0])
    people = modelled(classes, MODEL, [segment], index, ground(units))
    found = in_areas(people, ground(units).units, ground(units).water, 1)
    return {name: float(values[0]) for name, values in found.items()}, float(row_area_km2(56.0, step, step, 1)[0])


@pytest.mark.parametrize(
    ("lon", "ring"),
    [(24.98, 0), (24.95, 1), (24.87, 2), (24.5, 3), (23.9, 3)],
    ids=["0-2", "2-5", "5-10", "10-50", "beyond"],
)
def test_modelled_people_are_density_of_class_segment_and_ring_times_area(lon: float, ring: int) -> None:
    found, km2 = modelled_at(lon, 11)
    density = MODEL["density"]["HH-FF"]["11"][ring]  # type: ignore[index]
    assert found["people"] == pytest.approx(density * km2, rel=1e-5)
    spread = MODEL["spread"][ring]  # type: ignore[index]
    assert found["low"] == pytest.approx(density * km2 / spread, rel=1e-5)
    assert found["high"] == pytest.approx(density * km2 * spread, rel=1e-5)


def test_a_segment_or_class_that_was_not_calibrated_takes_the_common_density() -> None:
    assert modelled_at(24.98, 21)[0]["people"] == pytest.approx(100 * modelled_at(24.98, 21)[1], rel=1e-5)
    assert modelled_at(24.98, 11, "XX-YY")[0]["people"] == pytest.approx(modelled_at(24.98, 11)[1], rel=1e-5)


def test_the_range_of_a_segment_that_was_not_calibrated_holds_every_segment_that_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    density = {**MODEL["density"], "TT-FF": {"11": [0.1, 0.1, 0.1, 0.1]}}  # type: ignore[dict-item]
    monkeypatch.setitem(MODEL, "density", density)
    found, km2 = modelled_at(24.98, 11, "XX-YY")
    assert found["people"] == pytest.approx(1 * km2, rel=1e-5)
    assert found["low"] == pytest.approx(0.1 * km2, rel=1e-5)
    assert found["high"] == pytest.approx(10 * km2, rel=1e-5)


def test_an_unknown_class_has_nobody() -> None:
    assert modelled_at(24.98, 0)[0]["people"] == 0
