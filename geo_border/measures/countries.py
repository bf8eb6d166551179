"""`country` zones: figures of whole territories, from totals that others published; what ships no total is empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from geo_border import facts
from geo_border.layers import Layers
from geo_border.measures.base import NO_RANGE, VALUE
from geo_border.schemas import LAYERS, READINGS

_DATASET = "national totals"
_NO_TOTAL = "no total of the whole country ships with the dataset, and the run reads it near the frontier only"
_NOT_CITED = "no published total of this country is at hand"


def build_rows(home: Sequence[str], names: Mapping[str, str], measures: Sequence[str], layers: Layers) -> pd.DataFrame:
    """Rows of zone kind `country`: area and people as published, the rest empty with the reason.

    Parameters
    ----------
    home
        Codes of the home countries.
    names
        Readable names by code.
    measures
        Measures that the run has counted.
    """
    rows = [row for code in home for row in _list_rows(code, names.get(code, code), measures, layers)]
    columns = LAYERS["exposure"].column_names
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    numbers = ("from_m", "to_m", "value", "low", "high", "known_share", "pixels")
    return frame.astype(dict.fromkeys(numbers, np.float64))


def build_readings(rows: pd.DataFrame) -> pd.DataFrame:
    """The readings of rows of kind `country`: the published total alone.

    Parameters
    ----------
    rows
        What `build_rows` gives.
    """
    return rows.assign(reading=VALUE)[READINGS.column_names]


def _list_rows(code: str, name: str, measures: Sequence[str], layers: Layers) -> Iterator[dict[str, Any]]:
    zone = {
        "zone_kind": "country",
        "zone_id": f"country|{code}",
        "zone_name": f"{name} ({code})" if name != code else code,
        "country": code,
    }
    cited = facts.read_national().get(code, {})
    people, area, date = cited.get("people"), cited.get("total_km2"), str(cited.get("people_date", ""))
    source = f"{cited.get('people_source', '')}"
    yield _build_row(zone, "area", None, area, "km²", _DATASET, date, cited.get("area_source"))
    if "people" in measures:
        yield _build_row(zone, "people", "total", people, "persons", _DATASET, date, source)
        density = people / area if people is not None and area else None
        yield {
            **_build_row(zone, "people_per_km2", None, density, "persons/km²", _DATASET, date, source),
            "basis": "total area, inland water included",
        }
    cover = layers.get("cover")
    if "cover_area" in measures and cover is not None:
        entry = cover.entry
        row = _build_row(zone, "cover_share", "tree", None, "share", entry.name, entry.vintage, None)
        yield {**row, "note": _NO_TOTAL}


def _build_row(
    zone: dict[str, Any],
    measure: str,
    category: str | None,
    value: float | None,
    unit: str,
    dataset: str,
    vintage: str,
    source: str | None,
) -> dict[str, Any]:
    note = _NOT_CITED if value is None else "; ".join(part for part in (source, NO_RANGE) if part)
    return {
        **zone,
        "measure": measure,
        "category": category,
        "value": np.nan if value is None else float(value),
        "unit": unit,
        "dataset": dataset,
        "vintage": vintage,
        "note": note,
    }
