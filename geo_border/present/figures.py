"""Figures: the exposure table as people see it (rounded, with shares), and totals over zones for stories and sheets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from geo_border.present import rounding
from geo_border.present.rounding import PEOPLE_FLOOR, Shown

PEOPLE_UNIT = "persons"


@dataclass(frozen=True)
class Total:
    """A sum over zones: raw value and, where every part has them, the sums of its lows and highs."""

    value: float
    low: float | None
    high: float | None
    unit: str

    def shown(self) -> tuple[Shown, Shown, Shown]:
        """Value, low and high as people see them."""
        rounded = (rounding.by_unit(part, self.unit) for part in (self.value, self.low, self.high))
        value, low, high = rounded
        return value, low, high


def shown_rows(exposure: pd.DataFrame) -> pd.DataFrame:
    """Add what is shown to the exposure table: `shown`, `shown_low`, `shown_high`, and `percent` for land cover.

    `percent` is the class's share of the zone's area, water and unknown cover included.
    """
    out = exposure.copy()
    for name, column in (("shown", "value"), ("shown_low", "low"), ("shown_high", "high")):
        pairs = zip(out[column], out["unit"], strict=True)
        out[name] = pd.Series([rounding.by_unit(_plain(v), u) for v, u in pairs], index=out.index, dtype=object)
    cover = out["measure"] == "cover_area"
    whole = out.loc[cover].groupby("zone_id")["value"].sum()
    shares = out["value"] / out["zone_id"].map(whole)
    percents = [rounding.percent(_plain(s)) if c else None for s, c in zip(shares, cover, strict=True)]
    out["percent"] = pd.Series(percents, index=out.index, dtype=object)
    return out


def raw_or_floor(value: float | None, unit: str) -> float | str | None:
    """Give the raw value for a table, six significant digits; people under the floor only as `<10`.

    >>> raw_or_floor(1234.56789, "km²"), raw_or_floor(3.2, "persons")
    (1234.57, '<10')
    """
    known = _plain(value)
    if known is None:
        return None
    if unit == PEOPLE_UNIT and known < PEOPLE_FLOOR:
        return f"<{PEOPLE_FLOOR}"
    short = float(f"{known:.6g}")
    return int(short) if short.is_integer() else short


def total(rows: pd.DataFrame, measure: str, categories: Iterable[str] | None = None) -> Total | None:
    """Sum the known figures of a measure (and categories); None where none is known. Rows must be of disjoint zones."""
    part = rows[(rows["measure"] == measure) & rows["value"].notna()]
    if categories is not None:
        part = part[part["category"].isin(list(categories))]
    if part.empty:
        return None
    spread = part["low"].notna().all() and part["high"].notna().all()
    low, high = (float(part["low"].sum()), float(part["high"].sum())) if spread else (None, None)
    return Total(float(part["value"].sum()), low, high, str(part["unit"].iloc[0]))


def _plain(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
