"""What is not shown: figures that too few of the data's own pixels carry; one rule for every output."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geo_border.present.rounding import PEOPLE_FLOOR

LEAST_PIXELS = 30
# What the note of a figure that is not shown begins with.
FEW = f"fewer than {LEAST_PIXELS} of the data's pixels"
# What is not shown for the sake of the few people that it is of.
FEW_PEOPLE = f"fewer than {PEOPLE_FLOOR} people"
_NUMBERS = ("value", "low", "high")


def is_withheld(pixels: pd.Series[float]) -> pd.Series[bool]:
    """Whether a figure is not shown: its data have pixels, and fewer than 30 carry it.

    >>> is_withheld(pd.Series([12.0, 30.0, np.nan])).tolist()
    [True, False, False]
    """
    return pixels < LEAST_PIXELS


def write_condition(column: str = "pixels") -> str:
    """The rule as a condition of SQL: true where a figure is not shown, NULL where its data have no pixels.

    >>> write_condition("e.pixels")
    'e.pixels < 30'

    Parameters
    ----------
    column
        SQL name of the number of pixels.
    """
    return f"{column} < {LEAST_PIXELS}"


def write_few_condition(people: str) -> str:
    """The rule of densities as a condition of SQL: true where a column of people is of fewer than are ever shown.

    >>> write_few_condition("p.value")
    'p.value < 10'

    Parameters
    ----------
    people
        SQL name of the column with people, in persons.
    """
    return f"{people} < {PEOPLE_FLOOR}"


def withhold(exposure: pd.DataFrame) -> pd.DataFrame:
    """Rows of the exposure table with value, low and high empty where they are not shown.

    Parameters
    ----------
    exposure
        Rows of the exposure table, with `pixels`.
    """
    out = exposure.copy()
    out.loc[is_withheld(out["pixels"]), list(_NUMBERS)] = np.nan
    # Times the area, the density of fewer people than are ever shown would tell how many they are.
    density = out["measure"] == "people_per_km2"
    people = out[(out["measure"] == "people") & (out["category"] == "total")].set_index("zone_id")
    for name in _NUMBERS:
        few = out.loc[density, "zone_id"].map(people[name]) < PEOPLE_FLOOR
        out.loc[few.index[few], name] = np.nan
    return out
