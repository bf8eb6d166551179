"""Home land as measures and zones see it: areas to tabulate, points and stretches located, and zones by membership."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from geo_border.engine import Engine
from geo_border.geo.crs import WGS84, area_km2, distance_m, length_m, reproject
from geo_border.geo.overlay import extract_polygons
from geo_border.geo.types import FloatArray
from geo_border.measures.base import LAND, LINE, Areas, Land, ZoneTable
from geo_border.pipeline.study_area import StudyArea
from geo_border.study import Study
from geo_border.zonal import prepare_zones
from geo_border.zones.kinds import list_zones
from geo_border.zones.layout import Layout, PolygonZone, SegmentName, name_rest
from geo_border.zones.membership import (
    NO_UNIT,
    Members,
    Membership,
    find_ring,
    join_members,
    list_polygon_members,
)

# The frontier is shared out among administrative units in pieces of this length.
_STRETCH_M = 100.0


@dataclass(frozen=True)
class Polygons:
    """Polygons that are no sum of units: what zones they make up, and their geometry in the plane, by number."""

    zones: tuple[PolygonZone, ...]
    shapes: NDArray[np.object_]


def list_polygons(study: Study, ground: StudyArea) -> Polygons:
    """Every corridor cut to each home country, in its three widths, and a user's own areas by home country."""
    zones: list[PolygonZone] = []
    shapes: list[shapely.Polygon | shapely.MultiPolygon] = []
    for corridor in study.corridors:
        outline = ground.corridors[corridor.id]
        for country, land in ground.home_land.items():
            cut = [
                extract_polygons(shapely.intersection(outline.by_k[k], land))
                for k in (corridor.k, corridor.k_low, corridor.k_high)
            ]
            if shapely.area(cut[0]) == 0:
                continue
            number = len(shapes)
            shapes += cut
            zones.append(
                PolygonZone(
                    kind="corridor",
                    place_id=corridor.id,
                    place_name=corridor.name,
                    country=country,
                    number=number,
                    variants={
                        f"corridor width k {k:g}": number + place
                        for place, k in ((1, corridor.k_low), (2, corridor.k_high))
                    },
                    range_from=f"corridor width k {corridor.k_low:g} to {corridor.k_high:g}",
                )
            )
    for area in ground.own_areas.areas:
        for country, shape in area.parts.items():
            zones.append(PolygonZone("own", area.id, area.name, country, len(shapes)))
            shapes.append(shape)
    return Polygons(tuple(zones), np.array(shapes, dtype=object))


def build_land(
    ground: StudyArea, polygons: Polygons, points: Mapping[str, gpd.GeoDataFrame], engine: Engine | None
) -> Land:
    """The areas that are tabulated, and what lies in them.

    Parameters
    ----------
    points
        `places` and `facilities` as layers, by need.
    """
    units = _prepare(ground.units.geometry.to_numpy(), ground.units["area_km2"].to_numpy(), ground.water, ground)
    blocks = [units]
    if len(polygons.shapes):
        water = _cut_water(polygons.shapes, ground)
        blocks.append(_prepare(polygons.shapes, area_km2(polygons.shapes, ground.crs), water, ground))
    return Land(
        units=units,
        blocks=blocks,
        home=list(ground.home_land.values()),
        points=points,
        stretches=share_stretches(ground),
        beyond=ground.facing_side,
        index=ground.line_index,
        segment_ids=ground.segment_ids,
        engine=engine,
    )


def build_zones(
    study: Study, ground: StudyArea, polygons: Polygons, land: Land, names: dict[str, str]
) -> tuple[Membership, ZoneTable]:
    """Every zone, and the matrices that sum areas, points and stretches over them."""
    admin_ids = np.array([*ground.admin["admin_id"], NO_UNIT], dtype=object)
    piece = ground.units["piece"].to_numpy()
    pieces = pd.DataFrame([(p.segment, p.country, p.from_m, p.to_m) for p in ground.band_parts])
    segment, country, from_m, to_m = (pieces[i].to_numpy()[piece] for i in range(4))
    unit_members = Members(segment, country, admin_ids[ground.units["admin"].to_numpy()], from_m, to_m)
    members = {LAND: unit_members, LINE: _list_stretch_members(land.stretches)}
    if len(polygons.shapes):
        members[LAND] = join_members([unit_members, list_polygon_members(len(polygons.shapes))])
    for need, frame in land.points.items():
        members[need] = _list_point_members(frame, study, polygons.shapes)
    membership = list_zones(_build_layout(study, ground, polygons, unit_members, land.stretches, names))
    main = membership.main_rows
    variants = {
        i: {int(main[i]) + 1 + n: name for n, name in enumerate(zone.variants)}
        for i, zone in enumerate(membership.zones)
        if zone.variants
    }
    table = ZoneTable(
        frame=membership.frame,
        matrices={carrier: membership.build_matrix(found) for carrier, found in members.items()},
        main=main,
        variants=variants,
        range_from={i: membership.zones[i].range_from or "" for i in variants},
        carriers=np.array([zone.carrier for zone in membership.zones]),
        member_area_km2=np.concatenate([block.area_km2 for block in land.blocks]),
    )
    return membership, table


def share_stretches(ground: StudyArea) -> pd.DataFrame:
    """The frontier by segment, country, medium and the administrative unit that it runs along.

    Every stretch is shared out in equal pieces of at most 100 m, each for the administrative unit of the nearest land
    of its country, so that the shares add up to the stretch.

    Returns
    -------
    DataFrame
        `segment`, `country`, `medium`, `admin` (`NO_UNIT` in a country without units), `length_km`.
    """
    admin_ids = np.array([*ground.admin["admin_id"], NO_UNIT], dtype=object)
    first = np.array([piece.from_m == 0 for piece in ground.band_parts])[ground.units["piece"].to_numpy()]
    rows: list[tuple[str, str, str | None, str, float]] = []
    for segment in ground.frontier.segments:
        near = np.flatnonzero(first & (ground.units["country"] == segment.country).to_numpy())
        tree = shapely.STRtree(ground.units.geometry.to_numpy()[near])
        of_unit = admin_ids[ground.units["admin"].to_numpy()[near]]
        for medium, line in segment.stretches:
            for part in shapely.get_parts(line):
                middle, length_km = _cut_line(part)
                at = tree.nearest(reproject(shapely.points(middle), WGS84, ground.crs)) if len(near) else []
                admin = of_unit[at] if len(near) else np.full(len(middle), NO_UNIT, dtype=object)
                units, counts = np.unique(admin.astype(str), return_counts=True)
                rows += [
                    (segment.id, segment.country, medium, str(unit), count * length_km)
                    for unit, count in zip(units, counts, strict=True)
                ]
    return pd.DataFrame(rows, columns=["segment", "country", "medium", "admin", "length_km"])


def find_units(points: gpd.GeoDataFrame, admin: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Position of each point's administrative unit: the nearest of its own country; -1 where that has none."""
    out = np.full(len(points), -1)
    shapes = points.geometry.to_numpy()
    for country in admin["country"].unique():
        rows = np.flatnonzero(admin["country"] == country)
        own = np.flatnonzero(points["country"] == country)
        if len(own):
            tree = shapely.STRtree(admin.geometry.to_numpy()[rows])
            out[own] = rows[tree.nearest(shapes[own])]
    return out


def _cut_line(line: shapely.LineString) -> tuple[FloatArray, float]:
    """Middles (lon/lat) of equal pieces of at most 100 m of a line in lon/lat, and their length in km."""
    xy = shapely.get_coordinates(line)
    along = np.concatenate(([0.0], np.cumsum(distance_m(*xy[:-1].T, *xy[1:].T))))
    whole = float(length_m(line)[0])
    count = max(1, int(np.ceil(whole / _STRETCH_M)))
    middle = (np.arange(count) + 0.5) / count * along[-1]
    return np.column_stack([np.interp(middle, along, xy[:, i]) for i in range(2)]), whole / count / 1e3


def _prepare(shapes: NDArray[np.object_], area: FloatArray, water: gpd.GeoDataFrame, ground: StudyArea) -> Areas:
    frame = gpd.GeoDataFrame({"area": np.arange(len(shapes)), "area_km2": area}, geometry=shapes, crs=ground.crs)
    wet = water.rename(columns={"unit": "area"})
    wet_km2 = np.bincount(wet["area"].to_numpy(), area_km2(wet.geometry.to_numpy(), ground.crs), len(shapes))
    return Areas(
        frame=frame,
        zones=prepare_zones(frame, "area"),
        water=prepare_zones(wet, "area"),
        dry_km2=np.maximum(area - wet_km2, 0.0),
    )


def _cut_water(shapes: NDArray[np.object_], ground: StudyArea) -> gpd.GeoDataFrame:
    """The parts of inland water that lie in each polygon."""
    wet = ground.water.geometry.to_numpy()
    if not len(wet):
        return gpd.GeoDataFrame({"area": np.empty(0, np.int64)}, geometry=[], crs=ground.crs)
    polygon, of = shapely.STRtree(wet).query(shapes, predicate="intersects")
    shapely.prepare(shapes)
    parts = wet[of].copy()
    # Most lie wholly inside.
    cut = ~shapely.contains_properly(shapes[polygon], parts)
    parts[cut] = shapely.intersection(parts[cut], shapes[polygon[cut]])
    inside = extract_polygons(parts)
    return gpd.GeoDataFrame({"area": polygon.astype(np.int64)}, geometry=inside, crs=ground.crs)


def _list_stretch_members(stretches: pd.DataFrame) -> Members:
    on_line = np.zeros(len(stretches))
    segment, country, admin = (stretches[name].to_numpy(object) for name in ("segment", "country", "admin"))
    return Members(segment, country, admin, on_line, on_line)


def _list_point_members(frame: gpd.GeoDataFrame, study: Study, polygons: NDArray[np.object_]) -> Members:
    inner, outer = find_ring(frame["distance_m"].to_numpy(np.float64), study.edges_m)
    inside = None
    if len(polygons):
        polygon, point = shapely.STRtree(frame.geometry.to_numpy()).query(polygons, predicate="contains_properly")
        inside = csr_matrix((np.ones(len(point)), (point, polygon)), shape=(len(frame), len(polygons)))
    segment, country, admin = (frame[name].to_numpy(object) for name in ("segment", "country", "admin_id"))
    return Members(segment, country, pd.Series(admin).fillna(NO_UNIT).to_numpy(object), inner, outer, inside)


def _build_layout(
    study: Study,
    ground: StudyArea,
    polygons: Polygons,
    units: Members,
    stretches: pd.DataFrame,
    names: dict[str, str],
) -> Layout:
    rings: dict[tuple[float, float], Sequence[str]] = {}
    along: list[tuple[str, str]] = []
    # Where there are units, land in none of them has zones of its own, so that all of them add up to the whole.
    if len(ground.admin):
        ids = list(ground.admin["admin_id"])
        for from_m, to_m in study.bands:
            ring = (units.from_m >= from_m) & (units.to_m <= to_m)
            there = set(units.admin[ring])
            left = sorted(set(units.country[ring & (units.admin == NO_UNIT)]))
            rings[(from_m, to_m)] = [*(i for i in ids if i in there), *(name_rest(country) for country in left)]
        unit = stretches["admin"].where(stretches["admin"] != NO_UNIT, stretches["country"].map(name_rest))
        along = list(dict.fromkeys(zip(unit, stretches["segment"], strict=True)))
    return Layout(
        study=study,
        segments=[
            # The country of a line of a user's own is not told: the line is of the file, not of a country.
            SegmentName(s.id, s.country if s.facing_country else None, s.home, s.facing)
            for s in ground.frontier.segments
        ],
        pieces=ground.band_parts,
        admin=ground.admin,
        admin_rings=rings,
        admin_segments=along,
        names=names,
        polygons=polygons.zones,
    )
