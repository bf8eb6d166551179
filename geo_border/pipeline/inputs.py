"""From sources to canonical layers: what each need is served by, fetched, verified and read."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import shapely

from geo_border import fetchers, readers
from geo_border.catalog import Entry
from geo_border.errors import EmptyLayerError, StudyError
from geo_border.model import Grid
from geo_border.store import Folders, Raw
from geo_border.study import Study

LOG = logging.getLogger("geo_border")
Tell = Callable[[str, int, int], None]
Bounds = tuple[float, float, float, float]
OPTIONAL = ("land", "water", "admin", "cover", "settlement_class", "people", "places", "facilities", "roads")
_READ: dict[str, Callable[[Raw, Bounds], Any]] = {
    "land": readers.read_land,
    "water": readers.read_water,
    "admin": readers.read_admin,
    "places": readers.read_places,
    "facilities": readers.read_facilities,
    "roads": readers.read_roads,
    "settlement_class": readers.read_classes,
    "cover": readers.read_cover,
}


@dataclass
class Inputs:
    """A run's canonical layers, and where each came from.

    Attributes
    ----------
    raw
        By need, the verified files that serve it.
    layers
        By need, the canonical layer or grid; a need that nothing serves here is missing.
    notes
        What the run could not have, in sentences for the user.
    """

    boundaries: gpd.GeoDataFrame
    raw: dict[str, Raw]
    layers: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def entry(self, need: str) -> Entry:
        """The catalogue entry that serves a need."""
        return self.raw[need].entry

    def grid(self, need: str) -> Grid | None:
        """The grid that serves a need, if there is one."""
        found = self.layers.get(need)
        return found if isinstance(found, Grid) else None


def obtain(need: str, sources: Mapping[str, str], folders: Folders, window: Any, options: fetchers.Options) -> Raw | None:
    """The files that serve a need, fetched or the user's own; None where the choice of sources has nothing for it."""
    found = fetchers.resolve(need, sources)
    if found is None or isinstance(found, Raw):
        return found
    return fetchers.fetch(found, folders, window, options)


def boundaries(study: Study, sources: Mapping[str, str], folders: Folders, options: fetchers.Options) -> Inputs:
    """The boundary layer alone: the window of all others follows from it.

    Raises
    ------
    StudyError
        When no dataset serves boundaries, or the file lacks a country of the study.
    """
    raw = obtain("boundaries", sources, folders, None, options)
    if raw is None:
        raise StudyError("no source for boundaries. Name one: --sources boundaries=PATH or a dataset of `geo-border sources`.")
    return Inputs(readers.read_boundaries(raw, study), {"boundaries": raw})


def window_of(lines: Any, margin_m: float) -> tuple[Bounds, Any]:
    """Bounds (lon/lat; west of east across the antimeridian) of all within a margin of the lines, and as a polygon."""
    west, south, east, north = shapely.total_bounds(lines)
    # Degrees on the safe side: a degree of longitude is shortest at the window's poleward edge.
    lat = min(max(abs(south), abs(north)) + margin_m / 110_000, 89.0)
    high = margin_m / 110_000
    wide = margin_m / (111_320 * max(0.02, math.cos(math.radians(lat))))
    polygon = shapely.box(west - wide, max(south - high, -90.0), east + wide, min(north + high, 90.0))
    west, south, east, north = polygon.bounds
    if east - west >= 360:
        return (-180.0, south, 180.0, north), polygon
    return (_turned(west), south, _turned(east), north), polygon


def _turned(lon: float) -> float:
    return (lon + 180.0) % 360.0 - 180.0


def read_all(
    inputs: Inputs, needs: Mapping[str, Raw | None], window: Bounds, tell: Tell
) -> None:
    """Read every need's layer within the window into `inputs`; one that lies elsewhere is noted and left out."""
    for done, (need, raw) in enumerate(needs.items()):
        tell("read", done, len(needs))
        if raw is None:
            continue
        try:
            inputs.layers[need] = _read_people(raw, window) if need == "people" else _READ[need](raw, window)
            inputs.raw[need] = raw
        except EmptyLayerError as error:
            if raw.entry.source == "local":
                raise
            inputs.notes.append(f"{need}: {error} Its figures are absent.")
            LOG.warning("%s: %s Its figures are absent.", need, error)
    tell("read", len(needs), len(needs))


def _read_people(raw: Raw, window: Bounds) -> Any:
    # Modelled people have no file of their own: they come from settlement classes.
    return None if raw.entry.reader == "modelled" else readers.read_people(raw, window)
