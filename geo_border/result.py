"""What a run produces, as one value: layers, table, grids and passport; and how to read it back from disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from pyproj import CRS
from rasterio.errors import RasterioError

from geo_border.errors import CheckError, EmptyLayerError, FileError, RasterError
from geo_border.files.raster import open_raster
from geo_border.files.vector import read_parquet, read_vector
from geo_border.geo.grid import Grid
from geo_border.schemas import LAYERS, conform
from geo_border.study import Study

LAYERS_FILE = "layers.gpkg"
EXPOSURE_FILE = "exposure.parquet"
READINGS_FILE = "readings.parquet"
COVER_FILE = "landcover.tif"
PEOPLE_FILE = "people.tif"
PASSPORT_FILE = "run.json"
# What a passport's rows must say, for whoever reads one back.
_ROW_KEYS = {
    "sources": {"need", "dataset", "version", "files"},
    "checks": {"name", "passed", "value", "limit", "unit"},
    "outputs": {"name", "sha256", "bytes"},
}
# What the libraries raise for a file cut short or overwritten (Arrow's errors are ValueErrors or OSErrors).
_READ_ERRORS = (
    FileError,
    RasterError,
    RasterioError,
    ValueError,
    OSError,
)


@dataclass(frozen=True)
class Result:
    """A run's results.

    Attributes
    ----------
    layers
        By the names of `schemas.LAYERS` (all but `exposure`), GeoDataFrames in the study's CRS, tables as DataFrames.
    exposure
        The tidy table, raw values.
    readings
        Every dataset's and reading's own sums: what low and high are computed from.
    cover, people
        Grids on their dataset's own cells, clipped to the widest band; None where the dataset is finer than 100 m.
    passport
        Inputs with their licences and attributions, parameters, checks (the content of `run.json`).
    """

    study: Study
    layers: dict[str, Any]
    exposure: pd.DataFrame
    readings: pd.DataFrame
    cover: Grid | None = None
    people: Grid | None = None
    passport: dict[str, Any] = field(default_factory=dict)


def read(study: Study, processed: Path) -> Result:
    """A result as it stands in `data/processed/<study>`.

    Parameters
    ----------
    study
        The study that was run.
    processed
        Its folder of results.

    Raises
    ------
    CheckError
        When a file is damaged; says which, and which command makes it anew.
    EmptyLayerError
        When there is none yet; says which command makes it.
    SchemaError
        When a layer is not what `schemas.py` says.
    """
    for name in (LAYERS_FILE, EXPOSURE_FILE, READINGS_FILE, PASSPORT_FILE):
        if not (processed / name).exists():
            raise EmptyLayerError(f"{processed / name}: not there. Run `geo-border run {study.name}` first.")
    with _raise_if_damaged(processed / LAYERS_FILE, study):
        layers = {n: conform(n, _read_layer(processed / LAYERS_FILE, n)) for n in LAYERS if n != "exposure"}
    with _raise_if_damaged(processed / EXPOSURE_FILE, study):
        exposure = conform("exposure", read_parquet(processed / EXPOSURE_FILE))
    with _raise_if_damaged(processed / READINGS_FILE, study):
        readings = conform("readings", read_parquet(processed / READINGS_FILE))
    cover, people = (_read_grid(processed / name, study) for name in (COVER_FILE, PEOPLE_FILE))
    return Result(study, layers, exposure, readings, cover, people, read_passport(processed / PASSPORT_FILE))


def read_passport(file: Path) -> dict[str, Any]:
    """The content of a `run.json`.

    Parameters
    ----------
    file
        Path of a `run.json`.

    Raises
    ------
    CheckError
        When it is not JSON, or not the passport of a run.
    """
    try:
        content = json.loads(file.read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise CheckError(f"{file}: not a passport ({error}). Delete it and run again.") from error
    wanting = [key for key, names in _ROW_KEYS.items() if not _has_rows(content, key, names)]
    if wanting:
        raise CheckError(f"{file}: not the passport of a run (without {', '.join(wanting)}). Delete it and run again.")
    passport: dict[str, Any] = content
    return passport


def _has_rows(content: object, key: str, names: set[str]) -> bool:
    rows = content.get(key) if isinstance(content, dict) else None
    return isinstance(rows, list) and all(isinstance(row, dict) and names <= set(row) for row in rows)


@contextmanager
def _raise_if_damaged(path: Path, study: Study) -> Iterator[None]:
    """Say of a file that cannot be read which it is and how to have it again."""
    try:
        yield
    except _READ_ERRORS as error:
        reason = " ".join(str(error).split())
        raise CheckError(f"{path}: damaged ({reason}). Run `geo-border run {study.name}` to make it again.") from error


def _read_layer(path: Path, name: str) -> Any:
    frame = read_vector(path, layer=name)
    if LAYERS[name].geometry is None:
        return pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    return frame.rename_geometry("geometry") if frame.geometry.name != "geometry" else frame


def _read_grid(path: Path, study: Study) -> Grid | None:
    if not path.exists():
        return None
    with _raise_if_damaged(path, study), open_raster(path) as source:
        return Grid(source.read(1), source.transform, CRS.from_user_input(source.crs), source.nodata)
