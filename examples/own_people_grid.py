"""Count people with a grid of your own beside the embedded model, band by band.

Run it as `python examples/own_people_grid.py GRID.tif [STUDY] [ROOT]`. The grid is any raster of persons per cell, in
any CRS; its cells are used as they are. Census grids of Eurostat and national offices, GHS-POP and WorldPop all serve.
"""

from __future__ import annotations

import sys

import pandas as pd

import geo_border
from geo_border.result import Result


def by_band(result: Result) -> pd.Series:
    """People by outer edge of the band, all segments together."""
    rows = result.exposure
    rows = rows[(rows["zone_kind"] == "band") & (rows["measure"] == "people")]
    return rows.groupby("to_m")["value"].sum()


def main(grid: str, study: str = "finland-poland", root: str = ".") -> None:
    """Run the study twice, into two folders below the root, and print the two side by side."""
    modelled = geo_border.run(study, root=f"{root}/modelled")
    counted = geo_border.run(study, root=f"{root}/counted", sources=[f"people={grid}"])
    both = pd.DataFrame({"your grid": by_band(counted), "embedded model": by_band(modelled)}).round(-2)
    both["model / grid"] = (both["embedded model"] / both["your grid"]).round(2)
    print(both.to_string())
    print("The grid's cells were taken to count:", counted.passport["people_counted"], "(all people, or home's alone)")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
