"""The project as one document: layers in groups, themes, relations, bookmarks, layouts, metadata and variables."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from geo_border.outputs.qgis import grids, layers, layouts, maplayers, themes
from geo_border.outputs.qgis import layerdef as drawing
from geo_border.outputs.qgis.expressions import Say
from geo_border.outputs.qgis.layerdef import Drawn, Node
from geo_border.outputs.qgis.xml import QGIS_VERSION, crs_element, document, extent_element, layer_id, sub
from geo_border.present import Language, disclaimer
from geo_border.result import Result
from geo_border.schemas import LAYERS

Box = tuple[float, float, float, float]
Bounds = dict[str, Box]
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
        for zone in ("zones", "bands", "strips", "admin", "corridor")
    ),
    ("figures_of_segment", "Figures", "exposure", "segment", "segments", "segment"),
)


def bounds_of(result: Result) -> Bounds:
    """Measure the extent of every layer that has one: xmin, ymin, xmax, ymax in the study's CRS."""
    found = {}
    for name, frame in result.layers.items():
        if LAYERS[name].geometry and len(frame):
            xmin, ymin, xmax, ymax = (float(v) for v in frame.total_bounds)
            found[name] = (xmin, ymin, xmax, ymax)
    return found


def text(result: Result, folder: Path, language: Language, extents: Bounds) -> str:
    """Write the project's document in a language; ids, keys and SQL are the same in all."""
    say = language.text
    crs = result.layers["zones"].crs
    nodes = _nodes(result, folder, say, extents)
    bounds = extents.get("zones", (0.0, 0.0, 1.0, 1.0))
    root = ET.Element("qgis", version=QGIS_VERSION, projectname=say(result.study.title))
    sub(root, "homePath", path="")
    sub(root, "title", say(result.study.title))
    sub(root, "trust", active="0")
    crs_element(sub(root, "projectCrs"), crs)
    _tree(root, nodes, say)
    _relations(root, {node.id for node in nodes}, say)
    _canvas(root, bounds, result)
    holder = sub(root, "projectlayers")
    for node in nodes:
        holder.append(node.element)
    order = sub(root, "layerorder")
    for node in nodes:
        sub(order, "layer", id=layer_id(node.id))
    _properties(root, result, say)
    root.append(themes.presets(nodes, [say(group) for group in _GROUPS], result.study, say))
    _metadata(root, result, language)
    _sheets(sub(root, "Layouts"), result, extents, say)
    _bookmarks(root, result, say)
    return document(root)


def _sheets(holder: ET.Element, result: Result, extents: Bounds, say: Say) -> None:
    # A legend tells only of what there is to see.
    shown = [
        d for d in layers.layers(result.study, say) if d.renderer is not None and len(result.layers.get(d.table, ()))
    ]

    def legend(theme: str) -> list[Drawn]:
        return [d for d in shown if theme in d.themes]

    bounds = extents.get("zones", (0.0, 0.0, 1.0, 1.0))
    holder.append(layouts.atlas(result, bounds, legend(drawing.EXPOSURE), say))
    overview = say(drawing.OVERVIEW)
    holder.append(layouts.sheet(say("Whole frontier"), overview, bounds, legend(drawing.OVERVIEW), say))
    for corridor in result.study.corridors:
        if "corridor" in extents:
            area, listed = extents["corridor"], legend(drawing.CORRIDOR)
            holder.append(layouts.sheet(corridor.name, corridor.name, area, listed, say))


def _nodes(result: Result, folder: Path, say: Say, extents: Bounds) -> list[Node]:
    crs = result.layers["zones"].crs
    made = []
    for drawn in [*layers.layers(result.study, say), *layers.answers(say)]:
        element = maplayers.vector(drawn, crs, extents.get(drawn.table), result.passport, say)
        where = maplayers.source(drawn)
        made.append(
            Node(drawn.id, drawn.title, drawn.group, where, "ogr", element, drawn.themes, drawn.expanded, drawn.private)
        )
    for name, title, file, element in grids.layers(result, folder, say):
        made.append(Node(name, title, grids.GROUP, f"./{file}", "gdal", element, (), False))
    return sorted(made, key=lambda node: _GROUPS.index(node.group))


def _tree(root: ET.Element, nodes: list[Node], say: Say) -> None:
    tree = sub(root, "layer-tree-group")
    sub(tree, "customproperties")
    for name in _GROUPS:
        inside = [node for node in nodes if node.group == name]
        if not inside:
            continue
        opened = "0" if name in (drawing.TABLES, drawing.BACKGROUND, grids.GROUP) else "1"
        group = sub(tree, "layer-tree-group", name=say(name), checked="Qt::Checked", expanded=opened)
        sub(group, "customproperties")
        for node in inside:
            shown = "Qt::Checked" if drawing.OVERVIEW in node.themes else "Qt::Unchecked"
            leaf = sub(
                group, "layer-tree-layer", id=layer_id(node.id), name=node.title, checked=shown, source=node.source
            )
            leaf.attrib.update({"providerKey": node.provider, "expanded": "1" if node.expanded else "0"})
            sub(leaf, "customproperties")


def _relations(root: ET.Element, present: set[str], say: Say) -> None:
    holder = sub(root, "relations")
    for identity, name, child, child_field, parent, parent_field in _RELATIONS:
        if {child, parent} <= present:
            relation = sub(holder, "relation", id=identity, name=say(name), strength="Association")
            relation.attrib.update({"referencingLayer": layer_id(child), "referencedLayer": layer_id(parent)})
            sub(relation, "fieldRef", referencingField=child_field, referencedField=parent_field)


def _canvas(root: ET.Element, bounds: Box, result: Result) -> None:
    canvas = sub(root, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
    sub(canvas, "units", "meters")
    extent_element(canvas, bounds)
    sub(canvas, "rotation", "0")
    crs_element(sub(canvas, "destinationsrs"), result.layers["zones"].crs)


def _properties(root: ET.Element, result: Result, say: Say) -> None:
    properties = sub(root, "properties")
    sub(sub(properties, "Paths"), "Absolute", "false", type="bool")
    # Without this QGIS passes over the project's CRS.
    sub(sub(properties, "SpatialRefSys"), "ProjectionsEnabled", "1", type="int")
    measure = sub(properties, "Measurement")
    sub(measure, "DistanceUnits", "km", type="QString")
    sub(measure, "AreaUnits", "km2", type="QString")
    # Lengths and areas that QGIS itself measures are on the ellipsoid, as in the study.
    sub(sub(properties, "Measure"), "Ellipsoid", "EPSG:7030", type="QString")
    values = {
        "geo_border_disclaimer": say(disclaimer()),
        "geo_border_sources": sources_text(result),
        "geo_border_version": str(result.passport.get("geo_border", "")),
    }
    variables = sub(properties, "Variables")
    for tag, texts in (("variableNames", list(values)), ("variableValues", list(values.values()))):
        listed = sub(variables, tag, type="QStringList")
        for entry in texts:
            sub(listed, "value", entry)


def sources_text(result: Result) -> str:
    """Name every source once, with its licence."""
    found = [f"{s.get('attribution', '')} ({s.get('licence', '')})" for s in result.passport.get("sources", [])]
    return "; ".join(dict.fromkeys(found))


def _metadata(root: ET.Element, result: Result, language: Language) -> None:
    say = language.text
    record = sub(root, "projectMetadata")
    sub(record, "identifier", result.study.name)
    sub(record, "language", language.code)
    sub(record, "type", "dataset")
    sub(record, "title", say(result.study.title))
    sub(record, "abstract", f"{result.study.about} {say(disclaimer())}".strip())
    words = sub(record, "keywords", vocabulary="gmd:topicCategory")
    sub(words, "keyword", "Society")
    sub(record, "links")
    sub(record, "author", "geo_border")


def _bookmarks(root: ET.Element, result: Result, say: Say) -> None:
    holder = sub(root, "Bookmarks")
    places = [
        ("Segments", name, frame.total_bounds)
        for name, frame in result.layers["zones"].query("zone_kind == 'band'").groupby("segment", sort=False)
    ]
    corridors = result.layers["corridor"]
    places += [("Corridors", name, frame.total_bounds) for name, frame in corridors.groupby("name", sort=False)]
    for group, name, (xmin, ymin, xmax, ymax) in places:
        corners = ((xmin, ymin), (xmax, ymin), (xmax, ymax), (xmin, ymax), (xmin, ymin))
        ring = ", ".join(f"{x:.0f} {y:.0f}" for x, y in corners)
        mark = sub(
            holder, "Bookmark", id=f"{group}-{name}", name=str(name), group=say(group), extent=f"POLYGON(({ring}))"
        )
        crs_element(mark, result.layers["zones"].crs)
