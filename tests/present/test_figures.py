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


def test_people_within_a_distance_are_the_sum_of_the_bands_inside_it(result: synthetic.Result) -> None:
    rows = result.exposure
    people = (rows["measure"] == "people") & (rows["zone_kind"] == "band") & (rows["segment"] == "LT-RU")
    by_hand = rows.loc[people & (rows["to_m"] <= 10_000), "value"].sum()
    total = figures.total(figures.within(rows, 10_000, segment="LT-RU"), "people", ["total"])
    assert total is not None
    assert total.value == pytest.approx(by_hand)
    assert total.low is not None
    assert total.low < total.value < (total.high or 0)


def test_strips_and_regions_are_not_counted_again(result: synthetic.Result) -> None:
    kinds = set(figures.within(result.exposure, 50_000)["zone_kind"])
    assert kinds == {"band"}


def test_segments_add_up_to_the_whole_before_rounding(result: synthetic.Result) -> None:
    rows = result.exposure
    whole = figures.total(figures.within(rows, 50_000), "people", ["total"])
    parts = [figures.total(figures.within(rows, 50_000, segment=s), "people", ["total"]) for s in synthetic.SEGMENTS]
    assert whole is not None
    assert whole.value == pytest.approx(sum(part.value for part in parts if part))


def test_a_spread_with_a_gap_is_no_spread(result: synthetic.Result) -> None:
    rows = figures.within(result.exposure, 5_000).copy()
    first = rows.index[rows["measure"] == "people"][0]
    rows.loc[first, "low"] = None
    total = figures.total(rows, "people", ["total"])
    assert total is not None
    assert (total.low, total.high) == (None, None)


def test_a_figure_that_is_not_known_takes_nothing_from_the_others(result: synthetic.Result) -> None:
    rows = figures.within(result.exposure, 5_000).copy()
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
    found = totals(result.study, result.layers, result.exposure)["all"]
    marked = {part["to_m"]: part["indicative"] for part in (*found["within"], *found["strips"])}
    # The synthetic table says so of the zones that end at 500 m.
    assert marked.pop(500.0) == ["cover_area"]
    assert not any(marked.values())


def test_a_run_without_people_has_no_people(result: synthetic.Result) -> None:
    rows = result.exposure[result.exposure["measure"] != "people"]
    found = totals(result.study, result.layers, pd.DataFrame(rows))
    assert all(band["people"] is None for band in found["all"]["within"])
