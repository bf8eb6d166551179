"""Symbols from the palette: fills with patterns, dashed lines, markers."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from geo_border.outputs.qgis.xml import append_child, append_options
from geo_border.present.palette import MM_PER_PX, Style

_MARKERS = {"cross": "cross_fill", "none": "circle"}
_ANGLES = {"diagonal": (45.0,), "diagonal_back": (135.0,), "cross": (45.0, 135.0), "horizontal": (0.0,)}
# Distance between the lines or dots of a pattern, in millimetres on paper.
_PATTERN_MM = 1.8


def format_colour(hexadecimal: str, opacity: float = 1.0) -> str:
    """Write a colour as QGIS does: red, green, blue, alpha.

    >>> format_colour("#ff8000", 0.5)
    '255,128,0,128'
    """
    parts = [int(hexadecimal[at : at + 2], 16) for at in (1, 3, 5)]
    return ",".join(str(part) for part in (*parts, int(opacity * 255 + 0.5)))


def build_fill(style: Style, name: str = "0", outline_denominator: int = 0) -> ET.Element:
    """Draw an area: its fill, its pattern over it, its outline on top.

    Where areas are many and small, their outlines would hide them from afar: `outline_denominator` is the scale
    denominator from which on the outline is drawn (0: always).
    """
    symbol = _build_symbol("fill", name)
    body = {
        "color": format_colour(style.fill, style.fill_opacity),
        "outline_style": "no",
        "style": "solid" if style.fill_opacity > 0 else "no",
    }
    append_options(_append_layer(symbol, "SimpleFill"), body)
    for angle in _ANGLES.get(style.pattern, ()):
        layer = _append_layer(symbol, "LinePatternFill")
        append_options(layer, {"angle": str(angle), "distance": str(_PATTERN_MM), "distance_unit": "MM"})
        layer.append(build_line(_build_hatch_style(style), f"@{name}@{len(symbol) - 1}"))
    if style.pattern == "dots":
        layer = _append_layer(symbol, "PointPatternFill")
        spacing = str(_PATTERN_MM)
        append_options(
            layer, {"distance_x": spacing, "distance_y": spacing, "distance_x_unit": "MM", "distance_y_unit": "MM"}
        )
        dot = style.model_copy(update={"symbol": "circle", "size": 1.8, "fill": style.pattern_colour, "width": 0.0})
        dot = dot.model_copy(update={"fill_opacity": 1.0})
        layer.append(build_marker(dot, f"@{name}@{len(symbol) - 1}"))
    if style.width > 0:
        outline = _append_layer(symbol, "SimpleLine")
        append_options(outline, _build_line_options(style))
        if outline_denominator:
            _append_condition(outline, f"@map_scale <= {outline_denominator}")
    return symbol


def build_line(style: Style, name: str = "0") -> ET.Element:
    """Draw a line, dashed where the palette says so."""
    symbol = _build_symbol("line", name)
    append_options(_append_layer(symbol, "SimpleLine"), _build_line_options(style))
    return symbol


def build_marker(style: Style, name: str = "0", scale: float = 1.0) -> ET.Element:
    """Draw a point by the palette's shape, `scale` times its size."""
    symbol = _build_symbol("marker", name)
    append_options(
        _append_layer(symbol, "SimpleMarker"),
        {
            "name": _MARKERS.get(style.symbol, style.symbol),
            "color": format_colour(style.fill, style.fill_opacity),
            "outline_color": format_colour(style.line, style.line_opacity),
            "outline_style": "solid" if style.width > 0 else "no",
            "outline_width": _format_mm(style.width * scale**0.5),
            "outline_width_unit": "MM",
            "size": _format_mm(style.size * scale),
            "size_unit": "MM",
        },
    )
    return symbol


def _append_condition(layer: ET.Element, expression: str) -> None:
    """Have a layer of a symbol drawn only where an expression holds."""
    holder = append_child(append_child(layer, "data_defined_properties"), "Option", type="Map")
    append_child(holder, "Option", name="name", type="QString", value="")
    enabled = append_child(
        append_child(holder, "Option", name="properties", type="Map"), "Option", name="enabled", type="Map"
    )
    append_child(enabled, "Option", name="active", type="bool", value="true")
    append_child(enabled, "Option", name="expression", type="QString", value=expression)
    # 3 is QGIS's number for a property that is an expression.
    append_child(enabled, "Option", name="type", type="int", value="3")
    append_child(holder, "Option", name="type", type="QString", value="collection")


def _build_hatch_style(style: Style) -> Style:
    return style.model_copy(update={"line": style.pattern_colour, "line_opacity": 1.0, "width": 1.0, "dash": ()})


def _build_line_options(style: Style) -> dict[str, str]:
    values = {
        "line_color": format_colour(style.line, style.line_opacity),
        "line_width": _format_mm(style.width),
        "line_width_unit": "MM",
        "joinstyle": "round",
        "capstyle": "flat" if style.dash else "round",
        "line_style": "solid",
        "use_custom_dash": "1" if style.dash else "0",
    }
    if style.dash:
        values |= {"customdash": ";".join(_format_mm(part) for part in style.dash), "customdash_unit": "MM"}
    return values


def _format_mm(pixels: float) -> str:
    return f"{pixels * MM_PER_PX:.3f}"


def _build_symbol(kind: str, name: str) -> ET.Element:
    return ET.Element("symbol", type=kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0")


def _append_layer(symbol: ET.Element, layer_class: str) -> ET.Element:
    return append_child(symbol, "layer", **{"class": layer_class, "enabled": "1", "pass": "0", "locked": "0"})
