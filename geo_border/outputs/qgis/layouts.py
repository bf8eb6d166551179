"""Printed sheets: one a segment as an atlas, one of the whole line; scale bar, figures, sources, disclaimer."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from geo_border.outputs.qgis import figures, symbols
from geo_border.outputs.qgis.expressions import Translate, quote_literal
from geo_border.outputs.qgis.layerdef import EXPOSURE, LOCATOR, LayerDef
from geo_border.outputs.qgis.xml import append_child, append_options, build_key, build_layer_id
from geo_border.outputs.questions import SHEETS_TABLE
from geo_border.present import palette
from geo_border.result import Result

# QGIS's numbers for the kinds of items.
_PAGE, _MAP, _LABEL, _LEGEND, _SCALE_BAR = "65638", "65639", "65641", "65642", "65646"
# Qt's name for whatever sans-serif font the system has, so that none is ever missing.
_FONT = "Sans Serif"
_A4 = (210.0, 297.0)
# Where a sheet's notes begin, and how high a line of its figures is, in millimetres.
_NOTES_TOP, _LINE_MM = 246.0, 4.0
Box = tuple[float, float, float, float]


def build_atlas(result: Result, bounds: Box, legend_layers: list[LayerDef], translate: Translate) -> ET.Element:
    """Write the sheet of a segment, repeated over all of them."""
    layout = _build_layout(translate("Segment sheets"))
    lines = figures.write_figures(result, translate)
    # The more lines of figures, the less of the page is map.
    figures_top = _NOTES_TOP - _LINE_MM * len(lines)
    page_map = _append_map(
        layout, "map", (10, 24, 130, figures_top - 37), bounds, translate(EXPOSURE), atlas_driven=True
    )
    _append_map(layout, "inset", (145, 24, 55, 62), bounds, translate(LOCATOR), framed_map=page_map)
    title = _SHEET_TITLE.replace("@own_line", quote_literal(translate("own line")))
    _append_label(layout, "title", (10, 8, 190, 12), title, 18, bold=True)
    _append_legend(layout, (145, 90, 55, 80), page_map, legend_layers)
    _append_scale_bar(layout, (10, figures_top - 12, 60, 10), page_map)
    _append_label(layout, "figures", (10, figures_top, 190, _NOTES_TOP - figures_top), "\n".join(lines), 9)
    _append_label(layout, "notes", (10, _NOTES_TOP, 190, 17), figures.write_notes(result, translate), 7)
    _append_label(layout, "sources", (10, 264, 92, 26), _format_sources(translate), 6)
    _append_label(layout, "disclaimer", (108, 264, 92, 26), "[% @geo_border_disclaimer %]", 6)
    append_child(
        layout,
        "Atlas",
        enabled="1",
        coverageLayer=build_layer_id(SHEETS_TABLE),
        coverageLayerName="Segment sheets",
        coverageLayerSource=f"./layers.gpkg|layername={SHEETS_TABLE}",
        coverageLayerProvider="ogr",
        hideCoverage="1",
        pageNameExpression='"segment"',
        filenamePattern='"segment"',
        sortFeatures="0",
        filterFeatures="0",
    )
    return layout


def build_sheet(name: str, theme: str, bounds: Box, legend_layers: list[LayerDef], translate: Translate) -> ET.Element:
    """Write one sheet of a theme over an area: the whole frontier, or a corridor."""
    layout = _build_layout(name)
    page_map = _append_map(layout, "map", (10, 24, 130, 224), bounds, theme)
    _append_label(layout, "title", (10, 8, 190, 12), "[% @project_title %]\n[% @layout_name %]", 13, bold=True)
    _append_legend(layout, (145, 24, 55, 120), page_map, legend_layers)
    _append_scale_bar(layout, (10, 249, 60, 10), page_map)
    _append_label(layout, "sources", (10, 264, 92, 26), _format_sources(translate), 6)
    _append_label(layout, "disclaimer", (108, 264, 92, 26), "[% @geo_border_disclaimer %]", 6)
    append_child(layout, "Atlas", enabled="0", coverageLayer="", hideCoverage="0", filenamePattern="'sheet'")
    return layout


_SHEET_TITLE = (
    "[% \"segment\" || ': '"
    " || coalesce(attribute(get_feature('layer_countries', 'country', \"country\"), 'name'), \"country\") || ' – '"
    " || coalesce(attribute(get_feature('layer_countries', 'country', \"facing\"), 'name'), \"facing\", @own_line) %]"
)


def _format_sources(translate: Translate) -> str:
    return translate("Sources") + ": [% @geo_border_sources %]. run.json, geo_border [% @geo_border_version %]."


def _build_layout(name: str) -> ET.Element:
    layout = ET.Element("Layout", name=name, units="mm", printResolution="150", worldFileMap="")
    pages = append_child(layout, "PageCollection")
    paper = palette.get_style("basemap").model_copy(update={"fill": "#ffffff", "fill_opacity": 1.0, "width": 0.0})
    pages.append(symbols.build_fill(paper, ""))
    page = _append_item(pages, name, "page", _PAGE, (0, 0, *_A4))
    page.append(symbols.build_fill(paper, ""))
    append_child(pages, "GuideCollection", visible="1")
    return layout


def _append_item(parent: ET.Element, layout: str, name: str, kind: str, box: Box, **more: str) -> ET.Element:
    left, top, width, height = box
    identity = build_key("item", layout, name)
    attributes = {
        "type": kind,
        "id": name,
        "uuid": identity,
        "templateUuid": identity,
        "position": f"{left:g},{top:g},mm",
        "positionOnPage": f"{left:g},{top:g},mm",
        "size": f"{width:g},{height:g},mm",
        "referencePoint": "0",
        "visibility": "1",
        "opacity": "1",
        "blendMode": "0",
        "itemRotation": "0",
        "excludeFromExports": "0",
        "frame": "false",
        "background": "false",
        "positionLock": "false",
        "groupUuid": "",
        "frameJoinStyle": "miter",
        "outlineWidthM": "0.2,mm",
        "zValue": str(len(parent)),
    }
    item = append_child(parent, "LayoutItem", **(attributes | more))
    append_child(item, "FrameColor", red="141", green="135", blue="124", alpha="255")
    append_child(item, "BackgroundColor", red="255", green="255", blue="255", alpha="255")
    return item


def _append_map(
    layout: ET.Element,
    name: str,
    box: Box,
    bounds: Box,
    theme: str,
    *,
    atlas_driven: bool = False,
    framed_map: str | None = None,
) -> str:
    item = _append_item(
        layout,
        str(layout.get("name")),
        name,
        _MAP,
        box,
        frame="true",
        background="true",
        followPreset="true",
        followPresetName=theme,
        keepLayerSet="false",
        mapRotation="0",
        drawCanvasItems="false",
        mapFlags="0",
    )
    extent = append_child(item, "Extent")
    xmin, ymin, xmax, ymax = _fit_bounds(bounds, box[2] / box[3])
    extent.attrib.update({"xmin": repr(xmin), "ymin": repr(ymin), "xmax": repr(xmax), "ymax": repr(ymax)})
    append_child(item, "LayerSet")
    if framed_map:
        overview = append_child(
            item, "ComposerMapOverview", name="Sheet", show="true", uuid=build_key("overview", name)
        )
        overview.attrib.update({"frameMap": framed_map, "blendMode": "0", "inverted": "false", "centered": "false"})
        frame = palette.get_style("frontier").model_copy(update={"fill_opacity": 0.1, "width": 1.5})
        overview.append(symbols.build_fill(frame, ""))
    append_child(item, "AtlasMap", atlasDriven="1" if atlas_driven else "0", scalingMode="2", margin="0.05")
    return str(item.get("uuid"))


def _fit_bounds(bounds: Box, ratio: float) -> Box:
    """Widen bounds to the shape of the paper: width / height = ratio, with 5 % around."""
    xmin, ymin, xmax, ymax = bounds
    height = max((ymax - ymin) * 1.05, (xmax - xmin) * 1.05 / ratio)
    x, y = (xmin + xmax) / 2, (ymin + ymax) / 2
    half = (height * ratio / 2, height / 2)
    return (round(x - half[0], 3), round(y - half[1], 3), round(x + half[0], 3), round(y + half[1], 3))


def _append_label(layout: ET.Element, name: str, box: Box, text: str, font_pt: int, *, bold: bool = False) -> None:
    item = _append_item(
        layout,
        str(layout.get("name")),
        name,
        _LABEL,
        box,
        labelText=text,
        htmlState="0",
        halign="1",
        valign="32",
        marginX="0",
        marginY="0",
    )
    append_child(item, "LabelFont", description=f"{_FONT},{font_pt},-1,5,{75 if bold else 50},0,0,0,0,0", style="")
    append_child(item, "FontColor", red="31", green="41", blue="51", alpha="255")


def _append_legend(layout: ET.Element, box: Box, map_uuid: str, legend_layers: list[LayerDef]) -> None:
    item = _append_item(
        layout,
        str(layout.get("name")),
        "legend",
        _LEGEND,
        box,
        map_uuid=map_uuid,
        title="",
        columnCount="1",
        resizeToContents="1",
        symbolWidth="5",
        symbolHeight="3",
        boxSpace="1",
        lineSpacing="0.5",
        wrapChar="",
        splitLayer="0",
        equalColumnWidth="0",
        legendFilterByAtlas="0",
        fontColor="#1f2933",
    )
    sizes = {"title": 9, "group": 8, "subgroup": 7, "symbol": 6, "symbolLabel": 6}
    styles = append_child(item, "styles")
    for name, points in sizes.items():
        top = {"subgroup": "1.5", "symbol": "0.8", "symbolLabel": "0.6"}.get(name, "0")
        one = append_child(styles, "style", name=name, alignment="1", indent="0", marginTop=top)
        if name == "symbolLabel":
            one.set("marginLeft", "1.5")
        append_child(one, "styleFont", description=f"{_FONT},{points},-1,5,50,0,0,0,0,0", style="")
    tree = append_child(item, "layer-tree-group", name="", checked="Qt::Checked", expanded="1")
    append_child(tree, "customproperties")
    for drawn in legend_layers:
        node = append_child(
            tree, "layer-tree-layer", id=build_layer_id(drawn.id), name=drawn.title, checked="Qt::Checked", expanded="1"
        )
        node.set("providerKey", "ogr")
        append_options(append_child(node, "customproperties"), {"cached_name": drawn.title})


def _append_scale_bar(layout: ET.Element, box: Box, map_uuid: str) -> None:
    item = _append_item(
        layout,
        str(layout.get("name")),
        "scale bar",
        _SCALE_BAR,
        box,
        mapUuid=map_uuid,
        style="Single Box",
        unitType="km",
        unitLabel="km",
        numMapUnitsPerScaleBarUnit="1",
        numSegments="2",
        numSegmentsLeft="0",
        segmentSizeMode="1",
        minBarWidth="30",
        maxBarWidth="55",
        segmentMillimeters="20",
        numUnitsPerSegment="50",
        height="1.5",
        labelBarSpace="1",
        boxContentSpace="1",
        alignment="0",
        outlineWidth="0.2",
    )
    append_child(item, "text-style", fontSize="7", fontSizeUnit="Point", textColor="31,41,51,255", textOpacity="1")
