"""Small made-up borders with known shapes, and the zones that the pipeline would make of them; for tests only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geo_border.frontier import Frontier, Surroundings, build_frontier, build_surroundings, build_territories
from geo_border.frontier.build import choose_study_crs, match_borders
from geo_border.geo.crs import WGS84
from geo_border.study import Study
from geo_border.zones import admin, bands, cells, units
from geo_border.zones.buffers import buffer_line
from geo_border.zones.home import cut_home_land
from geo_border.zones.kinds import list_zones
from geo_border.zones.layout import Layout, SegmentName
from geo_border.zones.membership import NO_UNIT, Members, Membership
from geo_border.zones.voronoi import partition_by_lines


def a_study(**changes: Any) -> Study:
    """One home country HH against one facing country FF, in the plane of Europe unless told otherwise."""
    given = {
        "name": "made-up",
        "title": "A made-up border",
        "home": ("HH",),
        "facing": ("FF",),
        "bands_m": (1000, 5000, 10000),
        "strips_m": (500, 1000),
        **changes,
    }
    return Study.model_validate(given)


def boundaries(**countries: Any) -> gpd.GeoDataFrame:
    """The canonical boundary layer of countries given as polygons in lon/lat."""
    names = list(countries)
    shapes = np.array([countries[name] for name in names], dtype=object)
    return gpd.GeoDataFrame({"country": names, "territory": names, "name": names}, geometry=shapes, crs=WGS84)


def wound(seed: int, south: float, north: float, lon: float, swing: float = 0.03, count: int = 30) -> np.ndarray:
    """Vertices (n x 2) of a line that winds northward about a meridian and never crosses itself."""
    draw = np.random.default_rng(seed)
    lat = np.linspace(south, north, count)
    x = lon + swing * np.cumsum(draw.uniform(-1, 1, count)).clip(-3, 3)
    return np.column_stack((x, lat))


def two_sides(line: np.ndarray, wide: float = 2.0) -> dict[str, Any]:
    """HH west and FF east of a northward line, each `wide` degrees deep."""
    west, east = line[:, 0].min() - wide, line[:, 0].max() + wide
    south, north = line[0, 1], line[-1, 1]
    home = shapely.Polygon([(west, south), *line, (west, north)])
    return {"HH": home, "FF": shapely.Polygon([(east, south), *line, (east, north)])}


@dataclass(frozen=True)
class World:
    """Everything between a boundary layer and the units that figures are summed from."""

    study: Study
    crs: CRS
    frontier: Frontier
    home: dict[str, Any]
    pieces: list[bands.BandPart]

    def units(self, administrative: gpd.GeoDataFrame | None = None) -> gpd.GeoDataFrame:
        """Units cut by administrative units, by none where there are none."""
        none = {"admin_id": [], "name": [], "country": [], "geometry": []}
        given = gpd.GeoDataFrame(none, geometry="geometry", crs=WGS84) if administrative is None else administrative
        return units.cut_units(
            self.pieces, admin.build_admin_units(given, self.home, self.crs), np.empty(0, object), self.crs
        )[0]

    def membership(self) -> Membership:
        """Every zone of a world without administrative units and corridors."""
        segments = [SegmentName(s.id, s.country, s.home, s.facing) for s in self.frontier.segments]
        columns = {"admin_id": [], "name": [], "country": [], "geometry": []}
        admin = gpd.GeoDataFrame(columns, geometry="geometry", crs=self.crs)
        return list_zones(Layout(self.study, segments, self.pieces, admin, {}, [], {}))

    def members(self) -> Members:
        """The pieces of home land as members of zones."""
        rows = [(p.segment, p.country, NO_UNIT, p.from_m, p.to_m) for p in self.pieces]
        columns = zip(*rows, strict=True)
        segment, country, admin = (np.array(next(columns), dtype=object) for _ in range(3))
        return Members(segment, country, admin, *(np.array(column, dtype=np.float64) for column in columns))

    def cells(self) -> gpd.GeoDataFrame:
        """The 1 km cells."""
        names = [segment.id for segment in self.frontier.segments]
        return cells.build_cells(self.home, names, self.frontier.build_index(), self.crs, self.study.widest_m)


def traced(frame: gpd.GeoDataFrame, study: Study, land: Any = None, water: Any = None) -> Frontier:
    """The frontier of a boundary layer, with land and water layers if given."""
    lines = match_borders(build_territories(frame, study), study)
    crs = choose_study_crs(study, lines)
    around = build_surroundings(land, water, [lagoon.point for lagoon in study.lagoons], study.river_width_m, crs)
    return build_frontier(lines, around, study, crs)


def world(frame: gpd.GeoDataFrame, study: Study, land: Any = None) -> World:
    """The zones of a boundary layer."""
    territories = build_territories(frame, study)
    lines = match_borders(territories, study)
    crs = choose_study_crs(study, lines)
    around = build_surroundings(land, None, [], study.river_width_m, crs) if land is not None else _bare()
    frontier = build_frontier(lines, around, study, crs)
    reach = dict(zip(study.edges_m, buffer_line(frontier.line, study.edges_m, crs), strict=True))
    parts = partition_by_lines([segment.line for segment in frontier.segments], crs, study.widest_m)
    nearest = {segment.id: part for segment, part in zip(frontier.segments, parts, strict=True)}
    window = shapely.buffer(reach[study.widest_m], study.reach_m, quad_segs=4)
    home = {
        name: cut_home_land(territories[name], around.land, around.lagoons, window, crs, study.coast_tolerance_m)
        for name in study.home
    }
    return World(study, crs, frontier, home, bands.cut_bands(home, nearest, reach))


def _bare() -> Surroundings:
    none = np.array([], dtype=object)
    return Surroundings(none, none, np.array([], dtype=bool), none)
