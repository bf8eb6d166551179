"""Words on the map: labels beside features, and tips with rounded figures, safe for any name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as ET

from geo_border.outputs.qgis.symbols import format_colour
from geo_border.outputs.qgis.xml import append_child, build_key
from geo_border.present import PEOPLE_FLOOR, palette
from geo_border.present.rounding import NOISE

_ALONG_LINE, _HORIZONTAL, _AROUND_POINT = "2", "4", "6"
# Where a label goes: beside a point, along a line, or upright inside an area.
Placement = Literal["point", "line", "area"]


# Says an English text in the project's language; places in braces take values.
Translate = Callable[..., str]


@dataclass(frozen=True)
class LabelRules:
    """Labels by rule: (filter, size in points, farthest scale; 0 is unbounded) from most to least important."""

    name: str
    expression: str
    steps: tuple[tuple[str, float, int], ...]
    placement: Placement = "point"
    bold: bool = False


def build_labelling(label_rules: LabelRules) -> ET.Element:
    """Write labels as rules, so that each size has its own range of scales."""
    root = ET.Element("labeling", type="rule-based")
    listed = append_child(root, "rules", key=build_key("labels", label_rules.name))
    for number, (condition, size, farthest) in enumerate(label_rules.steps):
        attributes = {"key": build_key("label", label_rules.name, str(number)), "filter": condition, "active": "1"}
        if farthest:
            attributes |= {"scalemindenom": "0", "scalemaxdenom": str(farthest)}
        rule = append_child(listed, "rule", **attributes)
        rule.append(_build_label_settings(label_rules, size, priority=max(1, 9 - 2 * number)))
    return root


def _build_label_settings(label_rules: LabelRules, size: float, priority: int) -> ET.Element:
    text = palette.get_style("basemap", "label")
    settings = ET.Element("settings", calloutType="simple")
    # No font family: each system's own font is taken, so that none is ever missing.
    style = append_child(
        settings,
        "text-style",
        fieldName=label_rules.expression,
        isExpression="1",
        fontSize=str(size),
        fontSizeUnit="Point",
        fontWeight="75" if label_rules.bold else "50",
        textColor=format_colour(text.fill),
        textOpacity="1",
    )
    append_child(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.8",
        bufferSizeUnits="MM",
        bufferColor=format_colour(text.line),
        bufferOpacity="0.9",
    )
    modes = {"line": _ALONG_LINE, "area": _HORIZONTAL, "point": _AROUND_POINT}
    placement = {"placement": modes[label_rules.placement], "priority": str(priority)}
    if label_rules.placement == "line":
        placement |= {"placementFlags": "10", "repeatDistance": "120", "repeatDistanceUnits": "MM", "dist": "1.5"}
    if label_rules.placement == "point":
        placement |= {"predefinedPositionOrder": "TR,TL,BR,BL,R,L", "offsetType": "1", "dist": "0.5"}
    append_child(settings, "placement", distUnits="MM", **placement)
    merge = "1" if label_rules.placement == "line" else "0"
    append_child(settings, "rendering", drawLabels="1", obstacle="1", mergeLines=merge, scaleVisibility="0")
    return settings


def quote_literal(text: str) -> str:
    """Quote a text for an expression.

    >>> quote_literal("l'eau")
    "'l''eau'"
    """
    return "'" + text.replace("'", "''") + "'"


def build_people_expr(value: str, translate: Translate) -> str:
    """Write the expression that rounds persons as `present.rounding.round_people` does, the floor included."""
    steps = f"CASE WHEN {value} < 1000 THEN 10 WHEN {value} < 10000 THEN 100 ELSE 1000 END"
    rounded = f"floor({value} / ({steps}) + 0.5) * ({steps})"
    few = quote_literal(translate("under {n}", n=PEOPLE_FLOOR))
    return (
        f"CASE WHEN {value} IS NULL THEN '–' WHEN {value} < {PEOPLE_FLOOR} THEN {few}"
        f" ELSE format_number({rounded}, 0) END"
    )


def build_km_expr(value: str, translate: Translate) -> str:
    """Write the expression that rounds metres to kilometres, as `present.rounding.round_distance_km` does."""
    km = f"{value} / 1000.0"
    return (
        f"CASE WHEN {value} IS NULL THEN '–' WHEN {value} < 50 THEN {_build_under_tenth_expr(translate)}"
        f" WHEN {value} < 10000 THEN format_number(floor({km} * 10 + 0.5) / 10, 1)"
        f" ELSE format_number(floor({km} + 0.5), 0) END || ' km'"
    )


def shown_length(value: str, say: Translate) -> str:
    """Write the expression that rounds kilometres of line, as `present.rounding.round_length_km` does."""
    return (
        f"CASE WHEN {value} IS NULL THEN '–' WHEN {value} > 0 AND {value} < 0.05 THEN {_build_under_tenth_expr(say)}"
        f" WHEN {value} < 1000 THEN format_number(floor({value} * 10 + 0.5) / 10, 1)"
        f" ELSE format_number(floor({value} + 0.5), 0) END || ' km'"
    )


def build_percent_expr(value: str, translate: Translate) -> str:
    """Write the expression that rounds a share to whole percent, as `present.rounding.round_percent` does."""
    whole = f"to_string(to_int(floor({value} * 100 + 0.5)))"
    few = quote_literal(translate("under {n}", n="1%"))
    return (
        f"CASE WHEN {value} IS NULL THEN '–' WHEN {value} > 0 AND {value} < 0.005 THEN {few}"
        f" WHEN {value} >= 0.995 AND {value} < {1 - NOISE!r} THEN '99%' ELSE {whole} || '%' END"
    )


def build_area_expr(value: str, translate: Translate) -> str:
    """Write the expression that rounds km², as `present.rounding.round_area_km2` does."""
    steps = f"CASE WHEN {value} < 1000 THEN 1 WHEN {value} < 10000 THEN 10 ELSE 100 END"
    return (
        f"CASE WHEN {value} IS NULL THEN '–'"
        f" WHEN {value} > 0 AND {value} < 0.05 THEN {_build_under_tenth_expr(translate)}"
        f" WHEN {value} < 10 THEN format_number(floor({value} * 10 + 0.5) / 10, 1)"
        f" ELSE format_number(floor({value} / ({steps}) + 0.5) * ({steps}), 0) END || ' km²'"
    )


def build_html_expr(value: str) -> str:
    """Write the expression that makes any text safe inside HTML."""
    return f"replace(replace(replace(coalesce({value}, ''), '&', '&amp;'), '<', '&lt;'), '>', '&gt;')"


def shown_spread(low: str, high: str, shown: Callable[[str], str]) -> str:
    """Write the expression of a range in brackets; nothing where there is none, or both ends round alike.

    Parameters
    ----------
    low, high
        Expressions of its ends.
    shown
        Writes the expression that rounds a value.
    """
    first, last = shown("@low"), shown("@high")
    told = f"if(@low IS NULL OR @high IS NULL OR ({first}) = ({last}), '', ' (' || ({first}) || '–' || ({last}) || ')')"
    return f"with_variable('low', {low}, with_variable('high', {high}, {told}))"


def build_map_tip(title: str, *lines: tuple[str, str]) -> str:
    """Write a map tip: an expression for the title, then (label or nothing, expression) a line."""
    body = "".join(f"<br>{label}{': ' if label else ''}[% {expression} %]" for label, expression in lines)
    return f"<b>[% {title} %]</b>{body}"


def _build_under_tenth_expr(translate: Translate) -> str:
    # Written by QGIS, so that the decimal sign is the reader's.
    before, _, after = translate("under {n}", n="\0").partition("\0")
    return f"{quote_literal(before)} || format_number(0.1, 1) || {quote_literal(after)}"
