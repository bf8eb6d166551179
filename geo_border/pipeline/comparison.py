"""Each segment's home side beside its country's mean."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_border import exposure, facts
from geo_border.catalog import known_km2
from geo_border.crs import WGS84, area_km2, to_crs
from geo_border.errors import EmptyLayerError
from geo_border.pipeline.ground import Ground
from geo_border.pipeline.inputs import Inputs
from geo_border.polygons import polygonal
from geo_border.zonal import prepare_zones

# Rings compared with the country's mean: near the line, and all that is measured.
_COMPARED_M = (10_000.0, 50_000.0)


def comparison(
    territories: dict[str, Any], within: pd.DataFrame, ground: Ground, inputs: Inputs
) -> list[dict[str, Any]]:
    """Tree share and people per km² of each segment's home side within 10 and 50 km, beside its country's mean."""
    # Tiles of a fine cover are fetched along the line only: they say nothing of the whole country.
    national = _national_tree_share(territories, ground, inputs) if inputs.grid("cover") is not None else {}
    out = []
    for segment in ground.frontier.segments:
        mean = facts.national().get(segment.country, {})
        for to_m in _COMPARED_M:
            near = within[(within["of"] == segment.id) & (within["to_m"] == to_m)]
            area = near.loc[near["measure"] == "area", "value"].sum()
            cover = near[near["measure"] == "cover_area"].set_index("category")["value"].dropna()
            people = near.loc[(near["measure"] == "people") & (near["category"] == "total"), "value"].dropna()
            known = known_km2(cover, inputs.entry("cover").legend) if len(cover) else 0.0
            out.append(
                {
                    "segment": segment.id,
                    "within_m": to_m,
                    "tree_share": float(cover["tree"] / known) if known > 0 else None,
                    "country_tree_share": national.get(segment.country),
                    "country_forest_share": mean.get("forest_share"),
                    "people_per_km2": float(people.sum() / area) if len(people) and area > 0 else None,
                    "country_people_per_km2": mean["people"] / mean["total_km2"] if "people" in mean else None,
                }
            )
    return out


def _national_tree_share(territories: dict[str, Any], ground: Ground, inputs: Inputs) -> dict[str, float]:
    """Tree share of the whole land of each home country, by the run's own cover."""
    legend, land = inputs.entry("cover").legend, ground.around.land
    assert legend is not None, "the cover was read with a legend"
    names = [name for name in ground.home if name in territories]
    flat = [to_crs(shapely.segmentize(territories[name], 0.05), WGS84, ground.crs) for name in names]
    shapes = [_on_land(shape, land) for shape in flat]
    frame = gpd.GeoDataFrame({"area": np.arange(len(names))}, geometry=shapes, crs=ground.crs)
    try:
        cover = exposure.cover_by_area(inputs.layers["cover"], prepare_zones(frame, "area"), len(names), legend)
    except EmptyLayerError:
        return {}
    known = cover[[c for c in cover.columns if not c.startswith("tree_") and c != "unknown"]].sum(axis=1)
    whole = area_km2(np.array(shapes, dtype=object), ground.crs)
    # A cover cut to the study's window says nothing about the whole country.
    return {n: float(t / k) for n, t, k, a in zip(names, cover["tree"], known, whole, strict=True) if k > 0.98 * a}


def _on_land(shape: Any, land: Any) -> Any:
    valid = shapely.make_valid(shape)
    if len(land) == 0:
        return polygonal(valid)
    near = land[shapely.STRtree(land).query(valid, predicate="intersects")]
    return polygonal(shapely.intersection(valid, shapely.union_all(shapely.make_valid(near))))
