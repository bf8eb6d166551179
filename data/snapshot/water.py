"""Lakes and rivers near the frontier from the 2017 water polygons of OpenStreetMap, pieced together again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray
from reach import Reach
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapes import mended, merge, plane, polygons, rounded, unplane

from geo_border.geo.crs import GEOD

HOME_KM = 62.0
FACING_KM = 2.0
# The file holds three multipolygons without names: by their content rivers, lakes and sea. Sea is left to `land`.
GROUPS = ("river", "lake")
Objects = NDArray[np.object_]


def build(path: Path, reach: Reach) -> geopandas.GeoDataFrame:
    """Build the layer `water`: water_id, source_group, area_km2 and perimeter_km of the whole water, geometry."""
    zone = reach.water_zone(HOME_KM, FACING_KM)
    collection = shapely.get_parts(shapely.from_geojson(path.read_text("utf-8")))
    rows: list[dict[str, Any]] = []
    taken: Objects = np.empty(0, dtype=object)
    for group, collected in zip(GROUPS, collection[: len(GROUPS)], strict=True):
        whole = _whole(_in_window(shapely.get_parts(collected), zone), zone)
        clipped = _less(_clip(whole, zone), taken)
        near = [rounded(water, 6) for water in clipped]
        rows += [_row(group, *pair) for pair in zip(whole, near, strict=True) if not pair[1].is_empty]
        taken = np.concatenate((taken, clipped))
    rows.sort(key=lambda row: row["geometry"].bounds)
    frame = geopandas.GeoDataFrame(rows, crs="EPSG:4326")
    frame.insert(0, "water_id", np.arange(1, len(frame) + 1, dtype="int32"))
    return frame


def _row(group: str, whole: Any, clipped: Any) -> dict[str, Any]:
    area_m2, perimeter_m = GEOD.geometry_area_perimeter(shapely.orient_polygons(whole))
    return {
        "source_group": group,
        "area_km2": round(abs(area_m2) / 1e6, 6),
        "perimeter_km": round(perimeter_m / 1e3, 4),
        "geometry": clipped,
    }


def _in_window(parts: Objects, zone: Any) -> Objects:
    west, south, east, north = unplane(zone).bounds
    # A degree more than the zone, so that a lake that leaves it is measured whole.
    box = shapely.box(west - 1, south - 1, east + 1, north + 1)
    parts = parts[shapely.intersects(shapely.envelope(parts), box)]
    return np.array(polygons(mended(parts)), dtype=object)


def _whole(parts: Objects, zone: Any) -> Objects:
    """Waters that reach the zone, each joined from the pieces that the source cut along tiles."""
    left, right = shapely.STRtree(parts).query(parts, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    # A point in common is two waters; an edge or an overlap is one.
    joined = shapely.get_dimensions(shapely.intersection(parts[left], parts[right])) > 0
    links = coo_array((np.ones(joined.sum()), (left[joined], right[joined])), shape=(len(parts), len(parts)))
    _, label = connected_components(links, directed=False)
    flat = plane(parts)
    shapely.prepare(zone)
    wanted = np.unique(label[shapely.intersects(zone, flat)])
    order = np.argsort(label, kind="stable")
    starts = np.searchsorted(label[order], wanted)
    ends = np.searchsorted(label[order], wanted, side="right")
    return np.array(
        [
            shapely.union_all(parts[order[a:b]]) if b - a > 1 else parts[order[a]]
            for a, b in zip(starts, ends, strict=True)
        ],
        dtype=object,
    )


def _clip(whole: Objects, zone: Any) -> Objects:
    """Cut each water where it leaves the zone; in lon/lat."""
    flat = plane(whole)
    inside = shapely.contains_properly(zone, flat)
    clipped = whole.copy()
    for index in np.flatnonzero(~inside):
        pieces = polygons(shapely.intersection(flat[index], zone))
        clipped[index] = unplane(merge(pieces)) if pieces else shapely.Polygon()
    return clipped


def _less(waters: Objects, taken: Objects) -> Objects:
    """Waters less what an earlier group or an earlier water of this group already covers."""
    result = waters.copy()
    everything = np.concatenate((taken, waters))
    tree = shapely.STRtree(everything)
    for index, other in tree.query(waters, predicate="intersects").T:
        if other < len(taken) + index:
            before = taken[other] if other < len(taken) else result[other - len(taken)]
            if shapely.relate_pattern(result[index], before, "T********"):
                pieces = polygons(shapely.difference(result[index], before))
                result[index] = merge(pieces) if pieces else shapely.Polygon()
    return result
