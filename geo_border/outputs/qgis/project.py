"""The project as one document: layers in groups, themes, relations, bookmarks, layouts, metadata and variables."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from geo_border.outputs.qgis import grids, layers, layouts, maplayers, themes
from geo_border.outputs.qgis import layerdef as drawing
from geo_border.outputs.qgis.expressions import Translate
from geo_border.outputs.qgis.layerdef import LayerDef, LayerNode
from geo_border.outputs.qgis.xml import (
    QGIS_VERSION,
    append_child,
    append_crs,
    append_extent,
    build_layer_id,
    format_document,
)
from geo_border.present import Language, read_disclaimer
from geo_border.result import Result
from geo_border.schemas import LAYERS

Box = tuple[float, float, float, float]
LayerBounds = dict[str, Box]
_GROUPS = (
    drawing.LINES,
    drawing.PLACES,
    drawing.AREAS,
    drawing.CELLS,
    drawing.ZONES,
    grids.GROUP,
    drawing.BACKGROUND,
    drawing.TABLES,
)
# (id, title, referencing layer and field, referenced layer and field)
_RELATIONS = (
    *(
        (f"figures_of_{zone}", "Figures", "exposure", "zone_id", zone, "zone_id")
        for zone in ("zones", "bands", "strips", "admin", "corridor", layers.OWN_AREAS)
    ),
    ("figures_of_segment", "Figures", "exposure", "segment", "segments", "segment"),
)


def measure_bounds(result: Result) -> LayerBounds:
    """Measure the extent of every layer that has one: xmin, ymin, xmax, ymax in the study's CRS."""
    found = {}
    for name, frame in result.layers.items():
        if LAYERS[name].geometry and len(frame):
            xmin, ymin, xmax, ymax = (float(v) for v in frame.total_bounds)
            found[name] = (xmin, ymin, xmax, ymax)
    return found


def build_project(result: Result, folder: Path, language: Language, extents: LayerBounds) -> str:
    """Write the project's document in a language; ids, keys and SQL are the same in all."""
    say = language.translate
    crs = result.layers["zones"].crs
    nodes = _build_nodes(result, folder, say, extents)
    bounds = extents.get("zones", (0.0, 0.0, 1.0, 1.0))
    root = ET.Element("qgis", version=QGIS_VERSION, projectname=say(result.study.title))
    append_child(root, "homePath", path="")
    append_child(root, "title", say(result.study.title))
    append_child(root, "trust", active="0")
    append_crs(append_child(root, "projectCrs"), crs)
    _append_tree(root, nodes, say)
    _append_relations(root, {node.id for node in nodes}, say)
    _append_canvas(root, bounds, result)
    holder = append_child(root, "projectlayers")
    for node in nodes:
        holder.append(node.element)
    order = append_child(root, "layerorder")
    for node in nodes:
        append_child(order, "layer", id=build_layer_id(node.id))
    _append_properties(root, result, say)
    root.append(themes.build_presets(nodes, [say(group) for group in _GROUPS], result.study, say))
    _append_metadata(root, result, language)
    _append_layouts(append_child(root, "Layouts"), result, extents, say)
    _append_bookmarks(root, result, say)
    return format_document(root)


def _append_layouts(parent: ET.Element, result: Result, extents: LayerBounds, translate: Translate) -> None:
    # A legend tells only of what there is to see.
    shown = [
        d
        for d in layers.list_present_layers(result, translate)
        if d.renderer is not None and len(result.layers.get(d.table, ()))
    ]

    def list_legend_layers(theme: str) -> list[LayerDef]:
        return [d for d in shown if theme in d.themes]

    bounds = extents.get("zones", (0.0, 0.0, 1.0, 1.0))
    parent.append(layouts.build_atlas(result, bounds, list_legend_layers(drawing.EXPOSURE), translate))
    overview = translate(drawing.OVERVIEW)
    parent.append(
        layouts.build_sheet(
            translate("Whole frontier"), overview, bounds, list_legend_layers(drawing.OVERVIEW), translate
        )
    )
    for corridor in result.study.corridors:
        if "corridor" in extents:
            area, listed = extents["corridor"], list_legend_layers(drawing.CORRIDOR)
            parent.append(layouts.build_sheet(corridor.name, corridor.name, area, listed, translate))


def _build_nodes(result: Result, folder: Path, translate: Translate, extents: LayerBounds) -> list[LayerNode]:
    crs = result.layers["zones"].crs
    made = []
    for drawn in [*layers.list_present_layers(result, translate), *layers.list_query_layers(translate)]:
        element = maplayers.build_vector_layer(drawn, crs, extents.get(drawn.table), result.passport, translate)
        where = maplayers.format_datasource(drawn)
        made.append(
            LayerNode(
                drawn.id, drawn.title, drawn.group, where, "ogr", element, drawn.themes, drawn.expanded, drawn.private
            )
        )
    for name, title, file, element in grids.build_grid_layers(result, folder, translate):
        made.append(LayerNode(name, title, grids.GROUP, f"./{file}", "gdal", element, (), False))
    return sorted(made, key=lambda node: _GROUPS.index(node.group))


def _append_tree(root: ET.Element, nodes: list[LayerNode], translate: Translate) -> None:
    tree = append_child(root, "layer-tree-group")
    append_child(tree, "customproperties")
    for name in _GROUPS:
        inside = [node for node in nodes if node.group == name]
        if not inside:
            continue
        opened = "0" if name in (drawing.TABLES, drawing.BACKGROUND, grids.GROUP) else "1"
        group = append_child(tree, "layer-tree-group", name=translate(name), checked="Qt::Checked", expanded=opened)
        append_child(group, "customproperties")
        for node in inside:
            shown = "Qt::Checked" if drawing.OVERVIEW in node.themes else "Qt::Unchecked"
            leaf = append_child(
                group,
                "layer-tree-layer",
                id=build_layer_id(node.id),
                name=node.title,
                checked=shown,
                source=node.source,
            )
            leaf.attrib.update({"providerKey": node.provider, "expanded": "1" if node.expanded else "0"})
            append_child(leaf, "customproperties")


def _append_relations(root: ET.Element, layer_ids: set[str], translate: Translate) -> None:
    holder = append_child(root, "relations")
    for identity, name, child, child_field, parent, parent_field in _RELATIONS:
        if {child, parent} <= layer_ids:
            relation = append_child(holder, "relation", id=identity, name=translate(name), strength="Association")
            relation.attrib.update(
                {"referencingLayer": build_layer_id(child), "referencedLayer": build_layer_id(parent)}
            )
            append_child(relation, "fieldRef", referencingField=child_field, referencedField=parent_field)


def _append_canvas(root: ET.Element, bounds: Box, result: Result) -> None:
    canvas = append_child(root, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
    append_child(canvas, "units", "meters")
    append_extent(canvas, bounds)
    append_child(canvas, "rotation", "0")
    append_crs(append_child(canvas, "destinationsrs"), result.layers["zones"].crs)


def _append_properties(root: ET.Element, result: Result, translate: Translate) -> None:
    properties = append_child(root, "properties")
    append_child(append_child(properties, "Paths"), "Absolute", "false", type="bool")
    # Without this QGIS passes over the project's CRS.
    append_child(append_child(properties, "SpatialRefSys"), "ProjectionsEnabled", "1", type="int")
    measure = append_child(properties, "Measurement")
    append_child(measure, "DistanceUnits", "km", type="QString")
    append_child(measure, "AreaUnits", "km2", type="QString")
    # Lengths and areas that QGIS itself measures are on the ellipsoid, as in the study.
    append_child(append_child(properties, "Measure"), "Ellipsoid", "EPSG:7030", type="QString")
    values = {
        "geo_border_disclaimer": translate(read_disclaimer()),
        "geo_border_sources": format_sources(result),
        "geo_border_version": str(result.passport.get("geo_border", "")),
    }
    variables = append_child(properties, "Variables")
    for tag, texts in (("variableNames", list(values)), ("variableValues", list(values.values()))):
        listed = append_child(variables, tag, type="QStringList")
        for entry in texts:
            append_child(listed, "value", entry)


def format_sources(result: Result) -> str:
    """Name every source once, with its licence."""
    found = [f"{s.get('attribution', '')} ({s.get('licence', '')})" for s in result.passport.get("sources", [])]
    return "; ".join(dict.fromkeys(found))


def _append_metadata(root: ET.Element, result: Result, language: Language) -> None:
    say = language.translate
    record = append_child(root, "projectMetadata")
    append_child(record, "identifier", result.study.name)
    append_child(record, "language", language.code)
    append_child(record, "type", "dataset")
    append_child(record, "title", say(result.study.title))
    append_child(record, "abstract", f"{result.study.about} {say(read_disclaimer())}".strip())
    words = append_child(record, "keywords", vocabulary="gmd:topicCategory")
    append_child(words, "keyword", "Society")
    append_child(record, "links")
    append_child(record, "author", "geo_border")


def _append_bookmarks(root: ET.Element, result: Result, translate: Translate) -> None:
    holder = append_child(root, "Bookmarks")
    places = [
        ("Segments", name, frame.total_bounds)
        for name, frame in result.layers["zones"].query("zone_kind == 'band'").groupby("segment", sort=False)
    ]
    corridors = result.layers["corridor"]
    places += [("Corridors", name, frame.total_bounds) for name, frame in corridors.groupby("name", sort=False)]
    for group, name, (xmin, ymin, xmax, ymax) in places:
        corners = ((xmin, ymin), (xmax, ymin), (xmax, ymax), (xmin, ymax), (xmin, ymin))
        ring = ", ".join(f"{x:.0f} {y:.0f}" for x, y in corners)
        mark = append_child(
            holder,
            "Bookmark",
            id=f"{group}-{name}",
            name=str(name),
            group=translate(group),
            extent=f"POLYGON(({ring}))",
        )
        append_crs(mark, result.layers["zones"].crs)
