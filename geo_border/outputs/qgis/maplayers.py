"""One `<maplayer>` of the project a layer: source, CRS, style, fields, metadata."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from pyproj import CRS

from geo_border.outputs.qgis import fields
from geo_border.outputs.qgis.expressions import Say, labelling
from geo_border.outputs.qgis.layerdef import Drawn
from geo_border.outputs.qgis.xml import crs_element, extent_element, layer_id, sub
from geo_border.present.credit import holders
from geo_border.result import LAYERS_FILE
from geo_border.schemas import LAYERS

_GEOMETRY = {
    "line": ("Line", "MultiLineString"),
    "polygon": ("Polygon", "MultiPolygon"),
    "point": ("Point", "Point"),
    None: ("No geometry", "NoGeometry"),
}
Bounds = tuple[float, float, float, float]


def source(drawn: Drawn) -> str:
    """Write where a layer's rows are, relative to the project."""
    subset = f"|subset={drawn.subset}" if drawn.subset else ""
    return f"./{LAYERS_FILE}|layername={drawn.table}{subset}"


def vector(drawn: Drawn, crs: CRS, bounds: Bounds | None, passport: dict[str, Any], say: Say) -> ET.Element:
    """Write a vector layer or a table."""
    kind, wkb = _GEOMETRY[_geometry(drawn)]
    root = ET.Element("maplayer", _attributes(drawn) | {"type": "vector", "geometry": kind, "wkbType": wkb})
    if bounds is not None:
        extent_element(root, bounds)
    _identity(root, layer_id(drawn.id), source(drawn), drawn.title)
    if kind != "No geometry":
        crs_element(sub(root, "srs"), crs)
    _metadata(root, drawn.title, drawn.about, passport)
    sub(root, "provider", "ogr", encoding="UTF-8")
    flags = sub(root, "flags")
    for flag, on in (("Identifiable", True), ("Removable", True), ("Searchable", True), ("Private", drawn.private)):
        sub(flags, flag, "1" if on else "0")
    style(root, drawn, say)
    return root


def style(root: ET.Element, drawn: Drawn, say: Say) -> None:
    """Append all that a style holds: renderer, labels, fields and map tip."""
    if drawn.renderer is not None:
        # Deep copies, because an element may stand in the project and in the GeoPackage's styles.
        root.append(ET.fromstring(ET.tostring(drawn.renderer)))
    if drawn.labels is not None:
        root.append(labelling(drawn.labels))
    if drawn.table in LAYERS:
        fields.configure(root, drawn.table, LAYERS[drawn.table].columns, say)
    sub(root, "blendMode", "0")
    sub(root, "layerOpacity", "1")
    if drawn.tip:
        sub(root, "mapTip", drawn.tip)
    if drawn.display:
        sub(root, "previewExpression", drawn.display)
    legend = sub(root, "legend", type="default-vector")
    legend.set("showLabelLegend", "0")


def style_document(drawn: Drawn, say: Say) -> ET.Element:
    """Write a layer's style alone, as QML."""
    root = ET.Element("qgis", {"styleCategories": "AllStyleCategories"} | _attributes(drawn))
    style(root, drawn, say)
    kinds = {"point": "0", "line": "1", "polygon": "2", None: "4"}
    sub(root, "layerGeometryType", kinds[_geometry(drawn)])
    return root


def _geometry(drawn: Drawn) -> str | None:
    """Tell the kind of geometry: the schema's; a view that is drawn has polygons."""
    if drawn.table in LAYERS:
        return LAYERS[drawn.table].geometry
    return "polygon" if drawn.renderer is not None else None


def raster(
    name: str, title: str, file: str, crs: CRS, renderer: ET.Element, about: str, passport: dict[str, Any]
) -> ET.Element:
    """Write a grid."""
    root = ET.Element("maplayer", type="raster", hasScaleBasedVisibilityFlag="0", minScale="1e+08", maxScale="0")
    _identity(root, layer_id(name), f"./{file}", title)
    crs_element(sub(root, "srs"), crs)
    _metadata(root, title, about, passport)
    sub(root, "provider", "gdal")
    sub(sub(root, "noData"), "noDataList", bandNo="1", useSrcNoData="1")
    pipe = sub(root, "pipe")
    # Cells are shown at their own size, never smoothed: a count or class is of the whole cell.
    sub(
        sub(pipe, "provider"),
        "resampling",
        enabled="false",
        zoomedInResamplingMethod="nearestNeighbour",
        zoomedOutResamplingMethod="nearestNeighbour",
        maxOversampling="2",
    )
    pipe.append(renderer)
    sub(root, "blendMode", "0")
    return root


def _attributes(drawn: Drawn) -> dict[str, str]:
    return {
        "hasScaleBasedVisibilityFlag": "1" if drawn.farthest else "0",
        "minScale": str(drawn.farthest or 100_000_000),
        "maxScale": "0",
        "labelsEnabled": "1" if drawn.labels else "0",
        "simplifyDrawingHints": "1",
        "simplifyDrawingTol": "1",
        "simplifyLocal": "1",
        "simplifyMaxScale": "1",
        "readOnly": "0",
        "symbologyReferenceScale": "-1",
    }


def _identity(root: ET.Element, layer_id: str, where: str, title: str) -> None:
    sub(root, "id", layer_id)
    sub(root, "datasource", where)
    sub(root, "layername", title)


def _metadata(root: ET.Element, title: str, about: str, passport: dict[str, Any]) -> None:
    sources = passport.get("sources", [])
    credit = "; ".join(holders(sources))
    sub(root, "attribution", credit)
    record = sub(root, "resourceMetadata")
    sub(record, "type", "dataset")
    sub(record, "title", title)
    sub(record, "abstract", about)
    sub(record, "rights", credit)
    for licence in dict.fromkeys(str(s.get("licence", "")) for s in sources):
        sub(record, "license", licence)
    sub(record, "constraints", str(passport.get("disclaimer", "")), type="use")
    sub(record, "links")
