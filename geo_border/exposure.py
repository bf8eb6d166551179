"""Layers x zones: the tidy table, one row a figure with its unit, source, vintage, range and note."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from geo_border.catalog import Entry, Legend
from geo_border.crs import FloatArray
from geo_border.engine import Engine
from geo_border.errors import RasterError
from geo_border.model import AGES, COVER_CLASSES, UNKNOWN, Grid
from geo_border.zonal import Zones, tabulate

LEAST_PIXELS = 30
FEW = f"fewer than {LEAST_PIXELS} of the data's pixels"
NARROW = "indicative: zone narrower than the data's pixel"
AGE_NOTE = "cells whose ages are confidential are left out, so ages may add up to less than the total"
NO_RANGE = "no second dataset in this run"
TREE_READINGS = "legend readings of tree"


@dataclass(frozen=True)
class Zone:
    """One zone: its columns and the rows of the unit table that add up to it."""

    columns: dict[str, Any]
    units: Any
    settlements: float | None = None
    low_high: dict[str, tuple[float, float]] = field(default_factory=dict)
    range_from: str | None = None


def cover_by_area(
    grid: Grid | list[Any], areas: Zones, count: int, legend: Legend, engine: Engine | None = None
) -> pd.DataFrame:
    """Area in km² by common class in each area 0..n-1: one column a class, `unknown`, and `tree_low`, `tree_high`.

    Raises
    ------
    RasterError
        When a value is not in the legend: it would be counted as something else.
    """
    table = tabulate(grid, areas, zone_field=areas.field, mode="class", coverage="exact", engine=engine)
    columns = (*COVER_CLASSES, UNKNOWN, "tree_low", "tree_high")
    out = {name: np.zeros(count) for name in columns}
    zone, area = table[areas.field].to_numpy(np.int64), table["area_km2"].to_numpy()
    code = table["class"].to_numpy(np.float64, na_value=np.nan)
    for value in np.unique(code[np.isfinite(code)]).astype(int):
        rows = code == value
        if str(value) not in legend.classes:
            raise RasterError(
                f"the land cover holds class {value}, which its legend lacks: is it the dataset it is said to be?"
            )
        name = legend.classes[str(value)]
        np.add.at(out[name], zone[rows], area[rows])
        for reading, values in (("tree_low", legend.tree_low), ("tree_high", legend.tree_high)):
            if value in values:
                np.add.at(out[reading], zone[rows], area[rows])
    missing = ~np.isfinite(code)
    np.add.at(out[UNKNOWN], zone[missing], area[missing])
    return pd.DataFrame(out)


def cover_rows(
    zone: Zone, cover: pd.DataFrame, area_km2: float, entry: Entry, pixel_km2: float
) -> Iterable[dict[str, Any]]:
    """`cover_area` of one zone by class; the classes and `unknown` add up to the zone."""
    sums = cover.iloc[zone.units].sum()
    caution = _caution(zone, area_km2, pixel_km2)
    # Rounding of ellipsoidal against planar area stays with the largest class, so that the classes add up exactly.
    values = {name: float(sums[name]) for name in (*COVER_CLASSES, UNKNOWN)}
    largest = max(values, key=lambda name: values[name])
    values[largest] += area_km2 - sum(values.values())
    for name, value in values.items():
        row = _row(zone, "cover_area", name, value, "km²", entry)
        if name == "tree":
            row |= {"low": min(float(sums["tree_low"]), value), "high": max(float(sums["tree_high"]), value)}
            row["range_from"] = TREE_READINGS
        else:
            row["note"] = NO_RANGE
        yield _cautioned(row, zone, caution, name)


def people_rows(
    zone: Zone, people: dict[str, FloatArray], area_km2: float, entry: Entry, pixel_km2: float
) -> Iterable[dict[str, Any]]:
    """`people` of one zone, in all with its range where the dataset has one, and by age where it has ages."""
    total = {name: float(values[zone.units].sum()) for name, values in people.items()}
    row = _row(zone, "people", "total", total["people"], "persons", entry)
    if "low" in total:
        row |= {"low": min(total["low"], total["people"]), "high": max(total["high"], total["people"])}
        row["range_from"] = str(entry.options["range_from"])
    else:
        row["note"] = NO_RANGE
    caution = _caution(zone, area_km2, pixel_km2)
    yield _cautioned(row, zone, caution, "total")
    for age in AGES:
        if age in total:
            row = _row(zone, "people", age, total[age], "persons", entry) | {"note": AGE_NOTE}
            yield _cautioned(row, zone, caution, age)


def simple_row(
    zone: Zone, measure: str, category: str | None, value: float, unit: str, entry: Entry, note: str
) -> dict[str, Any]:
    """A row whose figure has no range but for the zone's own; `note` says why."""
    row = _row(zone, measure, category, value, unit, entry)
    if measure in zone.low_high:
        low, high = zone.low_high[measure]
        return row | {"low": min(low, value), "high": max(high, value), "range_from": zone.range_from}
    return row | {"note": note}


def table(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Rows as the exposure table's columns, in the order given."""
    frame = pd.DataFrame(list(rows))
    for name in ("low", "high", "from_m", "to_m", "value"):
        frame[name] = frame[name].astype(np.float64)
    return frame


def _row(zone: Zone, measure: str, category: str | None, value: float, unit: str, entry: Entry) -> dict[str, Any]:
    return {
        **zone.columns,
        "measure": measure,
        "category": category,
        "value": value,
        "low": np.nan,
        "high": np.nan,
        "unit": unit,
        "dataset": entry.name,
        "vintage": entry.vintage,
        "range_from": None,
        "note": None,
    }


def _caution(zone: Zone, area_km2: float, pixel_km2: float) -> str | None:
    """Why a figure of this zone is empty or only indicative, if it is."""
    if area_km2 < LEAST_PIXELS * pixel_km2:
        return FEW
    low, high = zone.columns["from_m"], zone.columns["to_m"]
    return NARROW if high is not None and high - low < np.sqrt(pixel_km2) * 1e3 else None


def _cautioned(row: dict[str, Any], zone: Zone, caution: str | None, category: str) -> dict[str, Any]:
    """The row, its range widened by the zone's own, emptied where too few pixels carry it."""
    measure = row["measure"] if category == "total" else f"{row['measure']}:{category}"
    if measure in zone.low_high:
        low, high = zone.low_high[measure]
        row |= {"low": np.nanmin([row["low"], low, row["value"]]), "high": np.nanmax([row["high"], high, row["value"]])}
        row["range_from"] = "; ".join(part for part in (row["range_from"], zone.range_from) if part)
        row["note"] = None
    if caution == FEW:
        return row | {"value": np.nan, "low": np.nan, "high": np.nan, "range_from": None, "note": FEW}
    if caution:
        row["note"] = caution if row["note"] is None else f"{caution}; {row['note']}"
    return row
