"""Ground and figures made into a result: the table, the layers, the grids, the checks and the comparison."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine

from geo_border import exposure, facts, passport
from geo_border.crs import WGS84, area_km2, length_m, to_crs
from geo_border.engine import Engine
from geo_border.exposure import Zone
from geo_border.frontier import reference_lengths_km, tripoints
from geo_border.model import AGES, Grid
from geo_border.pipeline import figures as reading
from geo_border.pipeline import layers
from geo_border.pipeline.figures import Figures
from geo_border.pipeline.ground import Ground
from geo_border.pipeline.inputs import Inputs, Tell
from geo_border.polygons import polygonal
from geo_border.result import Result
from geo_border.schemas import LAYERS, conform
from geo_border.study import Study
from geo_border.zonal import coverage_fraction

# Rings compared with the country's mean: near the line, and all that is measured.
_COMPARED_M = (10_000.0, 50_000.0)


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
    zones = reading.zones(ground, study, settlements)
    corridors, corridor_zones = _corridors(study, ground, found, inputs, settlements)
    rows = list(reading.segment_rows(ground, inputs.entry("boundaries")))
    areas = area_km2(np.array([shape for _, shape in zones], dtype=object), ground.crs)
    for (zone, _), area in zip(zones, areas, strict=True):
        rows += reading.rows(zone, found, inputs, float(area))
        rows += _facility_rows(zone, facilities, inputs)
    table = conform("exposure", exposure.table([*rows, *corridors]))
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
        "comparison": comparison(territories, table, ground, inputs),
        "checks": checks(study, ground, found, table, made),
        "people_counted": found.counts_what,
    }
    cover, people = _grids(study, ground, found, inputs)
    return Result(study, made, table, cover, people, told)


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
            figures = reading.corridor_figures(ground, found, inputs, shapes)
            area = area_km2(np.array(shapes, dtype=object), ground.crs)
            counts = [float(shapely.contains_properly(s, settlements.geometry.to_numpy()).sum()) for s in shapes]
            zone = _corridor_zone(f"corridor|{corridor.id}|{country}", country, figures, area, counts)
            zone = replace(zone, range_from=f"corridor width k {corridor.k_low:g} to {corridor.k_high:g}")
            rows += reading.rows(zone, found, inputs, float(area[0]), figures[0])
            people = figures[0][0]
            named.append((zone, corridor.name, shapes[0], None if people is None else float(people["people"].sum())))
    return rows, named


def _corridor_zone(zone_id: str, country: str, figures: list[Any], area: Any, counts: list[float]) -> Zone:
    columns = {
        "zone_kind": "corridor",
        "zone_id": zone_id,
        "segment": None,
        "country": country,
        "from_m": None,
        "to_m": None,
    }
    low_high = {"area": (float(area[1]), float(area[2])), "settlements": (counts[1], counts[2])}
    if figures[0][0] is not None:
        low_high["people"] = (float(figures[1][0]["people"].sum()), float(figures[2][0]["people"].sum()))
        for name in set(AGES) & set(figures[0][0]):
            low_high[f"people:{name}"] = (float(figures[1][0][name].sum()), float(figures[2][0][name].sum()))
    if figures[0][1] is not None:
        for name in figures[0][1].columns:
            low_high[f"cover_area:{name}"] = (float(figures[1][1][name].sum()), float(figures[2][1][name].sum()))
    return Zone(columns, slice(None), counts[0], low_high)


def _facility_rows(zone: Zone, facilities: gpd.GeoDataFrame, inputs: Inputs) -> Iterator[dict[str, Any]]:
    if "facilities" not in inputs.raw or zone.columns["zone_kind"] not in ("band", "strip"):
        return
    own = facilities[
        (facilities["segment"] == zone.columns["segment"]) & (facilities["country"] == zone.columns["country"])
    ]
    own = own[(own["distance_m"] >= zone.columns["from_m"]) & (own["distance_m"] < zone.columns["to_m"])]
    for kind, count in own["kind"].value_counts().sort_index().items():
        note = "facilities that the dataset has; its completeness is not known"
        yield exposure.simple_row(
            zone, "facilities", str(kind), float(count), "count", inputs.entry("facilities"), note
        )


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


def comparison(
    territories: dict[str, Any], table: pd.DataFrame, ground: Ground, inputs: Inputs
) -> list[dict[str, Any]]:
    """Tree share and people per km² of each segment's home side within 10 and 50 km, beside its country's mean."""
    # Tiles of a fine cover are fetched along the line only: they say nothing of the whole country.
    national = reading.national_tree_share(territories, ground, inputs) if inputs.grid("cover") is not None else {}
    bands = table[table["zone_kind"] == "band"]
    out = []
    for segment in ground.frontier.segments:
        own = bands[(bands["segment"] == segment.id) & (bands["country"] == segment.country)]
        mean = facts.national().get(segment.country, {})
        for within in _COMPARED_M:
            near = own[own["to_m"] <= within]
            area = near.loc[near["measure"] == "area", "value"].sum()
            cover = near[near["measure"] == "cover_area"].groupby("category")["value"].sum()
            people = near.loc[(near["measure"] == "people") & (near["category"] == "total"), "value"]
            known = exposure.known_km2(cover, inputs.entry("cover").legend) if len(cover) else 0.0
            out.append(
                {
                    "segment": segment.id,
                    "within_m": within,
                    "tree_share": float(cover["tree"] / known) if known > 0 else None,
                    "country_tree_share": national.get(segment.country),
                    "country_forest_share": mean.get("forest_share"),
                    "people_per_km2": float(people.sum() / area) if len(people) and area > 0 else None,
                    "country_people_per_km2": mean["people"] / mean["total_km2"] if "people" in mean else None,
                }
            )
    return out


def checks(
    study: Study, ground: Ground, found: Figures, table: pd.DataFrame, made: dict[str, Any]
) -> list[dict[str, Any]]:
    """Whether totals add up, counts are conserved and edges lie where they should."""
    bands = made["zones"][made["zones"]["zone_kind"] == "band"]
    union = shapely.union_all(bands.geometry.to_numpy())
    whole = float(shapely.area(union)) / 1e6
    total = float(bands["area_km2"].sum())
    out = [passport.check("bands are disjoint: sum of areas against their union", total / whole - 1, 1e-9, "ratio")]
    units = ground.units["area_km2"].to_numpy()
    inside = np.array([p.to_m <= study.widest_m for p in ground.pieces])[ground.units["piece"].to_numpy()]
    out.append(passport.check("units add up to the bands: area", units[inside].sum() / total - 1, 1e-9, "ratio"))
    # A cell that counts everyone in it is shared with the other side of the line: home keeps a part, and no sum tells.
    if found.people is not None and found.grid is not None and found.counts_what == "home":
        lost = found.people["people"].sum() / found.grid.home_people - 1
        out.append(passport.check("people are conserved: home land against the grid's home cells", lost, 1e-6, "ratio"))
    admin = table[(table["zone_kind"] == "admin") & (table["measure"] == "area")]
    if len(admin):
        countries = set(admin["country"])
        same = bands[bands["country"].isin(countries)]["area_km2"].sum()
        out.append(
            passport.check(
                "administrative units add up to the bands: area", admin["value"].sum() / same - 1, 1e-6, "ratio"
            )
        )
    out.append(passport.check("band edges lie at their distance", _edge_error_m(study, ground), 3.0, "m"))
    return out


def standing_checks(made: Result) -> list[dict[str, Any]]:
    """Checks that a result on disk must still pass by itself: its classes add up to its zones, its strips nest."""
    table = made.exposure
    cover = table[table["measure"] == "cover_area"]
    whole = cover.groupby("zone_id")["value"].agg(lambda v: v.sum(skipna=False)).dropna()
    area = table[table["measure"] == "area"].set_index("zone_id")["value"]
    off = float((whole / area.reindex(whole.index) - 1).abs().max()) if len(whole) else 0.0
    strips = made.layers["zones"].query("zone_kind == 'strip'").sort_values(["segment", "country", "to_m"])
    shrink = strips.groupby(["segment", "country"])["area_km2"].diff().min()
    nested = 0.0 if not len(strips) or np.isnan(shrink) else max(0.0, -float(shrink))
    return [
        passport.check("cover classes add up to their zone", off, 1e-9, "ratio"),
        passport.check("a deeper strip is never smaller", nested, 0.0, "km²"),
    ]


def _edge_error_m(study: Study, ground: Ground) -> float:
    """Largest difference between a band edge's corners and the exact distance."""
    worst = 0.0
    for edge in study.edges_m:
        xy = shapely.get_coordinates(ground.reach[edge])[::7]
        lonlat = shapely.get_coordinates(to_crs(shapely.points(xy), ground.crs, WGS84))
        worst = max(worst, float(np.abs(ground.index.near(lonlat[:, 0], lonlat[:, 1]).distance_m - edge).max()))
    return worst


def _grids(study: Study, ground: Ground, found: Figures, inputs: Inputs) -> tuple[Grid | None, Grid | None]:
    """Cover and people on their own cells, clipped to the widest band."""
    near = [p.geometry for p in ground.pieces if p.to_m <= study.widest_m]
    zone = gpd.GeoDataFrame(geometry=near, crs=ground.crs)
    cover = inputs.grid("cover")
    if cover is not None:
        fill = cover.nodata if cover.nodata is not None else 255
        cover = _clipped(cover, coverage_fraction(cover, zone) > 0, fill)
    people = None
    if found.grid is not None:
        counts = found.grid.counts
        people = _clipped(counts, coverage_fraction(counts, zone) > 0, -1.0)
        people = Grid(people.values.astype(np.float32), people.transform, people.crs, -1.0)
    return cover, people


def _clipped(grid: Grid, inside: Any, fill: float) -> Grid:
    row, column = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    part = (slice(row[0], row[-1] + 1), slice(column[0], column[-1] + 1))
    values = np.where(inside[part], grid.values[part], np.array(fill, dtype=grid.values.dtype))
    return Grid(values, grid.transform * Affine.translation(column[0], row[0]), grid.crs, fill)
