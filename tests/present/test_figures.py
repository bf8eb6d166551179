"""Laws of figures: totals add up disjoint zones only, shares are of the whole zone, small counts never leave."""

from __future__ import annotations

import pandas as pd
import pytest

from geo_border.present import figures
from geo_border.present.totals import totals
from tests import synthetic


@pytest.fixture(scope="module")
def result() -> synthetic.Result:
    return synthetic.build()


def _bands(result: synthetic.Result, to_m: float) -> pd.DataFrame:
    rows = result.exposure
    return rows[(rows["zone_kind"] == "band") & (rows["to_m"] <= to_m)].copy()


def test_a_sum_of_disjoint_zones_is_that_of_its_rows_and_of_their_ranges(result: synthetic.Result) -> None:
    rows = _bands(result, 10_000)
    people = rows[rows["measure"] == "people"]
    total = figures.total(rows, "people", ["total"])
    assert total is not None
    assert total.value == pytest.approx(people["value"].sum())
    assert total.low is not None
    assert total.low < total.value < (total.high or 0)


def test_what_lies_within_a_distance_is_told_as_one_area_even_where_no_band_is(result: synthetic.Result) -> None:
    """Bands too small for the data have no figure; what they add up to may have."""
    rows = result.exposure.copy()
    rows.loc[rows["measure"] == "people", ["value", "low", "high"]] = None
    found = totals(result.study, result.layers, rows, result.within)
    same = totals(result.study, result.layers, result.exposure, result.within)
    assert found["all"]["within"] == same["all"]["within"]
    assert found["all"]["within"][0]["people"] is not None


def test_a_spread_with_a_gap_is_no_spread(result: synthetic.Result) -> None:
    rows = _bands(result, 5_000)
    first = rows.index[rows["measure"] == "people"][0]
    rows.loc[first, "low"] = None
    total = figures.total(rows, "people", ["total"])
    assert total is not None
    assert (total.low, total.high) == (None, None)


def test_a_figure_that_is_not_known_takes_nothing_from_the_others(result: synthetic.Result) -> None:
    rows = _bands(result, 5_000)
    people = rows.index[rows["measure"] == "people"]
    rows.loc[people[0], ["value", "low", "high"]] = None
    total = figures.total(rows, "people", ["total"])
    assert total is not None
    assert total.value == pytest.approx(rows.loc[people[1:], "value"].sum())
    assert total.low is not None
    rows.loc[people, ["value", "low", "high"]] = None
    assert figures.total(rows, "people", ["total"]) is None


def test_shares_of_cover_are_of_the_whole_zone(result: synthetic.Result) -> None:
    shown = figures.shown_rows(result.exposure)
    one = shown[(shown["zone_id"] == "band|LT-RU|LT|0-1000") & (shown["measure"] == "cover_area")]
    assert dict(zip(one["category"], one["percent"], strict=True))["tree"] == 40
    assert shown.loc[shown["measure"] != "cover_area", "percent"].isna().all()


@pytest.mark.parametrize(("raw", "unit", "told"), [(9.9, "persons", "<10"), (0.0, "persons", "<10"), (9.9, "km²", 9.9)])
def test_the_table_tells_raw_values_but_never_fewer_than_ten_people(raw: float, unit: str, told: object) -> None:
    assert figures.raw_or_floor(raw, unit) == told


def test_only_what_is_narrower_than_a_pixel_is_marked_indicative(result: synthetic.Result) -> None:
    found = totals(result.study, result.layers, result.exposure, result.within)["all"]
    marked = {part["to_m"]: part["indicative"] for part in (*found["within"], *found["strips"])}
    # The synthetic table says so of the zones that end at 500 m.
    assert marked.pop(500.0) == ["cover_area"]
    assert not any(marked.values())


def test_a_run_without_people_has_no_people(result: synthetic.Result) -> None:
    rows, within = (frame[frame["measure"] != "people"] for frame in (result.exposure, result.within))
    found = totals(result.study, result.layers, rows, within)
    assert all(band["people"] is None for band in found["all"]["within"])
