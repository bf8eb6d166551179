"""How many people live within 10 km of the line, by segment, and how sure that is.

Run it as `python examples/people_within_10_km.py [STUDY] [ROOT]`. The second time it reads what the first has computed.
"""

from __future__ import annotations

import sys

import pandas as pd

import geo_border
from geo_border.result import Result

WITHIN_M = 10_000


def people_near(result: Result, within_m: float) -> pd.DataFrame:
    """Sum the people of all bands up to a distance: one row a segment, with the ends of their ranges."""
    rows = result.exposure
    rows = rows[(rows["zone_kind"] == "band") & (rows["measure"] == "people") & (rows["to_m"] <= within_m)]
    # Bands are disjoint, so they may be added; strips nest, so they may not.
    return rows.groupby("segment", sort=False)[["value", "low", "high"]].sum()


def main(study: str = "finland-poland", root: str = ".") -> None:
    """Run the study, or reuse its last run, and print the table."""
    result = geo_border.run(study, root=root)
    near = people_near(result, WITHIN_M)
    print(f"People within {WITHIN_M / 1000:g} km of the line ({result.study.title})")
    # To the nearest hundred: the embedded model knows no more.
    for segment, row in near.round(-2).astype(int).iterrows():
        print(f"  {segment}  {row['value']:>9,}  ({row['low']:,} to {row['high']:,})")
    people = next(source for source in result.passport["sources"] if source["need"] == "people")
    print(f"Source: {people['title']}. {people['attribution']}.")


if __name__ == "__main__":
    main(*sys.argv[1:])
