"""Words on the map: labels beside features, and tips with rounded figures, safe for any name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as ET

from geo_border.outputs.qgis.symbols import colour
from geo_border.outputs.qgis.xml import key, sub
from geo_border.present import PEOPLE_FLOOR, palette
from geo_border.present.rounding import NOISE

_ALONG_LINE, _HORIZONTAL, _AROUND_POINT = "2", "4", "6"
# Where a label goes: beside a point, along a line, or upright inside an area.
Place = Literal["point", "line", "area"]


# Says an English text in the project's language; places in braces take values.
Say = Callable[..., str]


@dataclass(frozen=True)
class Labels:
    """Labels by rule: (filter, size in points, farthest scale; 0 is unbounded) from most to least important."""

    name: str
    expression: str
    steps: tuple[tuple[str, float, int], ...]
    place: Place = "point"
    bold: bool = False


def labelling(labels: Labels) -> ET.Element:
    """Write labels as rules, so that each size has its own range of scales."""
    root = ET.Element("labeling", type="rule-based")
    listed = sub(root, "rules", key=key("labels", labels.name))
    for number, (condition, size, farthest) in enumerate(labels.steps):
        attributes = {"key": key("label", labels.name, str(number)), "filter": condition, "active": "1"}
        if farthest:
            attributes |= {"scalemindenom": "0", "scalemaxdenom": str(farthest)}
        rule = sub(listed, "rule", **attributes)
        rule.append(_settings(labels, size, priority=max(1, 9 - 2 * number)))
    return root


def _settings(labels: Labels, size: float, priority: int) -> ET.Element:
    text = palette.style("basemap", "label")
    settings = ET.Element("settings", calloutType="simple")
    # No font family: each system's own font is taken, so that none is ever missing.
    style = sub(
        settings,
        "text-style",
        fieldName=labels.expression,
        isExpression="1",
        fontSize=str(size),
        fontSizeUnit="Point",
        fontWeight="75" if labels.bold else "50",
        textColor=colour(text.fill),
        textOpacity="1",
    )
    sub(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.8",
        bufferSizeUnits="MM",
        bufferColor=colour(text.line),
        bufferOpacity="0.9",
    )
    modes = {"line": _ALONG_LINE, "area": _HORIZONTAL, "point": _AROUND_POINT}
    placement = {"placement": modes[labels.place], "priority": str(priority)}
    if labels.place == "line":
        placement |= {"placementFlags": "10", "repeatDistance": "120", "repeatDistanceUnits": "MM", "dist": "1.5"}
    if labels.place == "point":
        placement |= {"predefinedPositionOrder": "TR,TL,BR,BL,R,L", "offsetType": "1", "dist": "0.5"}
    sub(settings, "placement", distUnits="MM", **placement)
    merge = "1" if labels.place == "line" else "0"
    sub(settings, "rendering", drawLabels="1", obstacle="1", mergeLines=merge, scaleVisibility="0")
    return settings


def literal(text: str) -> str:
    """Quote a text for an expression.

    >>> literal("l'eau")
    "'l''eau'"
    """
    return "'" + text.replace("'", "''") + "'"


def shown_people(value: str, say: Say) -> str:
    """Write the expression that rounds persons as `present.rounding.people` does, the floor included."""
    steps = f"CASE WHEN {value} < 1000 THEN 10 WHEN {value} < 10000 THEN 100 ELSE 1000 END"
    rounded = f"floor({value} / ({steps}) + 0.5) * ({steps})"
    few = literal(say("under {n}", n=PEOPLE_FLOOR))
    return (
        f"CASE WHEN {value} IS NULL THEN '–' WHEN {value} < {PEOPLE_FLOOR} THEN {few}"
        f" ELSE format_number({rounded}, 0) END"
    )


def shown_km(value: str, say: Say) -> str:
    """Write the expression that rounds a distance in metres to kilometres, as `present.rounding.distance_km` does."""
    km = f"{value} / 1000.0"
    return (
        f"CASE WHEN {value} IS NULL THEN '–' WHEN {value} < 50 THEN {_under_tenth(say)} WHEN {value} < 10000"
        f" THEN format_number(floor({km} * 10 + 0.5) / 10, 1) ELSE format_number(floor({km} + 0.5), 0) END || ' km'"
    )


def shown_length(value: str, say: Say) -> str:
    """Write the expression that rounds kilometres of line, as `present.rounding.length_km` does."""
    return (
        f"CASE WHEN {value} IS NULL THEN '–' WHEN {value} > 0 AND {value} < 0.05 THEN {_under_tenth(say)}"
        f" WHEN {value} < 1000 THEN format_number(floor({value} * 10 + 0.5) / 10, 1)"
        f" ELSE format_number(floor({value} + 0.5), 0) END || ' km'"
    )


def shown_percent(value: str, say: Say) -> str:
    """Write the expression that rounds a share to whole percent, as `present.rounding.percent` does."""
    whole = f"to_string(to_int(floor({value} * 100 + 0.5)))"
    few = literal(say("under {n}", n="1%"))
    return (
        f"CASE WHEN {value} IS NULL THEN '–' WHEN {value} > 0 AND {value} < 0.005 THEN {few}"
        f" WHEN {value} >= 0.995 AND {value} < {1 - NOISE!r} THEN '99%' ELSE {whole} || '%' END"
    )


def shown_area(value: str, say: Say) -> str:
    """Write the expression that rounds km², as `present.rounding.area_km2` does."""
    steps = f"CASE WHEN {value} < 1000 THEN 1 WHEN {value} < 10000 THEN 10 ELSE 100 END"
    return (
        f"CASE WHEN {value} IS NULL THEN '–' WHEN {value} > 0 AND {value} < 0.05 THEN {_under_tenth(say)}"
        f" WHEN {value} < 10 THEN format_number(floor({value} * 10 + 0.5) / 10, 1)"
        f" ELSE format_number(floor({value} / ({steps}) + 0.5) * ({steps}), 0) END || ' km²'"
    )


def shown_text(value: str) -> str:
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


def tip(title: str, *lines: tuple[str, str]) -> str:
    """Write a map tip: an expression for the title, then (label or nothing, expression) a line."""
    body = "".join(f"<br>{label}{': ' if label else ''}[% {expression} %]" for label, expression in lines)
    return f"<b>[% {title} %]</b>{body}"


def _under_tenth(say: Say) -> str:
    # Written by QGIS, so that the decimal sign is the reader's.
    before, _, after = say("under {n}", n="\0").partition("\0")
    return f"{literal(before)} || format_number(0.1, 1) || {literal(after)}"
