"""Figures that a run prints: the length of the frontier, and one row a distance."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.outputs.figures_of.figure import Figure, read_number, read_range

OUTPUT = "console"
# Head of a column: measure, category, unit.
_COLUMNS = {
    "land, km²": ("area", "", "km²"),
    "people": ("people", "total", "persons"),
    "range": ("people", "total", "persons"),
    "tree": ("cover_share", "tree", "share"),
    "settlements": ("settlements", "", "count"),
}


def of_console(text: str) -> Iterator[Figure]:
    """Every figure of the printed summary."""
    lengths = re.search(r"Frontier: ([\d,.]+) km on land, rivers and lakes; ([\d,.]+) km at sea", text)
    assert lengths, f"no line of lengths in:\n{text}"
    for number, measure in zip(lengths.groups(), ("frontier_length", "sea_length"), strict=True):
        yield _printed("first line", "segment|all", measure, "all", "km", number)
    heads: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split("[┃│]", line)[1:-1]]
        if cells and cells[0] == "within":
            heads = cells[1:]
            assert set(heads) <= set(_COLUMNS), heads
        elif cells and re.fullmatch(r"[\d.]+ (km|m)", cells[0]):
            yield from _of_row(cells[0], dict(zip(heads, cells[1:], strict=True)))


def _of_row(depth: str, cells: dict[str, str]) -> Iterator[Figure]:
    number, unit = depth.split()
    zone_id = f"within|all|0-{float(number) * (1000 if unit == 'km' else 1):.0f}"
    for head, cell in cells.items():
        measure, category, unit = _COLUMNS[head]
        if head == "range":
            ends = read_range(cell) or (None, None)
            for end, value in zip(("low", "high"), ends, strict=True):
                yield Figure(OUTPUT, "table", zone_id, measure, category, unit, value, end, printed=True)
        else:
            yield _printed("table", zone_id, measure, category, unit, cell)


def _printed(place: str, zone_id: str, measure: str, category: str, unit: str, cell: str) -> Figure:
    return Figure(OUTPUT, place, zone_id, measure, category, unit, read_number(cell), printed=True)
