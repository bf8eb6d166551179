"""Country codes: as sources write them, made into ISO 3166-1 alpha-2, and alpha-3 where a URL wants it."""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib import resources

import pandas as pd

from geo_border.errors import StudyError

# Codes that are not ISO's but stand in data: Eurostat's EL and UK, Natural Earth's KOS.
_OTHERS = {"EL": "GR", "UK": "GB", "KOS": "XK"}


def convert_to_alpha2(codes: pd.Series) -> pd.Series:
    """Write codes as alpha-2; one that is no known code stays as it is, so that a user may name countries freely.

    >>> convert_to_alpha2(pd.Series(["POL", "EL", "Atlantis", None])).tolist()
    ['PL', 'GR', 'Atlantis', None]

    Parameters
    ----------
    codes
        Country codes as a source writes them (alpha-2, alpha-3 or its own); None or NaN where it has none.
    """
    table = {three: two for two, three in _read_table().items()} | _OTHERS
    text = [None if missing else str(code).strip() for code, missing in zip(codes, codes.isna(), strict=True)]
    return pd.Series([None if t is None else table.get(t, t) for t in text], index=codes.index, dtype=object)


def convert_to_alpha3(code: str) -> str:
    """Write an alpha-2 code as alpha-3.

    >>> convert_to_alpha3("PL")
    'POL'

    Parameters
    ----------
    code
        ISO 3166-1 alpha-2, in capitals.

    Raises
    ------
    StudyError
        When it is no ISO 3166-1 code.
    """
    try:
        return _read_table()[code]
    except KeyError:
        raise StudyError(f"{code!r} is not an ISO 3166-1 alpha-2 code, which this dataset is cut by.") from None


@lru_cache(maxsize=1)
def _read_table() -> dict[str, str]:
    text = resources.files(__package__).joinpath("iso3166.csv").read_text("utf-8")
    return {row["alpha2"]: row["alpha3"] for row in csv.DictReader(text.splitlines())}
