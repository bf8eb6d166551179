"""Where a study lies, from its boundaries alone: home land near the line, that files are held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import shapely
from pyproj import CRS

from geo_border.errors import GeoBorderError
from geo_border.fetch.gather import fetch_needs
from geo_border.fetch.options import Options
from geo_border.frontier import build_territories, choose_study_crs, find_country, match_borders
from geo_border.geo.crs import WGS84, area_km2, reproject
from geo_border.pipeline import inputs
from geo_border.pipeline.inputs import Bounds
from geo_border.pipeline.sources import choose_sources
from geo_border.store import Folders
from geo_border.study import Study

_TURNS_DEG = (-360.0, 0.0, 360.0)
# Sides of boxes are cut this fine before they are moved into a plane, where they are curves.
_EDGE_DEG = 0.5


@dataclass(frozen=True)
class StudyExtent:
    """Home land near a study's line.

    Attributes
    ----------
    name
        The study's.
    within_m
        Distance from the line, at the least, to which home land is meant.
    home
        That land in lon/lat.
    bounds
        Its window in lon/lat, west of east across the antimeridian.
    crs
        The study's equal-area plane.
    """

    name: str
    within_m: float
    home: shapely.Polygon | shapely.MultiPolygon
    bounds: Bounds
    crs: CRS

    @property
    def home_km2(self) -> float:
        """Area of the land."""
        return self._measure_km2(self.home)

    def measure_share(self, extent: shapely.Polygon) -> float:
        """Share of the land that lies in a polygon of lon/lat."""
        inside = shapely.intersection(self.home, extent)
        return self._measure_km2(inside) / self.home_km2 if self.home_km2 else 0.0

    def build_zone(self) -> gpd.GeoDataFrame:
        """The land as the one zone of a tabulation."""
        return gpd.GeoDataFrame({"zone": [0]}, geometry=[self.home], crs=WGS84)

    def _measure_km2(self, shape: shapely.Geometry) -> float:
        return float(area_km2(reproject(shapely.segmentize(shape, _EDGE_DEG), WGS84, self.crs), self.crs))


def locate_study(study: Study, catalog: Sequence[str | Path], root: Path) -> tuple[StudyExtent | None, str]:
    """Home land of a study, or None and why not: no connection is opened for it.

    Parameters
    ----------
    catalog
        Catalogues whose datasets the study may name.
    root
        Folder in which boundaries that have been fetched are found.
    """
    countries = tuple(dict.fromkeys(find_country(name, study) for name in study.home))
    facing = tuple(dict.fromkeys(find_country(name, study) for name in study.facing))
    options = replace(Options(), offline=True, countries=countries, facing=facing)
    try:
        sources = choose_sources(study, (), catalog)
        found = fetch_needs(("boundaries",), sources, Folders(root.resolve()), None, options, "embedded")
        boundaries = inputs.read_boundaries(study, found.raws.get("boundaries"))
        territories = build_territories(boundaries.data, study)
        lines = match_borders(territories, study)
    except GeoBorderError as error:
        return None, f"how much of study {study.name} it covers is not known: {error}"
    bounds, window = inputs.compute_window(list(lines.values()), study.widest_m)
    home = shapely.union_all([territories[name] for name in study.home])
    turned = [shapely.affinity.translate(home, turn) for turn in _TURNS_DEG]
    near = shapely.union_all([shapely.intersection(one, window) for one in turned])
    return StudyExtent(study.name, study.widest_m, near, bounds, choose_study_crs(study, lines)), ""
