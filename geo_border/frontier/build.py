"""Segments put together: matched, cut at the sea, measured, and met in tripoints."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from shapely import MultiLineString

from geo_border.errors import StudyError
from geo_border.frontier.match import find_shared_line
from geo_border.frontier.medium import SEA, Surroundings, cut_by_medium
from geo_border.frontier.territories import find_country
from geo_border.geo.crs import WGS84, build_equal_area_crs, distance_m, length_m, parse_crs, reproject
from geo_border.geo.line_distance import LineIndex
from geo_border.geo.types import LonLatLinear, LonLatPolygonal
from geo_border.schemas import MEDIA, OWN_LINE
from geo_border.study import Study

# Ends of two segments nearer than this are one point: sources place a tripoint within a few metres.
_SAME_POINT_M = 150.0


@dataclass(frozen=True)
class Segment:
    """One piece of the frontier.

    Attributes
    ----------
    line
        Where figures are measured from: land, rivers and lakes; lon/lat.
    stretches
        (medium, line) in order along it, the sea's pieces apart in `sea`; a user's own line has no medium.
    facing_country
        None where the line is a user's own (`facing` is then `schemas.OWN_LINE`).
    """

    id: str
    home: str
    facing: str
    country: str
    facing_country: str | None
    line: LonLatLinear
    stretches: tuple[tuple[str | None, LonLatLinear], ...]
    sea: MultiLineString


@dataclass(frozen=True)
class Frontier:
    """All segments of a study, in its order."""

    segments: tuple[Segment, ...]
    crs: CRS

    @property
    def line(self) -> MultiLineString:
        """Everything that distances are measured from, in lon/lat."""
        return shapely.multilinestrings([p for s in self.segments for p in shapely.get_parts(s.line)])

    def build_index(self) -> LineIndex:
        """The segments ready to be asked for distances; labels are positions in `segments`."""
        return LineIndex([s.line for s in self.segments], list(range(len(self.segments))))

    def build_layer(self) -> gpd.GeoDataFrame:
        """Layer `frontier`, in the study's plane."""
        rows = [(s, medium, line) for s in self.segments for medium, line in s.stretches]
        return self._build_frame([(s, line) for s, _, line in rows]).assign(medium=[m for _, m, _ in rows])

    def build_sea_layer(self) -> gpd.GeoDataFrame:
        """Layer `frontier_sea`, in the study's plane."""
        return self._build_frame([(s, line) for s in self.segments for line in shapely.get_parts(s.sea)])

    def _build_frame(self, rows: list[tuple[Segment, LonLatLinear]]) -> gpd.GeoDataFrame:
        lines = np.array([line for _, line in rows], dtype=object)
        data = {
            "segment": [s.id for s, _ in rows],
            "country": [s.country for s, _ in rows],
            "facing": [s.facing_country for s, _ in rows],
            "length_km": length_m(lines) / 1e3,
        }
        return gpd.GeoDataFrame(pd.DataFrame(data), geometry=reproject(lines, WGS84, self.crs), crs=self.crs)


def match_borders(territories: dict[str, LonLatPolygonal], study: Study) -> dict[tuple[str, str], MultiLineString]:
    """Home and facing names to their shared line in lon/lat, sea included, for every pair that meets.

    Parameters
    ----------
    territories
        Polygons by name in lon/lat, all in one sheet of longitudes.
    study
        Gives the home and facing names and the tolerance in metres.

    Raises
    ------
    StudyError
        When a facing territory meets no home one, or the other way round.
    """
    pairs = {
        (h, f): find_shared_line(territories[h], territories[f], study.match_tolerance_m)
        for h in study.home
        for f in study.facing
    }
    lines = {pair: line for pair, line in pairs.items() if not line.is_empty}
    for role, names, position in (("facing", study.facing, 1), ("home", study.home, 0)):
        alone = [name for name in names if name not in {pair[position] for pair in lines}]
        if alone:
            raise StudyError(
                f"study {study.name}: {role}: {', '.join(alone)} is not adjacent to any "
                f"{'home' if role == 'facing' else 'facing'} territory within match_tolerance_m = "
                f"{study.match_tolerance_m:g}. Take it out, or raise the tolerance if the source's neighbours do not "
                "share their edge."
            )
    return lines


def choose_study_crs(study: Study, lines: dict[tuple[str, str], MultiLineString]) -> CRS:
    """The study's plane: its own, EPSG:3035 in Europe, elsewhere equal-area centred on the frontier.

    Parameters
    ----------
    study
        Its `crs` is taken where it has one.
    lines
        Shared lines by home and facing name, in lon/lat.
    """
    if study.crs is not None:
        return parse_crs(study.crs, f"study {study.name}: crs")
    xy = shapely.get_coordinates(list(lines.values()))
    (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
    if west > -16 and east < 45 and south > 33 and north < 72:
        return CRS.from_epsg(3035)
    return build_equal_area_crs((west + east) / 2, (south + north) / 2)


def build_frontier(
    lines: dict[tuple[str, str], MultiLineString], surroundings: Surroundings, study: Study, crs: CRS
) -> Frontier:
    """Segments from matched lines: cut by medium, the sea set apart.

    Parameters
    ----------
    lines
        Shared lines by home and facing name, in lon/lat, the sea included.
    surroundings
        Land, inland water and lagoons near the line, in the plane of `crs`.
    study
        Gives the tolerance at the coast in metres and the country of each territory.
    crs
        The study's plane.

    Raises
    ------
    StudyError
        When nothing of the frontier is on land.
    """
    segments = []
    for (home, facing), line in lines.items():
        if facing == OWN_LINE:
            segments.append(_take_as_given(home, line, study))
            continue
        cut = cut_by_medium(line, surroundings, study.coast_tolerance_m, crs)
        dry = [(MEDIA[code], piece) for code, piece in cut if code != SEA]
        if dry:
            merged = shapely.line_merge(shapely.multilinestrings([piece for _, piece in dry]), directed=True)
            sea = shapely.MultiLineString([piece for code, piece in cut if code == SEA])
            countries = (find_country(home, study), find_country(facing, study))
            segments.append(Segment(f"{home}-{facing}", home, facing, *countries, merged, tuple(dry), sea))
    if not segments:
        raise StudyError(f"study {study.name}: the whole frontier lies at sea; nothing is measured from the sea.")
    known = {name for segment in segments for name in (segment.id, segment.country)}
    for name in study.depths_m:
        if name not in known:
            raise StudyError(f"study {study.name}: depths_m: {name} is none of {', '.join(sorted(known))}.")
    return Frontier(tuple(segments), crs)


def _take_as_given(home: str, line: MultiLineString, study: Study) -> Segment:
    """A user's own line as a segment: no medium, no sea, nobody faced."""
    merged = shapely.line_merge(line, directed=True)
    country = find_country(home, study)
    return Segment(f"{home}-{OWN_LINE}", home, OWN_LINE, country, None, merged, ((None, merged),), MultiLineString())


def find_tripoints(
    lines: dict[tuple[str, str], MultiLineString], boundaries: gpd.GeoDataFrame, study: Study
) -> gpd.GeoDataFrame:
    """Where three countries meet at an end of the frontier: `name` (e.g. EE-LV-RU), `geometry` (lon/lat).

    A point is an end of a segment that a third country of the boundary file touches, or where two segments meet.

    Parameters
    ----------
    lines
        Shared lines by home and facing name, in lon/lat.
    boundaries
        Polygons in lon/lat with `country`, third countries included.
    study
        Gives the tolerance in metres and the country of each territory.
    """
    ends = [
        (xy, {find_country(n, study) for n in pair if n != OWN_LINE})
        for pair, line in lines.items()
        for xy in _list_ends(line)
    ]
    candidates: list[tuple[tuple[float, ...], set[str]]] = []
    for xy, countries in ends:
        touching = countries | _find_touching(xy, boundaries, study.match_tolerance_m)
        for other, others in ends:
            if distance_m(xy[0], xy[1], other[0], other[1]) < _SAME_POINT_M:
                touching |= others
        if len(touching) >= 3:
            candidates.append((xy, touching))
    tripoints: list[tuple[tuple[float, ...], set[str]]] = []
    for xy, touching in candidates:
        if all(distance_m(xy[0], xy[1], k[0], k[1]) >= _SAME_POINT_M for k, _ in tripoints):
            tripoints.append((xy, touching))
    names = ["-".join(sorted(touching)) for _, touching in tripoints]
    points = shapely.points([xy for xy, _ in tripoints]) if tripoints else []
    return gpd.GeoDataFrame({"name": names}, geometry=points, crs=WGS84)


def _list_ends(line: LonLatLinear) -> list[tuple[float, ...]]:
    coordinates = [shapely.get_coordinates(part) for part in shapely.get_parts(line)]
    return [tuple(xy[i]) for xy in coordinates for i in (0, -1) if tuple(xy[0]) != tuple(xy[-1])]


def _find_touching(xy: tuple[float, ...], boundaries: gpd.GeoDataFrame, tolerance_m: float) -> set[str]:
    degrees = max(tolerance_m, 10.0) / 111_320 / max(np.cos(np.radians(xy[1])), 0.05)
    near = shapely.dwithin(boundaries.geometry.to_numpy(), shapely.Point(xy), degrees)
    return set(boundaries.loc[near, "country"])


def measure_reference_lines(
    territories: dict[str, LonLatPolygonal], study: Study
) -> dict[str, tuple[float, MultiLineString]]:
    """Length and line of each reference border of the study, by name.

    Parameters
    ----------
    territories
        Polygons by name in lon/lat, those of the reference lines included.
    study
        Gives the reference lines and the tolerance in metres.
    """
    out = {}
    for reference in study.reference_lines:
        one, other = reference.between
        line = find_shared_line(territories[one], territories[other], study.match_tolerance_m)
        out[reference.name] = (float(length_m(line)[0]) / 1e3, line)
    return out
