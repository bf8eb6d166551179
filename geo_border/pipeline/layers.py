"""The layers of a result, put together from ground and figures, each as `schemas.py` says."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_border import facts
from geo_border.catalog import Entry
from geo_border.frontier import measure_reference_lines
from geo_border.geo.crs import WGS84, length_m, reproject
from geo_border.geo.grid import Grid
from geo_border.geo.types import FloatArray
from geo_border.layers import Layers
from geo_border.measures.base import CountedByName
from geo_border.pipeline.land import Polygons, find_units
from geo_border.pipeline.outlines import outline_zones
from geo_border.pipeline.study_area import StudyArea
from geo_border.present.withholding import withhold
from geo_border.schemas import CELL_COVER, LAYERS, conform
from geo_border.study import Study
from geo_border.zones import cell_classes
from geo_border.zones.membership import Membership

_NONE = np.array(None, dtype=object)


def build_points(need: str, ground: StudyArea, layers: Layers, study: Study) -> gpd.GeoDataFrame:
    """Layer `settlements` (need `places`) or `facilities`: what lies in home territory within the widest band."""
    columns = [*LAYERS["settlements"].column_names, "geometry"]
    layer = layers.get(need)
    frame = None if layer is None else layer.data
    if layer is None or frame is None or len(frame) == 0:
        return gpd.GeoDataFrame({name: [] for name in columns}, geometry="geometry", crs=ground.crs)
    lon, lat = shapely.get_coordinates(frame.geometry.to_numpy()).T
    frame = frame.set_geometry(
        gpd.GeoSeries(reproject(frame.geometry.to_numpy(), WGS84, ground.crs), index=frame.index, crs=ground.crs)
    )
    near = ground.line_index.find_nearest(lon, lat)
    inside = _home_of(frame.geometry.to_numpy(), ground.home_land)
    country = frame["country"].to_numpy() if "country" in frame else inside
    own = pd.Series(country).where(pd.notna(country), inside).to_numpy()
    out = frame.assign(
        country=own,
        segment=_find_segments(frame.geometry.to_numpy(), own, np.array(ground.segment_ids)[near.label], ground),
        distance_m=near.distance_m,
        people=frame.get("people", np.nan),
        degurba=sample_classes(layers.get_grid("settlement_class"), lon, lat),
        source=layer.entry.name,
    )
    kept = np.isin(own.astype(object), list(ground.home_land)) & (near.distance_m < study.widest_m)
    out = out[kept]
    unit = find_units(out, ground.admin)
    for name, column in (("admin_id", "admin_id"), ("admin_name", "name")):
        texts = np.array([*ground.admin[column], None], dtype=object)
        out = out.assign(**{name: texts[unit]})
    return out[columns].sort_values(["segment", "distance_m", "name"]).reset_index(drop=True)


def _find_segments(
    points: NDArray[np.object_], country: NDArray[np.object_], nearest: NDArray[np.str_], ground: StudyArea
) -> NDArray[np.object_]:
    """Segment of each point: that of the land of its country which holds it, so that land and points agree at ties.

    Parameters
    ----------
    points
        In the study's plane.
    nearest
        The segment that is nearest, for points that no land holds.
    """
    out = nearest.astype(object)
    segments = np.array([piece.segment for piece in ground.band_parts], dtype=object)[ground.units["piece"].to_numpy()]
    point, unit = shapely.STRtree(ground.units.geometry.to_numpy()).query(points, predicate="intersects")
    same = country[point] == ground.units["country"].to_numpy()[unit]
    out[point[same]] = segments[unit[same]]
    return out


def _home_of(at: NDArray[np.object_], home: dict[str, shapely.Geometry]) -> NDArray[np.object_]:
    names = np.array([*home, None], dtype=object)
    found = np.full(len(at), len(home))
    for i, shape in enumerate(home.values()):
        shapely.prepare(shape)
        found[shapely.contains_xy(shape, shapely.get_coordinates(at))] = i
    return np.asarray(names[found], dtype=object)


def build_cells(
    ground: StudyArea, counted: CountedByName, layers: Layers, study: Study, facilities: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Layer `cells`: people, cover and settlement class added up from units, and classed."""
    squares = ground.cells
    keys = ["column", "row", "country"]
    frame = pd.DataFrame(ground.units[keys])
    count = len(frame)
    values = {"unit_km2": ground.units["area_km2"].to_numpy()}
    people = _get_of_units(counted, "people", "total", count)
    if people is not None:
        values["people"] = people
    for name in CELL_COVER:
        cover = _get_of_units(counted, "cover_area", name, count)
        if cover is not None:
            values[name] = cover
    roads = _get_of_units(counted, "road_length", None, count)
    if roads is not None:
        values["road_km"] = roads
    sums = frame.assign(**values).groupby(keys, as_index=False, sort=False).sum()
    out = squares.merge(sums, on=keys, how="left", validate="one_to_one")
    for name in CELL_COVER:
        share = out[name] / out["unit_km2"] if name in out else pd.Series(np.nan, index=out.index)
        out[f"{name}_share"] = share.clip(upper=1.0)
    cover_layer, people_layer = layers.get("cover"), layers.get("people")
    out["cover_from"] = cover_layer.entry.name if cover_layer is not None else None
    out["reach_people"] = np.nan if people is None else _sum_reach(ground, people, out, study)
    out["degurba"] = sample_classes(layers.get_grid("settlement_class"), out["lon"].to_numpy(), out["lat"].to_numpy())
    if "people" not in out:
        out["people"] = np.nan
    entry = people_layer.entry if people_layer is not None and people is not None else None
    return cell_classes.classify_cells(
        gpd.GeoDataFrame(out, geometry="geometry", crs=ground.crs),
        study,
        _get_threshold(entry),
        _find_passage(out, layers, facilities),
    )


def _get_of_units(counted: CountedByName, measure: str, category: str | None, count: int) -> Any:
    """One number a unit (units come first among the areas), or None where the run does not measure it."""
    found = counted[measure].get(category) if measure in counted else None
    return None if found is None else found[:count]


def _sum_reach(ground: StudyArea, people: FloatArray, out: pd.DataFrame, study: Study) -> Any:
    units = ground.units
    of = cell_classes.build_people_counter(units["column"].to_numpy(), units["row"].to_numpy(), people, study.reach_m)
    return of(out["column"].to_numpy(), out["row"].to_numpy())


def _get_threshold(entry: Entry | None) -> dict[str, Any]:
    if entry is None:
        return {"per_km2": np.inf}
    if "locates_from_class" in entry.options:
        return {"class": entry.options["locates_from_class"]}
    return {"per_km2": entry.locates_people_per_km2 or 1.0}


def _find_passage(out: pd.DataFrame, layers: Layers, facilities: gpd.GeoDataFrame) -> Any:
    if layers.get("roads") is None and layers.get("facilities") is None:
        return None
    passage = (out["road_km"].to_numpy() > 0) if "road_km" in out else np.zeros(len(out), dtype=bool)
    if len(facilities):
        tree = shapely.STRtree(out.geometry.to_numpy())
        passage[tree.query(facilities.geometry.to_numpy(), predicate="intersects")[1]] = True
    return passage


def build_class_layers(frame: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Layers `forested`, `populated` and `civilian_exposure`: cells dissolved; blank cells are in none of them."""
    forested = pd.Series(np.where(frame["forested"], "forested", _NONE), index=frame.index)
    named = cell_classes.name_settlement_class(frame["degurba"])
    populated = named.where(frame["populated"], None)
    kinds = {"forested": forested, "populated": populated, "civilian_exposure": frame["civilian_exposure"]}
    return {name: conform(name, cell_classes.dissolve_cells(frame, kind)) for name, kind in kinds.items()}


def build_zones(membership: Membership, ground: StudyArea, polygons: Polygons, table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Layer `zones`: the figures of the table that belong on a map, beside each zone's polygon.

    Zones that only the line makes up have none; those of an administrative unit to a distance stand in the table alone,
    since their rings are drawn.
    """
    shapes = outline_zones(membership, ground, polygons)
    drawn = np.array([shape is not None for shape in shapes])
    frame = membership.frame[drawn].reset_index(drop=True)
    known = withhold(table).set_index(["zone_id", "measure", "category"])
    for name, measure, category, column in (
        ("area_km2", "area", None, "value"),
        ("people", "people", "total", "value"),
        ("people_low", "people", "total", "low"),
        ("people_high", "people", "total", "high"),
        ("tree_share", "cover_share", "tree", "value"),
    ):
        keys = pd.MultiIndex.from_arrays(
            [frame["zone_id"], [measure] * len(frame), [category] * len(frame)], names=known.index.names
        )
        frame[name] = known[column].reindex(keys).to_numpy(np.float64)
    return conform("zones", gpd.GeoDataFrame(frame, geometry=shapes[drawn], crs=ground.crs))


def build_segments(ground: StudyArea) -> pd.DataFrame:
    """Table `segments`: measured beside official length."""
    rows = []
    for segment in ground.frontier.segments:
        official = facts.read_official_lengths().get(segment.id, {})
        source = official.get("source")
        year = official.get("year")
        told = f"{source} ({year})" if source and year else source
        rows.append(
            {
                "segment": segment.id,
                "country": segment.country,
                "facing": segment.facing_country,
                "length_km": float(sum(length_m(line)[0] for _, line in segment.stretches)) / 1e3,
                "sea_km": float(length_m(segment.sea)[0]) / 1e3 if not segment.sea.is_empty else 0.0,
                "official_km": official.get("official_km", np.nan),
                "official_source": told,
                "note": official.get("note") or None,
            }
        )
    table: pd.DataFrame = conform("segments", pd.DataFrame(rows))
    return table


def build_countries(
    territories: dict[str, Any], boundaries: gpd.GeoDataFrame, ground: StudyArea, study: Study
) -> gpd.GeoDataFrame:
    """Layer `countries`: home and facing countries with their treaty status."""
    segments = ground.frontier.segments
    facing = [segment.facing_country for segment in segments if segment.facing_country is not None]
    codes = dict.fromkeys([*(segment.country for segment in segments), *facing])
    rows = []
    for code in codes:
        told = facts.read_treaty().get(code, {})
        name = boundaries.loc[boundaries["country"] == code, "name"].iloc[0]
        shape = territories.get(
            code,
            next(
                (
                    territories[t]
                    for t in territories
                    if study.territories.get(t) and study.territories[t].country == code
                ),
                None,
            ),
        )
        flat = reproject(shapely.segmentize(shape, 0.05), WGS84, ground.crs)
        rows.append(
            {
                "country": code,
                "name": name,
                "treaty_status": told.get("status"),
                "treaty_notified": told.get("notified") or None,
                "treaty_effective": told.get("effective") or None,
                "treaty_source": told.get("source"),
                "geometry": shapely.make_valid(shapely.simplify(flat, 100.0)),
            }
        )
    return conform("countries", gpd.GeoDataFrame(rows, geometry="geometry", crs=ground.crs))


def build_corridors(
    study: Study, zones: gpd.GeoDataFrame, territories: dict[str, Any], ground: StudyArea
) -> dict[str, gpd.GeoDataFrame]:
    """Layers `corridor` (its part in each country) and `corridor_axis` (shortest line, and the home border inside)."""
    own = zones[(zones["zone_kind"] == "corridor") & zones["country"].notna()]
    corridor = own.assign(name=own["place_name"])[[*LAYERS["corridor"].column_names, "geometry"]]
    lines = [
        (f"{c.name}: shortest line", float(length_m(ground.corridors[c.id].axis)[0]) / 1e3, ground.corridors[c.id].axis)
        for c in study.corridors
    ]
    lines += [(name, km, line) for name, (km, line) in measure_reference_lines(territories, study).items()]
    axis = {"name": [name for name, _, _ in lines], "length_km": [km for _, km, _ in lines]}
    flat = [reproject(line, WGS84, ground.crs) for _, _, line in lines]
    return {
        "corridor": conform("corridor", corridor.reset_index(drop=True)),
        "corridor_axis": conform("corridor_axis", gpd.GeoDataFrame(axis, geometry=flat, crs=ground.crs)),
    }


def sample_classes(grid: Grid | None, lon: FloatArray, lat: FloatArray) -> Any:
    """The settlement class at points (degrees), missing where there is none."""
    if grid is None:
        return pd.array([pd.NA] * len(lon), dtype="Int64")
    x, y = (lon, lat)
    if not grid.crs.is_geographic:
        x, y = shapely.get_coordinates(reproject(shapely.points(lon, lat), WGS84, grid.crs)).T
    code = grid.sample(np.asarray(x), np.asarray(y), 0).astype(np.int64)
    return pd.arrays.IntegerArray(code, code <= 0)
