"""Territories' polygons from OpenStreetMap's time zones: full detail near the frontier and on shared lines."""

from __future__ import annotations

from typing import Any

import geopandas
import shapely
from reach import Lines, Reach
from shapes import BoolArray, FloatArray, merge, polygons, rounded, thin
from timezonefinder import TimezoneFinder

# Zone, territory, country, name. Moscow's zone is European Russia less Kaliningrad and the Volga zones.
ZONES = (
    ("Minsk", "BY", "BY", "Belarus"),
    ("Tallinn", "EE", "EE", "Estonia"),
    ("Helsinki", "FI", "FI", "Finland"),
    ("Vilnius", "LT", "LT", "Lithuania"),
    ("Riga", "LV", "LV", "Latvia"),
    ("Oslo", "NO", "NO", "Norway"),
    ("Warsaw", "PL", "PL", "Poland"),
    ("Kaliningrad", "KGD", "RU", "Kaliningrad Oblast"),
    ("Moscow", "RU", "RU", "Russia (west of 45° E)"),
)
RUSSIA = shapely.box(19.0, 50.0, 45.0, 72.0)
DETAIL_KM = 70.0
FAR_TOLERANCE_M = 200.0
_SHARED_M = 100.0


def territories() -> dict[str, Any]:
    """Each territory's polygon in lon/lat as the source has it, Russia clipped to the window."""
    finder = TimezoneFinder(in_memory=False)
    found = {}
    for zone, territory, _, _ in ZONES:
        parts = finder.get_geometry(tz_name=f"Europe/{zone}", coords_as_pairs=True)
        shapes = [shapely.Polygon(rings[0], rings[1:]) for rings in parts]
        found[territory] = merge(shapes) if territory != "RU" else _clipped(shapes)
    return found


def _clipped(parts: list[Any]) -> Any:
    return merge([piece for part in parts for piece in polygons(shapely.intersection(part, RUSSIA))])


def build(found: dict[str, Any], reach: Reach) -> geopandas.GeoDataFrame:
    """Build the layer `boundaries`: country, territory, name, geometry."""
    rows = []
    for _, territory, country, name in sorted(ZONES, key=lambda row: (row[2], row[1])):
        others = Lines([flat for key, flat in reach.flat.items() if key != territory])

        def keep(xy: FloatArray, others: Lines = others) -> BoolArray:
            # Shared lines are never thinned, so neighbours cannot drift apart.
            return reach.near(DETAIL_KM, xy) | others.touch(xy, _SHARED_M)

        geometry = rounded(thin(found[territory], keep, FAR_TOLERANCE_M), 7)
        rows.append({"country": country, "territory": territory, "name": name, "geometry": geometry})
    return geopandas.GeoDataFrame(rows, crs="EPSG:4326")
