"""Whether totals add up, counts are conserved, and edges lie where they should."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo_border import passport
from geo_border.geo.crs import WGS84, reproject
from geo_border.measures.base import CountedByName
from geo_border.pipeline.study_area import StudyArea
from geo_border.result import Result
from geo_border.study import Study

_NEST = ["zone_id", "zone_kind", "segment", "country", "to_m"]


def list_checks(
    study: Study, ground: StudyArea, counted: CountedByName, table: pd.DataFrame, layers: dict[str, Any]
) -> list[dict[str, Any]]:
    """Whether totals add up, counts are conserved and edges lie where they should."""
    bands = layers["zones"][layers["zones"]["zone_kind"] == "band"]
    union = shapely.union_all(bands.geometry.to_numpy())
    whole = float(shapely.area(union)) / 1e6
    total = float(bands["area_km2"].sum())
    out = [
        passport.build_check("bands are disjoint: sum of areas against their union", total / whole - 1, 1e-9, "ratio")
    ]
    units = ground.units["area_km2"].to_numpy()
    inside = np.array([p.to_m <= study.widest_m for p in ground.band_parts])[ground.units["piece"].to_numpy()]
    out.append(passport.build_check("units add up to the bands: area", units[inside].sum() / total - 1, 1e-9, "ratio"))
    people = counted.get("people")
    if people is not None and people.prepared.home_people is not None:
        total_people = people.get("total")
        assert total_people is not None, "people have a total"
        lost = total_people[: len(units)].sum() / people.prepared.home_people - 1
        out.append(
            passport.build_check("people are conserved: units against home land as a whole", lost, 1e-6, "ratio")
        )
    admin = table[(table["part_of"] == "admin") & (table["measure"] == "area")]
    if len(admin):
        countries = set(admin["country"])
        same = bands[bands["country"].isin(countries)]["area_km2"].sum()
        out.append(
            passport.build_check(
                "administrative units add up to the bands: area", admin["value"].sum() / same - 1, 1e-6, "ratio"
            )
        )
    out.append(passport.build_check("band edges lie at their distance", _measure_edge_error_m(study, ground), 3.0, "m"))
    return out


def check_result(result: Result) -> list[dict[str, Any]]:
    """Checks that a result on disk must still pass by itself: its classes add up to its zones, its strips nest."""
    table = result.exposure
    cover = table[table["measure"] == "cover_area"]
    whole = cover.groupby("zone_id")["value"].agg(lambda v: v.sum(skipna=False)).dropna()
    area = table[table["measure"] == "area"].set_index("zone_id")["value"]
    off = float((whole / area.reindex(whole.index) - 1).abs().max()) if len(whole) else 0.0
    nests = (
        area.rename("area_km2")
        .reset_index()
        .merge(table.loc[table["zone_kind"].isin(["strip", "within"]), _NEST].drop_duplicates("zone_id"), on="zone_id")
    )
    strips = nests.sort_values("to_m")
    shrink = strips.groupby(["zone_kind", "segment", "country"], dropna=False)["area_km2"].diff().min()
    nested = 0.0 if not len(strips) or np.isnan(shrink) else max(0.0, -float(shrink))
    return [
        passport.build_check("cover classes add up to their zone", off, 1e-9, "ratio"),
        passport.build_check("a deeper strip is never smaller", nested, 0.0, "km²"),
    ]


def _measure_edge_error_m(study: Study, study_area: StudyArea) -> float:
    """Largest difference between a band edge's corners and the exact distance."""
    worst = 0.0
    for edge in study.edges_m:
        xy = shapely.get_coordinates(study_area.buffer_by_distance[edge])[::7]
        lonlat = shapely.get_coordinates(reproject(shapely.points(xy), study_area.crs, WGS84))
        worst = max(
            worst, float(np.abs(study_area.line_index.find_nearest(lonlat[:, 0], lonlat[:, 1]).distance_m - edge).max())
        )
    return worst
