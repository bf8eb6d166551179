"""People and cover read once for every unit, then added up for every zone: the exposure table's rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_border import exposure
from geo_border.catalog import Entry
from geo_border.crs import WGS84, FloatArray, area_km2, length_m, to_crs
from geo_border.engine import Engine
from geo_border.errors import EmptyLayerError
from geo_border.exposure import Zone
from geo_border.model import MEDIA, Grid
from geo_border.people import Ground as Dry
from geo_border.people import People, counted, in_areas, modelled
from geo_border.pipeline.ground import Ground
from geo_border.pipeline.inputs import Inputs, Tell
from geo_border.polygons import polygonal
from geo_border.study import Study
from geo_border.zonal import prepare_zones, tabulate
from geo_border.zones import bands


@dataclass(frozen=True)
class Figures:
    """What was read for units.

    Attributes
    ----------
    people
        By name (`people`, `low`, `high`) one number a unit, or None without a people dataset.
    cover
        One row a unit, one column a class, in km², or None.
    grid
        The people as spread; `counts_what` says whom its cells count.
    ages
        People of each age as spread, where the dataset has ages; `people` then has their numbers too.
    streams
        In place of `grid` and `ages`, the files of people rasters too fine to hold.
    road_m
        Length of public roads in each unit, or None.
    engine
        Where rasters are tabulated; on threads here when None.
    """

    people: dict[str, FloatArray] | None
    cover: pd.DataFrame | None
    grid: People | None
    counts_what: str
    road_m: FloatArray | None
    ages: dict[str, People] = field(default_factory=dict)
    streams: dict[str, list[Path]] = field(default_factory=dict)
    engine: Engine | None = None


def read(ground: Ground, inputs: Inputs, tell: Tell, engine: Engine | None = None) -> Figures:
    """People, cover and roads of every unit."""
    tell("figures", 0, 3)
    # Prepared once: units are moved into the plane of each grid only when that changes.
    units, water = prepare_zones(ground.units, "unit"), prepare_zones(ground.water, "unit")
    dry = Dry(units, water, ground.beyond)
    streams = _streams(inputs)
    grid, what = (None, "all") if streams else _people(ground, inputs, dry)
    ages = {} if streams else _ages(inputs, dry)
    people = _in_areas(Figures(None, None, grid, what, None, ages, streams, engine), units, water, len(ground.units))
    if streams and people is not None and not people["people"].sum() > 0:
        raise EmptyLayerError("the people rasters hold nobody on home land in this study: wrong area or unit?")
    tell("figures", 1, 3)
    cover = None
    if "cover" in inputs.layers:
        legend = inputs.entry("cover").legend
        assert legend is not None, "read_cover refuses a dataset without a legend"
        cover = exposure.cover_by_area(inputs.layers["cover"], units, len(ground.units), legend, engine)
    tell("figures", 2, 3)
    roads = inputs.layers.get("roads")
    road_m = None if roads is None else _road_m(roads, ground)
    tell("figures", 3, 3)
    return Figures(people, cover, grid, what, road_m, ages, streams, engine)


def _streams(inputs: Inputs) -> dict[str, list[Path]]:
    """Files of people rasters too fine to hold, by what they count."""
    paths = inputs.layers.get("people")
    return {"people": paths, **inputs.ages} if isinstance(paths, list) else {}


def _ages(inputs: Inputs, dry: Dry) -> dict[str, People]:
    counts = inputs.entry("people").counts if inputs.ages else None
    found = {}
    for name, grid in inputs.ages.items():
        try:
            found[name] = counted(grid, counts, dry)[0]
        except EmptyLayerError:
            inputs.notes.append(f"people: the dataset tells nobody of age {name} here; absent.")
    return found


def _in_areas(figures: Figures, areas: Any, water: Any, count: int) -> dict[str, FloatArray] | None:
    """People in each area 0..count-1, in all and by age; None without people."""
    if figures.streams:
        return {name: _streamed(paths, areas, count, figures.engine) for name, paths in figures.streams.items()}
    if figures.grid is None:
        return None
    by_age = {name: in_areas(age, areas, water, count, figures.engine)["people"] for name, age in figures.ages.items()}
    return in_areas(figures.grid, areas, water, count, figures.engine) | by_age


def _streamed(paths: list[Path], areas: Any, count: int, engine: Engine | None) -> FloatArray:
    """Counts of files added up: tiles of one grid, countries whose rectangles overlap, or one age after another."""
    out = np.zeros(count)
    for path in paths:
        table = tabulate(path, areas, zone_field=areas.field, mode="sum", coverage="exact", engine=engine)
        np.add.at(out, table[areas.field].to_numpy(np.int64), table["sum"].to_numpy())
    return out


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
    return found, "home"


def _road_m(roads: gpd.GeoDataFrame, ground: Ground) -> FloatArray:
    lines = to_crs(roads.geometry.to_numpy(), WGS84, ground.crs)
    areas = ground.units.geometry.to_numpy()
    line, unit = shapely.STRtree(areas).query(lines, predicate="intersects")
    parts = shapely.intersection(lines[line], areas[unit])
    out = np.zeros(len(areas))
    np.add.at(out, unit, length_m(to_crs(parts, ground.crs, WGS84)))
    return out


def zones(ground: Ground, study: Study, settlements: gpd.GeoDataFrame) -> list[tuple[Zone, Any]]:
    """Bands, strips and administrative units x bands: (zone, its polygon in the plane)."""
    piece = ground.units["piece"].to_numpy()
    out = []
    for columns, which in bands.zones(ground.pieces, study):
        inside = settlements["segment"].eq(columns["segment"]) & settlements["country"].eq(columns["country"])
        inside &= (settlements["distance_m"] >= columns["from_m"]) & (settlements["distance_m"] < columns["to_m"])
        zone = Zone(_kind_first(columns), np.flatnonzero(np.isin(piece, which)), float(inside.sum()))
        out.append((zone, bands.joined(ground.pieces, which)))
    return out + list(_admin_zones(ground, study, settlements))


def _kind_first(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: columns[name] for name in ("zone_kind", "zone_id", "segment", "country", "from_m", "to_m")}


def _admin_zones(ground: Ground, study: Study, settlements: gpd.GeoDataFrame) -> Iterator[tuple[Zone, Any]]:
    if len(ground.admin) == 0:
        return
    outer = np.array([p.to_m for p in ground.pieces])[ground.units["piece"].to_numpy()]
    admin = ground.units["admin"].to_numpy()
    home_of = _nearest_unit(settlements, ground.admin)
    distance = settlements["distance_m"].to_numpy()
    shapes = ground.admin.geometry.to_numpy()
    for low, high in study.bands:
        which: dict[str, list[int]] = {}
        for (_, country), found in bands.between(ground.pieces, low, high).items():
            which.setdefault(country, []).extend(found)
        for at in np.unique(admin[(admin >= 0) & (outer > low) & (outer <= high)]):
            unit = ground.admin.iloc[int(at)]
            parts = np.array([ground.pieces[i].geometry for i in which[unit["country"]]], dtype=object)
            shape = polygonal(shapely.union_all(polygonal(shapely.intersection(parts, shapes[at]))))
            columns = {
                "zone_kind": "admin",
                "zone_id": f"admin|{unit['admin_id']}|{low:g}-{high:g}",
                "segment": None,
                "country": unit["country"],
                "from_m": low,
                "to_m": high,
            }
            inside = (home_of == at) & (distance >= low) & (distance < high)
            rows = np.flatnonzero((admin == at) & (outer > low) & (outer <= high))
            yield Zone(columns, rows, float(inside.sum())), shape


def _nearest_unit(settlements: gpd.GeoDataFrame, admin: gpd.GeoDataFrame) -> Any:
    """Position of each settlement's administrative unit: the nearest of its own country."""
    out = np.full(len(settlements), -1)
    points = settlements.geometry.to_numpy()
    for country in admin["country"].unique():
        rows = np.flatnonzero(admin["country"] == country)
        own = np.flatnonzero(settlements["country"] == country)
        if len(own):
            tree = shapely.STRtree(admin.geometry.to_numpy()[rows])
            out[own] = rows[tree.nearest(points[own])]
    return out


def rows(
    zone: Zone,
    figures: Figures,
    inputs: Inputs,
    area: float,
    where: tuple[dict[str, FloatArray] | None, Any] | None = None,
) -> Iterator[dict[str, Any]]:
    """Every figure of one zone; `where` gives its people and cover when it is not a sum of units."""
    people, cover = (figures.people, figures.cover) if where is None else where
    yield exposure.simple_row(
        zone, "area", None, area, "km²", inputs.entry("boundaries"), "measured, not estimated; see the segment's source"
    )
    if cover is not None:
        yield from exposure.cover_rows(zone, cover, area, inputs.entry("cover"), inputs.pixel_km2("cover"))
    if people is not None:
        yield from exposure.people_rows(zone, people, area, inputs.entry("people"), inputs.pixel_km2("people"))
    if zone.settlements is not None and len(inputs.layers.get("places", ())):
        note = "places that the dataset names; small ones are missing"
        yield exposure.simple_row(zone, "settlements", None, zone.settlements, "count", inputs.entry("places"), note)
    if figures.road_m is not None and zone.units is not None:
        length = float(figures.road_m[zone.units].sum()) / 1e3
        yield exposure.simple_row(zone, "road_length", None, length, "km", inputs.entry("roads"), exposure.NO_RANGE)


def segment_rows(ground: Ground, entry: Entry) -> Iterator[dict[str, Any]]:
    """`frontier_length` of every segment by medium."""
    layer = ground.frontier.layer()
    for segment in ground.frontier.segments:
        columns = {
            "zone_kind": "segment",
            "zone_id": f"segment|{segment.id}",
            "segment": segment.id,
            "country": segment.country,
            "from_m": None,
            "to_m": None,
        }
        own = layer[layer["segment"] == segment.id]
        for medium in MEDIA:
            length = float(own.loc[own["medium"] == medium, "length_km"].sum())
            note = "the official length stands in layer segments; narrow rivers count as land"
            yield exposure.simple_row(Zone(columns, None), "frontier_length", medium, length, "km", entry, note)


def corridor_figures(
    ground: Ground, figures: Figures, inputs: Inputs, shapes: list[Any]
) -> list[tuple[dict[str, FloatArray] | None, pd.DataFrame | None]]:
    """People and cover of areas that are not sums of units (plane), one by one."""
    areas = gpd.GeoDataFrame({"area": np.arange(len(shapes))}, geometry=shapes, crs=ground.crs)
    wet = ground.water.geometry.to_numpy()
    at, of = shapely.STRtree(wet).query(areas.geometry.to_numpy(), predicate="intersects") if len(wet) else ([], [])
    inside = shapely.intersection(wet[of], areas.geometry.to_numpy()[at]) if len(wet) else []
    water = gpd.GeoDataFrame(
        {"area": np.asarray(at, dtype=np.int64)}, geometry=polygonal(np.asarray(inside, dtype=object)), crs=ground.crs
    )
    zones = prepare_zones(areas, "area")
    wet_zones = prepare_zones(water, "area")
    people = _in_areas(figures, zones, wet_zones, len(shapes))
    cover = None
    if figures.cover is not None:
        legend = inputs.entry("cover").legend
        assert legend is not None, "the cover was read with a legend"
        cover = exposure.cover_by_area(inputs.layers["cover"], zones, len(shapes), legend, figures.engine)
    return [
        (
            None if people is None else {name: values[[i]] for name, values in people.items()},
            None if cover is None else cover.iloc[[i]].reset_index(drop=True),
        )
        for i in range(len(shapes))
    ]


def national_tree_share(territories: dict[str, Any], ground: Ground, inputs: Inputs) -> dict[str, float]:
    """Tree share of the whole land of each home country, by the run's own cover."""
    legend, land = inputs.entry("cover").legend, ground.around.land
    assert legend is not None, "the cover was read with a legend"
    names = [name for name in ground.home if name in territories]
    flat = [to_crs(shapely.segmentize(territories[name], 0.05), WGS84, ground.crs) for name in names]
    shapes = [_on_land(shape, land) for shape in flat]
    frame = gpd.GeoDataFrame({"area": np.arange(len(names))}, geometry=shapes, crs=ground.crs)
    try:
        cover = exposure.cover_by_area(inputs.layers["cover"], prepare_zones(frame, "area"), len(names), legend)
    except EmptyLayerError:
        return {}
    known = cover[[c for c in cover.columns if not c.startswith("tree_") and c != "unknown"]].sum(axis=1)
    whole = area_km2(np.array(shapes, dtype=object), ground.crs)
    # A cover cut to the study's window says nothing about the whole country.
    return {n: float(t / k) for n, t, k, a in zip(names, cover["tree"], known, whole, strict=True) if k > 0.98 * a}


def _on_land(shape: Any, land: Any) -> Any:
    valid = shapely.make_valid(shape)
    if len(land) == 0:
        return polygonal(valid)
    near = land[shapely.STRtree(land).query(valid, predicate="intersects")]
    return polygonal(shapely.intersection(valid, shapely.union_all(shapely.make_valid(near))))


def sampled(grid: Grid | None, lon: FloatArray, lat: FloatArray) -> Any:
    """The settlement class at points (degrees), missing where there is none."""
    if grid is None:
        return pd.array([pd.NA] * len(lon), dtype="Int64")
    x, y = (lon, lat)
    if not grid.crs.is_geographic:
        x, y = shapely.get_coordinates(to_crs(shapely.points(lon, lat), WGS84, grid.crs)).T
    code = grid.sample(np.asarray(x), np.asarray(y), 0).astype(np.int64)
    return pd.arrays.IntegerArray(code, code <= 0)
