"""`people` and `people_per_km2`: residents in all and by age, and per km² of dry land."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np

from geo_border.catalog import Entry
from geo_border.engine import Engine
from geo_border.errors import EmptyLayerError
from geo_border.geo.types import FloatArray
from geo_border.layers import Layer, Layers
from geo_border.measures.base import (
    LAND,
    NO_RANGE,
    VALUE,
    Absent,
    Areas,
    Column,
    Figures,
    Land,
    Reading,
    Sums,
    caution,
    choose_band,
    divide,
)
from geo_border.people import Ground, People, counted, in_areas, modelled
from geo_border.present.rounding import PEOPLE_FLOOR
from geo_border.schemas import AGES
from geo_border.zonal import Band, Zones, prepare_zones, tabulate

AGE_NOTE = "cells whose ages are confidential are left out, so ages may add up to less than the total"
_LOW, _HIGH, _DRY = "low", "high", "dry land, km²"
_BASIS = "land without inland water"


@dataclass(frozen=True)
class Residents:
    """People ready to be summed over areas.

    Attributes
    ----------
    spread
        The grid as spread over home land, or None where `streams` serve.
    ages
        People of each age, spread likewise.
    streams
        Files of people rasters too fine to hold, by `people` or age.
    counts
        Whom a cell counts: "all" who live in it or only "home" residents.
    home_people
        People on home land as a whole, taken without the areas: what sums over them are held against.
    notes
        What the run could not have.
    """

    entry: Entry
    pixel_km2: float
    spread: People | None = None
    ages: Mapping[str, People] = field(default_factory=dict)
    streams: Mapping[str, list[Path]] = field(default_factory=dict)
    counts: str = "all"
    home_people: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PeopleCount:
    """Residents in all, with a range where the dataset has one, and by age where it has ages."""

    name: str = "people"
    carrier: str = LAND
    needs: tuple[str, ...] = ("people", "settlement_class")

    def prepare(self, layers: Layers, land: Land) -> Residents | Absent:
        """People spread over home's dry land."""
        layer = layers.get("people")
        if layer is None:
            return Absent()
        if layer.paths is not None:
            return _prepare_streams(layer, land)
        ground = Ground(land.units.zones, land.units.water, land.beyond)
        if layer.entry.reader == "modelled":
            return _prepare_model(layer, layers, land, ground)
        spread, counts = counted(layer.data, layer.entry.counts, ground)
        ages, notes = _prepare_ages(layer, ground)
        # A cell that counts everyone in it is shared with the other side of the line: home keeps a part, and no sum
        # tells how many that is.
        home = spread.home_people if counts == "home" else None
        return Residents(layer.entry, layer.pixel_km2, spread, ages, {}, counts, home, notes)

    def count(self, prepared: Residents, areas: Areas, land: Land) -> list[Column]:
        """People in each area: value, low and high where there is a range, and each age."""
        dataset, dry = prepared.entry.name, Column(areas.dry_km2, None, prepared.entry.name, _DRY)
        if prepared.streams:
            band = choose_band(prepared.entry)
            files = prepared.streams.items()
            sums = {name: _sum_files(paths, areas.zones, len(areas), band, land.engine) for name, paths in files}
            total = sums.pop("people")
            return [Column(total, "total", dataset), *(Column(v, age, dataset) for age, v in sums.items()), dry]
        assert prepared.spread is not None, "people are spread or streamed"
        found = in_areas(prepared.spread, areas.zones, areas.water, len(areas), land.engine)
        readings = {"people": VALUE, "low": _LOW, "high": _HIGH}
        columns = [Column(values, "total", dataset, readings[name]) for name, values in found.items()]
        for age, spread in prepared.ages.items():
            values = in_areas(spread, areas.zones, areas.water, len(areas), land.engine)["people"]
            columns.append(Column(values, age, dataset))
        return [*columns, dry]

    def figure(self, prepared: Residents, sums: Sums) -> Iterator[Figures]:
        """One row a zone for the total and each age."""
        name, zones = prepared.entry.name, sums.zones
        pixels, cautions = caution(prepared.pixel_km2, zones.area_km2, zones)
        for category in ("total", *AGES):
            if sums.find(category, name) is None:
                continue
            readings = _list_readings(sums, category, name)
            yield Figures(
                measure=self.name,
                category=category,
                unit="persons",
                entry=prepared.entry,
                readings=readings,
                spread=str(prepared.entry.options["range_from"]) if len(readings) > 1 else None,
                note=NO_RANGE if category == "total" else AGE_NOTE,
                cautions=cautions,
                pixels=pixels,
                floor=np.full(len(zones), float(PEOPLE_FLOOR)),
            )


@dataclass(frozen=True)
class PeopleDensity:
    """Residents per km² of land without inland water."""

    name: str = "people_per_km2"
    of: str = "people"

    def figure(self, prepared: Residents, sums: Sums) -> Iterator[Figures]:
        """One row a zone."""
        name, zones = prepared.entry.name, sums.zones
        dry_km2 = sums.get(None, name, _DRY)
        pixels, cautions = caution(prepared.pixel_km2, zones.area_km2, zones)
        people = _list_readings(sums, "total", name)
        yield Figures(
            measure=self.name,
            category=None,
            unit="persons/km²",
            entry=prepared.entry,
            readings=tuple(Reading(divide(one.values, dry_km2), name, one.name) for one in people),
            spread=str(prepared.entry.options["range_from"]) if len(people) > 1 else None,
            note=NO_RANGE,
            cautions=cautions,
            pixels=pixels,
            basis=_BASIS,
            floor=divide(np.full(len(zones), float(PEOPLE_FLOOR)), dry_km2[zones.main]),
        )


def _list_readings(sums: Sums, category: str, dataset: str) -> tuple[Reading, ...]:
    """The value, then low and high where the dataset has a range of its own."""
    names = (one for one in (VALUE, _LOW, _HIGH) if sums.find(category, dataset, one) is not None)
    return tuple(sums.read(category, dataset, one) for one in names)


def _prepare_streams(layer: Layer, land: Land) -> Residents:
    streams = {"people": layer.data, **layer.ages}
    whole = gpd.GeoDataFrame({"whole": np.zeros(len(land.home), np.int64)}, geometry=land.home, crs=land.units.crs)
    band = choose_band(layer.entry)
    home = float(_sum_files(streams["people"], prepare_zones(whole, "whole"), 1, band, land.engine)[0])
    if not home > 0:
        raise EmptyLayerError("the people rasters hold nobody on home land in this study: wrong area or unit?")
    return Residents(layer.entry, layer.pixel_km2, streams=streams, home_people=home)


def _prepare_model(layer: Layer, layers: Layers, land: Land, ground: Ground) -> Residents | Absent:
    classes = layers.get_grid("settlement_class")
    if classes is None:
        return Absent(("people: modelled from settlement classes, which this study has none of; absent.",))
    spread = modelled(classes, layer.entry.options, list(land.segment_ids), land.index, ground)
    if spread.home_people <= 0:
        return Absent(("people: the settlement classes do not cover this study; absent.",))
    strange = [name for name in land.segment_ids if name not in layer.entry.options["density"]]
    notes = (
        f"people: modelled, and not calibrated on {', '.join(strange)}: pooled densities of other borders, with a "
        "range from the lowest of them to the highest. Use a census (--sources people=DATASET) where it matters.",
    )
    home = spread.home_people
    return Residents(layer.entry, layer.pixel_km2, spread, {}, {}, "home", home, notes if strange else ())


def _prepare_ages(layer: Layer, ground: Ground) -> tuple[dict[str, People], tuple[str, ...]]:
    found, notes = {}, []
    for age, grid in layer.ages.items():
        try:
            found[age] = counted(grid, layer.entry.counts, ground)[0]
        except EmptyLayerError:
            notes.append(f"people: the dataset tells nobody of age {age} here; absent.")
    return found, tuple(notes)


def _sum_files(paths: list[Path], areas: Zones, count: int, band: Band, engine: Engine | None) -> FloatArray:
    """Counts of files added up: tiles of one grid, countries whose rectangles overlap, or one age after another."""
    out = np.zeros(count)
    for path in paths:
        table = tabulate(path, areas, zone_field=areas.field, mode="sum", coverage="exact", band=band, engine=engine)
        np.add.at(out, table[areas.field].to_numpy(np.int64), table["sum"].to_numpy())
    return out


MEASURES = (PeopleCount(),)
RATIOS = (PeopleDensity(),)
