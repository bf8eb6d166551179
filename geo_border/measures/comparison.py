"""Each segment's home side beside its country as a whole, from the one table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geo_border import facts

# Distances compared with the whole country: near the line, and all that is measured.
_COMPARED_M = (10_000.0, 50_000.0)


def compare(exposure: pd.DataFrame) -> list[dict[str, Any]]:
    """Tree share and people per km² of each segment's land within 10 and 50 km, and of its whole country.

    Parameters
    ----------
    exposure
        The exposure table.

    Returns
    -------
    list of dict
        `segment`, `country`, `within_m`; `tree_share` and `people_per_km2`, each with its `country_` twin; and
        `country_forest_share` of the cited inventory. None where the table has no figure.
    """
    known = exposure[exposure["value"].notna()]
    categories = known["category"].astype(object).where(known["category"].notna(), None)
    keys = zip(known["zone_id"], known["measure"], categories, strict=True)
    values = dict(zip(keys, known["value"].to_numpy(np.float64).tolist(), strict=True))
    segments = exposure[exposure["zone_kind"] == "within"]
    segments = segments[segments["segment"].notna() & segments["to_m"].isin(_COMPARED_M)]
    zones = segments.drop_duplicates("zone_id")
    order = zones["segment"].map({name: place for place, name in enumerate(zones["segment"].unique())})
    out = []
    for row in zones.iloc[order.argsort(kind="stable")].itertuples():
        nation = f"country|{row.country}"
        out.append(
            {
                "segment": row.segment,
                "country": row.country,
                "within_m": row.to_m,
                "tree_share": values.get((row.zone_id, "cover_share", "tree")),
                "country_tree_share": values.get((nation, "cover_share", "tree")),
                "country_forest_share": facts.read_national().get(str(row.country), {}).get("forest_share"),
                "people_per_km2": values.get((row.zone_id, "people_per_km2", None)),
                "country_people_per_km2": values.get((nation, "people_per_km2", None)),
            }
        )
    return out
