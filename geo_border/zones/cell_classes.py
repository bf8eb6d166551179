"""Cells classed by what civilians have there: forested, populated, and the kind of civilian exposure."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.ndimage import convolve

from geo_border.geo.crs import area_km2
from geo_border.geo.overlay import extract_polygons
from geo_border.geo.types import FloatArray, GeometryArray, IntArray, PlanePolygonal
from geo_border.study import Study

# Degree of urbanisation, level 2 (Eurostat, Applying the Degree of Urbanisation, 2021), in the words of our layers.
SETTLEMENT_CLASSES = {
    30: "city",
    23: "town",
    22: "town",
    21: "suburb",
    13: "village",
    12: "dispersed",
    11: "low_density",
}


def build_people_counter(
    column: NDArray[np.int64], row: NDArray[np.int64], people: FloatArray, radius_m: float
) -> Callable[[IntArray, IntArray], FloatArray]:
    """For squares (km) with people in them, a function that gives the people within `radius_m` of a square's centre.

    People count where their own square's centre lies within the reach (straight line).

    Parameters
    ----------
    column, row
        Lower-left corner of each square in km (n).
    people
        Persons in each square (n).
    radius_m
        Reach in metres.
    """
    reach = int(radius_m // 1000) + 1
    west, south = int(column.min()) - reach, int(row.min()) - reach
    field = np.zeros((int(row.max()) - south + reach + 1, int(column.max()) - west + reach + 1))
    np.add.at(field, (row - south, column - west), people)
    away = np.hypot(*np.mgrid[-reach : reach + 1, -reach : reach + 1]) * 1000
    total = convolve(field, (away <= radius_m).astype(float), mode="constant")

    def count_people(columns: NDArray[np.int64], rows: NDArray[np.int64]) -> FloatArray:
        out: FloatArray = np.maximum(total[rows - south, columns - west], 0.0)
        return out

    return count_people


def classify_cells(
    cells: gpd.GeoDataFrame, study: Study, locates: dict[str, float], passage: NDArray[np.bool_] | None
) -> gpd.GeoDataFrame:
    """Cells with `forested`, `populated` and `civilian_exposure`.

    Parameters
    ----------
    cells
        With people, reach_people, area_km2, shares and degurba.
    locates
        From when the people dataset can say where people are: `per_km2`, or `class` (least DEGURBA class).
    passage
        Whether each cell has a public road or a facility; None where the run has neither dataset.
    """
    limits = study.thresholds
    people = cells["people"].to_numpy(np.float64, na_value=0.0)
    if "class" in locates:
        code = cells["degurba"].to_numpy(np.float64, na_value=0.0)
        populated = (code >= locates["class"]) & (people > 0)
    else:
        populated = people / cells["area_km2"].to_numpy() >= locates["per_km2"]
    tree = cells["tree_share"].to_numpy(np.float64, na_value=0.0)
    used = tree + sum(cells[f"{name}_share"].to_numpy(np.float64, na_value=0.0) for name in ("crop", "grass"))
    near = cells["reach_people"].to_numpy(np.float64, na_value=0.0)
    livelihood = (used >= limits.livelihood_share) & (near >= limits.livelihood_reach_people)
    rules = [populated, livelihood, np.zeros(len(cells), bool) if passage is None else passage, people > 0]
    kinds = np.select(rules, ["resident", "livelihood", "passage", "sparse"], default="")
    return cells.assign(
        forested=tree >= limits.forested_tree_share,
        populated=populated,
        civilian_exposure=pd.Series(kinds, index=cells.index).replace({"": None}),
    )


def dissolve_cells(cells: gpd.GeoDataFrame, kind: pd.Series[str]) -> gpd.GeoDataFrame:
    """Cells of one segment, country and class as one polygon each; cells whose class is empty are left out.

    Parameters
    ----------
    cells
        Cells with `segment`, `country` and `people`, in an equal-area plane.
    kind
        Class of each cell, aligned with `cells`; None where it has none.

    Returns
    -------
    GeoDataFrame
        `segment`, `country`, `class`, `area_km2`, `people`, geometry.
    """
    frame = cells.assign(**{"class": kind})
    frame = frame[frame["class"].notna()]
    rows = []
    for (segment, country, name), group in frame.groupby(["segment", "country", "class"], sort=True):
        shape = _merge_squares(group.geometry.to_numpy())
        rows.append(
            {
                "segment": segment,
                "country": country,
                "class": name,
                "area_km2": float(area_km2(group.geometry.to_numpy(), cells.crs).sum()),
                "people": float(group["people"].sum()) if group["people"].notna().any() else np.nan,
                "geometry": shape,
            }
        )
    columns = ["segment", "country", "class", "area_km2", "people", "geometry"]
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=cells.crs)


def _merge_squares(shapes: GeometryArray) -> PlanePolygonal:
    """Cells as one polygon: whole squares as a coverage, in linear time; the few that land cuts by overlay."""
    whole = (shapely.get_num_coordinates(shapes) == 5) & (shapely.area(shapes) > 1e6 - 1e-3)
    parts = [shapely.coverage_union_all(shapes[whole]), *shapes[~whole]]
    return extract_polygons(shapely.union_all(np.array(parts, dtype=object)))


def name_settlement_class(code: pd.Series[float]) -> pd.Series[str]:
    """The word of each DEGURBA level 2 code; `unclassed` where there is none.

    Parameters
    ----------
    code
        DEGURBA level 2 code of each cell; NaN where there is none.
    """
    return code.map(SETTLEMENT_CLASSES).astype(object).fillna("unclassed")
