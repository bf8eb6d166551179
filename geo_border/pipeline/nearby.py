"""All that lies nearer than each distance, as one area: of the whole frontier, of each segment, of each country.

A sum of bands would lack those too small for the data to tell; the data may tell of all of them together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_border import exposure
from geo_border.crs import area_km2
from geo_border.exposure import Zone
from geo_border.model import WHOLE
from geo_border.pipeline import figures
from geo_border.pipeline.ground import Ground
from geo_border.pipeline.inputs import Inputs
from geo_border.pipeline.reading import Sums
from geo_border.schemas import conform
from geo_border.study import Study


def table(
    ground: Ground, study: Study, sums: Sums, inputs: Inputs, points: dict[str, gpd.GeoDataFrame]
) -> pd.DataFrame:
    """One row a figure, as in the exposure table, for each outer edge of a band and each depth of a strip.

    Parameters
    ----------
    sums
        What the units of land hold.
    points
        `settlements` and `facilities`.
    """
    pieces = pd.DataFrame({name: [getattr(p, name) for p in ground.pieces] for name in ("segment", "country", "to_m")})
    pieces["km2"] = area_km2(np.array([piece.geometry for piece in ground.pieces], dtype=object), ground.crs)
    of_unit = ground.units["piece"].to_numpy()
    edges = sorted({high for _, high in study.bands} | set(study.strips_m))
    rows: list[dict[str, Any]] = []
    for of, column in _parts(pieces):
        for edge in edges:
            mine = _is_of(pieces, of, column) & (pieces["to_m"] <= edge)
            if not mine.any():
                continue
            near = {name: p[_is_of(p, of, column) & (p["distance_m"] < edge)] for name, p in points.items()}
            columns = {"of": of, "from_m": 0.0, "to_m": edge}
            units = np.flatnonzero(mine.to_numpy()[of_unit])
            zone = Zone(columns, units, float(len(near["settlements"])))
            rows += figures.rows(zone, sums, inputs, float(pieces.loc[mine, "km2"].sum()))
            rows += figures.facility_rows(zone, near["facilities"], inputs)
    found: pd.DataFrame = conform("within", exposure.table(rows))
    return found


def _parts(pieces: pd.DataFrame) -> Iterator[tuple[str, str | None]]:
    yield WHOLE, None
    for column in ("segment", "country"):
        for value in pd.unique(pieces[column]):
            yield str(value), column


def _is_of(frame: pd.DataFrame, of: str, column: str | None) -> Any:
    return np.ones(len(frame), dtype=bool) if column is None else (frame[column] == of).to_numpy()
