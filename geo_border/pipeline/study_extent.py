"""Where a study lies, from its boundaries alone: home land near the line, that files are held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geo_border.errors import GeoBorderError
from geo_border.frontier import choose_study_crs
from geo_border.geo.crs import WGS84, area_km2, length_m, reproject
from geo_border.geo.overlay import extract_polygons
from geo_border.geo.types import GeometryArray, LonLatPolygonal
from geo_border.pipeline import inputs
from geo_border.pipeline.fetching import trace_on_disk
from geo_border.pipeline.inputs import Bounds
from geo_border.pipeline.sources import choose_sources
from geo_border.store import Folders
from geo_border.study import Study

_TURNS_DEG = (-360.0, 0.0, 360.0)
# Sides of boxes are cut this fine before they are moved into a plane, where they are curves.
_EDGE_DEG = 0.5
# The line is simplified by this much before land near it is cut out: files are held against it, no figure is made.
_LINE_M = 100.0


@dataclass(frozen=True)
class StudyExtent:
    """Home land near a study's line.

    Attributes
    ----------
    study
        The study.
    home
        Land to its widest band, in EPSG:4326 and to about 1 %.
    bounds
        Its window in EPSG:4326, west of east across the antimeridian.
    crs
        The study's equal-area plane.
    """

    study: Study
    home: LonLatPolygonal
    bounds: Bounds
    crs: CRS

    @property
    def home_km2(self) -> float:
        """Area of the land."""
        return self._measure_km2(np.array([self.home], dtype=object))

    def measure_share(self, extent: shapely.Polygon) -> float:
        """Share of the land that lies in a polygon.

        Parameters
        ----------
        extent
            In EPSG:4326.
        """
        inside = shapely.intersection(np.array([self.home], dtype=object), extent)
        return self._measure_km2(inside) / self.home_km2 if self.home_km2 else 0.0

    def build_zone(self) -> gpd.GeoDataFrame:
        """The land as the one zone (`zone` = 0) of a tabulation."""
        return gpd.GeoDataFrame({"zone": [0]}, geometry=[self.home], crs=WGS84)

    def select_near(self, table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """The rows that meet the land.

        Parameters
        ----------
        table
            In EPSG:4326.
        """
        shapely.prepare(self.home)
        return table[shapely.intersects(self.home, shapely.make_valid(table.geometry.to_numpy()))]

    def measure_inside(self, table: gpd.GeoDataFrame) -> tuple[float, float]:
        """Length (km) and area (km²) of lines and polygons within the land.

        Parameters
        ----------
        table
            Rows that meet the land, in EPSG:4326.
        """
        shapes = shapely.make_valid(table.geometry.to_numpy())
        shapely.prepare(self.home)
        across = ~shapely.contains_properly(self.home, shapes)
        shapes[across] = shapely.intersection(shapes[across], self.home)
        dimension = shapely.get_dimensions(shapes)
        length_km = float(length_m(shapes[dimension == 1]).sum()) / 1000
        return length_km, self._measure_km2(np.array([shapely.union_all(shapes[dimension == 2])], dtype=object))

    def _measure_km2(self, shapes: GeometryArray) -> float:
        return float(area_km2(reproject(shapely.segmentize(shapes, _EDGE_DEG), WGS84, self.crs), self.crs).sum())


@dataclass(frozen=True)
class StudyCover:
    """How a file lies in a study.

    Attributes
    ----------
    study
        Its name.
    within_m
        How far from the line home land is looked at.
    home_km2
        Area of that land.
    extent_share
        Share of it that lies in the file's extent.
    known_share
        Share of it that cells with data cover; None where that is not counted.
    totals
        Sums there: `people`, `length_km`, `area_km2`.
    areas_km2
        Area of each code there, of classes.
    rows
        Rows there as a run reads them; None of a raster.
    kinds
        The same by kind, the most frequent first.
    """

    study: str
    within_m: float
    home_km2: float
    extent_share: float
    known_share: float | None = None
    totals: dict[str, float] = field(default_factory=dict)
    areas_km2: dict[int, float] = field(default_factory=dict)
    rows: int | None = None
    kinds: dict[str, int] = field(default_factory=dict)


def locate_study(study: Study, catalog: Sequence[str | Path], root: Path) -> tuple[StudyExtent | None, str]:
    """Home land of a study, or None and why not: no connection is opened for it.

    Parameters
    ----------
    study
        Whose land.
    catalog
        Catalogues whose datasets the study may name.
    root
        Folder in which boundaries that have been fetched are found.
    """
    try:
        traced = trace_on_disk(study, choose_sources(study, (), catalog), Folders(root.resolve()))
    except GeoBorderError as error:
        return None, f"how much of study {study.name} it covers is not known: {error}"
    territories, lines = traced.territories, traced.lines
    bounds, window = inputs.compute_window(list(lines.values()), study.widest_m)
    crs = choose_study_crs(study, lines)
    home = shapely.union_all([territories[name] for name in study.home])
    turned = [shapely.affinity.translate(home, turn) for turn in _TURNS_DEG]
    near = shapely.union_all([shapely.intersection(one, window) for one in turned])
    if bounds[0] < bounds[2]:
        # Across the antimeridian the window itself is near enough.
        line = shapely.simplify(reproject(shapely.union_all(list(lines.values())), WGS84, crs), _LINE_M)
        around = shapely.buffer(line, study.widest_m, quad_segs=8)
        near = reproject(shapely.intersection(shapely.make_valid(reproject(near, WGS84, crs)), around), crs, WGS84)
    # A window that only touches land leaves lines of it.
    (land,) = extract_polygons(np.array([near], dtype=object))
    return StudyExtent(study, land, bounds, crs), ""
