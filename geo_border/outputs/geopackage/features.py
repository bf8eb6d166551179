"""Layers with geometry: typed, not-null where the schema says so, with an R-tree, through GDAL."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from pyogrio.raw import write_arrow

from geo_border.outputs.questions import SHEETS_TABLE
from geo_border.result import Result
from geo_border.schemas import LAYERS, Layer, conform

GEOMETRY = "geom"
# The newest that QGIS 3.22 and GDAL 3.6 read without a warning.
_VERSION = "1.2"
GEOMETRY_TYPES = {"point": "Point", "line": "MultiLineString", "polygon": "MultiPolygon"}
_ARROW = {"text": pa.string(), "float": pa.float64(), "int": pa.int64(), "bool": pa.bool_()}
_WKB = {b"ARROW:extension:name": b"geoarrow.wkb"}


def write(path: Path, name: str, frame: pd.DataFrame) -> None:
    """Add one layer to the GeoPackage at `path` (made when absent); rows keep their order.

    Raises
    ------
    SchemaError
        When the frame is not what `schemas.py` says.
    """
    _write_features(path, LAYERS[name], conform(name, frame))


def write_sheets(path: Path, result: Result) -> None:
    """Add the pages of the printed sheets: for each segment the box that holds its line and its bands.

    Raises
    ------
    SchemaError
        When a layer is not what `schemas.py` says.
    """
    segments = conform("segments", result.layers["segments"])
    zones = result.layers["zones"]
    boxes = []
    for name in segments.segment:
        parts = [zones[(zones.zone_kind == "band") & (zones.segment == name)]]
        lines = (result.layers["frontier"], result.layers["frontier_sea"])
        parts += [line[line.segment == name] for line in lines]
        bounds = np.concatenate([part.geometry.bounds.to_numpy() for part in parts])
        corners = (*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0)) if len(bounds) else (0.0, 0.0, 0.0, 0.0)
        boxes.append(shapely.box(*corners))
    frame = gpd.GeoDataFrame(segments, geometry=np.array(boxes, dtype=object), crs=zones.crs)
    about = "One row a segment: the box that holds its line and its bands, for the pages of the printed sheets."
    _write_features(path, Layer(SHEETS_TABLE, "Segment sheets", about, "polygon", LAYERS["segments"].columns), frame)


def _write_features(path: Path, layer: Layer, frame: pd.DataFrame) -> None:
    write_arrow(
        convert_to_arrow(layer, frame),
        path,
        driver="GPKG",
        layer=layer.name,
        geometry_name=GEOMETRY,
        geometry_type=GEOMETRY_TYPES[str(layer.geometry)],
        crs=frame.crs.to_wkt() if frame.crs.to_epsg() is None else f"EPSG:{frame.crs.to_epsg()}",
        dataset_options={"VERSION": _VERSION},
        layer_options={"IDENTIFIER": layer.title, "DESCRIPTION": layer.description, "GEOMETRY_NULLABLE": "NO"},
    )


def convert_to_arrow(layer: Layer, frame: pd.DataFrame) -> pa.Table:
    """Turn a conformed frame into an Arrow table, null only where the schema allows; geometry as WKB, last."""
    fields = [pa.field(c.name, _ARROW[c.dtype], nullable=c.nullable) for c in layer.columns]
    arrays = [_convert_column(frame[c.name], _ARROW[c.dtype]) for c in layer.columns]
    if layer.geometry:
        fields.append(pa.field(GEOMETRY, pa.binary(), nullable=False, metadata=_WKB))
        wkb = shapely.to_wkb(promote_to_multi(frame.geometry.to_numpy()))
        arrays.append(pa.array(wkb, pa.binary()))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def promote_to_multi(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Lines and polygons as multi-geometries, so that a layer is of one type; points as they are.

    >>> [g.geom_type for g in promote_to_multi(np.array([shapely.box(0, 0, 1, 1)]))]
    ['MultiPolygon']
    """
    kinds = shapely.get_type_id(shapes)
    out = shapes.copy()
    for kind, gather in ((1, shapely.multilinestrings), (3, shapely.multipolygons)):
        single = np.flatnonzero(kinds == kind)
        if len(single):
            out[single] = gather(shapes[single], indices=np.arange(len(single)))
    return out


def _convert_column(values: pd.Series[str] | pd.Series[float], kind: pa.DataType) -> pa.Array:
    return pa.array(values.astype(object).where(values.notna(), None) if pa.types.is_string(kind) else values, kind)
