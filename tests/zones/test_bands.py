"""Bands, strips and units on small winding borders: known areas first, then laws."""

from __future__ import annotations

from functools import lru_cache

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from geo_border.geo.crs import WGS84, area_km2, reproject
from tests.drawing import drawn
from tests.worlds import World, a_study, boundaries, two_sides, world, wound

EDGES_M = (500.0, 1000.0, 2000.0, 5000.0, 10000.0, 25000.0, 50000.0)
# Near the equator, in Europe where its plane is true, and in Lapland where it is 739 m off at 50 km.
SOUTHS = (0.2, 54.0, 69.0)
cases = st.tuples(st.integers(0, 3), st.sampled_from(SOUTHS))
few = drawn(8)


@lru_cache(maxsize=16)
def a_world(case: tuple[int, float]) -> World:
    seed, south = case
    study = a_study(bands_m=(1000, 5000, 10000, 25000, 50000), strips_m=(500, 1000, 2000, 5000))
    return world(boundaries(**two_sides(wound(seed, south, south + 0.7, 25), wide=1.0 if south < 60 else 2.0)), study)


def area(made: World, low: float, high: float) -> float:
    return sum(float(area_km2(p.geometry, made.crs)) for p in made.pieces if p.from_m >= low and p.to_m <= high)


def select(made: World, zone_id: str) -> set[int]:
    """Pieces that a zone is made of, by number."""
    membership = made.membership()
    rows = membership.build_matrix(made.members())[membership.main_rows]
    return set(rows[[zone.id for zone in membership.zones].index(zone_id)].indices.tolist())


def test_a_straight_border_has_bands_as_long_as_it_is() -> None:
    # Meridian 25 E is where a straight line in lon/lat is a geodesic: the band is a rectangle bent on the ellipsoid.
    line = np.array([(25.0, 55.0), (25.0, 56.0)])
    made = world(boundaries(**two_sides(line)), a_study(bands_m=(1000, 5000), strips_m=()))
    # 111.3 km of meridian by 1 km, on home's side alone; the parallel at the ends is no border, it cuts them off.
    assert area(made, 0, 1000) == pytest.approx(111.34, rel=1e-3)
    assert area(made, 1000, 5000) == pytest.approx(4 * 111.34, rel=2e-3)


def test_bands_lie_on_the_home_side_alone() -> None:
    made = a_world((0, 54.0))
    facing = two_sides(wound(0, 54.0, 54.7, 25), wide=1.0)["FF"]
    beyond = reproject(shapely.segmentize(facing, 0.01), WGS84, made.crs)
    for piece in made.pieces:
        # An edge of up to 1 km bends by centimetres between lon/lat and the plane.
        assert shapely.area(shapely.intersection(piece.geometry, shapely.buffer(beyond, -1.0))) < 1.0


def test_zone_ids_are_as_the_contract_writes_them() -> None:
    ids = [zone.id for zone in a_world((0, 54.0)).membership().zones]
    assert {"band|HH-FF|HH|1000-5000", "strip|HH-FF|HH|0-500", "within|all|0-50000", "segment|HH-FF"} <= set(ids)
    # One segment, 5 bands, 4 strips of it, its country and the whole, 7 distances of the same three.
    assert len(ids) == len(set(ids)) == 1 + 5 + 4 * 3 + 7 * 3


@given(cases)
@few
def test_pieces_are_disjoint(case: tuple[int, float]) -> None:
    shapes = [piece.geometry for piece in a_world(case).pieces]
    assert shapely.is_valid(shapes).all()
    whole = shapely.area(shapely.union_all(shapes))
    assert shapely.area(shapes).sum() == pytest.approx(whole, rel=1e-9)


@given(cases)
@few
def test_bands_add_up_to_all_home_land_within_the_widest(case: tuple[int, float]) -> None:
    made = a_world(case)
    parts = [area(made, low, high) for low, high in made.study.bands]
    assert sum(parts) == pytest.approx(area(made, 0, 50_000), rel=1e-9)


@given(cases)
@few
def test_strips_nest(case: tuple[int, float]) -> None:
    made = a_world(case)
    depths = [area(made, 0, depth) for depth in made.study.strips_m]
    assert depths == sorted(depths)
    assert select(made, "strip|HH-FF|HH|0-1000") < select(made, "strip|HH-FF|HH|0-5000")


@given(cases)
@few
def test_a_1_km_strip_is_the_0_to_1_km_band(case: tuple[int, float]) -> None:
    made = a_world(case)
    assert select(made, "strip|HH-FF|HH|0-1000") == select(made, "band|HH-FF|HH|0-1000") != set()


@given(cases)
@few
def test_units_make_up_every_piece(case: tuple[int, float]) -> None:
    made = a_world(case)
    units = made.units()
    own = units.groupby("piece")["area_km2"].sum()
    for number, piece in enumerate(made.pieces):
        assert own[number] == pytest.approx(float(area_km2(piece.geometry, made.crs)), rel=1e-9)


# Here GEOS's union of a unit and what goes to it is a square kilometre short.
@given(cases, st.integers(0, 50))
@example((3, 0.2), 41)
@few
def test_admin_by_band_adds_up_to_the_bands(case: tuple[int, float], seed: int) -> None:
    made = a_world(case)
    west, south, east, north = two_sides(wound(*case, case[1] + 0.7, 25), wide=1.0 if case[1] < 60 else 2.0)[
        "HH"
    ].bounds
    split = np.random.default_rng(seed).uniform(south + 0.1, north - 0.1)
    # Published units are coarse: these stop 3 km short of the line and of each other.
    shapes = [shapely.box(west, south - 1, east - 0.03, split - 0.03), shapely.box(west, split, east - 0.03, north + 1)]
    admin = gpd.GeoDataFrame(
        {"admin_id": ["HH-1", "HH-2"], "name": ["South", "North"], "country": "HH"}, geometry=shapes, crs=WGS84
    )
    units = made.units(admin)
    assert set(units["admin"]) == {0, 1}
    own = units.groupby("piece")["area_km2"].sum()
    for number, piece in enumerate(made.pieces):
        assert own[number] == pytest.approx(float(area_km2(piece.geometry, made.crs)), rel=1e-9)


def at_random(made: World, count: int, seed: int) -> np.ndarray:
    """Home points in lon/lat, half of them anywhere and half within 20 m of a band's edge."""
    draw = np.random.default_rng(seed)
    home = shapely.union_all(list(made.home.values()))
    shapely.prepare(home)
    west, south, east, north = shapely.bounds(home)
    anywhere = draw.uniform((west, south), (east, north), (count * 3, 2))
    rims = shapely.get_coordinates([shapely.segmentize(piece.geometry.boundary, 500) for piece in made.pieces])
    near = rims[draw.integers(0, len(rims), count * 2)] + draw.uniform(-20, 20, (count * 2, 2))
    chosen = [xy[shapely.contains_xy(home, xy)][:count] for xy in (anywhere, near)]
    return np.concatenate(chosen)


@given(cases, st.integers(0, 10_000))
@few
def test_the_exact_distance_of_random_points_names_their_band(case: tuple[int, float], seed: int) -> None:
    made = a_world(case)
    xy = at_random(made, 1500, seed)
    lonlat = shapely.get_coordinates(reproject(shapely.points(xy), made.crs, WGS84))
    distance_m = made.frontier.build_index().find_nearest(lonlat[:, 0], lonlat[:, 1]).distance_m
    tree = shapely.STRtree([piece.geometry for piece in made.pieces])
    point, piece = tree.query(shapely.points(xy), predicate="intersects")
    # Every point lies in a piece; one exactly on an edge may lie in two.
    assert set(point) == set(range(len(xy)))
    low = np.array([p.from_m for p in made.pieces])[piece]
    high = np.array([p.to_m for p in made.pieces])[piece]
    allowed = np.where(np.maximum(low, np.where(np.isinf(high), low, high)) >= 50_000, 3.0, 2.0)
    off_m = np.maximum(low - distance_m[point], distance_m[point] - high)
    worst = int(np.argmax(off_m - allowed))
    assert off_m[worst] <= allowed[worst], (
        f"{lonlat[point[worst]]}: {distance_m[point[worst]]} m in {low[worst]}-{high[worst]}"
    )
