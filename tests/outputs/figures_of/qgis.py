"""Figures of the QGIS project: its printed sheets, its tips, and the answers to the ready questions of docs/QGIS.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pandas as pd

from tests.outputs.figures_of.figure import Figure, read_number, read_range
from tests.outputs.figures_of.layers import of_named_places
from tests.outputs.figures_of.rows import plain

OUTPUT = "qgis"
ZONE_LAYERS = ("bands", "strips", "admin", "zones", "zone_figures")
QUESTIONS = ("1", "2", "3", "5", "6", "8", "10")
TIPS = [*(f"layer_{name}" for name in ZONE_LAYERS), "layer_settlements"]


def of_answer(answer: dict[str, Any], corridor: str, zones: dict[str, str]) -> Iterator[Figure]:
    """Every figure of a session's answer: the labels of the sheets, the tips of `TIPS`, the answers to `QUESTIONS`.

    `corridor` is the id of the one corridor that question 8 is about; `zones` are ids by the names that tips say.
    """
    for segment, labels in answer["labels"].items():
        if "figures" in labels:
            yield from _of_sheet(segment, labels["figures"])
    for layer, tips in answer["tips"].items():
        yield from (_of_places(tips) if layer == "layer_settlements" else _of_tips(layer, tips, zones))
    for number, found in answer["sql"].items():
        assert "error" not in found, found
        rows = pd.DataFrame(found["rows"], columns=found["columns"])
        if number in _COUNTED:
            yield from _of_count(number, rows, _COUNTED[number].format(corridor=corridor))
        else:
            yield from _of_question(number, rows)


def _of_sheet(segment: str, text: str) -> Iterator[Figure]:
    """Lengths, then one line a distance: people with their range, and the share of trees."""
    zone_id = f"segment|{segment}"
    for label, measure in (
        ("Measured length", "frontier_length"),
        ("Official length", "official"),
        ("Length at sea", "sea_length"),
    ):
        found = re.search(rf"{label} ([\d.,]+) km", text)
        if found:
            yield _printed("sheet", zone_id, measure, "all", "km", found.group(1))
    assert re.search(r"Measured length [\d.,]+ km", text), text
    for edge, line in re.findall(r"^0–([\d.]+) km: (.+)$", text, re.MULTILINE):
        zone_id = f"within|{segment}|0-{float(edge) * 1000:.0f}"
        parts = line.split("; ")
        for part in parts:
            if part.startswith("People "):
                yield from _people("sheet", zone_id, part.removeprefix("People "))
            elif part.startswith("Tree cover "):
                share = part.removeprefix("Tree cover ")
                yield _printed("sheet", zone_id, "cover_share", "tree", "share", share)


def _people(place: str, zone_id: str, text: str) -> Iterator[Figure]:
    ends = read_range(text)
    yield _printed(place, zone_id, "people", "total", "persons", text.split(" (", maxsplit=1)[0])
    for end, value in zip(("low", "high"), ends or (), strict=False):
        yield Figure(OUTPUT, place, zone_id, "people", "total", "persons", value, end, printed=True)


def _of_tips(layer: str, tips: list[str], zones: dict[str, str]) -> Iterator[Figure]:
    """`<b>name</b><br>kind<br>Area: ...<br>People: ...`."""
    for tip in tips:
        title, _, *lines = tip.split("<br>")
        zone_id = zones[unescape(title.removeprefix("<b>").removesuffix("</b>"))]
        for line in lines:
            label, value = line.split(": ", 1)
            measure, category, unit = {"Area": ("area", "", "km²"), "People": ("people", "total", "persons")}[label]
            yield _printed(f"tip of {layer}", zone_id, measure, category, unit, value)


def _of_places(tips: list[str]) -> Iterator[Figure]:
    names, kms, people = [], [], []
    for tip in tips:
        found = re.fullmatch(r"<b>(.*?)</b><br>People: (.*?)<br>Distance: (.*?)", tip)
        assert found, tip
        names.append(found.group(1))
        people.append(read_number(found.group(2)))
        kms.append(read_number(found.group(3)))
    yield from of_named_places(names, kms, people, OUTPUT, "tip of layer_settlements", printed=True)


# Questions that list settlements: the zone of each country in which they lie.
_COUNTED = {"3": "within|{{country}}|0-2000", "8": "corridor|{corridor}|{{country}}"}


def _of_count(number: str, rows: pd.DataFrame, zone_id: str) -> Iterator[Figure]:
    for country, count in rows.groupby("country").size().items():
        yield _raw(f"question {number}", zone_id.format(country=country), "settlements", "", "count", float(count))


def _of_question(number: str, rows: pd.DataFrame) -> Iterator[Figure]:
    place = f"question {number}"
    for row in rows.to_dict("records"):
        if number == "1":
            zone_id = f"within|{row['country']}|0-10000"
            for column, end in (("people", "value"), ("low", "low"), ("high", "high")):
                yield _raw(place, zone_id, "people", "total", "persons", row[column], end)
        elif number == "2":
            zone_id = f"band|{row['segment']}|{row['country']}|{row['from_m']:.0f}-{row['to_m']:.0f}"
            for column, end in (("people_per_km2", "value"), ("low", "low"), ("high", "high")):
                yield _raw(place, zone_id, "people_per_km2", "", "persons/km²", row[column], end)
        elif number == "5":
            yield _raw(place, f"within|{row['country']}|0-5000", "cover_area", row["cover"], "km²", row["area_km2"])
        elif number == "6":
            zone_id = f"segment|{row['segment']}"
            yield _raw(place, zone_id, "frontier_length", row["medium"], "km", row["length_km"])
        elif number == "10":
            for column, end in (("people", "value"), ("low", "low"), ("high", "high")):
                yield _raw(place, row["zone_id"], "people", "total", "persons", row[column], end)


def _raw(place: str, zone_id: str, measure: str, category: str, unit: str, value: Any, end: str = "value") -> Figure:
    return Figure(OUTPUT, place, zone_id, measure, category, unit, plain(value), end)


def _printed(place: str, zone_id: str, measure: str, category: str, unit: str, text: str) -> Figure:
    return Figure(OUTPUT, place, zone_id, measure, category, unit, read_number(text), printed=True)
