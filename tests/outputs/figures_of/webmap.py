"""Figures of the map: everything in the page's data that its cards, stories, tables and readouts print."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from geo_border.present.rounding import Shown
from tests.outputs.figures_of.figure import SIX_DIGITS, Figure
from tests.outputs.figures_of.layers import CLASSES, of_named_places
from tests.outputs.figures_of.rows import category_of

OUTPUT = "map"
_COVER = {"tree": "tree", "farm": "crop+grass", "water": "water+wetland", "built": "built"}
Page = dict[str, Any]


def read_page(html: str) -> Page:
    """The data that a page carries."""
    found = re.search(r'<script type="application/json" id="gb-data">(.*?)</script>', html, re.DOTALL)
    assert found, "no data in the page"
    page: Page = json.loads(found.group(1))
    return page


def of_page(page: Page) -> Iterator[Figure]:
    """Every figure of a page's data."""
    yield from _of_table(page["figures"])
    for zone_id, *_, area in page["zones"]:
        yield _printed("card", zone_id, "area", "", "km²", area)
    yield from _of_story(page["story"])
    yield from _of_comparison(page["comparison"], {s["segment"]: s["country"] for s in page["segments"]})
    for segment in page["segments"]:
        zone_id = f"segment|{segment['segment']}"
        for key, measure in (("length", "frontier_length"), ("sea", "sea_length"), ("official", "official")):
            yield _printed("segment", zone_id, measure, "all", "km", segment[key])
    layers = page["geometry"]["layers"]
    for name in CLASSES:
        for feature in layers[name]:
            zone_id = f"{name}|{feature['s']}|{feature['k']}|{feature['c']}"
            yield _printed("class", zone_id, "area", "", "km²", feature["a"])
            yield _printed("class", zone_id, "people", "total", "persons", feature["p"])
    for feature in layers["corridor_axis"]:
        yield _printed("axis", f"axis|{feature['n']}", "length", "", "km", feature["l"])
    places = page["settlements"]
    yield from of_named_places(places["name"], places["km"], places["people"], OUTPUT, "place", printed=True)


def _of_table(columns: dict[str, Any]) -> Iterator[Figure]:
    """The page's table (six digits) and what its cards print of the same rows."""
    texts = {name: _texts(columns[name]) for name in ("zone_id", "measure", "category", "unit")}
    for row, (zone_id, measure, unit) in enumerate(zip(texts["zone_id"], texts["measure"], texts["unit"], strict=True)):
        category = category_of(measure, texts["category"][row])
        for end, column in (("value", "shown"), ("low", "shown_low"), ("high", "shown_high")):
            raw, shown = columns[end][row], columns[column][row]
            yield Figure(OUTPUT, "table", zone_id, measure, category, unit, raw, end, within=SIX_DIGITS)
            yield Figure(OUTPUT, "card", zone_id, measure, category, unit, shown, end, printed=True)
        if measure == "cover_area" and category != "unknown":
            yield _printed("card percent", zone_id, "cover_share", category, "share", columns["percent"][row])


def _texts(column: dict[str, list[Any]]) -> list[str]:
    return ["" if code < 0 else str(column["texts"][code]) for code in column["rows"]]


def _of_story(story: dict[str, Any]) -> Iterator[Figure]:
    for name, told in story.items():
        if name == "corridor":
            for corridor in told:
                yield from _of_tally(corridor, f"corridor|{corridor['id']}|all", "story")
                for line in corridor["axis"]:
                    yield _printed("story", f"axis|{line['name']}", "length", "", "km", line["length"])
            continue
        yield _printed("story", f"segment|{name}", "frontier_length", "all", "km", told["length"])
        for medium, length in told["media"].items():
            yield _printed("story", f"segment|{name}", "frontier_length", medium, "km", length)
        for place in ("within", "strips"):
            for tally in told[place]:
                yield from _of_tally(tally, f"within|{name}|0-{tally['to_m']:.0f}", f"story {place}")


def _of_tally(tally: dict[str, Any], zone_id: str, place: str) -> Iterator[Figure]:
    yield _printed(place, zone_id, "area", "", "km²", tally["area"])
    people = tally["people"] or (None, None, None)
    for end, value in zip(("value", "low", "high"), people, strict=True):
        yield Figure(OUTPUT, place, zone_id, "people", "total", "persons", value, end, printed=True)
    for key, category in _COVER.items():
        yield _printed(place, zone_id, "cover_share", category, "share", tally["cover"].get(key))
    yield _printed(place, zone_id, "settlements", "", "count", tally["settlements"])


def _of_comparison(rows: list[dict[str, Any]], country_of: dict[str, str]) -> Iterator[Figure]:
    """Each segment's nearest 10 km beside the whole country."""
    for row in rows:
        near, whole = f"within|{row['segment']}|0-10000", f"country|{country_of[row['segment']]}"
        for zone_id, tree, people in ((near, "tree", "people"), (whole, "country_tree", "country_people")):
            yield _printed("comparison", zone_id, "cover_share", "tree", "share", row[tree])
            yield _printed("comparison", zone_id, "people_per_km2", "", "persons/km²", row[people])


def _printed(place: str, zone_id: str, measure: str, category: str, unit: str, value: Shown) -> Figure:
    return Figure(OUTPUT, place, zone_id, measure, category, unit, value, printed=True)
