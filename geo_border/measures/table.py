"""The one table: membership @ area values, melted, with notes; nothing else makes a figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_border.geo.types import FloatArray
from geo_border.layers import Layers
from geo_border.measures.base import (
    LAND,
    Absent,
    Counted,
    CountedByName,
    Figures,
    Land,
    Sums,
    ZoneTable,
    compute_spread,
    join_blocks,
    list_readings,
)
from geo_border.measures.registry import MEASURES, RATIOS, list_names
from geo_border.schemas import LAYERS, READINGS, Layer, conform

_ZONE_COLUMNS = ("zone_kind", "zone_id", "zone_name", "segment", "country", "from_m", "to_m", "part_of")


def count_measures(layers: Layers, land: Land) -> tuple[dict[str, Counted[Any]], list[str]]:
    """Columns of every measure that the run has data for, by name, and notes on those it has not.

    Parameters
    ----------
    layers
        Every dataset of the run.
    land
        Units (km² in the study's plane), polygons, points and stretches that are counted on.

    Raises
    ------
    EmptyLayerError, RasterError
        When a dataset holds nothing here, or what its legend lacks.
    """
    counted: dict[str, Counted[Any]] = {}
    notes: list[str] = []
    for measure in MEASURES:
        prepared = measure.prepare(layers, land)
        if isinstance(prepared, Absent):
            notes += prepared.notes
            continue
        notes += getattr(prepared, "notes", ())
        # Points and stretches are no areas: there is one block of them.
        blocks = land.blocks if measure.carrier == LAND else land.blocks[:1]
        columns = join_blocks([measure.count(prepared, areas, land) for areas in blocks])
        counted[measure.name] = Counted(measure, prepared, columns)
    return counted, notes


def sum_columns(counted: CountedByName, zones: ZoneTable) -> dict[str, Sums]:
    """Sums of every measure's columns over every zone and its variants, in the unit of the columns.

    Parameters
    ----------
    counted
        What `count_measures` gives: one number a member of the measure's carrier.
    zones
        The matrices that sum members over zones.
    """
    out = {}
    for name, one in counted.items():
        values = np.column_stack([column.values for column in one.columns]) if one.columns else np.empty((0, 0))
        matrix = zones.matrices[one.measure.carrier]
        sums = matrix @ values if one.columns else np.empty((matrix.shape[0], 0))
        out[name] = Sums(np.asarray(sums), [column.key for column in one.columns], zones)
    return out


def build_table(counted: CountedByName, sums: Mapping[str, Sums], zones: ZoneTable) -> pd.DataFrame:
    """The exposure table, in the order of zones, measures, categories.

    Parameters
    ----------
    counted, sums
        What `count_measures` and `sum_columns` give.
    zones
        The zones that the sums are of.

    Returns
    -------
    DataFrame
        As `schemas.LAYERS["exposure"]`; raw values.
    """
    frames = []
    for place, (figures, kept) in enumerate(_list_figures(counted, sums, zones)):
        rows = _build_rows(figures, zones, np.flatnonzero(kept))
        frames.append(rows.assign(**_list_keys(figures, place)))
    table: pd.DataFrame = conform("exposure", _join(frames, LAYERS["exposure"]))
    return table


def build_readings(counted: CountedByName, sums: Mapping[str, Sums], zones: ZoneTable) -> pd.DataFrame:
    """Every dataset's and reading's own figure of every zone: value, low and high are computed from nothing else.

    Parameters
    ----------
    counted, sums, zones
        As of `build_table`.

    Returns
    -------
    DataFrame
        As `schemas.READINGS`, in the order of zones, measures, categories; the value of each figure first.
    """
    ids = zones.frame["zone_id"].to_numpy()
    frames = []
    for place, (figures, kept) in enumerate(_list_figures(counted, sums, zones)):
        for positions, dataset, reading, values in list_readings(figures, zones):
            own = kept[positions]
            columns = {"_zone": positions[own], "zone_id": ids[positions[own]], "value": values[own]}
            rows = pd.DataFrame(columns).assign(dataset=dataset, reading=reading, known_share=np.nan)
            frames.append(rows.assign(**_list_keys(figures, place)))
    readings: pd.DataFrame = conform(READINGS.name, _join(frames, READINGS))
    return readings


def _list_figures(
    counted: CountedByName, sums: Mapping[str, Sums], zones: ZoneTable
) -> Iterator[tuple[Figures, NDArray[np.bool_]]]:
    """Figures of every measure and ratio, and which zones have a row of them."""
    for name, one in counted.items():
        there = zones.has_carrier(one.measure.carrier)
        makers = [one.measure.figure, *(ratio.figure for ratio in RATIOS if ratio.of == name)]
        for figure in makers:
            for figures in figure(one.prepared, sums[name]):
                yield figures, there if figures.kept is None else there & figures.kept


def _list_keys(figures: Figures, place: int) -> dict[str, Any]:
    """Columns that say which figure a row is of, and where it stands among the rows of its zone."""
    order = list_names().index(figures.measure)
    return {"measure": figures.measure, "category": figures.category, "_measure": order, "_category": place}


def _join(frames: Sequence[pd.DataFrame], layer: Layer) -> pd.DataFrame:
    """Rows of all figures in the order of zones, measures, categories, with the columns of a table."""
    whole = pd.concat(frames, ignore_index=True)
    whole = whole.sort_values(["_zone", "_measure", "_category"], kind="stable", ignore_index=True)
    return whole[layer.column_names]


def _build_rows(figures: Figures, zones: ZoneTable, kept: NDArray[np.int64]) -> pd.DataFrame:
    spread = compute_spread(figures, zones)

    def pick(values: FloatArray | None) -> FloatArray | float:
        return np.nan if values is None else values[kept]

    return (
        zones.frame.iloc[kept][list(_ZONE_COLUMNS)]
        .reset_index(drop=True)
        .assign(
            _zone=kept,
            value=spread.value[kept],
            low=spread.low[kept],
            high=spread.high[kept],
            range_from=spread.range_from[kept],
            note=spread.note[kept],
            known_share=pick(figures.known_share),
            pixels=pick(figures.pixels),
            unit=figures.unit,
            dataset=figures.entry.name,
            vintage=figures.entry.vintage,
            known_basis=figures.known_basis,
            basis=figures.basis,
        )
    )
