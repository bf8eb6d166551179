"""Studies that lack something, or lie oddly, come to a result whose parts add up all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine

from geo_border.frontier import build_territories, choose_study_crs, match_borders
from geo_border.geo.crs import WGS84
from geo_border.geo.grid import Grid
from geo_border.layers import Layer, Layers
from geo_border.pipeline import study_area
from geo_border.pipeline.assemble import build_result
from geo_border.result import Result
from geo_border.schemas import LAYERS, READINGS, conform
from geo_border.study import Study
from tests import handmade
from tests.worlds import a_study

# About 11 km of meridian, home in the west.
HOME, FACING = shapely.box(24.8, 55.0, 25.0, 55.1), shapely.box(25.0, 55.0, 25.2, 55.1)
LEGEND = handmade.LEGEND


def _quiet(_stage: str, _done: int, _total: int) -> None:
    return None


def make_boundaries(**shapes: Any) -> gpd.GeoDataFrame:
    """A boundary layer; a name with an underscore is a territory of the country before it."""
    rows = [
        {
            "country": name.split("_")[0],
            "territory": name.replace("_", "-") if "_" in name else name,
            "name": f"Land {name}",
        }
        for name in shapes
    ]
    return gpd.GeoDataFrame(rows, geometry=list(shapes.values()), crs=WGS84)


def make_grid(west: float, value: int, dtype: str) -> Grid:
    """A lon/lat grid of one value, 0.005 degrees a cell, 0.6 degrees to the east of `west`."""
    return Grid(np.full((60, 120), value, dtype), Affine(0.005, 0, west, 0, -0.005, 55.2), WGS84, None)


def make_data(west: float = 24.7) -> dict[str, Layer]:
    """Cover, people, places and roads around the line."""
    cover = handmade.make_entry("cover", ["cover"], legend=LEGEND, reader="raster")
    people = handmade.make_entry("people", ["people"], counts="home", reader="raster")
    x = [west + 0.25, west + 0.29, west + 0.29]
    places = {"name": ["A", "B", "C"], "name_en": None, "kind": "village", "country": None, "people": np.nan}
    points = gpd.GeoDataFrame(places, geometry=gpd.points_from_xy(x, [55.02, 55.05, 55.08]), crs=WGS84)
    road = shapely.LineString([(west, 55.05), (west + 0.6, 55.05)])
    return {
        "cover": Layer(cover, make_grid(west, 1, "u1")),
        "people": Layer(people, make_grid(west, 2, "f8")),
        "places": Layer(handmade.make_entry("places", ["places"]), points),
        "roads": Layer(
            handmade.make_entry("roads", ["roads"]), gpd.GeoDataFrame({"kind": ["x"]}, geometry=[road], crs=WGS84)
        ),
    }


def run(boundaries: gpd.GeoDataFrame, study: Study, data: dict[str, Layer]) -> Result:
    """The result of a study, computed in memory."""
    read = Layers(
        {
            "boundaries": (Layer(handmade.make_entry("borders", ["boundaries"]), boundaries),),
            **{need: (layer,) for need, layer in data.items()},
        }
    )
    territories = build_territories(boundaries, study)
    lines = match_borders(territories, study)
    laid = study_area.build_study_area(study, territories, lines, read, choose_study_crs(study, lines), _quiet)
    return build_result(study, territories, lines, laid, read, _quiet)[0]


def check(made: Result, *absent: str) -> pd.DataFrame:
    """Hold a result against its schema, its own checks, and the sums of its parts; give its table."""
    for name, layer in made.layers.items():
        conform(name, layer)
    table, readings = conform("exposure", made.exposure), conform(READINGS.name, made.readings)
    assert set(made.layers) == set(LAYERS) - {"exposure"}
    assert not set(absent) & set(table["measure"])
    assert set(readings["zone_id"]) == set(table["zone_id"])
    failed = [one for one in made.passport["checks"] if not one["passed"]]
    assert not failed
    assert table["zone_name"].str.len().gt(0).all()
    widest = made.study.widest_m
    for measure, category in (("area", None), ("people", "total"), ("settlements", None), ("road_length", None)):
        rows = table[
            (table["measure"] == measure)
            & (table["category"].isna() if category is None else table["category"].eq(category))
        ]
        if measure not in absent:
            whole = rows[rows["zone_id"] == f"within|all|0-{widest:g}"]["value"].iloc[0]
            assert whole > 0
            assert rows[rows["part_of"] == "bands"]["value"].sum() == pytest.approx(whole, rel=1e-9)
            if (table["zone_kind"] == "admin").any():
                assert rows[rows["part_of"] == "admin"]["value"].sum() == pytest.approx(whole, rel=1e-9)
    return table


def plain(**changes: Any) -> Study:
    return a_study(**{"bands_m": (1000, 3000), "strips_m": (), "crs": "EPSG:3035", **changes})


def lacking() -> Iterator[Any]:
    measures = {
        "cover": ("cover_area", "cover_share"),
        "people": ("people", "people_per_km2"),
        "places": ("settlements",),
        "roads": ("road_length",),
    }
    for need, absent in measures.items():
        yield pytest.param((need,), absent, id=f"no {need}")
    yield pytest.param(tuple(measures), sum(measures.values(), ()), id="nothing but the boundaries")


@pytest.mark.parametrize(("needs", "absent"), lacking())
def test_a_study_that_lacks_data_has_no_figures_of_it_and_all_others(
    needs: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    data = {need: layer for need, layer in make_data().items() if need not in needs}
    made = run(make_boundaries(HH=HOME, FF=FACING), plain(), data)
    table = check(made, *absent)
    # 11.1 km of meridian by 3 km.
    area = table[(table["zone_id"] == "within|all|0-3000") & (table["measure"] == "area")]["value"].iloc[0]
    assert area == pytest.approx(33.4, rel=0.01)
    assert (made.cover is None) == ("cover" in needs)
    assert (made.people is None) == ("people" in needs)
    assert {"strip", "corridor", "admin"} & set(table["zone_kind"]) == set()


def test_one_band_and_one_strip_of_the_same_depth_have_the_same_figures() -> None:
    made = run(make_boundaries(HH=HOME, FF=FACING), plain(bands_m=(1000,), strips_m=(1000,)), make_data())
    table = check(made)
    values = table.fillna({"category": ""}).set_index(["zone_id", "measure", "category"])["value"]
    pd.testing.assert_series_equal(values["band|HH-FF|HH|0-1000"], values["strip|all|0-1000"], check_names=False)


def test_two_territories_of_one_country_are_one_country_of_two_segments() -> None:
    north, south = shapely.box(24.8, 55.05, 25.0, 55.1), shapely.box(24.8, 55.0, 25.0, 55.05)
    study = plain(
        home=("NN", "SS"),
        territories={"NN": {"country": "HH", "point": (24.9, 55.07)}, "SS": {"country": "HH", "point": (24.9, 55.02)}},
    )
    boundaries = make_boundaries(NN=north, SS=south, FF=FACING).assign(country=["HH", "HH", "FF"])
    made = run(boundaries, study, make_data())
    table = check(made)
    area = table[table["measure"] == "area"].set_index("zone_id")["value"]
    assert area["within|HH|0-3000"] == pytest.approx(
        area["within|NN-FF|0-3000"] + area["within|SS-FF|0-3000"], rel=1e-9
    )
    assert area["within|HH|0-3000"] == pytest.approx(area["within|all|0-3000"], rel=1e-12)
    names = table.drop_duplicates("zone_id").set_index("zone_id")["zone_name"]
    assert names["segment|NN-FF"] == "Land NN – Land FF (NN-FF)"
    # Of a country that is nothing but territories, the first of them gives the name.
    assert names["within|HH|0-3000"] == "Land NN (HH), within 3 km"
    assert [zone for zone in area.index if zone.startswith("country|")] == ["country|HH"]


@pytest.mark.parametrize("order", [("HH", "FF", "EX"), ("EX", "FF", "HH")])
def test_a_country_keeps_its_own_name_beside_its_territory(order: tuple[str, ...]) -> None:
    shapes = {"HH": HOME, "FF": shapely.box(25.0, 55.05, 25.2, 55.1), "EX": shapely.box(25.0, 55.0, 25.2, 55.05)}
    boundaries = make_boundaries(**{name: shapes[name] for name in order})
    boundaries["country"] = ["HH" if name == "HH" else "FF" for name in order]
    part = {"EX": {"country": "FF", "point": (25.1, 55.02)}}
    for facing, expected in (("FF", "Land HH – Land FF (HH-FF)"), ("EX", "Land HH – Land EX (HH-EX)")):
        made = run(boundaries, plain(facing=(facing,), territories=part), make_data())
        names = check(made).drop_duplicates("zone_id").set_index("zone_id")["zone_name"]
        assert names[f"segment|HH-{facing}"] == expected


def test_a_country_without_units_has_zones_of_none_beside_one_that_has_some() -> None:
    other = shapely.box(24.8, 55.1, 25.0, 55.15)
    boundaries = make_boundaries(HH=HOME, GG=other, FF=shapely.box(25.0, 55.0, 25.2, 55.15))
    # Ids may be numbers, and a unit may stand in several rows.
    admin = gpd.GeoDataFrame(
        {"admin_id": [7, 8, 8], "name": ["Süd", "Nord", "Nord"], "country": "HH"},
        geometry=[
            shapely.box(24.8, 55, 25, 55.05),
            shapely.box(24.8, 55.05, 25, 55.07),
            shapely.box(24.8, 55.07, 25, 55.1),
        ],
        crs=WGS84,
    )
    data = {**make_data(), "admin": Layer(handmade.make_entry("units", ["admin"]), admin)}
    made = run(boundaries, plain(home=("HH", "GG")), data)
    table = check(made)
    units = table[table["part_of"] == "admin"]["zone_id"].str.split("|").str[1]
    assert sorted(set(units)) == ["7", "8", "GG-none"]
    along = table[table["part_of"] == "admin-segments"]
    assert along["value"].sum() == pytest.approx(made.layers["segments"]["length_km"].sum(), rel=1e-6)
    names = made.layers["settlements"].set_index("name")["admin_name"]
    # A lies 3.2 km from the line, beyond the widest band.
    assert names.to_dict() == {"B": "Süd", "C": "Nord"}


def test_a_border_across_the_antimeridian_adds_up() -> None:
    # The line at 180 E: home in the west of it, as its source writes it.
    home, facing = shapely.box(179.8, 55.0, 180.0, 55.1), shapely.box(-180.0, 55.0, -179.8, 55.1)
    made = run(make_boundaries(HH=home, FF=facing), plain(crs=None), make_data(west=179.7))
    table = check(made)
    area = table[(table["zone_id"] == "within|all|0-3000") & (table["measure"] == "area")]["value"].iloc[0]
    assert area == pytest.approx(33.4, rel=0.01)


def test_a_frontier_that_crosses_the_antimeridian_adds_up() -> None:
    # North of the parallel home, from 179.9 E to 179.9 W, cut in two by its source.
    parts = [(179.9, 180.0), (-180.0, -179.9)]
    home, facing = (
        shapely.MultiPolygon([shapely.box(west, south, east, south + 0.1) for west, east in parts])
        for south in (55.1, 55.0)
    )
    made = run(make_boundaries(HH=home, FF=facing), plain(crs=None), {})
    table = check(made, "people", "settlements", "road_length")
    length = table[table["measure"] == "frontier_length"]["value"].sum()
    assert length == pytest.approx(2 * 6.38, rel=0.01)
