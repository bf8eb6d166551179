"""Figures of the layers, whatever file holds them: zones, corridor, segments, frontier, classes, places, cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pandas as pd

from geo_border.present import rounding
from geo_border.present.rounding import RoundedValue
from tests.outputs.figures_of.figure import Figure
from tests.outputs.figures_of.rows import plain, text

CLASSES = ("forested", "populated", "civilian_exposure")
# One read of a table by its name; None where the file has none.
Read = Callable[[str], pd.DataFrame | None]


def of_layers(read: Read, output: str, skip: Iterable[str] = ()) -> Iterator[Figure]:
    """Every figure of the layers that a file has."""
    readers: dict[str, Callable[[pd.DataFrame, str, str], Iterator[Figure]]] = {
        "zones": of_zones,
        "corridor": of_zones,
        "segments": of_segments,
        "frontier": of_frontier,
        "frontier_sea": of_sea,
        "corridor_axis": of_axis,
        "settlements": of_places,
        "cells": of_cells,
        **dict.fromkeys(CLASSES, of_classes),
    }
    for name, figures in readers.items():
        frame = None if name in skip else read(name)
        if frame is not None:
            yield from figures(frame, output, name)


# Column of a layer of zones: measure, category, unit, end.
_OF_ZONES = {
    "area_km2": ("area", "", "km²", "value"),
    "people": ("people", "total", "persons", "value"),
    "people_low": ("people", "total", "persons", "low"),
    "people_high": ("people", "total", "persons", "high"),
    "tree_share": ("cover_share", "tree", "share", "value"),
}


def of_zones(frame: pd.DataFrame, output: str, place: str) -> Iterator[Figure]:
    """Area, people and tree share of each zone, as far as the layer has them."""
    for column, (measure, category, unit, end) in _OF_ZONES.items():
        if column in frame:
            for zone_id, value in zip(frame["zone_id"], frame[column], strict=True):
                # Layers leave out what is not shown, raw as their numbers are.
                yield Figure(output, place, str(zone_id), measure, category, unit, plain(value), end, presented=True)


def of_segments(frame: pd.DataFrame, output: str, place: str) -> Iterator[Figure]:
    """Measured and official length of each segment, and what of it lies at sea."""
    for column, measure in (("length_km", "frontier_length"), ("sea_km", "sea_length"), ("official_km", "official")):
        for segment, value in zip(frame["segment"], frame[column], strict=True):
            yield Figure(output, place, f"segment|{segment}", measure, "all", "km", plain(value))


def of_frontier(frame: pd.DataFrame, output: str, place: str) -> Iterator[Figure]:
    """Length of each segment by medium: the sum of its stretches."""
    for (segment, medium), length in frame.groupby(["segment", "medium"])["length_km"].sum().items():  # type: ignore[misc]
        yield Figure(output, place, f"segment|{segment}", "frontier_length", str(medium), "km", float(length))


def of_sea(frame: pd.DataFrame, output: str, place: str) -> Iterator[Figure]:
    """Length of each segment at sea: the sum of its stretches."""
    for segment, length in frame.groupby("segment")["length_km"].sum().items():
        yield Figure(output, place, f"segment|{segment}", "sea_length", "all", "km", float(length))


def of_axis(frame: pd.DataFrame, output: str, place: str) -> Iterator[Figure]:
    """Length of each axis of a corridor."""
    for name, length in zip(frame["name"], frame["length_km"], strict=True):
        yield Figure(output, place, f"axis|{name}", "length", "", "km", plain(length))


def of_classes(frame: pd.DataFrame, output: str, place: str) -> Iterator[Figure]:
    """Area and people of each class of dissolved cells."""
    for row in frame.to_dict("records"):
        zone_id = f"{place}|{row['segment']}|{row['country']}|{row['class']}"
        yield Figure(output, place, zone_id, "area", "", "km²", plain(row["area_km2"]))
        yield Figure(output, place, zone_id, "people", "total", "persons", plain(row["people"]))


def of_cells(frame: pd.DataFrame, output: str, place: str) -> Iterator[Figure]:
    """Cells within 10 km by kind of exposure: how many, how large, how many people."""
    near = frame[(frame["distance_m"] < 10_000) & frame["civilian_exposure"].notna()]
    keys = ["segment", "country", "civilian_exposure"]
    sums = near.groupby(keys).agg(cells=("area_km2", "size"), area_km2=("area_km2", "sum"), people=("people", "sum"))
    yield from of_cell_sums(sums.reset_index(), output, place)


def of_cell_sums(sums: pd.DataFrame, output: str, place: str) -> Iterator[Figure]:
    """Figures of cells that were summed by segment, country and kind of exposure."""
    for row in sums.to_dict("records"):
        zone_id = f"cells|{row['segment']}|{row['country']}|{row['civilian_exposure']}|0-10000"
        yield Figure(output, place, zone_id, "cells", "", "count", plain(row["cells"]))
        yield Figure(output, place, zone_id, "area", "", "km²", plain(row["area_km2"]))
        yield Figure(output, place, zone_id, "people", "total", "persons", plain(row["people"]))


def of_places(frame: pd.DataFrame, output: str, place: str) -> Iterator[Figure]:
    """People of each settlement."""
    kms = [rounding.round_distance_km(plain(value)) for value in frame["distance_m"]]
    yield from of_named_places(
        [text(n) for n in frame["name"]], kms, [plain(p) for p in frame["people"]], output, place
    )


def of_named_places(
    names: list[str], kms: list[Any], people: list[RoundedValue], output: str, place: str, printed: bool = False
) -> Iterator[Figure]:
    """People of each settlement, known by its name and its distance as shown; those that share both are left out."""
    ids = [f"place|{name}|{km if isinstance(km, str) else f'{km:g}'} km" for name, km in zip(names, kms, strict=True)]
    often = Counter(ids)
    for zone_id, value in zip(ids, people, strict=True):
        if often[zone_id] == 1:
            yield Figure(output, place, zone_id, "people", "total", "persons", value, printed=printed)
