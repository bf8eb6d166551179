"""Figures of the English report: its tables, its large numbers, and the sentence on each corridor."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from tests.outputs.figures_of.figure import Figure, read_number, read_range

OUTPUT = "report"
# Head of a column: measure, category, unit.
_COLUMNS = {
    "Area": ("area", "", "km²"),
    "People (range)": ("people", "total", "persons"),
    "Trees": ("cover_share", "tree", "share"),
    "Crops": ("cover_share", "crop", "share"),
    "Grass": ("cover_share", "grass", "share"),
    "Water": ("cover_share", "water", "share"),
    "Wetland": ("cover_share", "wetland", "share"),
    "Built-up": ("cover_share", "built", "share"),
    "Settlements": ("settlements", "", "count"),
}
_MEDIA = {"On land": "land", "In a river": "river", "In a lake": "lake"}


def of_report(page: str, corridors: dict[str, str]) -> Iterator[Figure]:
    """Every figure of a report; `corridors` gives each corridor's id by its name."""
    cover, *sheets = re.split(r'<article class="sheet" id="', page)
    yield from _of_part("all", cover)
    for sheet in sheets:
        name, text = sheet.split('"', 1)
        yield from _of_part(name, text.split("</article>")[0])
    for name, sentence in re.findall(r"<h3>What is the (.+?) corridor\?</h3>\s*<p>(.+?)</p>", cover, re.DOTALL):
        found = re.search(r"territories: (.+?) km², (.+?) people\.", _plain(sentence))
        assert found, sentence
        zone_id = f"corridor|{corridors[_plain(name)]}|all"
        yield _printed("corridor", zone_id, "area", "", "km²", found.group(1))
        yield from _people("corridor", zone_id, found.group(2))


def _of_part(name: str, text: str) -> Iterator[Figure]:
    for head, body in re.findall(r"<table><thead>(.*?)</thead><tbody>(.*?)</tbody></table>", text, re.DOTALL):
        heads = [_plain(h) for h in re.findall(r"<th[^>]*>(.*?)</th>", head)]
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL):
            depth, *cells = [_plain(c) for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
            zone_id = _find_own(depth) if heads[0] == "Own area" else f"within|{name}|0-{_metres(depth):.0f}"
            for column, cell in zip(heads[1:], cells, strict=True):
                measure, category, unit = _COLUMNS[column]
                if measure == "people":
                    yield from _people(heads[0], zone_id, cell)
                else:
                    yield _printed(heads[0], zone_id, measure, category, unit, cell)
    yield from _of_facts(name, text)


def _find_own(name: str) -> str:
    """The zone of an own area: its name ends with its id in brackets, unless it goes by its id."""
    found = re.search(r"\(([^()]+)\)$", name)
    return f"own|{found.group(1) if found else name}"


def _of_facts(name: str, text: str) -> Iterator[Figure]:
    """The large numbers at the head of a sheet."""
    facts = re.search(r'<div class="facts">(.*?)</div>', text, re.DOTALL)
    assert facts, f"no facts on sheet {name}"
    for number, rest in re.findall(r"<span><b>(.*?)</b>(.*?)</span>", facts.group(1), re.DOTALL):
        label, *small = [_plain(part) for part in re.split(r"<small[^>]*>|</small>", rest) if part.strip()]
        near = re.fullmatch(r"People within (.+)", label)
        if near:
            yield from _people("facts", f"within|{name}|0-{_metres(near.group(1)):.0f}", _plain(number), *small)
        elif label == "Official length":
            yield _printed("facts", f"segment|{name}", "official", "all", "km", _plain(number))
        else:
            medium = "all" if label == "Frontier length" else _MEDIA[label]
            yield _printed("facts", f"segment|{name}", "frontier_length", medium, "km", _plain(number))


def _people(place: str, zone_id: str, text: str, spread: str = "") -> Iterator[Figure]:
    """A number of people with its range, which is not printed where both ends are one figure."""
    ends = read_range(spread or text)
    values = {"value": read_number(text)} | (dict(zip(("low", "high"), ends, strict=True)) if ends else {})
    for end, value in values.items():
        yield Figure(OUTPUT, place, zone_id, "people", "total", "persons", value, end, printed=True)


def _printed(place: str, zone_id: str, measure: str, category: str, unit: str, text: str) -> Figure:
    return Figure(OUTPUT, place, zone_id, measure, category, unit, read_number(text), printed=True)


def _metres(text: str) -> float:
    """Metres of a depth such as `Within 5 km` or `500 m`."""
    found = re.search(r"([\d.,]+) (km|m)$", text)
    assert found, text
    return float(found.group(1).replace(",", "")) * (1000 if found.group(2) == "km" else 1)


def _plain(fragment: str) -> str:
    """The text of a fragment, with common spaces."""
    return html.unescape(re.sub(r"<[^>]+>", "", fragment)).replace("\u00a0", " ").strip()
