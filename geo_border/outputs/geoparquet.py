"""GeoParquet twins of the layers, for DuckDB, geopandas and clusters: typed, described, in the study's CRS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from geo_border.outputs.columns import describe_column
from geo_border.outputs.geopackage.features import GEOMETRY_TYPES, convert_to_arrow
from geo_border.present.credit import list_holders
from geo_border.result import Result
from geo_border.schemas import LAYERS, Layer, conform
from geo_border.store import replace_atomically

FOLDER = "parquet"
# Small enough that a reader of a few columns or rows skips most of the file.
_ROWS_A_GROUP = 50_000


def write(result: Result, folder: Path) -> list[Path]:
    """Write `parquet/<layer>.parquet` for every layer and table but `exposure`, which has its own file.

    Each follows GeoParquet 1.1: geometry as WKB, CRS as PROJJSON, bounds; columns carry their meaning and unit.

    Parameters
    ----------
    result
        What a run measured, or `result.read` read.
    folder
        The study's folder of outputs; it is created where it is missing.

    Raises
    ------
    SchemaError
        When a layer is not what `schemas.py` says.
    StoreError
        When the folder cannot be written.
    """
    written = []
    for name, layer in LAYERS.items():
        if name == "exposure":
            continue
        final = folder / FOLDER / f"{name}.parquet"
        table = _build_table(layer, conform(name, result.layers[name]), result)
        with replace_atomically(final) as path:
            pq.write_table(table, path, compression="zstd", row_group_size=_ROWS_A_GROUP)
        written.append(final)
    return written


def _build_table(layer: Layer, frame: pd.DataFrame, result: Result) -> pa.Table:
    table = convert_to_arrow(layer, frame)
    fields = [
        pa.field(
            column.name, table.schema.field(column.name).type, column.nullable, {"description": describe_column(column)}
        )
        for column in layer.columns
    ]
    credit = "; ".join(list_holders(result.passport.get("sources", [])))
    metadata = {"title": layer.title, "description": layer.description, "attribution": credit}
    if layer.geometry:
        fields.append(pa.field("geometry", pa.binary(), nullable=False))
        metadata["geo"] = json.dumps(_build_geo_metadata(layer, frame))
    return pa.Table.from_arrays(table.columns, schema=pa.schema(fields, metadata))


def _build_geo_metadata(layer: Layer, frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """Give GeoParquet's own metadata."""
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": [GEOMETRY_TYPES[str(layer.geometry)]],
        "crs": frame.crs.to_json_dict(),
    }
    if len(frame):
        column["bbox"] = [float(v) for v in frame.total_bounds]
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
