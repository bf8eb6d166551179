"""Which feature gets which symbol: one for all, by category, by rule; and the grids' renderers."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as ET

from geo_border.outputs.qgis.xml import key, sub


@dataclass(frozen=True)
class Rule:
    """A symbol for the features that an expression takes, between two scales (denominators; 0 is unbounded)."""

    label: str
    filter: str
    symbol: ET.Element
    nearest: int = 0
    farthest: int = 0


def single(symbol: ET.Element) -> ET.Element:
    """Draw every feature alike."""
    renderer = _renderer("singleSymbol")
    sub(renderer, "symbols").append(_named(symbol, "0"))
    return renderer


def nothing() -> ET.Element:
    """Draw no feature at all."""
    return _renderer("nullSymbol")


def categories(field: str, classes: list[tuple[str, str, ET.Element]]) -> ET.Element:
    """Draw by the value of a field: (value, label, symbol); a value that is not listed is not drawn."""
    renderer = _renderer("categorizedSymbol", attr=field)
    listed = sub(renderer, "categories")
    symbols = sub(renderer, "symbols")
    for number, (value, label, symbol) in enumerate(classes):
        sub(listed, "category", value=value, label=label, symbol=str(number), render="true")
        symbols.append(_named(symbol, str(number)))
    return renderer


def rules(name: str, listed: list[Rule]) -> ET.Element:
    """Draw by rules, each with its own range of scales."""
    renderer = _renderer("RuleRenderer")
    root = sub(renderer, "rules", key=key("rules", name))
    symbols = sub(renderer, "symbols")
    for number, rule in enumerate(listed):
        attributes = {"label": rule.label, "filter": rule.filter, "symbol": str(number)}
        attributes["key"] = key("rule", name, str(number))
        if rule.nearest or rule.farthest:
            attributes |= {"scalemindenom": str(rule.nearest), "scalemaxdenom": str(rule.farthest)}
        sub(root, "rule", **attributes)
        symbols.append(_named(rule.symbol, str(number)))
    return renderer


def classes_of_grid(entries: list[tuple[int, str, str]], opacity: float) -> ET.Element:
    """Draw a grid of classes: (value, label, #rrggbb)."""
    renderer = _raster("paletted", opacity)
    palette = sub(renderer, "colorPalette")
    for value, label, fill in entries:
        sub(palette, "paletteEntry", value=str(value), label=label, color=fill, alpha="255")
    return renderer


def amounts_of_grid(steps: list[tuple[float, str, str, int]], opacity: float) -> ET.Element:
    """Draw a grid of amounts in steps: (upper bound, label, #rrggbb, alpha); the last bound is infinite."""
    renderer = _raster("singlebandpseudocolor", opacity)
    renderer.set("classificationMin", "0")
    renderer.set("classificationMax", str(steps[-2][0]))
    shader = sub(sub(renderer, "rastershader"), "colorrampshader")
    shader.attrib.update({"colorRampType": "DISCRETE", "classificationMode": "1", "clip": "0"})
    for bound, label, fill, alpha in steps:
        value = "inf" if bound == float("inf") else repr(bound)
        sub(shader, "item", value=value, label=label, color=fill, alpha=str(alpha))
    return renderer


def _raster(kind: str, opacity: float) -> ET.Element:
    renderer = ET.Element("rasterrenderer", type=kind, band="1", alphaBand="-1", opacity=str(opacity))
    sub(renderer, "rasterTransparency")
    return renderer


def _renderer(kind: str, **attributes: str) -> ET.Element:
    fixed = {"type": kind, "enableorderby": "0", "forceraster": "0", "symbollevels": "0", "referencescale": "-1"}
    return ET.Element("renderer-v2", fixed | attributes)


def _named(symbol: ET.Element, name: str) -> ET.Element:
    # A symbol's parts are called after it: @<symbol>@<layer>.
    old = symbol.get("name", "")
    symbol.set("name", name)
    for part in symbol.iter("symbol"):
        inner = part.get("name", "")
        if inner.startswith(f"@{old}@"):
            part.set("name", f"@{name}@" + inner.removeprefix(f"@{old}@"))
    return symbol
