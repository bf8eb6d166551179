"""One `<maplayer>` of the project a layer: source, CRS, style, fields, metadata."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from pyproj import CRS

from geo_border.outputs.qgis import fields
from geo_border.outputs.qgis.expressions import Translate, build_labelling
from geo_border.outputs.qgis.layerdef import LayerDef
from geo_border.outputs.qgis.xml import append_child, append_crs, append_extent, build_layer_id
from geo_border.present.credit import list_holders
from geo_border.result import LAYERS_FILE
from geo_border.schemas import LAYERS

_GEOMETRY = {
    "line": ("Line", "MultiLineString"),
    "polygon": ("Polygon", "MultiPolygon"),
    "point": ("Point", "Point"),
    None: ("No geometry", "NoGeometry"),
}
Bounds = tuple[float, float, float, float]


def format_datasource(layer_def: LayerDef) -> str:
    """Write where a layer's rows are, relative to the project."""
    subset = f"|subset={layer_def.subset}" if layer_def.subset else ""
    return f"./{LAYERS_FILE}|layername={layer_def.table}{subset}"


def build_vector_layer(
    layer_def: LayerDef, crs: CRS, bounds: Bounds | None, passport: dict[str, Any], translate: Translate
) -> ET.Element:
    """Write a vector layer or a table."""
    kind, wkb = _GEOMETRY[_find_geometry_kind(layer_def)]
    root = ET.Element("maplayer", _build_attributes(layer_def) | {"type": "vector", "geometry": kind, "wkbType": wkb})
    if bounds is not None:
        append_extent(root, bounds)
    _append_identity(root, build_layer_id(layer_def.id), format_datasource(layer_def), layer_def.title)
    if kind != "No geometry":
        append_crs(append_child(root, "srs"), crs)
    _append_metadata(root, layer_def.title, layer_def.description, passport)
    append_child(root, "provider", "ogr", encoding="UTF-8")
    flags = append_child(root, "flags")
    for flag, on in (("Identifiable", True), ("Removable", True), ("Searchable", True), ("Private", layer_def.private)):
        append_child(flags, flag, "1" if on else "0")
    append_style(root, layer_def, translate)
    return root


def append_style(root: ET.Element, layer_def: LayerDef, translate: Translate) -> None:
    """Append all that a style holds: renderer, labels, fields and map tip."""
    if layer_def.renderer is not None:
        # Deep copies, because an element may stand in the project and in the GeoPackage's styles.
        root.append(ET.fromstring(ET.tostring(layer_def.renderer)))
    if layer_def.label_rules is not None:
        root.append(build_labelling(layer_def.label_rules))
    if layer_def.table in LAYERS:
        fields.configure_fields(root, layer_def.table, LAYERS[layer_def.table].columns, translate)
    append_child(root, "blendMode", "0")
    append_child(root, "layerOpacity", "1")
    if layer_def.map_tip:
        append_child(root, "mapTip", layer_def.map_tip)
    if layer_def.display:
        append_child(root, "previewExpression", layer_def.display)
    legend = append_child(root, "legend", type="default-vector")
    legend.set("showLabelLegend", "0")


def build_style_document(layer_def: LayerDef, translate: Translate) -> ET.Element:
    """Write a layer's style alone, as QML."""
    root = ET.Element("qgis", {"styleCategories": "AllStyleCategories"} | _build_attributes(layer_def))
    append_style(root, layer_def, translate)
    kinds = {"point": "0", "line": "1", "polygon": "2", None: "4"}
    append_child(root, "layerGeometryType", kinds[_find_geometry_kind(layer_def)])
    return root


def _find_geometry_kind(layer_def: LayerDef) -> str | None:
    """Tell the kind of geometry: the schema's; a view that is drawn has polygons."""
    if layer_def.table in LAYERS:
        return LAYERS[layer_def.table].geometry
    return "polygon" if layer_def.renderer is not None else None


def build_raster_layer(
    name: str, title: str, file: str, crs: CRS, renderer: ET.Element, description: str, passport: dict[str, Any]
) -> ET.Element:
    """Write a grid."""
    root = ET.Element("maplayer", type="raster", hasScaleBasedVisibilityFlag="0", minScale="1e+08", maxScale="0")
    _append_identity(root, build_layer_id(name), f"./{file}", title)
    append_crs(append_child(root, "srs"), crs)
    _append_metadata(root, title, description, passport)
    append_child(root, "provider", "gdal")
    append_child(append_child(root, "noData"), "noDataList", bandNo="1", useSrcNoData="1")
    pipe = append_child(root, "pipe")
    # Cells are shown at their own size, never smoothed: a count or class is of the whole cell.
    append_child(
        append_child(pipe, "provider"),
        "resampling",
        enabled="false",
        zoomedInResamplingMethod="nearestNeighbour",
        zoomedOutResamplingMethod="nearestNeighbour",
        maxOversampling="2",
    )
    pipe.append(renderer)
    append_child(root, "blendMode", "0")
    return root


def _build_attributes(layer_def: LayerDef) -> dict[str, str]:
    return {
        "hasScaleBasedVisibilityFlag": "1" if layer_def.max_denominator else "0",
        "minScale": str(layer_def.max_denominator or 100_000_000),
        "maxScale": "0",
        "labelsEnabled": "1" if layer_def.label_rules else "0",
        "simplifyDrawingHints": "1",
        "simplifyDrawingTol": "1",
        "simplifyLocal": "1",
        "simplifyMaxScale": "1",
        "readOnly": "0",
        "symbologyReferenceScale": "-1",
    }


def _append_identity(root: ET.Element, layer_id: str, datasource: str, title: str) -> None:
    append_child(root, "id", layer_id)
    append_child(root, "datasource", datasource)
    append_child(root, "layername", title)


def _append_metadata(root: ET.Element, title: str, description: str, passport: dict[str, Any]) -> None:
    sources = passport.get("sources", [])
    credit = "; ".join(list_holders(sources))
    append_child(root, "attribution", credit)
    record = append_child(root, "resourceMetadata")
    append_child(record, "type", "dataset")
    append_child(record, "title", title)
    append_child(record, "abstract", description)
    append_child(record, "rights", credit)
    for licence in dict.fromkeys(str(s.get("licence", "")) for s in sources):
        append_child(record, "license", licence)
    append_child(record, "constraints", str(passport.get("disclaimer", "")), type="use")
    append_child(record, "links")
