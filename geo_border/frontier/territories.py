"""Home and facing territories as single polygons in one sheet of longitudes, even across the antimeridian."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from geo_border.geo.types import GeometryArray, LonLatLinear, LonLatPolygonal
from geo_border.study import Study


def build_territories(boundaries: gpd.GeoDataFrame, study: Study) -> dict[str, LonLatPolygonal]:
    """Each territory that the study names, as one polygon in lon/lat.

    Longitudes may run past 180 so that home is in one sheet: a study in the Bering Strait has its whole frontier
    near 190, none of it at -170.

    Parameters
    ----------
    boundaries
        Polygons in lon/lat with `country` and `territory`.
    study
        Gives the names.

    Returns
    -------
    Polygon by name: home and facing, named territories, and the countries of reference lines.
    """
    centre = _compute_centre(
        boundaries[boundaries["territory"].isin(study.home) | boundaries["country"].isin(study.home)]
    )
    named = [*study.home, *study.facing, *study.territories, *(c for r in study.reference_lines for c in r.between)]
    out = {}
    for name in dict.fromkeys(named):
        column = "territory" if (boundaries["territory"] == name).any() and name in study.territories else "country"
        rows = boundaries.loc[boundaries[column] == name, "geometry"].to_numpy()
        out[name] = _merge_rows(rows, centre)
    return out


def find_country(name: str, study: Study) -> str:
    """The country a territory is part of; its own name where it is one.

    Parameters
    ----------
    name
        A territory or a country, as the study writes it.
    study
        Gives the territories with their countries.
    """
    return study.territories[name].country if name in study.territories else name


def shift_longitudes(geometry: GeometryArray, reference: LonLatPolygonal | LonLatLinear) -> GeometryArray:
    """Geometries (array) moved by whole turns so that each lies on the sheet of longitudes of `reference`.

    Parameters
    ----------
    geometry
        Geometries in lon/lat degrees (n).
    reference
        Geometry in lon/lat degrees whose middle longitude names the sheet.
    """
    west, _, east, _ = shapely.total_bounds(reference)
    return _shift_by_turns(np.asarray(geometry, dtype=object), (west + east) / 2)


def _compute_centre(home: gpd.GeoDataFrame) -> float:
    """Mean direction of home's vertices, in degrees of longitude."""
    lon = np.radians(shapely.get_coordinates(home.geometry.to_numpy())[:, 0])
    return float(np.degrees(np.arctan2(np.sin(lon).mean(), np.cos(lon).mean())))


def _shift_by_turns(geometry: GeometryArray, centre: float) -> GeometryArray:
    bounds = shapely.bounds(geometry)
    turns = np.round((centre - (bounds[:, 0] + bounds[:, 2]) / 2) / 360)
    shifted = geometry.copy()
    for i in np.flatnonzero(turns):
        shifted[i] = shapely.transform(geometry[i], lambda xy, by=turns[i] * 360: xy + np.array((by, 0)))
    return shifted


def _merge_rows(rows: GeometryArray, centre: float) -> LonLatPolygonal:
    parts = shapely.get_parts(rows)
    shifted = _shift_by_turns(parts, centre)
    if len(rows) == 1 and all(a is b for a, b in zip(parts, shifted, strict=True)):
        return rows[0]
    # Sources cut polygons at the antimeridian; side by side again, the cut must not stay a border.
    return shapely.union_all(shifted)
