"""Laws of rounding: nobody is counted below ten, and what is shown stays near what is known."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_border.present import PEOPLE_FLOOR, rounding

PEOPLE = st.floats(0, 5e7, allow_nan=False)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [(0, "<10"), (9.99, "<10"), (10, 10), (14.9, 10), (15, 20), (995, 1000), (999.9, 1000), (1049, 1000), (1050, 1100)],
)
def test_people_are_rounded_to_10_100_and_1000(raw: float, shown: object) -> None:
    assert rounding.round_people(raw) == shown


@given(PEOPLE)
def test_people_are_never_shown_below_ten(raw: float) -> None:
    shown = rounding.round_people(raw)
    assert shown == f"<{PEOPLE_FLOOR}" if raw < PEOPLE_FLOOR else isinstance(shown, int) and shown >= PEOPLE_FLOOR


@given(PEOPLE.filter(lambda v: v >= 10))
def test_rounding_people_moves_them_by_at_most_half_a_step(raw: float) -> None:
    shown = rounding.round_people(raw)
    step = 10 if raw < 1_000 else 100 if raw < 10_000 else 1_000
    assert isinstance(shown, int)
    assert abs(shown - raw) <= step / 2


@given(st.floats(0, 1e6, allow_nan=False), st.floats(0, 1e6, allow_nan=False))
def test_rounding_keeps_order(a: float, b: float) -> None:
    low, high = sorted((a, b))
    for rule in (rounding.round_area_km2, rounding.round_length_km):
        first, second = rule(low), rule(high)
        if not isinstance(first, str) and not isinstance(second, str):
            assert first is not None
            assert second is not None
            assert first <= second


@pytest.mark.parametrize("unknown", [None, math.nan, math.inf])
@pytest.mark.parametrize(
    "rule",
    [
        rounding.round_people,
        rounding.round_area_km2,
        rounding.round_length_km,
        rounding.round_percent,
        rounding.round_count,
    ],
)
def test_unknown_stays_unknown(rule: object, unknown: float | None) -> None:
    assert callable(rule)
    assert rule(unknown) is None


@pytest.mark.parametrize(
    ("unit", "raw", "shown"),
    [
        ("share", 0.0, 0),
        ("share", 0.0049, "<1"),
        ("share", 0.455, 46),
        ("share", 0.999, 99),
        ("share", 1.0, 100),
        ("persons/km²", 0.04, 0.0),
        ("persons/km²", 3.45, 3.5),
        ("persons/km²", 119.29, 119),
        ("persons", 3.2, "<10"),
        ("km²", 0.04, "<0.1"),
        ("km", 1_343.6, 1344),
        ("count", 7.0, 7),
        ("share", None, None),
        ("persons/km²", math.nan, None),
    ],
)
def test_each_unit_of_the_table_has_its_rule(unit: str, raw: float | None, shown: object) -> None:
    assert rounding.round_by_unit(raw, unit) == shown


def test_a_trace_is_not_nothing_and_almost_all_is_not_all() -> None:
    shares = (0.0, 1e-6, 0.9999, 1.0)
    assert [rounding.round_percent(share) for share in shares] == [0, "<1", 99, 100]


def test_the_noise_of_a_division_takes_nothing_from_the_whole() -> None:
    assert [rounding.round_percent(1 + noise) for noise in (-1e-16, 2e-16, -1e-12, 1e-12, -1e-6)] == [
        100,
        100,
        100,
        100,
        99,
    ]
