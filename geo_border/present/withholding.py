"""What is not shown: figures that too few of the data's own pixels carry; one rule for every output."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geo_border.present.rounding import PEOPLE_FLOOR

LEAST_PIXELS = 30
_NUMBERS = ("value", "low", "high")


def is_withheld(pixels: pd.Series[Any]) -> pd.Series[bool]:
    """Whether a figure is not shown: its data have pixels, and fewer than 30 carry it.

    >>> is_withheld(pd.Series([12.0, 30.0, np.nan])).tolist()
    [True, False, False]
    """
    return pixels < LEAST_PIXELS


def withhold(exposure: pd.DataFrame) -> pd.DataFrame:
    """Rows of the exposure table with value, low and high empty where they are not shown."""
    out = exposure.copy()
    out.loc[is_withheld(out["pixels"]), list(_NUMBERS)] = np.nan
    # Times the area, the density of fewer people than are ever shown would tell how many they are.
    density = out["measure"] == "people_per_km2"
    people = out[(out["measure"] == "people") & (out["category"] == "total")].set_index("zone_id")
    for name in _NUMBERS:
        few = out.loc[density, "zone_id"].map(people[name]) < PEOPLE_FLOOR
        out.loc[few.index[few], name] = np.nan
    return out
