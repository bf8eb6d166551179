"""Whole countries have published totals, or say that there are none; the comparison looks rows up and sums nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geo_border import facts
from geo_border.measures.comparison import compare
from geo_border.measures.countries import build_rows
from geo_border.schemas import conform
from tests import handmade


def rows_of(*codes: str, measures: tuple[str, ...] = ("area", "people", "cover_area")) -> pd.DataFrame:
    return build_rows(codes, {"FI": "Suomi"}, measures, handmade.make_layers())


def test_a_country_has_the_totals_that_are_published() -> None:
    rows = rows_of("FI").set_index(["measure", "category"])["value"]
    cited = facts.read_national()["FI"]
    assert rows["area"].iloc[0] == cited["total_km2"]
    assert rows["people", "total"] == cited["people"]
    assert rows["people_per_km2"].iloc[0] == pytest.approx(cited["people"] / cited["total_km2"])


def test_what_ships_no_total_is_empty_with_the_reason() -> None:
    row = rows_of("FI").set_index("measure").loc["cover_share"]
    assert np.isnan(row["value"])
    assert "near the frontier only" in row["note"]
    unknown = rows_of("QQ")
    assert unknown["value"].isna().all()
    assert unknown["note"].notna().all()


def test_rows_of_countries_conform_and_are_named() -> None:
    rows = conform("exposure", rows_of("FI", "QQ"))
    assert rows["zone_id"].unique().tolist() == ["country|FI", "country|QQ"]
    assert rows["zone_name"].unique().tolist() == ["Suomi (FI)", "QQ"]
    assert rows["part_of"].isna().all()


def test_only_what_the_run_measures_is_told_of_a_country() -> None:
    assert set(rows_of("FI", measures=("area",))["measure"]) == {"area"}
    assert "cover_share" not in set(rows_of("FI", measures=("area", "people"))["measure"])


def test_the_comparison_is_rows_of_the_table_side_by_side() -> None:
    world = handmade.World(
        handmade.make_ground(), handmade.make_layers(), handmade.replace_study(bands_m=(1000, 3000, 5000))
    )
    near = world.table.replace({"to_m": {5000.0: 10_000.0}})
    whole = build_rows(["AA", "FI"], {}, list(world.counted), world.read)
    found = compare(pd.concat([near, whole], ignore_index=True))
    assert [row["segment"] for row in found] == ["AA-XX", "BB-XX"]
    first = found[0]
    assert first["within_m"] == 10_000.0
    assert first["tree_share"] == world.get("within|AA-XX|0-5000", "cover_share", "tree")["value"]
    assert first["people_per_km2"] == world.get("within|AA-XX|0-5000", "people_per_km2")["value"]
    # AA is in no book of totals.
    assert (first["country_tree_share"], first["country_people_per_km2"], first["country_forest_share"]) == (None,) * 3


def test_a_study_without_cover_and_people_is_compared_by_nothing() -> None:
    world = handmade.World(handmade.make_ground(), handmade.without("cover", "people"))
    found = compare(world.table.replace({"to_m": {5000.0: 10_000.0}}))
    assert [(row["tree_share"], row["people_per_km2"]) for row in found] == [(None, None)] * 2
    assert compare(world.table) == []
