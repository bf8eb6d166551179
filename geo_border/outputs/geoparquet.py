"""GeoParquet twins of the layers, for DuckDB, geopandas and clusters: typed, described, in the study's CRS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from geo_border.outputs.columns import about
from geo_border.outputs.geopackage.features import GEOMETRY_TYPES, as_arrow
from geo_border.present.credit import holders
from geo_border.result import Result
from geo_border.schemas import LAYERS, Layer, conform
from geo_border.store import atomic_path

FOLDER = "parquet"
# Small enough that a reader of a few columns or rows skips most of the file.
_ROWS_A_GROUP = 50_000


def write(result: Result, folder: Path) -> list[Path]:
    """Write `parquet/<layer>.parquet` for every layer and table but `exposure`, which has its own file.

    Each follows GeoParquet 1.1: geometry as WKB, CRS as PROJJSON, bounds; columns carry their meaning and unit.

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
        table = _described(layer, conform(name, result.layers[name]), result)
        with atomic_path(final) as path:
            pq.write_table(table, path, compression="zstd", row_group_size=_ROWS_A_GROUP)
        written.append(final)
    return written


def _described(layer: Layer, checked: Any, result: Result) -> pa.Table:
    table = as_arrow(layer, checked)
    fields = [
        pa.field(column.name, table.schema.field(column.name).type, column.nullable, {"description": about(column)})
        for column in layer.columns
    ]
    credit = "; ".join(holders(result.passport.get("sources", [])))
    metadata = {"title": layer.title, "description": layer.about, "attribution": credit}
    if layer.geometry:
        fields.append(pa.field("geometry", pa.binary(), nullable=False))
        metadata["geo"] = json.dumps(_geo(layer, checked))
    return pa.Table.from_arrays(table.columns, schema=pa.schema(fields, metadata))


def _geo(layer: Layer, checked: Any) -> dict[str, Any]:
    """Give GeoParquet's own metadata."""
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": [GEOMETRY_TYPES[str(layer.geometry)]],
        "crs": checked.crs.to_json_dict(),
    }
    if len(checked):
        column["bbox"] = [float(v) for v in checked.total_bounds]
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
