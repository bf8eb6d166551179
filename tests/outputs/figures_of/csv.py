"""Figures of the CSV tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from tests.outputs.figures_of.figure import Figure
from tests.outputs.figures_of.rows import add_up, of_table

OUTPUT = "csv"
_NUMBERS = ("from_m", "to_m", "value", "low", "high", "known_share", "pixels")


def of_csv(processed: Path) -> Iterator[Figure]:
    """Every figure of `exposure.csv` and, where there is one, `within.csv`, and what a reader adds up from them."""
    found: list[Figure] = []
    for path in (processed / "exposure.csv", processed / "within.csv"):
        if path.exists():
            empty = {name: [""] for name in _NUMBERS}
            frame = pd.read_csv(path, keep_default_na=False, na_values=empty)
            found += of_table(frame, OUTPUT, path.name)
    # The view has no column of pixels; its rows are those of the table.
    withheld = {(f.zone_id, f.measure, f.category, f.end) for f in found if f.withheld}
    found = [replace(f, withheld=(f.zone_id, f.measure, f.category, f.end) in withheld) for f in found]
    yield from found
    yield from add_up(found)


def read_names(processed: Path) -> dict[str, str]:
    """Ids of zones by their readable names."""
    frame = pd.read_csv(processed / "exposure.csv", usecols=["zone_id", "zone_name"], keep_default_na=False)
    names = frame.drop_duplicates("zone_id").set_index("zone_name")["zone_id"]
    assert names.index.is_unique, "two zones have one name"
    return {str(name): str(zone_id) for name, zone_id in names.items()}
