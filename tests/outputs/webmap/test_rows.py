"""Rows of the table in the page: they decode to what present shows, every zone is there, and each costs few bytes."""

from __future__ import annotations

import pandas as pd
import pytest

from geo_border.outputs.webmap.payload import format_json
from geo_border.outputs.webmap.rows import (
    RAW_COLUMNS,
    SHOWN_COLUMNS,
    ZONE_COLUMNS,
    encode_rows,
    encode_zones,
    list_zones,
)
from geo_border.present import figures
from geo_border.result import Result
from tests import synthetic
from tests.outputs.webmap.decoding import list_rows

TEXTS = (
    *("zone_id", "zone_kind", "zone_name", "segment", "country", "part_of", "measure", "category", "unit", "dataset"),
    *("vintage", "basis", "range_from", "note", "withheld"),
)


@pytest.fixture(scope="module")
def made() -> Result:
    return synthetic.build()


def _list_zones(made: Result) -> pd.DataFrame:
    return list_zones(made.exposure, made.layers["zones"], made.study)


def test_rows_decode_to_what_present_shows(made: Result) -> None:
    zones = _list_zones(made)
    page = {"zones": encode_zones(zones), "figures": encode_rows(made.exposure, zones)}
    shown = figures.add_rounded_columns(made.exposure).to_dict("records")
    for read, row in zip(list_rows(page), shown, strict=True):
        assert [read[name] for name in TEXTS] == [None if pd.isna(row[name]) else row[name] for name in TEXTS]
        assert [read[name] for name in RAW_COLUMNS] == [
            figures.apply_people_floor(row[n], row["unit"]) for n in RAW_COLUMNS
        ]
        assert [read[name] for name in SHOWN_COLUMNS] == [row[name] for name in SHOWN_COLUMNS]


def test_a_row_costs_few_bytes(made: Result) -> None:
    text = format_json(encode_rows(made.exposure, _list_zones(made)))
    assert len(text.encode()) < 30 * len(made.exposure)


def test_no_number_that_is_withheld_is_in_the_page(made: Result) -> None:
    rows = made.exposure.copy()
    rows.loc[rows["measure"] == "people", ["value", "low", "high", "pixels"]] = [123_457.0, 123_456.0, 123_458.0, 29.0]
    text = format_json(encode_rows(rows, _list_zones(made)))
    assert not any(number in text for number in ("123457", "123456", "123458"))


def test_every_zone_stands_once_with_its_place(made: Result) -> None:
    encoded = encode_zones(_list_zones(made))
    assert encoded["columns"] == list(ZONE_COLUMNS)
    zones = pd.DataFrame(encoded["rows"], columns=encoded["columns"]).set_index("zone_id")
    assert zones.index.tolist() == made.exposure["zone_id"].unique().tolist()
    units = zones[zones["zone_kind"] == "admin"]
    # Rings are in the layer; a unit's land to a distance and its line are in the table alone.
    assert {kind: units.loc[f"admin|PL-20|{kind}", "place_name"] for kind in ("0-1000", "within-5000", "PL-BY")} == (
        dict.fromkeys(("0-1000", "within-5000", "PL-BY"), synthetic.UNITS["PL-20"])
    )
    assert units["place_id"].notna().all()
    assert zones.loc["corridor|suwalki|all", "place_name"] == "Suwałki"
    assert zones.loc["band|LT-RU|LT|0-1000", ["place_id", "place_name"]].isna().all()


def test_a_study_without_units_has_its_zones_all_the_same(made: Result) -> None:
    exposure = made.exposure[made.exposure["zone_kind"] != "admin"]
    layer = made.layers["zones"]
    zones = list_zones(exposure, layer[layer["zone_kind"] != "admin"], made.study)
    assert zones["zone_id"].tolist() == exposure["zone_id"].unique().tolist()
