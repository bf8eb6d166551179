"""The values that pass through a measure: spreads, cautions, ratios; known answers first, then laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from geo_border.measures.base import (
    FEW,
    LAND,
    LINE,
    NARROW,
    NOTHING,
    Column,
    Figures,
    Reading,
    Sums,
    ZoneTable,
    caution,
    compute_spread,
    divide,
    join_blocks,
    list_readings,
)
from geo_border.measures.overlay import sum_parts
from tests import handmade

ENTRY = handmade.make_entry("d", ["cover"])


def make_zones(count: int, variants: dict[int, int] | None = None, width_m: float = np.nan) -> ZoneTable:
    """Zones of nothing, some of them with variants: position to how many."""
    several = variants or {}
    main = np.cumsum([0, *(1 + several.get(i, 0) for i in range(count))])[:-1]
    frame = pd.DataFrame({"from_m": 0.0, "to_m": np.full(count, width_m), "zone_id": [f"z{i}" for i in range(count)]})
    return ZoneTable(
        frame=frame,
        matrices={LAND: csr_matrix(np.eye(count))},
        main=main,
        variants={i: {int(main[i]) + n: f"width {n}" for n in range(1, more + 1)} for i, more in several.items()},
        range_from=dict.fromkeys(several, "widths"),
        carriers=np.full(count, LAND, dtype=object),
        member_area_km2=np.ones(count),
    )


def make_figures(*readings: list[float], **changes: object) -> Figures:
    names = ("value", "low", "high")
    found = tuple(Reading(np.array(values), "d", name) for values, name in zip(readings, names, strict=False))
    given = {"measure": "m", "category": None, "unit": "u", "entry": ENTRY, "readings": found, "note": "alone"}
    return Figures(**{**given, **changes})  # type: ignore[arg-type]


def test_one_reading_has_no_range_and_says_why() -> None:
    found = compute_spread(make_figures([1.0, 0.0]), make_zones(2))
    assert found.value.tolist() == [1, 0]
    assert np.isnan([*found.low, *found.high]).all()
    assert found.note.tolist() == ["alone", "alone"]
    assert found.range_from.tolist() == [None, None]


def test_several_readings_span_a_range_in_whatever_order_they_lie() -> None:
    # The strictest of the second zone is more than its value: a legend may say so.
    found = compute_spread(make_figures([5.0, 5.0], [3.0, 6.0], [8.0, 7.0], spread="legend"), make_zones(2))
    assert (found.low.tolist(), found.value.tolist(), found.high.tolist()) == ([3, 5], [5, 5], [8, 7])
    assert found.range_from.tolist() == ["legend", "legend"]
    assert found.note.tolist() == [None, None]


def test_other_outlines_widen_the_range_of_their_zone_alone() -> None:
    # Rows: zone 0, zone 1, its narrow and its wide variant, zone 2.
    found = compute_spread(make_figures([1.0, 4.0, 2.0, 9.0, 1.0]), make_zones(3, {1: 2}))
    assert found.value.tolist() == [1, 4, 1]
    np.testing.assert_array_equal(found.low, [np.nan, 2, np.nan])
    np.testing.assert_array_equal(found.high, [np.nan, 9, np.nan])
    assert found.range_from.tolist() == [None, "widths", None]
    assert found.note.tolist() == ["alone", None, "alone"]


def test_outlines_are_read_by_the_value_and_readings_by_the_zone_itself() -> None:
    zones = make_zones(1, {0: 2})
    found = compute_spread(make_figures([4.0, 2.0, 9.0], [3.0, 0.0, 0.0], [5.0, 99.0, 99.0], spread="legend"), zones)
    assert (found.low[0], found.value[0], found.high[0]) == (2, 4, 9)
    assert found.range_from.tolist() == ["legend; widths"]


def test_a_zone_of_which_nothing_is_known_has_no_range_and_says_so() -> None:
    zones = make_zones(2, {0: 1})
    nan = float("nan")
    found = compute_spread(make_figures([nan, 3.0, 1.0], [nan, nan, 0.5], spread="legend"), zones)
    assert np.isnan([found.value[0], found.low[0], found.high[0]]).all()
    assert found.note.tolist() == [NOTHING, None]
    assert found.range_from.tolist() == [None, "legend"]


def test_a_reading_that_is_not_known_leaves_the_range_to_the_others() -> None:
    found = compute_spread(make_figures([2.0], [float("nan")], [3.0], spread="legend"), make_zones(1))
    assert (found.low[0], found.high[0]) == (2, 3)


def test_cautions_stand_before_any_other_note() -> None:
    cautions = np.array([FEW, None], dtype=object)
    found = compute_spread(make_figures([1.0, 1.0], cautions=cautions), make_zones(2))
    assert found.note.tolist() == [f"{FEW}; alone", "alone"]


def test_readings_are_listed_by_zone_and_by_outline() -> None:
    zones = make_zones(2, {1: 2})
    found = list_readings(make_figures([1.0, 4.0, 2.0, 9.0], [0.0, 3.0, 0.0, 0.0]), zones)
    told = [(positions.tolist(), dataset, name, values.tolist()) for positions, dataset, name, values in found]
    assert told == [
        ([0, 1], "d", "value", [1, 4]),
        ([0, 1], "d", "low", [0, 3]),
        ([1], "d", "value, width 1", [2]),
        ([1], "d", "value, width 2", [9]),
    ]


@given(st.lists(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), min_size=1, max_size=3))
def test_a_range_holds_every_reading(readings: list[list[float]]) -> None:
    found = compute_spread(make_figures(*readings, spread="s"), make_zones(3))
    for values in readings if len(readings) > 1 else []:
        assert (found.low <= values).all()
        assert (values <= found.high).all()


# --- pixels ---


@pytest.mark.parametrize(
    ("pixel_km2", "area_km2", "width_m", "pixels", "note"),
    [
        (1.0, 30.0, 1000.0, 30.0, None),
        (1.0, 29.9, 1000.0, 29.9, FEW),
        (1.0, 30.0, 999.0, 30.0, NARROW),
        # Too few is the stronger word.
        (1.0, 10.0, 500.0, 10.0, FEW),
        # A corridor or a unit has no width.
        (1.0, 30.0, float("nan"), 30.0, None),
        (0.0, 30.0, 1000.0, float("nan"), None),
    ],
)
def test_few_pixels_and_narrow_zones_are_told(
    pixel_km2: float, area_km2: float, width_m: float, pixels: float, note: str | None
) -> None:
    found, notes = caution(pixel_km2, np.array([area_km2]), make_zones(1, width_m=width_m))
    np.testing.assert_array_equal(found, [pixels])
    assert notes.tolist() == [note]


# --- the rest ---


def test_a_ratio_of_nothing_is_not_known() -> None:
    np.testing.assert_array_equal(divide(np.array([1.0, 1.0, 0.0]), np.array([2.0, 0.0, 4.0])), [0.5, np.nan, 0])


def test_columns_of_blocks_are_joined_by_their_keys() -> None:
    blocks = [[Column(np.array([1.0, 2.0]), "a", "d")], [Column(np.array([3.0]), "a", "d")]]
    (joined,) = join_blocks(blocks)
    assert joined.key == ("a", "d", "value")
    assert joined.values.tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="shorter"):
        join_blocks([blocks[0], []])


def test_a_column_that_is_not_there_is_named() -> None:
    sums = Sums(np.ones((1, 1)), [("tree", "d", "value")], make_zones(1))
    assert sums.get("tree", "d").tolist() == [1]
    assert sums.find("grass", "d") is None
    with pytest.raises(KeyError, match="grass"):
        sums.get("grass", "d")


def test_a_zone_on_the_line_has_no_figures_of_land_and_the_other_way_round() -> None:
    zones = replace(make_zones(2), carriers=np.array([LAND, LINE], dtype=object))
    assert zones.has_carrier(LAND).tolist() == [True, False]
    assert zones.has_carrier(LINE).tolist() == [False, True]
    # Points lie on land.
    assert zones.has_carrier("places").tolist() == [True, False]


def test_things_are_measured_in_every_area_that_they_touch() -> None:
    areas = np.array([handmade.box(0, 0, 1, 1), handmade.box(1, 0, 2, 1), handmade.box(0, 0, 2, 1)], dtype=object)
    road = np.array([handmade.line((0.5, 0.5), (3, 0.5))], dtype=object)

    def measure(parts: np.ndarray) -> np.ndarray:
        return np.array([part.length / 1e3 for part in parts])

    assert sum_parts(road, areas, measure).tolist() == pytest.approx([0.5, 1.0, 1.5])
    assert sum_parts(road[:0], areas, measure).tolist() == [0, 0, 0]
    assert sum_parts(np.array([road[0], road[0]], dtype=object), areas, measure).tolist() == pytest.approx([1, 2, 3])
