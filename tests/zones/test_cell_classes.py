"""Cells are classed by the first rule that holds, blank ones are in no layer, people in reach are counted."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_border.zones.cell_classes import build_people_counter, classify_cells, dissolve_cells, name_settlement_class
from tests.worlds import a_study

CENSUS = {"per_km2": 1.0}
MODEL = {"class": 12}


def cells(**columns: Any) -> gpd.GeoDataFrame:
    """A row of whole cells; what is not given is nought."""
    count = max(len(values) for values in columns.values())
    nought = dict.fromkeys(("people", "reach_people", "tree_share", "crop_share", "grass_share"), [0.0] * count)
    data = {**nought, "degurba": [11] * count, "area_km2": [1.0] * count, **columns}
    data |= {"segment": "HH-FF", "country": "HH"}
    shapes = [shapely.box(i * 1000, 0, i * 1000 + 1000, 1000) for i in range(count)]
    return gpd.GeoDataFrame(data, geometry=shapes, crs=3035)


def kind(locates: dict[str, Any] = CENSUS, passage: bool | None = None, **one: float) -> str | None:
    frame = cells(**{name: [value] for name, value in (one or {"people": 0.0}).items()})
    given_passage = None if passage is None else np.array([passage])
    found = classify_cells(frame, a_study(), locates, given_passage)["civilian_exposure"].iloc[0]
    return None if pd.isna(found) else found


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ({"people": 1.0}, "resident"),
        ({"people": 0.5, "area_km2": 0.4}, "resident"),
        ({"people": 0.9}, "sparse"),
        ({"crop_share": 0.3, "tree_share": 0.2, "reach_people": 50}, "livelihood"),
        ({"crop_share": 0.3, "tree_share": 0.2, "reach_people": 49}, None),
        ({"crop_share": 0.3, "tree_share": 0.19, "reach_people": 500}, None),
        ({"people": 5.0, "grass_share": 1.0, "reach_people": 500}, "resident"),
        ({"people": 0.2, "grass_share": 1.0, "reach_people": 500}, "livelihood"),
        ({}, None),
    ],
)
def test_the_first_rule_that_holds_names_the_exposure(cell: dict[str, float], expected: str | None) -> None:
    assert kind(**cell) == expected


def test_a_road_or_facility_is_passage_where_nobody_lives_and_nothing_is_worked() -> None:
    assert kind(passage=True) == "passage"
    assert kind(passage=True, people=3.0) == "resident"
    assert kind(passage=False) is None


def test_a_model_locates_people_from_a_settlement_class_on() -> None:
    assert kind(MODEL, people=40.0, degurba=11) == "sparse"
    assert kind(MODEL, people=40.0, degurba=12) == "resident"
    assert kind(MODEL, people=0.0, degurba=30) is None


def test_forested_is_a_tree_share_of_one_half() -> None:
    found = classify_cells(cells(tree_share=[0.5, 0.49, np.nan]), a_study(), CENSUS, None)
    assert found["forested"].tolist() == [True, False, False]


def test_blank_cells_are_in_no_layer() -> None:
    frame = classify_cells(cells(people=[5.0, 0.0, 7.0]), a_study(), CENSUS, None)
    layer = dissolve_cells(frame, frame["civilian_exposure"])
    assert layer["class"].tolist() == ["resident"]
    assert (layer["area_km2"].iloc[0], layer["people"].iloc[0]) == (2.0, 12.0)
    assert shapely.area(shapely.intersection(layer.geometry.iloc[0], frame.geometry.iloc[1])) == 0


def test_cells_whose_shared_side_has_a_vertex_on_one_side_only_are_joined() -> None:
    # The lower cell's top side has a vertex that the upper one lacks.
    low = shapely.Polygon([(0, 0), (1000, 0), (1000, 1000), (400, 1000), (0, 1000)])
    frame = cells(people=[1.0, 1.0]).set_geometry(gpd.GeoSeries([low, shapely.box(0, 1000, 1000, 2000)], crs=3035))
    layer = dissolve_cells(frame, pd.Series(["resident", "resident"]))
    assert layer.geometry.iloc[0].area == pytest.approx(2e6, rel=1e-9)
    assert layer.geometry.iloc[0].is_valid


@given(st.lists(st.sampled_from(["resident", "sparse", None]), min_size=1, max_size=40))
def test_dissolved_classes_hold_their_cells_area_and_no_other(kinds: list[str | None]) -> None:
    frame = cells(people=[1.0] * len(kinds))
    layer = dissolve_cells(frame, pd.Series(kinds, dtype=object))
    for name in ("resident", "sparse"):
        own = layer[layer["class"] == name]
        assert own["area_km2"].sum() == kinds.count(name)
        assert own.geometry.area.sum() == pytest.approx(kinds.count(name) * 1e6, rel=1e-9)


def test_people_in_reach_are_those_whose_square_lies_within_it() -> None:
    column, row = np.array([0, 5, 6, 3, 4]), np.array([0, 0, 0, 4, 4])
    of = build_people_counter(column, row, np.array([1.0, 10.0, 100.0, 1000.0, 10000.0]), 5_000.0)
    # 5 km east counts, 6 does not; (3, 4) is 5 km away, (4, 4) is 5.7.
    assert of(np.array([0]), np.array([0])).tolist() == [1011.0]


def test_settlement_classes_have_their_words() -> None:
    code = pd.Series([30, 23, 22, 21, 13, 12, 11, None], dtype="Int64")
    words = ["city", "town", "town", "suburb", "village", "dispersed", "low_density", "unclassed"]
    assert name_settlement_class(code).tolist() == words
