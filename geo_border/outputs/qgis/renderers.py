"""Which feature gets which symbol: one for all, by category, by rule; and the grids' renderers."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as ET

from geo_border.outputs.qgis.xml import append_child, build_key


@dataclass(frozen=True)
class Rule:
    """A symbol for the features that an expression takes, between two scales (denominators; 0 is unbounded)."""

    label: str
    condition: str
    symbol: ET.Element
    min_denominator: int = 0
    max_denominator: int = 0


def build_single_symbol(symbol: ET.Element) -> ET.Element:
    """Draw every feature alike."""
    renderer = _build_renderer("singleSymbol")
    append_child(renderer, "symbols").append(_rename_symbol(symbol, "0"))
    return renderer


def build_null_symbol() -> ET.Element:
    """Draw no feature at all."""
    return _build_renderer("nullSymbol")


def build_categorized(field: str, classes: list[tuple[str, str, ET.Element]]) -> ET.Element:
    """Draw by the value of a field: (value, label, symbol); a value that is not listed is not drawn."""
    renderer = _build_renderer("categorizedSymbol", attr=field)
    listed = append_child(renderer, "categories")
    symbols = append_child(renderer, "symbols")
    for number, (value, label, symbol) in enumerate(classes):
        append_child(listed, "category", value=value, label=label, symbol=str(number), render="true")
        symbols.append(_rename_symbol(symbol, str(number)))
    return renderer


def build_rule_based(name: str, rules: list[Rule]) -> ET.Element:
    """Draw by rules, each with its own range of scales."""
    renderer = _build_renderer("RuleRenderer")
    root = append_child(renderer, "rules", key=build_key("rules", name))
    symbols = append_child(renderer, "symbols")
    for number, rule in enumerate(rules):
        attributes = {"label": rule.label, "filter": rule.condition, "symbol": str(number)}
        attributes["key"] = build_key("rule", name, str(number))
        if rule.min_denominator or rule.max_denominator:
            attributes |= {"scalemindenom": str(rule.min_denominator), "scalemaxdenom": str(rule.max_denominator)}
        append_child(root, "rule", **attributes)
        symbols.append(_rename_symbol(rule.symbol, str(number)))
    return renderer


def build_paletted(entries: list[tuple[int, str, str]], opacity: float) -> ET.Element:
    """Draw a grid of classes: (value, label, #rrggbb)."""
    renderer = _build_raster_renderer("paletted", opacity)
    palette = append_child(renderer, "colorPalette")
    for value, label, fill in entries:
        append_child(palette, "paletteEntry", value=str(value), label=label, color=fill, alpha="255")
    return renderer


def build_pseudocolor(steps: list[tuple[float, str, str, int]], opacity: float) -> ET.Element:
    """Draw a grid of amounts in steps: (upper bound, label, #rrggbb, alpha); the last bound is infinite."""
    renderer = _build_raster_renderer("singlebandpseudocolor", opacity)
    renderer.set("classificationMin", "0")
    renderer.set("classificationMax", str(steps[-2][0]))
    shader = append_child(append_child(renderer, "rastershader"), "colorrampshader")
    shader.attrib.update({"colorRampType": "DISCRETE", "classificationMode": "1", "clip": "0"})
    for bound, label, fill, alpha in steps:
        value = "inf" if bound == float("inf") else repr(bound)
        append_child(shader, "item", value=value, label=label, color=fill, alpha=str(alpha))
    return renderer


def _build_raster_renderer(kind: str, opacity: float) -> ET.Element:
    renderer = ET.Element("rasterrenderer", type=kind, band="1", alphaBand="-1", opacity=str(opacity))
    append_child(renderer, "rasterTransparency")
    return renderer


def _build_renderer(kind: str, **attributes: str) -> ET.Element:
    fixed = {"type": kind, "enableorderby": "0", "forceraster": "0", "symbollevels": "0", "referencescale": "-1"}
    return ET.Element("renderer-v2", fixed | attributes)


def _rename_symbol(symbol: ET.Element, name: str) -> ET.Element:
    # A symbol's parts are called after it: @<symbol>@<layer>.
    old = symbol.get("name", "")
    symbol.set("name", name)
    for part in symbol.iter("symbol"):
        inner = part.get("name", "")
        if inner.startswith(f"@{old}@"):
            part.set("name", f"@{name}@" + inner.removeprefix(f"@{old}@"))
    return symbol
