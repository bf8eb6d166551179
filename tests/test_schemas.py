"""Layers are what the contract says: every column, its type, its unit; and a frame that is not is refused by name."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from geo_border.errors import SchemaError
from geo_border.schemas import LAYERS, READINGS, conform

# DESIGN section 4: these names stay; more columns may be added.
CONTRACT = {
    "frontier": "segment country facing medium length_km",
    "frontier_sea": "segment country facing length_km",
    "segments": "segment country facing length_km sea_km official_km official_source note",
    "zones": (
        "zone_id zone_name zone_kind segment country from_m to_m area_km2 people people_low people_high tree_share "
        "place_id place_name part_of"
    ),
    "cells": (
        "cell_id segment country distance_m area_km2 people reach_people tree_share crop_share grass_share built_share "
        "water_share wetland_share cover_from degurba forested populated civilian_exposure"
    ),
    "forested": "segment country class area_km2 people",
    "populated": "segment country class area_km2 people",
    "civilian_exposure": "segment country class area_km2 people",
    "corridor": "zone_id name area_km2 people",
    "corridor_axis": "name length_km",
    "settlements": "name name_en kind country segment distance_m people degurba source admin_id admin_name",
    "facilities": "name name_en kind country segment distance_m people degurba source admin_id admin_name",
    "countries": "country name treaty_status treaty_notified treaty_effective treaty_source",
    "exposure": (
        "zone_kind zone_id zone_name segment country from_m to_m measure category value low high known_share unit "
        "dataset vintage range_from pixels known_basis basis part_of note"
    ),
}
GEOMETRY = {"frontier": "line", "zones": "polygon", "settlements": "point", "segments": None, "exposure": None}


def test_the_layers_are_those_of_the_contract() -> None:
    assert set(LAYERS) >= set(CONTRACT)


def test_the_exposure_table_has_the_columns_of_the_contract_in_their_order() -> None:
    assert LAYERS["exposure"].column_names == CONTRACT["exposure"].split()


def test_the_readings_have_the_columns_of_the_contract() -> None:
    assert READINGS.column_names == ["zone_id", "measure", "category", "dataset", "reading", "value", "known_share"]


def test_readings_are_unique_by_everything_but_their_number() -> None:
    row = {"zone_id": "z", "measure": "area", "category": None, "dataset": "d", "reading": "value", "value": 1.0}
    rows = pd.DataFrame([{**row, "known_share": None}] * 2)
    with pytest.raises(SchemaError, match="stands more than once"):
        conform(READINGS.name, rows)
    rows["reading"] = ["value", "low"]
    assert len(conform(READINGS.name, rows)) == 2


@pytest.mark.parametrize("name", CONTRACT)
def test_a_layer_has_the_columns_of_the_contract(name: str) -> None:
    assert set(LAYERS[name].column_names) >= set(CONTRACT[name].split())


@pytest.mark.parametrize(("name", "kind"), GEOMETRY.items())
def test_a_layer_has_the_geometry_of_the_contract(name: str, kind: str | None) -> None:
    assert LAYERS[name].geometry == kind


UNITS = {"_km": "km", "_m": "m", "_km2": "km²", "_share": "0..1"}


@pytest.mark.parametrize("name", LAYERS)
def test_units_stand_in_names(name: str) -> None:
    for column in LAYERS[name].columns:
        suffix = re.search(r"_(km2|km|m|share)$", column.name)
        if suffix:
            assert column.unit == UNITS[suffix.group()], f"{name}.{column.name}"
        elif column.dtype == "float":
            # A number without a unit in its name counts people, or has its unit in a column beside it.
            assert column.unit in ("persons", "see unit", "1"), f"{name}.{column.name} has no unit in its name"


@pytest.mark.parametrize("name", LAYERS)
def test_every_column_is_explained(name: str) -> None:
    assert LAYERS[name].description.endswith(".")
    assert all(len(column.description) > 3 for column in LAYERS[name].columns)


def frontier_rows(**changes: object) -> pd.DataFrame:
    row = {"segment": "PL-RU", "country": "PL", "facing": "RU", "length_km": 1.5, "sea_km": 0.0, "official_km": None}
    return pd.DataFrame([{**row, "official_source": None, "note": None, **changes}])


def test_a_good_frame_comes_back_in_order_and_type() -> None:
    given = frontier_rows(length_km=2)[
        ["note", "official_source", "official_km", "sea_km", "length_km", "facing", "country", "segment"]
    ]
    out = conform("segments", given)
    assert list(out.columns) == LAYERS["segments"].column_names
    assert out["length_km"].dtype == np.float64
    assert np.isnan(out["official_km"].iloc[0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"length_m": 1.0}, r"layer segments: missing \[\], unknown \['length_m'\]"),
        ({"length_km": None}, r"layer segments, column length_km: 1 values are empty"),
        ({"length_km": -1.0}, r"layer segments, column length_km: a value below 0"),
        ({"length_km": "far"}, r"layer segments, column length_km: not float"),
    ],
)
def test_a_frame_that_breaks_the_contract_is_named(changes: dict[str, object], message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        conform("segments", frontier_rows(**changes))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(SchemaError, match=r"missing \['sea_km'\]"):
        conform("segments", frontier_rows().drop(columns="sea_km"))


def test_a_key_that_repeats_is_named() -> None:
    with pytest.raises(SchemaError, match=r"key \['PL-RU'\] stands more than once"):
        conform("segments", pd.concat([frontier_rows(), frontier_rows()], ignore_index=True))


def test_a_word_outside_its_list_is_named() -> None:
    columns = LAYERS["exposure"].columns
    row = {c.name: ("x" if c.dtype == "text" else 1.0) for c in columns} | {"zone_kind": "minefield"}
    with pytest.raises(SchemaError, match=r"column zone_kind: \['minefield'\] not among"):
        conform("exposure", pd.DataFrame([row]))
