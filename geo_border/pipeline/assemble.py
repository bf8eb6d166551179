"""Ground and figures made into a result: the table, the layers, the grids, the checks and the comparison."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine

from geo_border import exposure
from geo_border.crs import area_km2, length_m
from geo_border.engine import Engine
from geo_border.exposure import Zone
from geo_border.frontier import reference_lengths_km, tripoints
from geo_border.model import AGES, Grid
from geo_border.pipeline import comparison, figures, layers, nearby, reading
from geo_border.pipeline.checks import checks
from geo_border.pipeline.ground import Ground
from geo_border.pipeline.inputs import Inputs, Tell
from geo_border.pipeline.reading import Figures, Sums
from geo_border.polygons import polygonal
from geo_border.result import Result
from geo_border.schemas import LAYERS, conform
from geo_border.study import Study
from geo_border.zonal import coverage_fraction


def result(
    study: Study,
    territories: dict[str, Any],
    lines: dict[tuple[str, str], Any],
    ground: Ground,
    inputs: Inputs,
    tell: Tell,
    engine: Engine | None = None,
) -> Result:
    """Everything a run produces, in memory; the passport still without its sources."""
    found = reading.read(ground, inputs, tell, engine)
    settlements = layers.points("places", ground, inputs, study)
    facilities = layers.points("facilities", ground, inputs, study)
    zones = figures.zones(ground, study, settlements)
    corridors, corridor_zones = _corridors(study, ground, found, inputs, settlements)
    rows = list(figures.segment_rows(ground, inputs.entry("boundaries")))
    areas = area_km2(np.array([shape for _, shape in zones], dtype=object), ground.crs)
    for (zone, _), area in zip(zones, areas, strict=True):
        rows += figures.rows(zone, found.units, inputs, float(area))
        rows += figures.facility_rows(zone, figures.in_zone(zone, facilities), inputs)
    table = conform("exposure", exposure.table([*rows, *corridors]))
    within = nearby.table(ground, study, found.units, inputs, {"settlements": settlements, "facilities": facilities})
    squares = layers.cells(ground, found, inputs, study, facilities)
    named = [(z.columns["zone_id"], name, shape, people) for z, name, shape, people in corridor_zones]
    pieces = conform("cells", squares[[*LAYERS["cells"].column_names, "geometry"]])
    made = {
        "frontier": conform("frontier", ground.frontier.layer()),
        "frontier_sea": conform("frontier_sea", ground.frontier.sea_layer()),
        "segments": layers.segments(ground),
        "zones": layers.zone_layer([*zones, *((z, shape) for z, _, shape, _ in corridor_zones)], table, inputs, ground),
        "cells": pieces,
        **layers.class_layers(pieces),
        **layers.corridor_layers(named, _axes(study, territories, ground), ground),
        "settlements": conform("settlements", settlements),
        "facilities": conform("facilities", facilities),
        "countries": layers.countries(territories, inputs.boundaries, ground, study),
    }
    told = {
        "tripoints": _points(tripoints(lines, inputs.boundaries, study)),
        "comparison": comparison.comparison(territories, within, ground, inputs),
        "checks": checks(study, ground, found, table, made),
        "people_counted": found.sources.counts_what,
    }
    cover, people = _grids(study, ground, found, inputs)
    return Result(study, made, table, within, cover, people, told)


def _corridors(
    study: Study, ground: Ground, found: Figures, inputs: Inputs, settlements: gpd.GeoDataFrame
) -> tuple[list[dict[str, Any]], list[tuple[Zone, str, Any, float | None]]]:
    """Rows of the table, and (zone, name, polygon, people) for each corridor and home country."""
    rows: list[dict[str, Any]] = []
    named = []
    for corridor in study.corridors:
        outline = ground.corridors[corridor.id]
        by_k = (corridor.k, corridor.k_low, corridor.k_high)
        for country, land in ground.home.items():
            shapes = [polygonal(shapely.intersection(outline.by_k[k], land)) for k in by_k]
            if shapely.area(shapes[0]) == 0:
                continue
            sums = reading.in_shapes(found, ground, shapes)
            area = area_km2(np.array(shapes, dtype=object), ground.crs)
            counts = [float(shapely.contains_properly(s, settlements.geometry.to_numpy()).sum()) for s in shapes]
            zone = _corridor_zone(f"corridor|{corridor.id}|{country}", country, sums, area, counts)
            zone = replace(zone, range_from=f"corridor width k {corridor.k_low:g} to {corridor.k_high:g}")
            rows += figures.rows(zone, sums[0], inputs, float(area[0]))
            people = sums[0].people
            named.append((zone, corridor.name, shapes[0], None if people is None else float(people["people"].sum())))
    return rows, named


def _corridor_zone(zone_id: str, country: str, sums: list[Sums], area: Any, counts: list[float]) -> Zone:
    """The zone with its figures by the narrow and the wide corridor (`sums[1]`, `sums[2]`) as the range of each."""
    columns = {
        "zone_kind": "corridor",
        "zone_id": zone_id,
        "segment": None,
        "country": country,
        "from_m": None,
        "to_m": None,
    }
    narrow, wide = (_by_measure(each) for each in sums[1:])
    low_high = {"area": (float(area[1]), float(area[2])), "settlements": (counts[1], counts[2])}
    low_high |= {measure: (narrow[measure], wide[measure]) for measure in narrow}
    return Zone(columns, slice(None), counts[0], low_high)


def _by_measure(sums: Sums) -> dict[str, float]:
    """Every figure of one area by its name in `Zone.low_high`."""
    out = {}
    if sums.people is not None:
        out["people"] = float(sums.people["people"].sum())
        out |= {f"people:{name}": float(sums.people[name].sum()) for name in AGES if name in sums.people}
    if sums.cover is not None:
        out |= {f"cover_area:{name}": float(sums.cover[name].sum()) for name in sums.cover.columns}
    if sums.road_m is not None:
        out["road_length"] = float(sums.road_m.sum()) / 1e3
    if sums.protected_km2 is not None:
        out["protected_area"] = float(sums.protected_km2.sum())
    return out


def _axes(study: Study, territories: dict[str, Any], ground: Ground) -> list[tuple[str, float, Any]]:
    lines = [
        (f"{c.name}: shortest line", float(length_m(ground.corridors[c.id].axis)[0]) / 1e3, ground.corridors[c.id].axis)
        for c in study.corridors
    ]
    return lines + [(name, km, line) for name, (km, line) in reference_lengths_km(territories, study).items()]


def _points(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    return [
        {"name": n, "lon": round(p.x, 6), "lat": round(p.y, 6)}
        for n, p in zip(frame["name"], frame.geometry, strict=True)
    ]


def _grids(study: Study, ground: Ground, found: Figures, inputs: Inputs) -> tuple[Grid | None, Grid | None]:
    """Cover and people on their own cells, clipped to the widest band."""
    near = [p.geometry for p in ground.pieces if p.to_m <= study.widest_m]
    zone = gpd.GeoDataFrame(geometry=near, crs=ground.crs)
    cover = inputs.grid("cover")
    if cover is not None:
        fill = cover.nodata if cover.nodata is not None else 255
        cover = _clipped(cover, coverage_fraction(cover, zone) > 0, fill)
    people = None
    if found.sources.grid is not None:
        counts = found.sources.grid.counts
        people = _clipped(counts, coverage_fraction(counts, zone) > 0, -1.0)
        people = Grid(people.values.astype(np.float32), people.transform, people.crs, -1.0)
    return cover, people


def _clipped(grid: Grid, inside: Any, fill: float) -> Grid:
    row, column = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    part = (slice(row[0], row[-1] + 1), slice(column[0], column[-1] + 1))
    values = np.where(inside[part], grid.values[part], np.array(fill, dtype=grid.values.dtype))
    return Grid(values, grid.transform * Affine.translation(column[0], row[0]), grid.crs, fill)
