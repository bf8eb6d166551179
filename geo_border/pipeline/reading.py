"""What areas hold: people, cover, public roads and protected sites, read once for units, and for corridors anew."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo_border import exposure
from geo_border.catalog import Legend
from geo_border.crs import WGS84, FloatArray, area_km2, length_m, to_crs
from geo_border.engine import Engine
from geo_border.errors import EmptyLayerError
from geo_border.people import Ground as Dry
from geo_border.people import People, counted, in_areas, modelled
from geo_border.pipeline.ground import Ground
from geo_border.pipeline.inputs import Inputs, Tell
from geo_border.polygons import clipped, on_lattice, polygonal
from geo_border.zonal import Zones, prepare_zones, tabulate

# Sites are large and winding: laid in pieces of this size, each is met by few units.
_SITE_PIECE_M = 2_000.0


@dataclass(frozen=True)
class Sums:
    """What areas 0..n-1 hold; each measure is None where no dataset serves it.

    Attributes
    ----------
    people
        By name (`people`, `low`, `high`, ages) one number an area.
    cover
        One row an area, one column a class, in km².
    road_m
        Length of public roads.
    protected_km2
        Area in any protected site, where sites overlap once.
    """

    people: dict[str, FloatArray] | None
    cover: pd.DataFrame | None
    road_m: FloatArray | None
    protected_km2: FloatArray | None

    def at(self, i: int) -> Sums:
        """One area alone."""
        return Sums(
            None if self.people is None else {name: values[[i]] for name, values in self.people.items()},
            None if self.cover is None else self.cover.iloc[[i]].reset_index(drop=True),
            None if self.road_m is None else self.road_m[[i]],
            None if self.protected_km2 is None else self.protected_km2[[i]],
        )


@dataclass(frozen=True)
class Sources:
    """What areas are measured from.

    Attributes
    ----------
    grid
        The people as spread; `counts_what` says whom its cells count.
    ages
        People of each age as spread, where the dataset has ages.
    streams
        In place of `grid` and `ages`, the files of people rasters too fine to hold.
    cover, legend
        The cover's grid or the paths of its tiles, and its classes.
    roads, sites
        Lines of public roads; disjoint pieces of protected sites (plane).
    engine
        Where rasters are tabulated; on threads here when None.
    """

    grid: People | None = None
    counts_what: str = ""
    ages: dict[str, People] = field(default_factory=dict)
    streams: dict[str, list[Path]] = field(default_factory=dict)
    cover: Any = None
    legend: Legend | None = None
    roads: Any = None
    sites: Any = None
    engine: Engine | None = None


@dataclass(frozen=True)
class Figures:
    """What the units hold, from what it was read, and whom the people's rasters hold on home land as a whole."""

    units: Sums
    sources: Sources
    home_people: float | None


def read(ground: Ground, inputs: Inputs, tell: Tell, engine: Engine | None = None) -> Figures:
    """Everything measured, for every unit."""
    tell("figures", 0, 2)
    # Prepared once: units are moved into the plane of each grid only when that changes.
    units, water = prepare_zones(ground.units, "unit"), prepare_zones(ground.water, "unit")
    sources = _sources(ground, inputs, Dry(units, water, ground.beyond), engine)
    tell("figures", 1, 2)
    found = sums(sources, ground.units, units, water, ground.crs)
    if sources.streams and found.people is not None and not found.people["people"].sum() > 0:
        raise EmptyLayerError("the people rasters hold nobody on home land in this study: wrong area or unit?")
    home = _home_people(sources, ground)
    tell("figures", 2, 2)
    return Figures(found, sources, home)


def in_shapes(figures: Figures, ground: Ground, shapes: list[Any]) -> list[Sums]:
    """What areas hold that are not sums of units (plane), one by one."""
    areas = gpd.GeoDataFrame({"area": np.arange(len(shapes))}, geometry=shapes, crs=ground.crs)
    wet = ground.water.geometry.to_numpy()
    at, of = shapely.STRtree(wet).query(areas.geometry.to_numpy(), predicate="intersects") if len(wet) else ([], [])
    inside = shapely.intersection(wet[of], areas.geometry.to_numpy()[at]) if len(wet) else []
    water = gpd.GeoDataFrame(
        {"area": np.asarray(at, dtype=np.int64)}, geometry=polygonal(np.asarray(inside, dtype=object)), crs=ground.crs
    )
    found = sums(figures.sources, areas, prepare_zones(areas, "area"), prepare_zones(water, "area"), ground.crs)
    return [found.at(i) for i in range(len(shapes))]


def _sources(ground: Ground, inputs: Inputs, dry: Dry, engine: Engine | None) -> Sources:
    paths = inputs.layers.get("people")
    streams = {"people": paths, **inputs.ages} if isinstance(paths, list) else {}
    grid, what = (None, "all") if streams else _people(ground, inputs, dry)
    roads, sites = inputs.layers.get("roads"), inputs.layers.get("protected")
    if sites is not None and not len(sites):
        inputs.notes.append("protected: the dataset has no site near this study; absent.")
        sites = None
    return Sources(
        grid,
        what,
        {} if streams else _ages(inputs, dry),
        streams,
        inputs.layers.get("cover"),
        inputs.entry("cover").legend if "cover" in inputs.layers else None,
        None if roads is None else to_crs(roads.geometry.to_numpy(), WGS84, ground.crs),
        None if sites is None else _disjoint(sites, ground.crs),
        engine,
    )


def sums(sources: Sources, frame: gpd.GeoDataFrame, areas: Zones, water: Zones, crs: CRS) -> Sums:
    """What areas hold: `frame` has them in the plane, `areas` and `water` (within them) by number 0..n-1."""
    cover = None
    if sources.cover is not None:
        assert sources.legend is not None, "read_cover refuses a dataset without a legend"
        cover = exposure.cover_by_area(sources.cover, areas, len(frame), sources.legend, sources.engine)
    shapes = frame.geometry.to_numpy()
    return Sums(
        people_in(sources, areas, water, len(frame)),
        cover,
        None if sources.roads is None else _added(sources.roads, shapes, lambda p: length_m(to_crs(p, crs, WGS84))),
        None if sources.sites is None else _added(sources.sites, shapes, lambda p: area_km2(polygonal(p), crs)),
    )


def people_in(sources: Sources, areas: Zones, water: Zones, count: int) -> dict[str, FloatArray] | None:
    """People in each area 0..count-1, in all and by age; None without people."""
    if sources.streams:
        return {name: _streamed(paths, areas, count, sources.engine) for name, paths in sources.streams.items()}
    if sources.grid is None:
        return None
    by_age = {name: in_areas(age, areas, water, count, sources.engine)["people"] for name, age in sources.ages.items()}
    return in_areas(sources.grid, areas, water, count, sources.engine) | by_age


def _streamed(paths: list[Path], areas: Zones, count: int, engine: Engine | None) -> FloatArray:
    """Counts of files added up: tiles of one grid, countries whose rectangles overlap, or one age after another."""
    out = np.zeros(count)
    for path in paths:
        table = tabulate(path, areas, zone_field=areas.field, mode="sum", coverage="exact", engine=engine)
        np.add.at(out, table[areas.field].to_numpy(np.int64), table["sum"].to_numpy())
    return out


def _home_people(sources: Sources, ground: Ground) -> float | None:
    """People on home land as a whole: of a grid its home cells, of streamed rasters one sum over land never cut."""
    if sources.streams:
        land = [p.geometry for p in ground.pieces]
        whole = gpd.GeoDataFrame({"whole": np.zeros(len(land), np.int64)}, geometry=land, crs=ground.crs)
        return float(_streamed(sources.streams["people"], prepare_zones(whole, "whole"), 1, sources.engine)[0])
    # A cell that counts everyone in it is shared with the other side of the line: home keeps a part, and no sum tells.
    return sources.grid.home_people if sources.grid is not None and sources.counts_what == "home" else None


def _people(ground: Ground, inputs: Inputs, dry: Dry) -> tuple[People | None, str]:
    if "people" not in inputs.layers:
        return None, ""
    entry = inputs.entry("people")
    if entry.reader != "modelled":
        return counted(inputs.layers["people"], entry.counts, dry)
    classes = inputs.grid("settlement_class")
    if classes is None:
        inputs.notes.append("people: modelled from settlement classes, which this study has none of; absent.")
        return None, ""
    found = modelled(classes, entry.options, ground.segment_ids, ground.index, dry)
    if found.home_people <= 0:
        inputs.notes.append("people: the settlement classes do not cover this study; absent.")
        return None, ""
    strange = [name for name in ground.segment_ids if name not in entry.options["density"]]
    if strange:
        inputs.notes.append(
            f"people: modelled, and not calibrated on {', '.join(strange)}: pooled densities of other borders, with a "
            "range from the lowest of them to the highest. Use a census (--sources people=DATASET) where it matters."
        )
    return found, "home"


def _ages(inputs: Inputs, dry: Dry) -> dict[str, People]:
    counts = inputs.entry("people").counts if inputs.ages else None
    found = {}
    for name, grid in inputs.ages.items():
        try:
            found[name] = counted(grid, counts, dry)[0]
        except EmptyLayerError:
            inputs.notes.append(f"people: the dataset tells nobody of age {name} here; absent.")
    return found


def _disjoint(sites: gpd.GeoDataFrame, crs: CRS) -> Any:
    """Protected sites in the plane, where they overlap once, in small pieces."""
    flat = to_crs(sites.geometry.to_numpy(), WGS84, crs)
    # Valid when read: only what the move has crossed is repaired, ring by ring: all lines at once may take minutes.
    crossed = ~shapely.is_valid(flat)
    flat[crossed] = shapely.make_valid(flat[crossed], method="structure", keep_collapsed=False)
    return on_lattice(shapely.get_parts(polygonal(shapely.union_all(polygonal(flat)))), _SITE_PIECE_M, clipped).shape


def _added(things: Any, areas: Any, measured: Any) -> FloatArray:
    """For each area (plane), how much of lines or disjoint polygons lies in it."""
    thing, area = shapely.STRtree(areas).query(things, predicate="intersects")
    out = np.zeros(len(areas))
    if len(thing):
        np.add.at(out, area, measured(shapely.intersection(things[thing], areas[area])))
    return out
