"""The layers of a result, put together from ground and figures, each as `schemas.py` says."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_border import civilian, facts
from geo_border.catalog import Entry, known_km2
from geo_border.crs import WGS84, FloatArray, area_km2, length_m, to_crs
from geo_border.exposure import LEAST_PIXELS, Zone
from geo_border.model import Grid
from geo_border.pipeline.ground import Ground
from geo_border.pipeline.inputs import Inputs
from geo_border.pipeline.reading import Figures
from geo_border.schemas import CELL_COVER, conform
from geo_border.study import Study

_NONE = np.array(None, dtype=object)


def points(need: str, ground: Ground, inputs: Inputs, study: Study) -> gpd.GeoDataFrame:
    """Layer `settlements` (need `places`) or `facilities`: what lies in home territory within the widest band."""
    columns = ["name", "name_en", "kind", "country", "segment", "distance_m", "people", "degurba", "source", "geometry"]
    frame = inputs.layers.get(need)
    if frame is None or len(frame) == 0:
        return gpd.GeoDataFrame({name: [] for name in columns}, geometry="geometry", crs=ground.crs)
    lon, lat = shapely.get_coordinates(frame.geometry.to_numpy()).T
    frame = frame.set_geometry(
        gpd.GeoSeries(to_crs(frame.geometry.to_numpy(), WGS84, ground.crs), index=frame.index, crs=ground.crs)
    )
    near = ground.index.near(lon, lat)
    inside = _home_of(frame.geometry.to_numpy(), ground.home)
    country = frame["country"].to_numpy() if "country" in frame else inside
    own = pd.Series(country).where(pd.notna(country), inside).to_numpy()
    out = frame.assign(
        country=own,
        segment=np.array(ground.segment_ids)[near.label],
        distance_m=near.distance_m,
        people=frame.get("people", np.nan),
        degurba=sampled(inputs.grid("settlement_class"), lon, lat),
        source=inputs.entry(need).name,
    )
    kept = np.isin(own.astype(object), list(ground.home)) & (near.distance_m < study.widest_m)
    return out.loc[kept, columns].sort_values(["segment", "distance_m", "name"]).reset_index(drop=True)


def _home_of(at: Any, home: dict[str, Any]) -> Any:
    names = np.array([*home, None], dtype=object)
    found = np.full(len(at), len(home))
    for i, shape in enumerate(home.values()):
        shapely.prepare(shape)
        found[shapely.contains_xy(shape, shapely.get_coordinates(at))] = i
    return names[found]


def cells(
    ground: Ground, figures: Figures, inputs: Inputs, study: Study, facilities: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Layer `cells`: people, cover and settlement class added up from units, and classed."""
    squares = ground.cells
    keys = ["column", "row", "country"]
    frame = pd.DataFrame(ground.units[keys])
    values = {"unit_km2": ground.units["area_km2"].to_numpy()}
    if figures.units.people is not None:
        values["people"] = figures.units.people["people"]
    if figures.units.cover is not None:
        values |= {name: figures.units.cover[name].to_numpy() for name in CELL_COVER}
    if figures.units.road_m is not None:
        values["road_m"] = figures.units.road_m
    sums = frame.assign(**values).groupby(keys, as_index=False, sort=False).sum()
    out = squares.merge(sums, on=keys, how="left", validate="one_to_one")
    for name in CELL_COVER:
        share = out[name] / out["unit_km2"] if name in out else pd.Series(np.nan, index=out.index)
        out[f"{name}_share"] = share.clip(upper=1.0)
    out["cover_from"] = inputs.entry("cover").name if figures.units.cover is not None else None
    out["reach_people"] = _reach(ground, figures, out, study)
    out["degurba"] = sampled(inputs.grid("settlement_class"), out["lon"].to_numpy(), out["lat"].to_numpy())
    if "people" not in out:
        out["people"] = np.nan
    entry = inputs.entry("people") if figures.units.people is not None else None
    return civilian.classed(
        gpd.GeoDataFrame(out, geometry="geometry", crs=ground.crs),
        study,
        _locates(entry),
        _passage(out, inputs, facilities),
    )


def _reach(ground: Ground, figures: Figures, out: pd.DataFrame, study: Study) -> Any:
    if figures.units.people is None:
        return np.nan
    units = ground.units
    of = civilian.reach_people(
        units["column"].to_numpy(), units["row"].to_numpy(), figures.units.people["people"], study.reach_m
    )
    return of(out["column"].to_numpy(), out["row"].to_numpy())


def _locates(entry: Entry | None) -> dict[str, Any]:
    if entry is None:
        return {"per_km2": np.inf}
    if "locates_from_class" in entry.options:
        return {"class": entry.options["locates_from_class"]}
    return {"per_km2": entry.locates_people_per_km2 or 1.0}


def _passage(out: pd.DataFrame, inputs: Inputs, facilities: gpd.GeoDataFrame) -> Any:
    if "roads" not in inputs.layers and "facilities" not in inputs.layers:
        return None
    passage = (out["road_m"].to_numpy() > 0) if "road_m" in out else np.zeros(len(out), dtype=bool)
    if len(facilities):
        tree = shapely.STRtree(out.geometry.to_numpy())
        passage[tree.query(facilities.geometry.to_numpy(), predicate="intersects")[1]] = True
    return passage


def class_layers(frame: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Layers `forested`, `populated` and `civilian_exposure`: cells dissolved; blank cells are in none of them."""
    forested = pd.Series(np.where(frame["forested"], "forested", _NONE), index=frame.index)
    named = civilian.settlement_class(frame["degurba"])
    populated = named.where(frame["populated"], None)
    kinds = {"forested": forested, "populated": populated, "civilian_exposure": frame["civilian_exposure"]}
    return {name: conform(name, civilian.dissolved(frame, kind)) for name, kind in kinds.items()}


def zone_layer(zones: list[tuple[Zone, Any]], table: pd.DataFrame, inputs: Inputs, ground: Ground) -> gpd.GeoDataFrame:
    """Layer `zones`: the figures of the table that belong on a map, beside each zone's polygon."""
    shapes = np.array([shape for _, shape in zones], dtype=object)
    frame = pd.DataFrame([zone.columns for zone, _ in zones])
    people = table[(table["measure"] == "people") & (table["category"] == "total")].set_index("zone_id")
    known = table[(table["measure"] == "cover_area")].pivot_table(
        index="zone_id", columns="category", values="value", dropna=False
    )
    area = area_km2(shapes, ground.crs)
    out = frame.assign(area_km2=area)
    for name, column in (("people", "value"), ("people_low", "low"), ("people_high", "high")):
        out[name] = frame["zone_id"].map(people[column]) if len(people) else np.nan
    out["tree_share"] = np.nan
    if "tree" in known:
        share = known["tree"] / known_km2(known, inputs.entry("cover").legend)
        out["tree_share"] = frame["zone_id"].map(share.clip(0, 1))
        out.loc[area < LEAST_PIXELS * inputs.pixel_km2("cover"), "tree_share"] = np.nan
    return conform("zones", gpd.GeoDataFrame(out, geometry=shapes, crs=ground.crs))


def segments(ground: Ground) -> pd.DataFrame:
    """Table `segments`: measured beside official length."""
    rows = []
    for segment in ground.frontier.segments:
        official = facts.official_lengths().get(segment.id, {})
        source = official.get("source")
        year = official.get("year")
        told = f"{source} ({year})" if source and year else source
        rows.append(
            {
                "segment": segment.id,
                "country": segment.country,
                "facing": segment.facing_country,
                "length_km": float(sum(length_m(line)[0] for _, line in segment.pieces)) / 1e3,
                "sea_km": float(length_m(segment.sea)[0]) / 1e3 if not segment.sea.is_empty else 0.0,
                "official_km": official.get("official_km", np.nan),
                "official_source": told,
                "note": official.get("note") or None,
            }
        )
    table: pd.DataFrame = conform("segments", pd.DataFrame(rows))
    return table


def countries(
    territories: dict[str, Any], boundaries: gpd.GeoDataFrame, ground: Ground, study: Study
) -> gpd.GeoDataFrame:
    """Layer `countries`: home and facing countries with their treaty status."""
    codes = dict.fromkeys(
        [s.country for s in ground.frontier.segments] + [s.facing_country for s in ground.frontier.segments]
    )
    rows = []
    for code in codes:
        told = facts.treaty().get(code, {})
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
        flat = to_crs(shapely.segmentize(shape, 0.05), WGS84, ground.crs)
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


def corridor_layers(
    named: list[tuple[str, str, Any, float | None]], lines: list[tuple[str, float, Any]], ground: Ground
) -> dict[str, gpd.GeoDataFrame]:
    """Layers `corridor` from (zone_id, name, polygon, people) and `corridor_axis` from (name, km, line in lon/lat)."""
    shapes = np.array([shape for _, _, shape, _ in named], dtype=object)
    frame = {
        "zone_id": [zone_id for zone_id, _, _, _ in named],
        "name": [name for _, name, _, _ in named],
        "area_km2": area_km2(shapes, ground.crs) if len(named) else [],
        "people": np.array([np.nan if people is None else people for _, _, _, people in named], dtype=np.float64),
    }
    axis = {"name": [name for name, _, _ in lines], "length_km": [km for _, km, _ in lines]}
    flat = [to_crs(line, WGS84, ground.crs) for _, _, line in lines]
    return {
        "corridor": conform("corridor", gpd.GeoDataFrame(frame, geometry=list(shapes), crs=ground.crs)),
        "corridor_axis": conform("corridor_axis", gpd.GeoDataFrame(axis, geometry=flat, crs=ground.crs)),
    }


def sampled(grid: Grid | None, lon: FloatArray, lat: FloatArray) -> Any:
    """The settlement class at points (degrees), missing where there is none."""
    if grid is None:
        return pd.array([pd.NA] * len(lon), dtype="Int64")
    x, y = (lon, lat)
    if not grid.crs.is_geographic:
        x, y = shapely.get_coordinates(to_crs(shapely.points(lon, lat), WGS84, grid.crs)).T
    code = grid.sample(np.asarray(x), np.asarray(y), 0).astype(np.int64)
    return pd.arrays.IntegerArray(code, code <= 0)
