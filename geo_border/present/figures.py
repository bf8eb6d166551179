"""Figures: rows of the exposure table as people see them, withheld where too few pixels carry them, and rounded."""

from __future__ import annotations

import pandas as pd

from geo_border.present import rounding
from geo_border.present.rounding import PEOPLE_FLOOR
from geo_border.present.withholding import is_withheld, withhold

PEOPLE_UNIT = "persons"


def add_rounded_columns(exposure: pd.DataFrame) -> pd.DataFrame:
    """Give the exposure table as it is shown: each figure alone, nothing added up or divided.

    Parameters
    ----------
    exposure
        The exposure table, as `schemas.py` says.

    Returns
    -------
    DataFrame
        The table with `value`, `low` and `high` empty where they are withheld, and `shown`, `shown_low`, `shown_high`:
        the same rounded, a share in whole percent. `withheld` says where too few pixels are the reason.
    """
    out = withhold(exposure).assign(withheld=is_withheld(exposure["pixels"]))
    for name, column in (("shown", "value"), ("shown_low", "low"), ("shown_high", "high")):
        pairs = zip(out[column], out["unit"], strict=True)
        out[name] = pd.Series(
            [rounding.round_by_unit(_convert_to_float(v), u) for v, u in pairs], index=out.index, dtype=object
        )
    return out


def apply_people_floor(value: float | None, unit: str) -> float | str | None:
    """Give the raw value for a table, six significant digits; people under the floor only as `<10`.

    >>> apply_people_floor(1234.56789, "km²"), apply_people_floor(3.2, "persons")
    (1234.57, '<10')

    Parameters
    ----------
    value
        In `unit`; None or NaN where not known.
    unit
        As the exposure table writes it: `persons`, `km²`, `km`, ...
    """
    known = _convert_to_float(value)
    if known is None:
        return None
    if unit == PEOPLE_UNIT and known < PEOPLE_FLOOR:
        return f"<{PEOPLE_FLOOR}"
    short = float(f"{known:.6g}")
    return int(short) if short.is_integer() else short


def _convert_to_float(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
