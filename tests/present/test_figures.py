"""Laws of figures: each shown number is one row of the table, withheld under 30 pixels; small counts never leave."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from geo_border.present import figures, rounding
from geo_border.present.totals import COMPARED_M, QUOTED_COVER, compute_totals
from geo_border.present.withholding import LEAST_PIXELS, withhold
from geo_border.result import Result
from tests import synthetic

KEYS = ["zone_id", "measure", "category"]


@pytest.fixture(scope="module")
def result() -> Result:
    return synthetic.build()


def _make_rows(*rows: tuple[str, str | None, float, float, str]) -> pd.DataFrame:
    """One zone: measure, category, value, pixels, unit; low and high are half and twice the value."""
    frame = pd.DataFrame(rows, columns=["measure", "category", "value", "pixels", "unit"])
    return frame.assign(zone_id="one", low=frame["value"] / 2, high=frame["value"] * 2, note=None)


def _get_row(rows: pd.DataFrame, zone_id: str, measure: str, category: str | None = None) -> pd.Series[Any]:
    own = rows[(rows["zone_id"] == zone_id) & (rows["measure"] == measure)]
    return own[own["category"].isna() if category is None else own["category"] == category].iloc[0]


@pytest.mark.parametrize(("pixels", "shown"), [(29.99, False), (30.0, True), (np.nan, True), (0.0, False)])
def test_a_figure_is_shown_from_thirty_pixels_on_or_where_its_data_have_none(pixels: float, shown: bool) -> None:
    rows = figures.add_rounded_columns(_make_rows(("cover_area", "tree", 12.3, pixels, "km²")))
    assert rows["withheld"].tolist() == [not shown]
    assert rows["shown"].tolist() == [12 if shown else None]
    assert rows[["value", "low", "high"]].notna().all(axis=None) == shown
    assert [rows[name].iloc[0] is None for name in ("shown_low", "shown_high")] == [not shown] * 2


def test_every_shown_figure_is_its_own_row_rounded_by_its_unit(result: Result) -> None:
    rows = figures.add_rounded_columns(result.exposure)
    assert rows[KEYS].equals(result.exposure[KEYS])
    enough = ~(result.exposure["pixels"] < LEAST_PIXELS)
    for shown, column in (("shown", "value"), ("shown_low", "low"), ("shown_high", "high")):
        raw = result.exposure[column]
        wanted = [
            rounding.round_by_unit(float(v), unit) if kept and pd.notna(v) else None
            for v, unit, kept in zip(raw, result.exposure["unit"], enough, strict=True)
        ]
        assert rows[shown].tolist() == wanted
    assert not enough.all()


def test_shares_are_shown_in_whole_percent_and_densities_to_a_tenth_below_ten() -> None:
    rows = figures.add_rounded_columns(
        _make_rows(
            ("cover_share", "tree", 0.4567, 99, "share"),
            ("people", "total", 640.0, 99, "persons"),
            ("people_per_km2", None, 3.44, 99, "persons/km²"),
        )
    )
    assert rows["shown"].tolist() == [46, 640, 3.4]
    assert rows["shown_high"].tolist() == [91, 1300, 6.9]


@pytest.mark.parametrize("people", [0.0, 9.99])
def test_no_density_tells_how_many_the_fewer_than_ten_are(people: float) -> None:
    rows = _make_rows(
        ("people", "total", people, 40, "persons"), ("people_per_km2", None, people / 40, 40, "persons/km²")
    )
    assert withhold(rows)["value"].tolist()[0] == people
    assert figures.add_rounded_columns(rows)["shown"].tolist() == ["<10", None]


def test_a_density_of_ten_people_is_shown_but_not_its_end_below_them() -> None:
    rows = _make_rows(("people", "total", 10.0, 40, "persons"), ("people_per_km2", None, 0.25, 40, "persons/km²"))
    density = figures.add_rounded_columns(rows).iloc[1]
    assert (density["shown"], density["shown_low"], density["shown_high"]) == (0.3, None, 0.5)


@pytest.mark.parametrize(("raw", "unit", "told"), [(9.9, "persons", "<10"), (0.0, "persons", "<10"), (9.9, "km²", 9.9)])
def test_the_table_tells_raw_values_but_never_fewer_than_ten_people(raw: float, unit: str, told: object) -> None:
    assert figures.apply_people_floor(raw, unit) == told


@pytest.mark.parametrize("key", ["all", "LT-RU", "LT"])
def test_what_lies_within_a_distance_is_told_as_the_rows_of_one_zone(result: Result, key: str) -> None:
    found = compute_totals(result.study, result.layers, result.exposure)[key]
    rows = figures.add_rounded_columns(result.exposure)
    depths = [(part, to_m) for part, (_, to_m) in zip(found["within"], result.study.bands, strict=True)]
    depths += list(zip(found["strips"], result.study.strips_m, strict=True))
    for part, to_m in depths:
        zone_id = f"within|{key}|0-{to_m:g}"
        assert (part["zone_id"], part["to_m"]) == (zone_id, to_m)
        people = _get_row(rows, zone_id, "people", "total")
        wanted = tuple(people[["shown", "shown_low", "shown_high"]])
        assert part["people"] == (None if people["withheld"] else wanted)
        assert part["area"] == _get_row(rows, zone_id, "area")["shown"]
        assert part["settlements"] == _get_row(rows, zone_id, "settlements")["shown"]
        shares = {name: _get_row(rows, zone_id, "cover_share", name)["shown"] for name in QUOTED_COVER}
        assert part["cover"] == {name: share for name, share in shares.items() if share is not None}


def test_the_share_of_a_larger_land_is_its_own_row_and_no_mean_or_sum_of_its_parts(result: Result) -> None:
    """A row is changed, and what is made of parts would not notice."""
    rows = result.exposure.copy()
    own = (rows["zone_id"] == "within|all|0-10000") & (rows["measure"] == "cover_share") & (rows["category"] == "tree")
    rows.loc[own, "value"] = 0.123
    before, after = (compute_totals(result.study, result.layers, table)["all"] for table in (result.exposure, rows))
    at = [to_m for _, to_m in result.study.bands].index(10_000.0)
    assert after["within"][at]["cover"]["tree"] == 12 != before["within"][at]["cover"]["tree"]
    assert [*after["within"][:at], *after["within"][at + 1 :]] == [*before["within"][:at], *before["within"][at + 1 :]]


def test_a_corridor_is_told_by_the_row_of_the_whole_not_by_its_countries(result: Result) -> None:
    rows = result.exposure.copy()
    parts = (rows["zone_kind"] == "corridor") & rows["country"].notna()
    changed = rows.assign(value=rows["value"].where(~parts, 1.0))
    whole = _get_row(rows, "corridor|suwalki|all", "area")["value"]
    for table in (rows, changed):
        (corridor,) = compute_totals(result.study, result.layers, table)["corridor"]
        assert corridor["area"] == rounding.round_area_km2(whole)


def test_a_figure_that_is_withheld_is_named_where_it_would_stand(result: Result) -> None:
    rows = result.exposure.copy()
    rows.loc[(rows["zone_id"] == "within|LT-RU|0-5000") & (rows["measure"] == "people"), "pixels"] = 29.0
    part = compute_totals(result.study, result.layers, rows)["LT-RU"]["within"]
    at = [to_m for _, to_m in result.study.bands].index(5_000.0)
    assert part[at]["people"] is None
    assert part[at]["withheld"] == ["people"]
    assert part[at]["cover"]
    # Half a kilometre of one segment's land holds fewer than 30 pixels of either dataset in this world.
    narrow = compute_totals(result.study, result.layers, result.exposure)["LT-RU"]["strips"][0]
    assert narrow["withheld"] == ["people", "cover_share"]
    assert (narrow["people"], narrow["cover"]) == (None, {})


def test_only_what_is_shown_of_land_narrower_than_a_pixel_is_marked_indicative(result: Result) -> None:
    found = compute_totals(result.study, result.layers, result.exposure)
    marked = {part["to_m"]: part["indicative"] for part in (*found["all"]["within"], *found["all"]["strips"])}
    # Pixels are 950 m and 1 km wide.
    assert marked.pop(500.0) == ["people", "cover_share"]
    assert not any(marked.values())
    assert found["LT-RU"]["strips"][0]["indicative"] == []


def test_each_segment_stands_beside_its_own_country(result: Result) -> None:
    found = compute_totals(result.study, result.layers, result.exposure)["comparison"]
    rows = figures.add_rounded_columns(result.exposure)
    assert [(one["segment"], one["country"], one["to_m"]) for one in found] == [
        (segment, segment[:2], COMPARED_M) for segment in synthetic.SEGMENTS
    ]
    for one in found:
        for side, zone_id in (
            ("near", f"within|{one['segment']}|0-{COMPARED_M:g}"),
            ("whole", f"country|{one['country']}"),
        ):
            assert one[side]["zone_id"] == zone_id
            assert one[side]["tree"] == _get_row(rows, zone_id, "cover_share", "tree")["shown"]
            assert one[side]["people_per_km2"] == _get_row(rows, zone_id, "people_per_km2")["shown"]
        assert one["near"]["tree"] is not None
        assert one["whole"]["tree"] is None


def test_every_share_says_what_it_is_of(result: Result) -> None:
    found = compute_totals(result.study, result.layers, result.exposure)["basis"]
    assert set(found) >= set(QUOTED_COVER)
    assert found["water"] != found["tree"] == found["wetland"]


def test_a_run_without_people_has_no_people_and_withholds_none(result: Result) -> None:
    rows = result.exposure[~result.exposure["measure"].isin(["people", "people_per_km2"])]
    found = compute_totals(result.study, result.layers, rows)
    assert all(part["people"] is None for part in found["all"]["within"])
    assert not any("people" in part["withheld"] for part in (*found["LT-RU"]["within"], *found["LT-RU"]["strips"]))


def test_lengths_of_a_country_are_those_of_its_segments_by_medium(result: Result) -> None:
    found = compute_totals(result.study, result.layers, result.exposure)
    lengths = result.exposure[
        (result.exposure["measure"] == "frontier_length") & (result.exposure["zone_kind"] == "segment")
    ]
    for key, own in (("all", lengths), ("LT", lengths[lengths["country"] == "LT"])):
        assert found[key]["length"] == rounding.round_length_km(own["value"].sum())
        assert found[key]["media"] == {
            m: rounding.round_length_km(v) for m, v in own.groupby("category")["value"].sum().items()
        }
