"""What a run produces, as one value: layers, table, grids and passport; and how to read it back from disk."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import rasterio
from pyproj import CRS

from geo_border.errors import EmptyLayerError
from geo_border.model import Grid
from geo_border.schemas import LAYERS, conform
from geo_border.study import Study

LAYERS_FILE = "layers.gpkg"
EXPOSURE_FILE = "exposure.parquet"
WITHIN_FILE = "within.parquet"
COVER_FILE = "landcover.tif"
PEOPLE_FILE = "people.tif"
PASSPORT_FILE = "run.json"


@dataclass(frozen=True)
class Result:
    """A run's results.

    Attributes
    ----------
    layers
        By the names of `schemas.LAYERS` (all but `exposure`), GeoDataFrames in the study's CRS, tables as DataFrames.
    exposure
        The tidy table, raw values.
    within
        Figures of all that lies nearer than a distance, as one area: of the whole, each segment, each country.
    cover, people
        Grids on their dataset's own cells, clipped to the widest band; None where the dataset is finer than 100 m.
    passport
        Inputs with their licences and attributions, parameters, checks (the content of `run.json`).
    """

    study: Study
    layers: dict[str, Any]
    exposure: pd.DataFrame
    within: pd.DataFrame
    cover: Grid | None = None
    people: Grid | None = None
    passport: dict[str, Any] = field(default_factory=dict)


def read(study: Study, processed: Path) -> Result:
    """A result as it stands in `data/processed/<study>`.

    Raises
    ------
    EmptyLayerError
        When there is none yet; says which command makes it.
    SchemaError
        When a layer is not what `schemas.py` says.
    """
    for name in (LAYERS_FILE, EXPOSURE_FILE, WITHIN_FILE, PASSPORT_FILE):
        if not (processed / name).exists():
            raise EmptyLayerError(f"{processed / name}: not there. Run `geo-border run {study.name}` first.")
    layers = {name: conform(name, _read_layer(processed / LAYERS_FILE, name)) for name in LAYERS if name != "exposure"}
    return Result(
        study=study,
        layers=layers,
        exposure=conform("exposure", pd.read_parquet(processed / EXPOSURE_FILE)),
        within=conform("within", pd.read_parquet(processed / WITHIN_FILE)),
        cover=_read_grid(processed / COVER_FILE),
        people=_read_grid(processed / PEOPLE_FILE),
        passport=json.loads((processed / PASSPORT_FILE).read_text("utf-8")),
    )


def _read_layer(path: Path, name: str) -> Any:
    frame = gpd.read_file(path, layer=name, engine="pyogrio")
    if LAYERS[name].geometry is None:
        return pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    return frame.rename_geometry("geometry") if frame.geometry.name != "geometry" else frame


def _read_grid(path: Path) -> Grid | None:
    if not path.exists():
        return None
    with rasterio.open(path) as source:
        return Grid(source.read(1), source.transform, CRS.from_user_input(source.crs), source.nodata)
