"""From sources to canonical layers: what each need is served by, fetched, verified and read."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from geo_border import read
from geo_border.errors import EmptyLayerError, StudyError
from geo_border.layers import Layer
from geo_border.schemas import AGES, LINE_NEEDS, LINES, NEEDS, POINTS, SITES
from geo_border.store import Raw
from geo_border.study import Study

LOG = logging.getLogger("geo_border")
StageProgress = Callable[[str, int, int], None]
Bounds = tuple[float, float, float, float]
# A raster finer than this is streamed from its files; of cover, a mosaic of its tiles stands in the results.
_STREAMED_BELOW_M = 100
_WINDOW_STEP_DEG = 0.1
OPTIONAL = tuple(need for need in NEEDS if need not in LINE_NEEDS)


def read_boundaries(study: Study, raw: Raw | None) -> Layer:
    """The boundary layer alone: the window of all others follows from it.

    Raises
    ------
    StudyError
        When no dataset serves boundaries, or the file lacks a country of the study.
    """
    if raw is None:
        raise StudyError(
            "no source for boundaries. Name one: --sources boundaries=PATH or a dataset of `geo-border sources`."
        )
    return Layer(raw.entry, read.read_boundaries(raw, study))


def read_own_line(raw: Raw | None) -> Layer | None:
    """A user's own line, or None where the run has none."""
    return None if raw is None else Layer(raw.entry, read.read_own_line(raw))


def compute_window(lines: Any, margin_m: float) -> tuple[Bounds, Any]:
    """Bounds (lon/lat; west of east across the antimeridian) of all within a margin of the lines, and as a polygon.

    The polygon follows the lines, so that only the tiles along them are fetched, and holds all within the margin.
    """
    along = shapely.get_coordinates(shapely.segmentize(shapely.simplify(lines, _WINDOW_STEP_DEG / 5), _WINDOW_STEP_DEG))
    # Degrees on the safe side: a degree of longitude is shortest at a window's poleward edge.
    high = margin_m / 110_000 + _WINDOW_STEP_DEG
    lat = np.minimum(np.abs(along[:, 1]) + high, 89.0)
    wide = margin_m / (111_320 * np.maximum(0.02, np.cos(np.radians(lat)))) + _WINDOW_STEP_DEG
    south, north = np.maximum(along[:, 1] - high, -90.0), np.minimum(along[:, 1] + high, 90.0)
    whole = shapely.union_all(shapely.box(along[:, 0] - wide, south, along[:, 0] + wide, north))
    west, low, east, top = shapely.bounds(whole)
    if east - west >= 360:
        return (-180.0, low, 180.0, top), shapely.box(-180.0, low, 180.0, top)
    return (_wrap_longitude(west), low, _wrap_longitude(east), top), _wrap_polygon(whole)


def _wrap_polygon(shape: Any) -> Any:
    """A polygon that may run past the antimeridian, cut there and laid between 180 W and 180 E."""
    turns = [shapely.transform(shape, lambda xy, by=by: np.add(xy, (by, 0.0))) for by in (-360.0, 0.0, 360.0)]
    return shapely.union_all([shapely.clip_by_rect(turned, -180.0, -90.0, 180.0, 90.0) for turned in turns])


def _wrap_longitude(lon: float) -> float:
    return (lon + 180.0) % 360.0 - 180.0


def read_layers(
    raws: Mapping[str, Raw | None], window: Bounds, countries: Sequence[str], tell: StageProgress
) -> tuple[dict[str, Layer], list[str]]:
    """Every need's layer within the window, and notes on those that lie elsewhere and are left out.

    Parameters
    ----------
    window
        West, south, east, north in degrees.
    countries
        Alpha-2 codes of the countries of which the census tells whom it places nowhere.
    """
    layers: dict[str, Layer] = {}
    notes: list[str] = []
    for done, (need, raw) in enumerate(raws.items()):
        tell("read", done, len(raws))
        if raw is None:
            continue
        try:
            ages = _read_ages(raw, window) if need == "people" else {}
            layers[need] = Layer(raw.entry, read_need(need, raw, window), ages)
        except EmptyLayerError as error:
            if raw.entry.source == "local":
                raise
            # Outputs are passed on: they name the file, not where it lay on this machine.
            why = str(error).replace(f"{raw.paths[0].parent}{os.sep}", "") if raw.paths else str(error)
            notes.append(note(f"{need}: {why} Its figures are absent."))
            continue
        if need == "people":
            unplaced = read.describe_unplaced_people(raw, countries)
            notes += [note(f"people: {unplaced}")] if unplaced else []
        if need == "roads" and len(layers[need].data) and layers[need].data["kind"].isna().all():
            notes.append(
                note(f"roads: {raw.entry.name} has no class of road: every line in it counts as a public road.")
            )
        if NEEDS[need] in (POINTS, LINES, SITES) and not len(layers[need].data):
            notes.append(note(f"{need}: {raw.entry.name} has none near this study; absent."))
    tell("read", len(raws), len(raws))
    return layers, notes


def read_need(need: str, raw: Raw, window: Bounds) -> Any:
    """What serves a need, as a run reads it: a table or grid, or the files of what is streamed.

    Parameters
    ----------
    need
        One of `OPTIONAL`.
    raw
        The dataset's files.
    window
        West, south, east, north in degrees, EPSG:4326; west of east across the antimeridian.
    """
    return _READERS[need](raw, window)


def note(sentence: str) -> str:
    """Say a sentence for every output at once, since a run may go on for long; gives it back."""
    LOG.warning("%s", sentence)
    return sentence


def _is_fine(raw: Raw) -> bool:
    """Whether a raster is too fine to be held: it is then streamed from its files."""
    return raw.entry.pixel_m is not None and raw.entry.pixel_m < _STREAMED_BELOW_M


def _read_cover(raw: Raw, window: Bounds) -> Any:
    return list(raw.paths) if _is_fine(raw) and raw.entry.legend is not None else read.read_cover(raw, window)


def _read_ages(raw: Raw, window: Bounds) -> dict[str, Any]:
    return {name: _read_people_category(raw, window, name) for name in read.list_people_categories(raw) if name in AGES}


def _read_people(raw: Raw, window: Bounds) -> Any:
    # Modelled people have no file of their own: they come from settlement classes.
    return None if raw.entry.reader == "modelled" else _read_people_category(raw, window, "total")


def _read_people_category(raw: Raw, window: Bounds, category: str) -> Any:
    # Persons per km² become persons where they are read.
    if _is_fine(raw) and raw.entry.counts == "all" and not raw.entry.density:
        return list(read.list_people_files(raw, category))
    return read.read_people(raw, window, category)


# What reads a need that has no reader of its own, by the kind of its data.
_READ_KIND: dict[str, Callable[[Raw, Bounds], Any]] = {LINES: read.read_lines, SITES: read.read_protected}
_READERS: dict[str, Callable[[Raw, Bounds], Any]] = {
    **{need: _READ_KIND[NEEDS[need]] for need in OPTIONAL if NEEDS[need] in _READ_KIND},
    "land": read.read_land,
    "water": read.read_water,
    "admin": read.read_admin,
    "cover": _read_cover,
    "people": _read_people,
    "places": read.read_places,
    "facilities": read.read_facilities,
    "roads": read.read_roads,
    "settlement_class": read.read_classes,
    "own_zones": read.read_own_zones,
}
