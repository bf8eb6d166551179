"""Figures of the map: everything in the page's data that its cards, stories, tables and readouts print."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from geo_border.present.rounding import RoundedValue
from geo_border.present.totals import QUOTED_COVER
from tests.outputs.figures_of.figure import SIX_DIGITS, Figure
from tests.outputs.figures_of.layers import CLASSES, of_named_places
from tests.outputs.figures_of.rows import category_of
from tests.outputs.webmap.decoding import list_rows

OUTPUT = "map"
Page = dict[str, Any]


def read_page(html: str) -> Page:
    """The data that a page carries."""
    found = re.search(r'<script type="application/json" id="gb-data">(.*?)</script>', html, re.DOTALL)
    assert found, "no data in the page"
    page: Page = json.loads(found.group(1))
    return page


def of_page(page: Page) -> Iterator[Figure]:
    """Every figure of a page's data."""
    yield from _of_table(page)
    yield from _of_story(page["story"])
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


def _of_table(page: Page) -> Iterator[Figure]:
    """The page's table (six digits) and what its cards print of the same rows; neither shows what is withheld."""
    for row in list_rows(page):
        measure, unit = row["measure"], row["unit"]
        key = (row["zone_id"], measure, category_of(measure, row["category"] or ""), unit)
        for end, column in (("value", "shown"), ("low", "shown_low"), ("high", "shown_high")):
            yield Figure(OUTPUT, "table", *key, row[end], end, within=SIX_DIGITS, presented=True)
            yield Figure(OUTPUT, "card", *key, row[column], end, printed=True)


def _of_story(story: dict[str, Any]) -> Iterator[Figure]:
    for name, told in story.items():
        if name == "basis":
            continue
        if name == "comparison":
            yield from _of_comparison(told)
            continue
        if name == "own":
            for area in told:
                yield from _of_tally(area, area["zone_id"], "story own")
            continue
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
                yield from _of_tally(tally, tally["zone_id"], f"story {place}")


def _of_tally(tally: dict[str, Any], zone_id: str, place: str) -> Iterator[Figure]:
    yield _printed(place, zone_id, "area", "", "km²", tally["area"])
    people = tally["people"] or (None, None, None)
    for end, value in zip(("value", "low", "high"), people, strict=True):
        yield Figure(OUTPUT, place, zone_id, "people", "total", "persons", value, end, printed=True)
    for category in QUOTED_COVER:
        yield _printed(place, zone_id, "cover_share", category, "share", tally["cover"].get(category))
    yield _printed(place, zone_id, "settlements", "", "count", tally["settlements"])


def _of_comparison(rows: list[dict[str, Any]]) -> Iterator[Figure]:
    """Each segment's nearest 10 km beside the whole country."""
    for row in rows:
        near, whole = f"within|{row['segment']}|0-10000", f"country|{row['country']}"
        for zone_id, side in ((near, row["near"]), (whole, row["whole"])):
            yield _printed("comparison", zone_id, "cover_share", "tree", "share", side["tree"])
            yield _printed("comparison", zone_id, "people_per_km2", "", "persons/km²", side["people_per_km2"])


def _printed(place: str, zone_id: str, measure: str, category: str, unit: str, value: RoundedValue) -> Figure:
    return Figure(OUTPUT, place, zone_id, measure, category, unit, value, printed=True)
