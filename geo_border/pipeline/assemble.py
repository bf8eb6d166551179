"""A study's land and layers made into a result: the table, the map layers, the grids, the checks and the comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine
from numpy.typing import NDArray

from geo_border.engine import Engine
from geo_border.frontier import find_tripoints
from geo_border.geo.grid import Grid
from geo_border.layers import Layers
from geo_border.measures import comparison, countries
from geo_border.measures.base import CountedByName
from geo_border.measures.people import Residents
from geo_border.measures.table import build_readings, build_table, count_measures, sum_columns
from geo_border.pipeline import inputs, land, layers
from geo_border.pipeline.checks import list_checks
from geo_border.pipeline.inputs import StageProgress
from geo_border.pipeline.study_area import StudyArea
from geo_border.result import Result
from geo_border.schemas import LAYERS, NEEDS, POINTS, READINGS, conform
from geo_border.study import Study
from geo_border.zonal import compute_coverage_fraction
from geo_border.zones.membership import Membership


@dataclass(frozen=True)
class Measured:
    """What was counted, and over which zones.

    Attributes
    ----------
    counted
        Columns of areas by measure.
    notes
        What the run could not have.
    """

    membership: Membership
    counted: CountedByName
    exposure: pd.DataFrame
    readings: pd.DataFrame
    notes: list[str]

    @property
    def residents(self) -> Residents | None:
        """People as they were spread, or None where the run has none."""
        found = self.counted.get("people")
        return None if found is None else found.prepared


def build_result(
    study: Study,
    territories: dict[str, Any],
    lines: dict[tuple[str, str], Any],
    ground: StudyArea,
    read: Layers,
    tell: StageProgress,
    engine: Engine | None = None,
) -> tuple[Result, list[str]]:
    """Everything a run produces, in memory, with notes; its passport still lacks its sources."""
    points = {need: layers.build_points(need, ground, read, study) for need, kind in NEEDS.items() if kind == POINTS}
    polygons = land.list_polygons(study, ground)
    measured = _measure(study, ground, read, points, polygons, tell, engine)
    table = measured.exposure
    cells = layers.build_cells(ground, measured.counted, read, study, points["facilities"])
    kept = conform("cells", cells[[*LAYERS["cells"].column_names, "geometry"]])
    zones = layers.build_zones(measured.membership, ground, polygons, table)
    found = {
        "frontier": conform("frontier", ground.frontier.build_layer()),
        "frontier_sea": conform("frontier_sea", ground.frontier.build_sea_layer()),
        "segments": layers.build_segments(ground),
        "zones": zones,
        "cells": kept,
        **layers.build_class_layers(kept),
        **layers.build_corridors(study, zones, territories, ground),
        "settlements": conform("settlements", points["places"]),
        "facilities": conform("facilities", points["facilities"]),
        "countries": layers.build_countries(territories, _get_boundaries(read), ground, study),
    }
    residents = measured.residents
    passport = {
        "tripoints": _list_points(find_tripoints(lines, _get_boundaries(read), study)),
        "comparison": comparison.compare(table),
        "checks": list_checks(study, ground, measured.counted, table, found),
        "people_counted": "" if residents is None or residents.spread is None else residents.counts,
    }
    cover, people = _clip_grids(study, ground, read, residents)
    result = Result(
        study=study,
        layers=found,
        exposure=table,
        readings=measured.readings,
        cover=cover,
        people=people,
        passport=passport,
    )
    return result, [*ground.own_areas.notes, *measured.notes]


def _measure(
    study: Study,
    ground: StudyArea,
    read: Layers,
    points: dict[str, gpd.GeoDataFrame],
    polygons: land.Polygons,
    tell: StageProgress,
    engine: Engine | None,
) -> Measured:
    """Count every measure on areas, points and stretches, and sum over zones."""
    tell("figures", 0, 3)
    found = land.build_land(ground, polygons, points, engine)
    names = _name_territories(_get_boundaries(read))
    membership, zones = land.build_zones(study, ground, polygons, found, names)
    tell("figures", 1, 3)
    counted, notes = count_measures(read, found)
    for sentence in notes:
        inputs.note(sentence)
    tell("figures", 2, 3)
    sums = sum_columns(counted, zones)
    whole = countries.build_rows(list(ground.home_land), names, list(counted), read)
    table = conform("exposure", pd.concat([build_table(counted, sums, zones), whole], ignore_index=True))
    readings = pd.concat([build_readings(counted, sums, zones), countries.build_readings(whole)], ignore_index=True)
    readings = conform(READINGS.name, readings)
    tell("figures", 3, 3)
    # The land prepared for tabulation is as large as the land itself: it ends here.
    return Measured(membership, counted, table, readings, notes)


def _get_boundaries(read: Layers) -> gpd.GeoDataFrame:
    layer = read.get("boundaries")
    assert layer is not None, "there is no run without boundaries"
    return layer.data


def _name_territories(boundaries: gpd.GeoDataFrame) -> dict[str, str]:
    """Names of countries and of territories that are part of one; a country keeps its own beside theirs."""
    # Of a country whose every part is a territory, the first names it.
    first = boundaries.drop_duplicates("country")
    return {
        **dict(zip(first["country"], first["name"], strict=True)),
        **dict(zip(boundaries["territory"], boundaries["name"], strict=True)),
    }


def _list_points(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    return [
        {"name": n, "lon": round(p.x, 6), "lat": round(p.y, 6)}
        for n, p in zip(frame["name"], frame.geometry, strict=True)
    ]


def _clip_grids(
    study: Study, ground: StudyArea, read: Layers, residents: Residents | None
) -> tuple[Grid | None, Grid | None]:
    """Cover and people on their own cells, clipped to the widest band."""
    near = [p.geometry for p in ground.band_parts if p.to_m <= study.widest_m]
    zone = gpd.GeoDataFrame(geometry=near, crs=ground.crs)
    cover = read.get_grid("cover")
    if cover is not None:
        fill = cover.nodata if cover.nodata is not None else 255
        cover = _clip_grid(cover, compute_coverage_fraction(cover, zone) > 0, fill)
    people = None
    if residents is not None and residents.spread is not None:
        counts = residents.spread.counts
        people = _clip_grid(counts, compute_coverage_fraction(counts, zone) > 0, -1.0)
        people = Grid(people.values.astype(np.float32), people.transform, people.crs, -1.0)
    return cover, people


def _clip_grid(grid: Grid, inside: NDArray[np.bool_], fill: float) -> Grid:
    row, column = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    part = (slice(row[0], row[-1] + 1), slice(column[0], column[-1] + 1))
    values = np.where(inside[part], grid.values[part], np.array(fill, dtype=grid.values.dtype))
    return Grid(values, grid.transform * Affine.translation(column[0], row[0]), grid.crs, fill)
