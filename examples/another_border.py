"""Ask about a border that no study ships for, with a boundary file of your own.

Run it as `python examples/another_border.py BOUNDARIES HOME FACING [FIELD] [ROOT]`, for instance with the countries of
Natural Earth: `python examples/another_border.py ne_10m_admin_0_countries.zip US MX ISO_A2_EH`.
"""

from __future__ import annotations

import sys

import geo_border
from geo_border.study import Study


def study_of(home: str, facing: str, field: str) -> Study:
    """Write the study that a TOML file would hold; every other key has its default."""
    return Study(
        name=f"{home}-{facing}".lower(),
        title=f"{home} along {facing}",
        home=(home,),
        facing=(facing,),
        bands_m=(1_000, 5_000, 10_000),
        strips_m=(1_000,),
        boundaries={"country": field, "name": field},
    )


def main(boundaries: str, home: str, facing: str, field: str = "country", root: str = ".") -> None:
    """Run the study, then print what lies in each band."""
    result = geo_border.run(study_of(home, facing, field), root=root, sources=[f"boundaries={boundaries}"])
    length = result.layers["segments"].set_index("segment")["length_km"].round(0)
    print("Length in km, as this file draws the line:", length.to_dict())
    rows = result.exposure[result.exposure["zone_kind"] == "band"]
    table = rows[rows["measure"].isin(["area", "cover_area", "people"])].assign(
        what=lambda r: r["measure"].where(r["category"].isna(), r["measure"] + ": " + r["category"])
    )
    print(table.pivot_table(index="what", columns="to_m", values="value", aggfunc="sum").round(0).to_string())
    for note in result.passport["notes"]:
        print("note:", note)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
