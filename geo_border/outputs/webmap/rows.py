"""The exposure table as the page holds it: zones and kinds of figures once each, and for each figure codes and numbers.

Fifteen thousand rows as plain JSON would be a fifth of the page's bytes; so they are half a megabyte less.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_border.outputs.webmap.topology import encode_numbers
from geo_border.present import figures
from geo_border.present.rounding import RoundedValue
from geo_border.study import Study

ZONE_COLUMNS = (
    *("zone_id", "zone_kind", "zone_name", "segment", "country", "from_m", "to_m", "place_id", "place_name"),
    "part_of",
)
# What is the same for many rows stands once for each combination.
KIND_COLUMNS = ("measure", "category", "unit", "dataset", "vintage", "basis")
REMARK_COLUMNS = ("range_from", "note", "withheld")
RAW_COLUMNS = ("value", "low", "high")
SHOWN_COLUMNS = ("shown", "shown_low", "shown_high")
# Stands for `<` in a text of numbers: that sign costs six bytes in a script element.
_UNDER = "~"


def list_zones(exposure: pd.DataFrame, zones: gpd.GeoDataFrame, study: Study) -> pd.DataFrame:
    """Every zone that has a figure, with the place that it is of.

    Parameters
    ----------
    exposure
        The exposure table.
    zones
        The layer `zones`: it names the places.

    Returns
    -------
    DataFrame
        `ZONE_COLUMNS`, in the order of the table; a zone's place in it is its number in the page.
    """
    columns = [name for name in ZONE_COLUMNS if not name.startswith("place_")]
    every = exposure[columns].drop_duplicates("zone_id", ignore_index=True)
    places = _find_places(zones, study).reindex(every["zone_id"])
    for name in ("place_id", "place_name"):
        every[name] = places[name].to_numpy(object)
    return every[list(ZONE_COLUMNS)]


def encode_zones(zones: pd.DataFrame) -> dict[str, Any]:
    """Encode what `list_zones` gives: names of columns, and one list a zone."""
    return {"columns": list(ZONE_COLUMNS), "rows": _list_rows(zones)}


def encode_rows(exposure: pd.DataFrame, zones: pd.DataFrame) -> dict[str, Any]:
    """Encode every row of the exposure table as it is shown.

    Parameters
    ----------
    zones
        What `list_zones` gives.

    Returns
    -------
    dict
        `kinds` and `remarks`, each with names of columns and a list of combinations; `zone`, `kind` and `remark`, for
        each row the step from the one before among zones and combinations; `numbers`, for each column of numbers one
        text with a comma between rows, empty where there is none, `~10` for "under 10".
    """
    rows = figures.add_rounded_columns(exposure)
    found: dict[str, Any] = {"zone": _encode_codes(pd.Index(zones["zone_id"]).get_indexer(rows["zone_id"]))}
    for name, columns in (("kind", KIND_COLUMNS), ("remark", REMARK_COLUMNS)):
        group = rows.groupby(list(columns), dropna=False, sort=False)
        first = rows.loc[~rows.duplicated(list(columns)), list(columns)]
        found[name] = _encode_codes(group.ngroup().to_numpy())
        found[f"{name}s"] = {"columns": list(columns), "rows": _list_rows(first)}
    raw = {
        name: [figures.apply_people_floor(value, unit) for value, unit in zip(rows[name], rows["unit"], strict=True)]
        for name in RAW_COLUMNS
    }
    shown = {name: rows[name].tolist() for name in SHOWN_COLUMNS}
    found["numbers"] = {name: _join_numbers(values) for name, values in (raw | shown).items()}
    return found


def _find_places(zones: gpd.GeoDataFrame, study: Study) -> pd.DataFrame:
    """Places by zone: those of the layer, and of what it has no shape of: units' land to a distance, units' lines."""
    columns = ["zone_id", "place_id", "place_name"]
    units = zones.loc[zones["zone_kind"] == "admin", columns[1:]].drop_duplicates()
    keys = [*(f"within-{to_m:g}" for _, to_m in study.bands), *zones["segment"].dropna().unique()]
    further = [units.assign(zone_id=[f"admin|{unit}|{key}" for unit in units["place_id"]]) for key in keys]
    found: pd.DataFrame = pd.concat([pd.DataFrame(zones[columns]), *further])
    return found.drop_duplicates("zone_id").set_index("zone_id")


def _encode_codes(codes: NDArray[np.integer]) -> str:
    return encode_numbers(np.diff(codes, prepend=0))


def _join_numbers(values: Sequence[RoundedValue]) -> str:
    texts = ("" if value is None else str(value).replace("<", _UNDER) for value in values)
    return ",".join(text.removesuffix(".0") for text in texts)


def _list_rows(frame: pd.DataFrame) -> list[list[Any]]:
    columns: Iterable[list[Any]] = ([_get_plain(value) for value in frame[name]] for name in frame)
    return [list(row) for row in zip(*columns, strict=True)]


def _get_plain(value: str | float | None) -> str | float | None:
    if pd.isna(value):
        return None
    plain = value.item() if hasattr(value, "item") else value
    return int(plain) if isinstance(plain, float) and plain.is_integer() else plain
