"""The one table: membership @ area values, melted, with notes; nothing else makes a figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from geo_border.layers import Layers
from geo_border.measures.base import (
    LAND,
    Absent,
    Counted,
    Figures,
    Land,
    Sums,
    ZoneTable,
    join_blocks,
)
from geo_border.measures.registry import MEASURES, RATIOS, list_names
from geo_border.schemas import LAYERS, READINGS, conform

_ZONE_COLUMNS = ("zone_kind", "zone_id", "zone_name", "segment", "country", "from_m", "to_m", "part_of")


def count_measures(layers: Layers, land: Land) -> tuple[dict[str, Counted], list[str]]:
    """Columns of every measure that the run has data for, by name, and notes on those it has not.

    Raises
    ------
    EmptyLayerError, RasterError
        When a dataset holds nothing here, or what its legend lacks.
    """
    counted: dict[str, Counted] = {}
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


def sum_columns(counted: Mapping[str, Counted], zones: ZoneTable) -> dict[str, Sums]:
    """Sums of every measure's columns over every zone and its variants."""
    out = {}
    for name, one in counted.items():
        values = np.column_stack([column.values for column in one.columns]) if one.columns else np.empty((0, 0))
        matrix = zones.matrices[one.measure.carrier]
        sums = matrix @ values if one.columns else np.empty((matrix.shape[0], 0))
        out[name] = Sums(np.asarray(sums), [column.key for column in one.columns], zones)
    return out


def build_table(counted: Mapping[str, Counted], sums: Mapping[str, Sums], zones: ZoneTable) -> pd.DataFrame:
    """The exposure table, in the order of zones, measures, categories.

    Returns
    -------
    DataFrame
        As `schemas.LAYERS["exposure"]`; raw values.
    """
    order = {name: place for place, name in enumerate(list_names())}
    frames = []
    for category_place, figures in enumerate(_list_figures(counted, sums)):
        carrier = counted[_get_counted_name(figures.measure)].measure.carrier
        kept = zones.has_carrier(carrier) if figures.kept is None else figures.kept & zones.has_carrier(carrier)
        frame = _build_rows(figures, zones, np.flatnonzero(kept))
        frames.append(frame.assign(_measure=order[figures.measure], _category=category_place))
    whole = pd.concat(frames, ignore_index=True)
    whole = whole.sort_values(["_zone", "_measure", "_category"], kind="stable", ignore_index=True)
    table: pd.DataFrame = conform("exposure", whole[LAYERS["exposure"].column_names])
    return table


def build_readings(counted: Mapping[str, Counted], sums: Mapping[str, Sums], zones: ZoneTable) -> pd.DataFrame:
    """Every dataset's and reading's own sum, of every zone and of its variants: what low and high are computed from."""
    ids = zones.frame["zone_id"].to_numpy()
    frames = []
    for name, one in sums.items():
        kept = np.flatnonzero(zones.has_carrier(counted[name].measure.carrier))
        for position, (category, dataset, reading) in enumerate(one.columns):
            rows = {"zone_id": ids[kept], "value": one.values[zones.main[kept], position], "reading": reading}
            frames.append(pd.DataFrame(rows).assign(measure=name, category=category, dataset=dataset))
            for zone, variants in zones.variants.items():
                if zone in kept:
                    labels = [f"{reading}, {zones.range_from[zone]}, variant {n}" for n in range(1, len(variants) + 1)]
                    rows = {"zone_id": ids[zone], "value": one.values[list(variants), position], "reading": labels}
                    frames.append(pd.DataFrame(rows).assign(measure=name, category=category, dataset=dataset))
    whole = pd.concat(frames, ignore_index=True).assign(known_share=np.nan)
    readings: pd.DataFrame = conform(READINGS.name, whole[READINGS.column_names])
    return readings


def _list_figures(counted: Mapping[str, Counted], sums: Mapping[str, Sums]) -> Iterator[Figures]:
    for name, one in counted.items():
        yield from one.measure.figure(one.prepared, sums[name])
    for ratio in RATIOS:
        if ratio.of in counted:
            yield from ratio.figure(counted[ratio.of].prepared, sums[ratio.of])


def _get_counted_name(measure: str) -> str:
    """The measure whose columns a figure is of: its own, or those that a ratio is of."""
    return next((ratio.of for ratio in RATIOS if ratio.name == measure), measure)


def _build_rows(figures: Figures, zones: ZoneTable, kept: np.ndarray) -> pd.DataFrame:
    frame = zones.frame.iloc[kept][list(_ZONE_COLUMNS)].reset_index(drop=True)

    def pick(values: np.ndarray | None) -> np.ndarray | float:
        return np.nan if values is None else values[kept]

    return frame.assign(
        _zone=kept,
        measure=figures.measure,
        category=figures.category,
        value=pick(figures.value),
        low=pick(figures.low),
        high=pick(figures.high),
        known_share=pick(figures.known_share),
        unit=figures.unit,
        dataset=figures.entry.name,
        vintage=figures.entry.vintage,
        range_from=pick(figures.range_from),
        pixels=pick(figures.pixels),
        known_basis=figures.known_basis,
        basis=figures.basis,
        note=pick(figures.note),
    )
