"""A forgotten place is an error: every measure is registered once, labelled, and asks for needs that there are."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from geo_border.errors import SchemaError
from geo_border.measures import registry
from geo_border.measures.base import FACILITIES, LAND, LINE, PLACES
from geo_border.measures.lines import Lines
from geo_border.pipeline import inputs
from geo_border.present import labels
from geo_border.schemas import AGES, COVER_CLASSES, LINE_NEEDS, MEDIA, NEEDS, POINTS, UNKNOWN
from tests import handmade


@dataclass(frozen=True)
class Ratio:
    name: str
    of: str


def register(monkeypatch: pytest.MonkeyPatch, *measures: Lines) -> None:
    monkeypatch.setattr(registry, "MEASURES", (*registry.MEASURES, *measures))


def test_what_is_registered_passes() -> None:
    registry.check_registered()
    assert registry.list_names() == [
        *("frontier_length", "area", "cover_area", "cover_share", "people", "people_per_km2"),
        *("settlements", "facilities", "road_length", "protected_area"),
    ]


def test_a_measure_without_a_label_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, Lines("rail_length", "roads"))
    with pytest.raises(SchemaError, match=r"without a label: rail_length\. Add them to present/labels\.py"):
        registry.check_registered()


def test_a_measure_of_a_need_that_no_study_has_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(labels.MEASURES, "rail_length", "Railways")
    register(monkeypatch, Lines("rail_length", "rails"))
    with pytest.raises(SchemaError, match=r"unknown needs: rails\. Add them to model\.NEEDS"):
        registry.check_registered()


def test_a_measure_that_is_registered_twice_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, Lines("road_length", "roads"))
    with pytest.raises(SchemaError, match=r"registered twice: road_length"):
        registry.check_registered()


def test_a_ratio_of_no_measure_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "RATIOS", (*registry.RATIOS, Ratio("deer_per_km2", "deer")))
    with pytest.raises(SchemaError, match=r"not registered: deer"):
        registry.check_registered()


def test_a_ratio_without_a_label_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "RATIOS", (*registry.RATIOS, Ratio("elders_per_km2", "people")))
    with pytest.raises(SchemaError, match=r"without a label: elders_per_km2"):
        registry.check_registered()


def test_every_need_has_a_reader_and_no_reader_is_left_over() -> None:
    assert set(inputs._READERS) == set(NEEDS) - set(LINE_NEEDS) == set(inputs.OPTIONAL)


def test_every_measure_counts_what_there_is_one_number_for() -> None:
    carriers = {LAND, LINE, PLACES, FACILITIES}
    assert {measure.carrier for measure in registry.MEASURES} == carriers
    assert {need for need, kind in NEEDS.items() if kind == POINTS} == {PLACES, FACILITIES}


def test_every_unit_and_category_of_the_table_has_a_label() -> None:
    table = handmade.make_world().table
    assert set(table["unit"]) <= set(labels.UNITS)
    assert set(table["measure"]) <= set(labels.MEASURES)
    known = {
        "frontier_length": labels.CLASSES["frontier"],
        "cover_area": labels.CLASSES["cover"],
        "cover_share": labels.CLASSES["cover"],
        "people": labels.AGES,
        "facilities": labels.CLASSES["facilities"],
    }
    for measure, categories in table[table["category"].notna()].groupby("measure")["category"]:
        assert set(categories) <= set(known[str(measure)]), measure
    assert {*COVER_CLASSES, UNKNOWN} == set(labels.CLASSES["cover"])
    assert {"total", *AGES} == set(labels.AGES)
    assert set(MEDIA) == set(labels.CLASSES["frontier"])
