"""A user's own line in place of the frontier: a river, a coast, an armistice line, on the edge of its home polygon."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import shapely
from shapely import MultiLineString

from geo_border.errors import StudyError
from geo_border.frontier.match import split_line
from geo_border.frontier.territories import shift_longitudes
from geo_border.geo.crs import length_m
from geo_border.geo.types import LonLatLinear, LonLatPolygonal
from geo_border.schemas import OWN_LINE
from geo_border.study import Study

LEAST_KM = 20.0
_ROUNDING = 1e-9


def match_own_line(
    lines: gpd.GeoDataFrame, territories: Mapping[str, LonLatPolygonal], study: Study, where: str
) -> tuple[dict[tuple[str, str], MultiLineString], list[str]]:
    """The part of a user's own line that lies on the edge of its home polygon.

    Parameters
    ----------
    lines
        Lines in EPSG:4326, as given.
    territories
        Polygons in lon/lat by name; the study's one home among them.
    where
        The file's name, for messages.

    Returns
    -------
    dict
        The line by home and `schemas.OWN_LINE`, in lon/lat.
    list of str
        What of the line lies beyond the polygon and is not counted, if anything does.

    Raises
    ------
    StudyError
        When the line crosses itself, runs through the inside of the polygon, or lies on its edge for under 20 km.
    """
    (home,) = study.home
    polygon, title = territories[home], f"study {study.name}: own_line {where}"
    given = shift_longitudes(shapely.get_parts(lines.geometry.to_numpy()), polygon)
    line = shapely.line_merge(shapely.multilinestrings(given))
    _require_simple(line, title)
    on_edge, inside, beyond = split_line(line, polygon, study.match_tolerance_m)
    length_km, inside_km, beyond_km = (float(length_m(part)[0]) / 1e3 for part in (on_edge, inside, beyond))
    if inside_km > 0:
        lon, lat = shapely.get_coordinates(inside)[0]
        raise StudyError(
            f"{title}: runs through the inside of {home} for {inside_km:,.3g} km (near {lon:.4f} {lat:.4f}), "
            f"farther than match_tolerance_m = {study.match_tolerance_m:g} from its edge. Give a line on the edge of "
            "the polygon, or raise the tolerance if the two are of different sources."
        )
    if length_km < LEAST_KM * (1 - _ROUNDING):
        raise StudyError(
            f"{title}: lies on the edge of {home} for {length_km:,.4g} km, within match_tolerance_m = "
            f"{study.match_tolerance_m:g}, and at least {LEAST_KM:g} km are needed. Give a longer line, or raise the "
            "tolerance if the two are of different sources."
        )
    notes = [f"own_line: {beyond_km:,.3g} km of the line lie beyond {home}; not counted."] if beyond_km >= 0.1 else []
    return {(home, OWN_LINE): on_edge}, notes


def _require_simple(line: LonLatLinear, title: str) -> None:
    """Fail where a line crosses, touches or repeats itself."""
    if shapely.is_simple(line):
        return
    ends = {tuple(xy) for part in shapely.get_parts(line) for xy in shapely.get_coordinates(part)[[0, -1]].tolist()}
    nodes = shapely.get_coordinates(shapely.get_parts(shapely.node(line)))
    crossings = [xy for xy in _list_ends(shapely.node(line)) if tuple(xy) not in ends] or nodes.tolist()
    lon, lat = crossings[0]
    raise StudyError(
        f"{title}: crosses or repeats itself near {lon:.4f} {lat:.4f}, so that it has no two sides. Give a line that "
        "meets itself nowhere but at its two ends."
    )


def _list_ends(line: LonLatLinear) -> list[list[float]]:
    return [xy for part in shapely.get_parts(line) for xy in shapely.get_coordinates(part)[[0, -1]].tolist()]
