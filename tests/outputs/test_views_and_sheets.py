"""A finished run: each number of a view, question, sheet or tip is the row of exposure.csv as it may be shown."""

from __future__ import annotations

import csv
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from geo_border.outputs.questions import VIEWS
from geo_border.present import rounding
from geo_border.present.languages import read_language
from geo_border.present.withholding import LEAST_PIXELS
from tests.outputs.qgis_runs import bare, questions, session

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("suwalki")]
STUDY = "suwalki"
# Cells by kind of exposure are in no row of the table.
OF_CELLS = {"civilian_exposure_by_segment"}
ZONE_LAYERS = ("bands", "strips", "admin", "zones", "zone_figures")
SHARE = ("cover_share", "tree")
Key = tuple[str, str, str]
ENDS = ("value", "low", "high")


@dataclass(frozen=True)
class Pair:
    """What an output gives, and what the row of the table is there: numbers as they are, or both as printed."""

    place: str
    key: Key
    end: str
    given: float | str | None
    row: float | str | None


class Table:
    """`exposure.csv` by its key; what the rule withholds is None."""

    def __init__(self, path: Path) -> None:
        with path.open(encoding="utf-8", newline="") as file:
            self.rows = {(r["zone_id"], r["measure"], r["category"]): r for r in csv.DictReader(file)}
        self.zones = {key[0]: row for key, row in self.rows.items()}
        self.by_name = {row["zone_name"]: zone for zone, row in self.zones.items()}

    def get(self, key: Key, end: str = "value") -> float | None:
        """One end of a figure as it may be shown."""
        row = self.rows[key]
        few = row["pixels"] != "" and float(row["pixels"]) < LEAST_PIXELS
        return None if few or row[end] == "" else float(row[end])

    def pair(self, place: str, key: Key, given: float | None, end: str = "value") -> Pair:
        """A number as an output holds it, beside the row's."""
        return Pair(place, key, end, given, self.get(key, end))

    def pair_printed(self, place: str, key: Key, given: str, shown: str, end: str = "value") -> Pair:
        """A text as an output prints it, beside what the row comes to."""
        return Pair(place, key, end, bare(given), bare(shown))


@pytest.fixture(scope="module")
def folder(run_root: Callable[[str], Path]) -> Path:
    return run_root(STUDY) / "data" / "processed" / STUDY


@pytest.fixture(scope="module")
def table(folder: Path) -> Table:
    return Table(folder / "exposure.csv")


def list_rows(folder: Path, sql: str) -> Iterator[dict[str, Any]]:
    """Rows of the GeoPackage by column."""
    with closing(sqlite3.connect(folder / "layers.gpkg")) as database:
        database.row_factory = sqlite3.Row
        yield from (dict(row) for row in database.execute(sql))


def of_wide_view(folder: Path, table: Table) -> Iterator[Pair]:
    """Every column of every row, and the columns of the layer of zones."""
    by_zone: dict[str, list[Key]] = {}
    for key in table.rows:
        by_zone.setdefault(key[0], []).append(key)
    for row in list_rows(folder, "SELECT * FROM zone_figures"):
        for key in by_zone[row["zone_id"]]:
            _, measure, category = key
            name = "_".join(part for part in (measure, category) if part)
            name += "_km2" if table.rows[key]["unit"] == "km²" else ""
            yield table.pair("zone_figures", key, row[name])
            if f"{name}_low" in row:
                yield table.pair("zone_figures", key, row[f"{name}_low"], "low")
                yield table.pair("zone_figures", key, row[f"{name}_high"], "high")
    for row in list_rows(folder, "SELECT * FROM zones"):
        people = (row["zone_id"], "people", "total")
        yield table.pair("zones", (row["zone_id"], "area", ""), row["area_km2"])
        yield table.pair("zones", (row["zone_id"], *SHARE), row["tree_share"])
        for end, column in zip(ENDS, ("people", "people_low", "people_high"), strict=True):
            yield table.pair("zones", people, row[column], end)


def of_views(folder: Path, table: Table) -> Iterator[Pair]:
    """The ready questions of the GeoPackage."""
    for view in ("people_within_10km_by_country", "people_by_segment_and_distance"):
        for row in list_rows(folder, f"SELECT * FROM {view}"):
            for end, column in zip(ENDS, ("people", "people_low", "people_high"), strict=True):
                yield table.pair(view, (row["zone_id"], "people", "total"), row[column], end)
    for row in list_rows(folder, "SELECT * FROM cover_by_distance"):
        for measure, columns in (("area", ("area_km2", "area_low", "area_high")), ("share", ())):
            key = (row["zone_id"], f"cover_{measure}", row["cover"])
            names = columns or ("share", "share_low", "share_high")
            if key in table.rows:
                yield from (table.pair("cover_by_distance", key, row[n], e) for e, n in zip(ENDS, names, strict=True))
    listed = Counter(row["zone_id"] for row in list_rows(folder, "SELECT zone_id FROM settlements_in_strips"))
    for zone, row in table.zones.items():
        if row["zone_kind"] == "strip" and row["segment"]:
            yield table.pair("settlements_in_strips", (zone, "settlements", ""), listed[zone])


def of_docs(folder: Path, table: Table) -> Iterator[Pair]:
    """The questions of docs/QGIS.md whose answers are figures of the table."""
    for number in ("1", "2", "5", "6", "10"):
        place = f"question {number}"
        for row in list_rows(folder, questions()[number].replace("layer_", "")):
            country, segment = row.get("country"), row.get("segment")
            if number == "6":
                key = (f"segment|{segment}", "frontier_length", row["medium"])
                shown = (rounding.round_length_km(row["length_km"]), rounding.round_length_km(table.get(key)))
                yield table.pair_printed(place, key, *map(str, shown))
            elif number == "5":
                yield table.pair(place, (f"within|{country}|0-5000", "cover_area", row["cover"]), row["area_km2"])
            else:
                band = f"band|{segment}|{country}|{row.get('from_m', 0):g}-{row.get('to_m', 0):g}"
                zone = {"1": f"within|{country}|0-10000", "2": band}.get(number) or row["zone_id"]
                measure, category = ("people_per_km2", "") if number == "2" else ("people", "total")
                key = (zone, measure, category)
                value = row.get("people", row.get("people_per_km2"))
                yield from (
                    table.pair(place, key, v, e) for e, v in zip(ENDS, (value, row["low"], row["high"]), strict=True)
                )


def of_sheets(labels: dict[str, dict[str, str]], table: Table) -> Iterator[Pair]:
    """Lengths, people with their range and tree cover, of every page."""
    english = read_language("en")
    for segment, texts in labels.items():
        first, *lines = texts.get("figures", "").split("\n")
        if not lines:
            continue
        key = (f"segment|{segment}", "frontier_length", "all")
        media = [table.get((key[0], key[1], medium)) or 0.0 for medium in ("land", "river", "lake")]
        length = english.format_number(rounding.round_length_km(sum(media)))
        yield table.pair_printed("sheet", key, first.split(";")[0], f"Measured length {length} km")
        for line in lines:
            found = re.fullmatch(r"0–([\d.]+) km: People ([^(;]+?)(?: \((.+)\))?; Tree cover (.+)", line)
            assert found, line
            zone = f"within|{segment}|0-{float(found.group(1)) * 1000:g}"
            people = (zone, "people", "total")
            value, low, high = (rounding.round_people(table.get(people, end)) for end in ENDS)
            yield table.pair_printed("sheet", people, found.group(2), english.format_number(value))
            yield table.pair_printed("sheet", people, found.group(3) or "", english.format_range(low, high), "range")
            share = english.format_share(rounding.round_percent(table.get((zone, *SHARE))))
            yield table.pair_printed("sheet", (zone, *SHARE), found.group(4), share)


def of_tips(tips: dict[str, list[str]], table: Table) -> Iterator[Pair]:
    """Area and people of every zone, by its name."""
    english = read_language("en")
    for layer, texts in tips.items():
        for tip in texts:
            found = re.fullmatch(r"<b>(.+)</b>(?:<br>[^:]+)?<br>Area: (.+)<br>People: (.+)", tip)
            assert found, tip
            zone = table.by_name[found.group(1)]
            area, people = (zone, "area", ""), (zone, "people", "total")
            shown = f"{english.format_number(rounding.round_area_km2(table.get(area)))} km²"
            yield table.pair_printed(f"tip of {layer}", area, found.group(2), shown)
            shown = english.format_number(rounding.round_people(table.get(people)))
            yield table.pair_printed(f"tip of {layer}", people, found.group(3), shown)


def count_pairs(pairs: list[Pair]) -> Counter[str]:
    """How many pairs of each place were compared; fails where one is unequal, or nothing is there to compare."""
    counts = Counter(pair.place for pair in pairs)
    for place, count in sorted(counts.items()):
        blank = sum(pair.place == place and pair.row in (None, "–") for pair in pairs)
        print(f"{count} pairs of {place}, {blank} of them withheld or not known in both")
    unequal = [pair for pair in pairs if pair.given != pair.row]
    assert not unequal, f"{len(unequal)} of {len(pairs)} pairs, such as {unequal[:5]}"
    return counts


def test_every_number_of_a_view_or_question_is_a_row_of_the_table(folder: Path, table: Table) -> None:
    counts = count_pairs([*of_wide_view(folder, table), *of_views(folder, table), *of_docs(folder, table)])
    views = {question.view for question in VIEWS} - OF_CELLS
    assert set(counts) == {"zone_figures", "zones", *views, *(f"question {n}" for n in (1, 2, 5, 6, 10))}
    assert counts.total() > 7000


@pytest.mark.qgis
def test_every_number_of_a_sheet_or_tip_is_a_row_of_the_table_rounded(folder: Path, table: Table) -> None:
    layers = [f"layer_{name}" for name in (*ZONE_LAYERS, "corridor")]
    answer = session(project=str(folder / f"{STUDY}.qgz"), labels=True, tips=layers)
    counts = count_pairs([*of_sheets(answer["labels"], table), *of_tips(answer["tips"], table)])
    # Each of four segments to five distances: people, their range, trees; and its length.
    assert counts["sheet"] == 4 * (1 + 5 * 3)
    assert set(counts) == {"sheet", *(f"tip of {layer}" for layer in layers)}
    assert counts.total() > 900
    assert not any(answer["cut"].values())
