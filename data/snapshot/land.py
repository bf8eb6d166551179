"""Land with its lakes and rivers, by country, from the 2017 coastline of OpenStreetMap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas
import shapely
from boundaries import RUSSIA
from reach import Reach
from shapes import mended, merge, polygons, rounded, thin

COUNTRIES = {
    "BLR": "BY",
    "EST": "EE",
    "FIN": "FI",
    "LTU": "LT",
    "LVA": "LV",
    "NOR": "NO",
    "POL": "PL",
    "RUS": "RU",
}
# Europe north of the Alps; leaves out Svalbard, Jan Mayen and Bouvet.
WINDOW = shapely.box(4.0, 48.5, 45.0, 72.5)
DETAIL_KM = 70.0
FAR_TOLERANCE_M = 300.0


def build(path: Path, reach: Reach) -> geopandas.GeoDataFrame:
    """Build the layer `land`: country, geometry."""
    rows = []
    for feature in json.loads(path.read_text("utf-8"))["features"]:
        country = COUNTRIES.get(feature["properties"]["A3"])
        if country is not None:
            whole = _clipped(
                shapely.from_geojson(json.dumps(feature["geometry"])), RUSSIA if country == "RU" else WINDOW
            )
            near = thin(whole, lambda xy: reach.near(DETAIL_KM, xy), FAR_TOLERANCE_M)
            rows.append({"country": country, "geometry": rounded(near, 6)})
    rows.sort(key=lambda row: str(row["country"]))
    return geopandas.GeoDataFrame(rows, crs="EPSG:4326")


def _clipped(geometry: Any, window: Any) -> Any:
    # Part by part and clipped before mending: make_valid on the whole of Russia runs for more than ten minutes.
    parts = shapely.get_parts(geometry)
    parts = parts[shapely.intersects(shapely.envelope(parts), window)]
    inside = shapely.clip_by_rect(parts, *window.bounds)
    return merge(polygons(mended(inside)))
