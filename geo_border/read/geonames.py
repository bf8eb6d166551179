"""GeoNames country dumps read to populated places."""

from __future__ import annotations

import csv
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geo_border.errors import SchemaError
from geo_border.files.text import open_text
from geo_border.geo.crs import WGS84
from geo_border.read.military import drop_military
from geo_border.read.table import Bounds, split_at_antimeridian
from geo_border.store import Raw

# https://download.geonames.org/export/dump/readme.txt, "The main 'geoname' table"
_COLUMNS = (
    *("geonameid", "name", "asciiname", "alternatenames", "latitude", "longitude", "feature_class", "feature_code"),
    *("country_code", "cc2", "admin1_code", "admin2_code", "admin3_code", "admin4_code", "population", "elevation"),
    *("dem", "timezone", "modification_date"),
)
_USED_COLUMNS = tuple(
    name for name in _COLUMNS if name not in {"alternatenames", "cc2", "elevation", "dem", "timezone"}
)
# Historical, abandoned, destroyed and religious populated places, and former ones: nobody lives there.
_UNINHABITED = {"PPLQ", "PPLH", "PPLW", "PPLCH"}


def read_places(raw: Raw, window: Bounds | None) -> gpd.GeoDataFrame:
    """Populated places in a window of lon/lat degrees: names in their own letters, and in plain ones."""
    table = pd.concat([_read_dump(path) for path in raw.paths], ignore_index=True)
    table = table[(table["feature_class"] == "P") & ~table["feature_code"].isin(_UNINHABITED)]
    if window is not None:
        lon, lat = table["longitude"], table["latitude"]
        boxes = [part for part in split_at_antimeridian(window) if part is not None]
        inside = [lon.between(w, e) & lat.between(s, n) for w, s, e, n in boxes]
        table = table[inside[0] if len(inside) == 1 else inside[0] | inside[1]]
    table = drop_military(table, raw.entry.name)
    data = {
        "name": table["name"].to_numpy(),
        "name_en": table["asciiname"].to_numpy(),
        "kind": table["feature_code"].to_numpy(),
        "country": table["country_code"].to_numpy(),
        "people": table["population"].to_numpy(),
        "source_id": table["geonameid"].astype(str).to_numpy(),
    }
    points = gpd.points_from_xy(table["longitude"], table["latitude"])
    return gpd.GeoDataFrame(data, geometry=points, crs=WGS84)


def _read_dump(path: Path) -> pd.DataFrame:
    try:
        with open_text(path) as handle:
            return pd.read_csv(
                handle,
                sep="\t",
                names=_COLUMNS,
                usecols=list(_USED_COLUMNS),
                # A place may be called NA, and a country is (Namibia).
                keep_default_na=False,
                na_values={"population": [""]},
                quoting=csv.QUOTE_NONE,
                dtype={"geonameid": "int64", "population": "float64", "latitude": "float64", "longitude": "float64"},
            )
    except (ValueError, OSError) as error:
        raise SchemaError(f"{path}: not a GeoNames dump of {len(_COLUMNS)} columns ({error}).") from error
