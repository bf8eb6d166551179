"""Country codes as sources write them, made into ISO 3166-1 alpha-2."""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib import resources

import pandas as pd

# Codes that are not ISO's but stand in data from Eurostat (EL, UK), Natural Earth and UN lists (KOS, SDS, SOL).
_OTHERS = {"EL": "GR", "UK": "GB", "KOS": "XK"}


def alpha2(codes: pd.Series) -> pd.Series:
    """Codes as alpha-2; one that is no known code stays as it is, so that a user may name countries freely.

    >>> alpha2(pd.Series(["POL", "EL", "Atlantis", None])).tolist()
    ['PL', 'GR', 'Atlantis', None]
    """
    text = codes.astype(object).where(codes.notna(), None)
    table = _table()
    return text.map(lambda code: table.get(str(code).strip(), str(code).strip()) if code is not None else None)


@lru_cache(maxsize=1)
def _table() -> dict[str, str]:
    text = resources.files(__package__).joinpath("iso3166.csv").read_text("utf-8")
    return {row["alpha3"]: row["alpha2"] for row in csv.DictReader(text.splitlines())} | _OTHERS
