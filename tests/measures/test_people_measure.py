"""People as a measure: modelled ones have a range and notes; counted ones are held against home as a whole."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine

from geo_border.geo.crs import WGS84
from geo_border.geo.grid import Grid
from geo_border.layers import Layer, Layers
from tests import handmade
from tests.handmade import World

MODEL = {
    "rings_m": [2000.0, 50_000.0],
    "density": {
        "other": {"11": [10.0, 20.0], "21": [100.0, 200.0]},
        "AA-XX": {"11": [10.0, 20.0]},
        "BB-XX": {"11": [1.0, 2.0]},
    },
    "spread": [2.0, 1.5],
    "range_from": "one segment left out",
    "pixel_km2": 1.0,
}


def make_modelled(model: dict[str, object] = MODEL, value: int = 11) -> Layers:
    """The world with people modelled from settlement classes, all of one class."""
    entry = handmade.make_entry("model", ["people"], reader="modelled", options=model)
    classes = handmade.make_entry("classes", ["settlement_class"], reader="raster")
    # A lon/lat grid of 0.01 degrees that covers the world.
    grid = Grid(np.full((20, 30), value, np.uint8), Affine(0.01, 0, 9.8, 0, -0.01, 52.15), WGS84, 0)
    by_need = {**handmade.without("people").by_need, "people": (Layer(entry, None),)}
    return Layers({**by_need, "settlement_class": (Layer(classes, grid),)})


def test_modelled_people_have_the_range_of_their_rings() -> None:
    world = World(handmade.make_ground(), make_modelled())
    row = world.get("band|AA-XX|AA|0-1000", "people", "total")
    # 4 km² at 10 a km², by a factor of 2 either way.
    assert [row["low"], row["value"], row["high"]] == pytest.approx([20, 40, 80], rel=1e-4)
    assert row["range_from"] == "one segment left out"
    density = world.get("band|AA-XX|AA|0-1000", "people_per_km2")
    assert [density["low"], density["value"], density["high"]] == pytest.approx([5, 10, 20], rel=1e-4)
    assert density["range_from"] == "one segment left out"
    corridor = world.get("corridor|gap|all", "people", "total")["range_from"]
    assert corridor == "one segment left out; corridor width k 1.1 to 1.5"


def test_lows_and_highs_are_summed_before_the_range_is_taken() -> None:
    world = World(handmade.make_ground(), make_modelled())
    table = world.table[(world.table["measure"] == "people") & (world.table["part_of"] == "bands")]
    whole = world.get("within|all|0-5000", "people", "total")
    for column in ("low", "value", "high"):
        assert table[column].sum() == pytest.approx(whole[column], rel=1e-9)


def test_segments_that_were_not_calibrated_are_told() -> None:
    density = {name: rows for name, rows in MODEL["density"].items() if name != "BB-XX"}  # type: ignore[attr-defined]
    world = World(handmade.make_ground(), make_modelled({**MODEL, "density": density}))
    assert len(world.notes) == 1
    assert world.notes[0].startswith("people: modelled, and not calibrated on BB-XX: pooled densities")


def test_calibrated_segments_need_no_note() -> None:
    assert World(handmade.make_ground(), make_modelled()).notes == []


def test_people_are_absent_where_the_classes_are_missing_or_hold_nobody() -> None:
    read = make_modelled()
    without = Layers({need: found for need, found in read.by_need.items() if need != "settlement_class"})
    for layers, reason in ((without, "which this study has none of"), (make_modelled(value=0), "do not cover")):
        world = World(handmade.make_ground(), layers)
        assert "people" not in world.counted
        assert not set(world.table["measure"]) & {"people", "people_per_km2"}
        assert [reason in note for note in world.notes] == [True]


def test_residents_are_all_found_again_in_the_units() -> None:
    world = handmade.make_world()
    prepared = world.counted["people"].prepared
    # The cell row beyond the widest band, 9 and 9, counts too.
    assert prepared.home_people == 294 + 18
    total = world.counted["people"].get("total")
    assert total is not None
    assert total[: len(world.land.units)].sum() == pytest.approx(312, rel=1e-9)


def test_of_a_grid_that_counts_both_sides_home_has_no_sum_to_be_held_against() -> None:
    entry = handmade.make_entry("counts", ["people"], counts="all", reader="raster")
    world = World(handmade.make_ground(), handmade.swap(handmade.make_layers(), "people", entry=entry))
    assert world.counted["people"].prepared.home_people is None
    # Whoever lives in a cell is spread over all of it, water or not.
    assert world.get("admin|AA-2|1000-3000", "people", "total")["value"] == pytest.approx(38)
