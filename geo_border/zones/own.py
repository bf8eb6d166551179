"""A user's own areas: clipped to home land, and refused where they could single out a place (DESIGN section 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations

import geopandas as gpd
import numpy as np
import shapely

from geo_border.errors import StudyError
from geo_border.geo.overlay import extract_polygons
from geo_border.geo.types import GeometryArray, PlanePolygonal

MOST_DRAWN = 20
LEAST_KM2 = 10.0
MOST_BEYOND = 0.01
# Two areas that were drawn with a common edge differ along it by less than this, since they need not share vertices.
# Pieces of one area nearer to each other than twice this are one.
_SAME_EDGE_M = 10.0
# Rounding of the overlay, not land.
_LEAST_TOLD_KM2 = 1e-3
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Extent:
    """Where own areas may lie; every geometry in the study's plane.

    Attributes
    ----------
    home
        Home land by country, the sea left out, as far as it is known.
    territory
        Home territories near the areas, their sea included.
    others
        Land that is not home's, and facing territories; None where no dataset tells land from sea.
    near, known
        All within the widest band, and all within which home land is known.
    """

    home: Mapping[str, PlanePolygonal]
    territory: PlanePolygonal
    others: PlanePolygonal | None
    near: PlanePolygonal
    known: PlanePolygonal


@dataclass(frozen=True)
class OwnArea:
    """One area as it is measured.

    Attributes
    ----------
    parts
        Its land by home country, in the plane.
    """

    id: str
    name: str
    parts: Mapping[str, PlanePolygonal]


@dataclass(frozen=True)
class OwnAreas:
    """Own areas in the order of their file, and what was clipped off them, one sentence each."""

    areas: Sequence[OwnArea] = ()
    notes: Sequence[str] = field(default=())


@dataclass(frozen=True)
class _Cut:
    """One area clipped: what is left of it, and how much of it lies where nothing is measured, in km²."""

    title: str
    whole_km2: float
    land: PlanePolygonal
    line_km2: float
    band_km2: float

    @property
    def sea_km2(self) -> float:
        """What is neither home land near the frontier nor beyond the line or the widest band."""
        return self.whole_km2 - _measure(self.land) - self.line_km2 - self.band_km2


def clip_areas(areas: gpd.GeoDataFrame, extent: Extent, where: str, *, is_drawn: bool) -> OwnAreas:
    """Own areas clipped to home land within the widest band.

    Parameters
    ----------
    areas
        `id`, `name` and polygons in the plane.
    where
        The file's name, for messages.
    is_drawn
        Whether a user drew them: then all rules hold. Outlines that a dataset publishes may be of any size and number.

    Raises
    ------
    StudyError
        When drawn areas are too many, too small or too much alike, or reach beyond the line or the widest band.
    """
    if not is_drawn:
        return _clip_published(areas, extent)
    if len(areas) > MOST_DRAWN:
        raise StudyError(
            f"{where}: {len(areas)} areas, and at most {MOST_DRAWN} can be drawn freely. Take some out, or name a "
            "dataset of outlines with --sources own_zones=DATASET."
        )
    found, kept, notes = [], [], []
    for row in areas.itertuples():
        cut = _cut(f"{where}: area {_name(row.id, row.name)}", row.geometry, extent)
        _require_near(cut)
        land, bits_km2 = _drop_bits(cut, row.geometry)
        kept.append(land)
        notes += _tell_clipped(f"own_zones: area {_name(row.id, row.name)}", cut, bits_km2)
        found.append(OwnArea(row.id, row.name, _share(land, extent)))
    _require_differences(found, kept, where)
    return OwnAreas(tuple(found), tuple(notes))


def _clip_published(areas: gpd.GeoDataFrame, extent: Extent) -> OwnAreas:
    found, count, clipped_km2 = [], 0, 0.0
    for row in areas.itertuples():
        cut = _cut("", row.geometry, extent)
        parts = _share(cut.land, extent)
        if not parts:
            continue
        lost = cut.whole_km2 - _measure(cut.land)
        count, clipped_km2 = count + (lost > _LEAST_TOLD_KM2), clipped_km2 + lost
        found.append(OwnArea(row.id, row.name, parts))
    if not found:
        return OwnAreas((), ("own_zones: no outline of the dataset has home land within the widest band; absent.",))
    sentence = f"own_zones: {count} of {len(found)} outlines are clipped to home land within the widest band, by "
    return OwnAreas(tuple(found), (f"{sentence}{clipped_km2:,.1f} km² in all.",) if count else ())


def _name(area_id: str, name: str) -> str:
    # As Python writes texts: a line end in a name must not end the message.
    return f"{name!r} ({area_id})" if name != area_id and area_id.isprintable() else f"{name!r}"


def _cut(title: str, shape: PlanePolygonal, extent: Extent) -> _Cut:
    """The area's land, and how much of it lies beyond the line and beyond the widest band."""
    land = extract_polygons(shapely.union_all([_clip(shape, one) for one in extent.home.values()]))
    outside = extract_polygons(shapely.difference(shape, _clip(shape, extent.territory)))
    beyond = outside if extent.others is None else _clip(outside, extent.others)
    # Far from the line no dataset was read that tells land from sea: all of it is taken as land.
    far = extract_polygons(shapely.difference(shape, _clip(shape, extent.known)))
    beyond = extract_polygons(shapely.union(beyond, shapely.intersection(far, outside)))
    unknown = _clip(far, extent.territory)
    near = _clip(land, extent.near)
    return _Cut(
        title=title,
        whole_km2=_measure(shape),
        land=near,
        line_km2=_measure(beyond),
        band_km2=_measure(land) - _measure(near) + _measure(unknown),
    )


def _clip(shape: PlanePolygonal, other: PlanePolygonal) -> PlanePolygonal:
    """Common part of a small and a large polygon: an overlay with all of home would take seconds."""
    if shapely.is_empty(shape):
        return shape
    bounds = shapely.bounds(shape) + np.array([-1.0, -1.0, 1.0, 1.0])
    here = shapely.clip_by_rect(other, *bounds)
    if not shapely.is_valid(here):
        here = shapely.intersection(other, shapely.box(*bounds))
    return extract_polygons(shapely.intersection(shape, extract_polygons(here)))


def _require_near(cut: _Cut) -> None:
    for km2, where, advice in (
        (cut.line_km2, "beyond the line, outside home", "Cut it at the line"),
        (cut.band_km2, "beyond the widest band", "Cut it there, or give the study wider bands"),
    ):
        if km2 > MOST_BEYOND * cut.whole_km2 * (1 + _ROUNDING):
            raise StudyError(
                f"{cut.title}: {km2 / cut.whole_km2:.3%} of it ({km2:,.2f} of {cut.whole_km2:,.2f} km²) lies {where}, "
                f"and at most {MOST_BEYOND:.0%} may. {advice}."
            )


def _drop_bits(cut: _Cut, shape: PlanePolygonal) -> tuple[PlanePolygonal, float]:
    """The land of an area without the bits that clipping cut off it, and their area in km².

    Raises
    ------
    StudyError
        When a part of it, as drawn, has less than 10 km² of land, or such bits are more than 1 % of it.
    """
    drawn = shapely.get_parts(extract_polygons(shapely.union_all(shapely.get_parts(shape))))
    # What the repair of a crossed outline leaves is no part that someone drew.
    grains = shapely.area(drawn) / 1e6 < _LEAST_TOLD_KM2
    drawn = drawn[~grains] if not grains.all() else drawn
    kept: list[PlanePolygonal] = []
    bits_km2 = 0.0
    for number, part in enumerate(drawn, 1):
        pieces = _group(extract_polygons(shapely.intersection(part, cut.land)))
        km2 = shapely.area(pieces) / 1e6
        large = km2 >= LEAST_KM2 * (1 - _ROUNDING)
        if not large.any():
            which = f"part {number} of {len(drawn)} has" if len(drawn) > 1 else "has"
            most = f", in {len(pieces)} pieces" if len(pieces) > 1 else ""
            raise StudyError(
                f"{cut.title}: {which} {km2.sum():,.4g} km² of home land{most}, and each part needs at least "
                f"{LEAST_KM2:g} km². Draw it larger, or take it out."
            )
        kept += pieces[large].tolist()
        bits_km2 += float(km2[~large].sum())
    if bits_km2 > MOST_BEYOND * cut.whole_km2 * (1 + _ROUNDING):
        raise StudyError(
            f"{cut.title}: clipping cuts pieces off it, each under {LEAST_KM2:g} km² and {bits_km2:,.4g} km² "
            f"in all; at most {MOST_BEYOND:.0%} of its {cut.whole_km2:,.4g} km² may be such. Draw it without them."
        )
    return (cut.land, 0.0) if bits_km2 == 0 else (extract_polygons(shapely.union_all(kept)), bits_km2)


def _group(land: PlanePolygonal) -> GeometryArray:
    """The pieces of an area's land; those that only a gap between two boundary polygons parts are one."""
    pieces = shapely.get_parts(land)
    if len(pieces) < 2:
        return np.asarray(pieces, dtype=object)
    wide = shapely.get_parts(shapely.union_all(shapely.buffer(pieces, _SAME_EDGE_M, quad_segs=2)))
    piece, of = shapely.STRtree(wide).query(shapely.point_on_surface(pieces), predicate="within")
    groups = [extract_polygons(shapely.union_all(pieces[piece[of == number]])) for number in range(len(wide))]
    return np.array(groups, dtype=object)


def _require_differences(areas: Sequence[OwnArea], lands: Sequence[PlanePolygonal], where: str) -> None:
    """Fail where one area less another is a small piece of land: the difference of their figures would be its own."""
    for one, other in permutations(range(len(areas)), 2):
        if not shapely.intersects(lands[one], lands[other]):
            continue
        rest = extract_polygons(shapely.difference(lands[one], lands[other]))
        km2 = _measure(rest)
        if km2 >= LEAST_KM2 * (1 - _ROUNDING) or shapely.is_empty(shapely.buffer(rest, -_SAME_EDGE_M / 2)):
            continue
        names = [_name(areas[i].id, areas[i].name) for i in (one, other)]
        raise StudyError(
            f"{where}: area {names[0]} less area {names[1]} is {km2:,.4g} km², and the difference of two areas is "
            f"either nothing or at least {LEAST_KM2:g} km². Draw the two with a common edge, or farther apart."
        )


def _share(land: PlanePolygonal, extent: Extent) -> dict[str, PlanePolygonal]:
    """Land of an area by home country; countries without any are missing."""
    parts = {country: _clip(land, home) for country, home in extent.home.items()}
    return {country: part for country, part in parts.items() if shapely.area(part) > 0}


def _tell_clipped(title: str, cut: _Cut, bits_km2: float) -> list[str]:
    reasons = (
        (cut.line_km2, "beyond the line"),
        (cut.band_km2, "beyond the widest band"),
        (cut.sea_km2, "at sea"),
        (bits_km2, "in small pieces that these cut off"),
    )
    told = [f"{km2:,.3g} km² {reason}" for km2, reason in reasons if km2 > _LEAST_TOLD_KM2]
    return [f"{title}: clipped to home land; not counted: {', '.join(told)}."] if told else []


def _measure(shape: PlanePolygonal) -> float:
    return float(shapely.area(shape)) / 1e6
