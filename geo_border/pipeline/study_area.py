"""The study on the ground: frontier, home land, pieces, units, corridor and cells, before any figure is read."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geo_border.engine import Engine
from geo_border.errors import EmptyLayerError
from geo_border.frontier import Frontier, Surroundings, build, country_of, sheet_of, surroundings
from geo_border.geo.crs import WGS84
from geo_border.geo.line_distance import Lines
from geo_border.geo.overlay import polygonal
from geo_border.layers import Layers
from geo_border.pipeline.inputs import Tell
from geo_border.study import Study
from geo_border.zones import admin as admin_zones
from geo_border.zones import bands, buffers, cells, corridor, home, units, voronoi

LOG = logging.getLogger("geo_border")
# Half a cell's diagonal and more: so far beyond the reach of the widest band cells still count.
_MARGIN_M = 2_500.0
# Land covering less of home than this is another region's land dataset.
_LEAST_LAND_SHARE = 0.01


@dataclass(frozen=True)
class Ground:
    """What figures are read for.

    Attributes
    ----------
    home
        Home land by country within the window, in the plane.
    pieces, admin, units
        Disjoint parts of home land; see `zones`.
    water
        Inland water in units: `unit`, geometry.
    beyond
        The facing side within 5 km of the line (plane).
    corridors
        By id, the corridor's outlines.
    """

    frontier: Frontier
    index: Lines
    around: Surroundings
    home: dict[str, Any]
    reach: dict[float, Any]
    pieces: list[bands.Piece]
    admin: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    water: gpd.GeoDataFrame
    cells: gpd.GeoDataFrame
    beyond: gpd.GeoDataFrame
    corridors: dict[str, corridor.Outline]

    @property
    def crs(self) -> CRS:
        """The study's plane."""
        return self.frontier.crs

    @property
    def segment_ids(self) -> list[str]:
        """Segments in the study's order."""
        return [segment.id for segment in self.frontier.segments]


def lay(
    study: Study,
    territories: dict[str, Any],
    lines: dict[tuple[str, str], Any],
    layers: Layers,
    crs: CRS,
    tell: Tell,
    engine: Engine | None = None,
) -> Ground:
    """Everything up to units and cells.

    Raises
    ------
    StudyError, EmptyLayerError
        When the study has no land frontier, or no home land near it.
    """
    tell("frontier", 0, 1)
    around = _surroundings(study, layers, lines, crs)
    frontier = build(lines, around, study, crs)
    tell("frontier", 1, 1)
    edges = [*study.edges_m, study.widest_m + study.reach_m + _MARGIN_M]
    grown = buffers.within(frontier.line, edges, crs, lambda a, b: tell("bands", a, b), engine)
    within = dict(zip(edges, grown, strict=True))
    tell("zones", 0, 5)
    parts = voronoi.parts_of_lines([s.line for s in frontier.segments], crs, edges[-1])
    nearest = {segment.id: part for segment, part in zip(frontier.segments, parts, strict=True)}
    land = _home(study, territories, around, within[edges[-1]], crs)
    tell("zones", 1, 5)
    pieces = bands.pieces(land, nearest, within)
    tell("zones", 2, 5)
    shares = _admin(layers, land, crs)
    frame, wet = units.units(pieces, shares, around.water, crs, engine, lambda a, b: tell("units", a, b))
    tell("zones", 3, 5)
    index = frontier.index()
    squares = cells.cells(land, [s.id for s in frontier.segments], index, crs, study.widest_m)
    tell("zones", 4, 5)
    ground = Ground(
        frontier=frontier,
        index=index,
        around=around,
        home=land,
        reach=within,
        pieces=pieces,
        admin=shares,
        units=frame,
        water=wet,
        cells=squares,
        beyond=_beyond(land, within, study, crs),
        corridors={
            c.id: corridor.outline(c, territories[c.between[0]], territories[c.between[1]], crs)
            for c in study.corridors
        },
    )
    tell("zones", 5, 5)
    return ground


def _surroundings(study: Study, layers: Layers, lines: dict[tuple[str, str], Any], crs: CRS) -> Surroundings:
    frames = {}
    for need in ("land", "water"):
        layer = layers.get(need)
        if layer is not None:
            frame = layer.data
            moved = sheet_of(frame.geometry.to_numpy(), list(lines.values()))
            frames[need] = frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=WGS84))
    points = [lagoon.point for lagoon in study.lagoons]
    return surroundings(frames.get("land"), frames.get("water"), points, study.river_width_m, crs)


def _home(study: Study, territories: dict[str, Any], around: Surroundings, window: Any, crs: CRS) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name in study.home:
        cut = (around.lagoons, window, crs, study.coast_tolerance_m)
        shape = home.home_land(territories[name], around.land, *cut)
        whole = home.home_land(territories[name], np.array([]), *cut)
        if len(around.land) and shapely.area(shape) < _LEAST_LAND_SHARE * shapely.area(whole):
            LOG.warning("%s: the land dataset does not cover it; the whole territory is taken as land.", name)
            shape = whole
        country = country_of(name, study)
        out[country] = polygonal(shapely.union(out[country], shape)) if country in out else shape
    out = {country: shape for country, shape in out.items() if shapely.area(shape) > 0}
    if not out:
        raise EmptyLayerError(f"study {study.name}: no home land within {study.widest_m:g} m of the frontier.")
    return out


def _admin(layers: Layers, land: dict[str, Any], crs: CRS) -> gpd.GeoDataFrame:
    layer = layers.get("admin")
    if layer is None:
        columns = {name: np.array([], dtype=object) for name in ("admin_id", "name", "country")}
        return gpd.GeoDataFrame(columns, geometry=[], crs=crs)
    return admin_zones.units(layer.data, land, crs)


def _beyond(land: dict[str, Any], within: dict[float, Any], study: Study, crs: CRS) -> gpd.GeoDataFrame:
    """What lies on the other side, as deep as the edge nearest to 5 km."""
    near = within[min(study.edges_m, key=lambda edge: abs(edge - 5_000))]
    shape = polygonal(shapely.difference(near, shapely.union_all(list(land.values()))))
    return gpd.GeoDataFrame(geometry=[shape], crs=crs)
