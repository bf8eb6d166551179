"""The study on the ground: frontier, home land, pieces, units, corridor and cells, before any figure is read."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geo_border.engine import Engine
from geo_border.errors import EmptyLayerError, StudyError
from geo_border.frontier import (
    Frontier,
    Surroundings,
    build_frontier,
    build_surroundings,
    find_country,
    shift_longitudes,
)
from geo_border.geo.crs import WGS84, reproject
from geo_border.geo.line_distance import LineIndex
from geo_border.geo.overlay import extract_polygons
from geo_border.geo.types import LonLatPolygonal, PlanePolygonal
from geo_border.layers import Layer, Layers
from geo_border.pipeline.inputs import StageProgress, note
from geo_border.study import Study
from geo_border.zones import admin as admin_zones
from geo_border.zones import bands, buffers, cells, corridor, home, own, units, voronoi

LOG = logging.getLogger("geo_border")
# Half a cell's diagonal and more: so far beyond the reach of the widest band cells still count.
_MARGIN_M = 2_500.0
# Land covering less of home than this is another region's land dataset.
_MIN_LAND_SHARE = 0.01


@dataclass(frozen=True)
class StudyArea:
    """What figures are read for.

    Attributes
    ----------
    home_land
        Home land by country within the window, in the plane.
    band_parts, admin, units
        Disjoint parts of home land; see `zones`.
    water
        Inland water in units: `unit`, geometry.
    facing_side
        The facing side within 5 km of the line (plane).
    corridors
        By id, the corridor's outlines.
    own_areas
        A user's own areas, clipped to home land.
    """

    frontier: Frontier
    line_index: LineIndex
    surroundings: Surroundings
    home_land: dict[str, Any]
    buffer_by_distance: dict[float, Any]
    band_parts: list[bands.BandPart]
    admin: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    water: gpd.GeoDataFrame
    cells: gpd.GeoDataFrame
    facing_side: gpd.GeoDataFrame
    corridors: dict[str, corridor.CorridorShape]
    own_areas: own.OwnAreas = field(default_factory=own.OwnAreas)

    @property
    def crs(self) -> CRS:
        """The study's plane."""
        return self.frontier.crs

    @property
    def segment_ids(self) -> list[str]:
        """Segments in the study's order."""
        return [segment.id for segment in self.frontier.segments]


def build_study_area(
    study: Study,
    territories: dict[str, Any],
    lines: dict[tuple[str, str], Any],
    layers: Layers,
    crs: CRS,
    progress: StageProgress,
    engine: Engine | None = None,
) -> StudyArea:
    """Everything up to units and cells.

    Raises
    ------
    StudyError, EmptyLayerError
        When the study has no land frontier, or no home land near it; when an area of the user's own is refused.
    """
    progress("frontier", 0, 1)
    around = _collect_surroundings(study, layers, lines, crs)
    frontier = build_frontier(lines, around, study, crs)
    progress("frontier", 1, 1)
    edges = [*study.edges_m, study.widest_m + study.reach_m + _MARGIN_M]
    grown = buffers.buffer_line(frontier.line, edges, crs, lambda a, b: progress("bands", a, b), engine)
    within = dict(zip(edges, grown, strict=True))
    progress("zones", 0, 5)
    parts = voronoi.partition_by_lines([s.line for s in frontier.segments], crs, edges[-1])
    nearest = {segment.id: part for segment, part in zip(frontier.segments, parts, strict=True)}
    land = _build_home_land(study, territories, around, within[edges[-1]], crs)
    # Before the land is cut, which takes longest: a refusal should come early.
    areas = _clip_own_areas(study, territories, around, land, within, layers.get("own_zones"), crs)
    progress("zones", 1, 5)
    pieces = bands.cut_bands(land, nearest, within)
    progress("zones", 2, 5)
    shares = _cut_admin_units(layers, land, crs)
    frame, wet = units.cut_units(pieces, shares, around.water, crs, engine, lambda a, b: progress("units", a, b))
    progress("zones", 3, 5)
    index = frontier.build_index()
    squares = cells.build_cells(land, [s.id for s in frontier.segments], index, crs, study.widest_m)
    progress("zones", 4, 5)
    ground = StudyArea(
        frontier=frontier,
        line_index=index,
        surroundings=around,
        home_land=land,
        buffer_by_distance=within,
        band_parts=pieces,
        admin=shares,
        units=frame,
        water=wet,
        cells=squares,
        facing_side=_cut_facing_side(land, within, study, crs),
        corridors={
            c.id: corridor.build_corridor(c, territories[c.between[0]], territories[c.between[1]], crs)
            for c in study.corridors
        },
        own_areas=areas,
    )
    progress("zones", 5, 5)
    return ground


def _collect_surroundings(study: Study, layers: Layers, lines: dict[tuple[str, str], Any], crs: CRS) -> Surroundings:
    frames = {}
    for need in ("land", "water"):
        layer = layers.get(need)
        if layer is not None:
            frame = layer.data
            moved = shift_longitudes(frame.geometry.to_numpy(), list(lines.values()))
            frames[need] = frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=WGS84))
    points = [lagoon.point for lagoon in study.lagoons]
    return build_surroundings(frames.get("land"), frames.get("water"), points, study.river_width_m, crs)


def _build_home_land(
    study: Study, territories: dict[str, Any], surroundings: Surroundings, window: Any, crs: CRS
) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name in study.home:
        cut = (surroundings.lagoons, window, crs, study.coast_tolerance_m)
        shape = home.cut_home_land(territories[name], surroundings.land, *cut)
        whole = home.cut_home_land(territories[name], np.array([]), *cut)
        if len(surroundings.land) and shapely.area(shape) < _MIN_LAND_SHARE * shapely.area(whole):
            LOG.warning("%s: the land dataset does not cover it; the whole territory is taken as land.", name)
            shape = whole
        country = find_country(name, study)
        out[country] = extract_polygons(shapely.union(out[country], shape)) if country in out else shape
    out = {country: shape for country, shape in out.items() if shapely.area(shape) > 0}
    if not out:
        raise EmptyLayerError(f"study {study.name}: no home land within {study.widest_m:g} m of the frontier.")
    return out


def _clip_own_areas(
    study: Study,
    territories: Mapping[str, LonLatPolygonal],
    surroundings: Surroundings,
    home_land: Mapping[str, PlanePolygonal],
    buffer_by_distance: Mapping[float, PlanePolygonal],
    layer: Layer | None,
    crs: CRS,
) -> own.OwnAreas:
    """A user's own areas clipped to home land, where the run has any."""
    if layer is None or not len(layer.data):
        return own.OwnAreas()
    areas = _project_areas(layer, [territories[name] for name in study.home], crs)
    window = shapely.box(*areas.total_bounds)

    def join(names: Sequence[str], more: Sequence[PlanePolygonal] = ()) -> PlanePolygonal:
        cut = (np.array([]), np.array([]), window, crs, study.coast_tolerance_m)
        shapes = [home.cut_home_land(territories[name], *cut) for name in names]
        return extract_polygons(shapely.union_all([*shapes, *more]))

    land = surroundings.land
    near = land[shapely.STRtree(land).query(window)].tolist() if len(land) else []
    extent = own.Extent(
        home=home_land,
        territory=join(study.home),
        others=join(study.facing, near) if near else None,
        near=buffer_by_distance[study.widest_m],
        known=buffer_by_distance[max(buffer_by_distance)],
    )
    entry = layer.entry
    found = own.clip_areas(areas, extent, entry.name, is_drawn=entry.is_users_own)
    if found.areas and entry.terms:
        # Unlike figures of a dataset, its outlines are passed on with the layers and the map.
        terms = f"own_zones: outlines of {entry.title} stand in layers.gpkg and on the map. Its terms: {entry.terms}"
        found = replace(found, notes=(*found.notes, terms))
    for sentence in found.notes:
        note(sentence)
    return found


def _project_areas(layer: Layer, near: Sequence[PlanePolygonal], crs: CRS) -> gpd.GeoDataFrame:
    """A user's own areas in the plane, on the sheet of longitudes of home."""
    flat = reproject(shift_longitudes(layer.data.geometry.to_numpy(), near), WGS84, crs)
    if not np.isfinite(shapely.get_coordinates(flat)).all():
        raise StudyError(
            f"{layer.entry.name}: an area lies so far from the frontier that {crs.name} does not reach it. Take it out."
        )
    shapes = extract_polygons(shapely.make_valid(flat))
    return layer.data.set_geometry(gpd.GeoSeries(shapes, index=layer.data.index, crs=crs))


def _cut_admin_units(layers: Layers, land: dict[str, Any], crs: CRS) -> gpd.GeoDataFrame:
    layer = layers.get("admin")
    if layer is None:
        columns = {name: np.array([], dtype=object) for name in ("admin_id", "name", "country")}
        return gpd.GeoDataFrame(columns, geometry=[], crs=crs)
    return admin_zones.build_admin_units(layer.data, land, crs)


def _cut_facing_side(
    land: dict[str, Any], buffer_by_distance: dict[float, Any], study: Study, crs: CRS
) -> gpd.GeoDataFrame:
    """What lies on the other side, as deep as the edge nearest to 5 km."""
    near = buffer_by_distance[min(study.edges_m, key=lambda edge: abs(edge - 5_000))]
    shape = extract_polygons(shapely.difference(near, shapely.union_all(list(land.values()))))
    return gpd.GeoDataFrame(geometry=[shape], crs=crs)
