"""Populated places near the frontier on the measuring side, from GeoNames."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
from reach import COMPARISON, HOME, Reach
from shapes import to_plane

WITHIN_KM = 110.0
# Letters that Unicode does not take apart into a plain letter and a mark.
_PLAIN = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ŋ": "n", "Ŋ": "N", "æ": "ae", "Æ": "Ae"}
)


def build(path: Path, reach: Reach) -> geopandas.GeoDataFrame:
    """Build the layer `places`: source_id, name, name_en, other_names, kind, country, people, geometry."""
    listed = json.loads(path.read_text("utf-8")).values()
    mine = [place for place in listed if place["countrycode"] in HOME + COMPARISON]
    lonlat = np.array([(place["longitude"], place["latitude"]) for place in mine])
    near = reach.near(WITHIN_KM, to_plane(lonlat))
    rows = [_row(place) for place, wanted in zip(mine, near, strict=True) if wanted]
    frame = pd.DataFrame(rows).astype({"source_id": "int64", "people": "Int32"})
    points = geopandas.points_from_xy(lonlat[near, 0], lonlat[near, 1], crs="EPSG:4326")
    placed = geopandas.GeoDataFrame(frame, geometry=points)
    return placed.sort_values("source_id", ignore_index=True)


def _row(place: dict[str, Any]) -> dict[str, Any]:
    others = sorted({other for other in place["alternatenames"] if _latin_or_cyrillic(other)} - {place["name"]})
    return {
        "source_id": place["geonameid"],
        "name": place["name"],
        "name_en": plain(place["name"]),
        "other_names": "|".join(others),
        "kind": "populated place",
        "country": place["countrycode"],
        # GeoNames writes 0 where it does not know.
        "people": place["population"] or None,
    }


def plain(name: str) -> str:
    """Write a name in plain Latin letters, as GeoNames' own asciiname.

    >>> plain("Suwałki"), plain("Šalčininkai"), plain("Põlva")
    ('Suwalki', 'Salcininkai', 'Polva')
    """
    apart = unicodedata.normalize("NFKD", name.translate(_PLAIN))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _latin_or_cyrillic(name: str) -> bool:
    letters = [letter for letter in name if letter.isalpha()]
    return bool(letters) and all(unicodedata.name(letter, "").startswith(("LATIN", "CYRILLIC")) for letter in letters)
