"""True area of a raster's cells, row by row, and of whole zones, on the ellipsoid."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from geo_border.crs import is_equal_area, area_below_m2
from geo_border.errors import CRSError
from geo_border.zonal.outline import Rings
from geo_border.zonal.plane import edge_mask, into_plane

FloatArray = NDArray[np.float64]
# A cell's area is at most this many units: products with a row's cell count stay within 64 bits.
_UNITS = 1 << 42
# Gauss-Legendre nodes for the area under an edge, and the longest stretch of latitude that they serve (degrees).
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(6)
_STRETCH_DEG = 1.0


@dataclass(frozen=True)
class Ground:
    """Areas of a raster's rows.

    Attributes
    ----------
    areas
        Area of one cell of each row, in units of `unit_m2`.
    slopes
        How much denser the lower edge of each row is than its upper one, as a share of the mean (0 in a plane that
        keeps areas).
    unit_m2
        The area unit, a power of two of a square metre.
    """

    areas: NDArray[np.int64]
    slopes: FloatArray
    unit_m2: float


def area_unit_m2(transform: Affine, crs: CRS) -> float:
    """Area unit in m² that suits every raster of this pixel size, so that sums over several of them merge exactly."""
    pixel = abs(transform.a * transform.e)
    if crs.is_geographic:
        radians = math.pi / 180.0
        largest = pixel * radians**2 * crs.ellipsoid.semi_major_metre**2 * 1.01 if crs.ellipsoid else 0.0
    else:
        largest = pixel * crs.axis_info[0].unit_conversion_factor ** 2
    return float(2.0 ** math.ceil(math.log2(largest))) / _UNITS


def measure_rows(transform: Affine, rows: int, crs: CRS, unit_m2: float) -> Ground:
    """Areas of all rows of a raster; planar in a projected CRS, exact on the ellipsoid in a geographic one."""
    if not crs.is_geographic:
        m2 = abs(transform.a * transform.e) * crs.axis_info[0].unit_conversion_factor ** 2
        return Ground(np.full(rows, round(m2 / unit_m2), dtype=np.int64), np.zeros(rows), unit_m2)
    edges = np.clip(transform.f + transform.e * np.arange(rows + 1), -90.0, 90.0)
    middle = np.clip(transform.f + transform.e * (np.arange(rows) + 0.5), -90.0, 90.0)
    upper = np.abs(np.diff(area_below_m2(edges, crs)))
    first = np.abs(area_below_m2(middle, crs) - area_below_m2(edges[:-1], crs))
    with np.errstate(invalid="ignore", divide="ignore"):
        slopes = np.where(upper > 0, 4.0 - 8.0 * first / upper, 0.0)
    areas = np.rint(upper * abs(transform.a) / unit_m2).astype(np.int64)
    return Ground(areas, np.clip(slopes, -2.0, 2.0), unit_m2)


def zone_areas_m2(rings: Rings, zones: int) -> FloatArray:
    """True area of each zone in m², parts of one zone added up; edges are straight in the rings' own CRS.

    Equal-area planes are measured in the plane, geographic rings by the integral under each edge, and rings in any
    other plane after moving them to longitude and latitude.
    """
    if rings.crs.is_geographic:
        under = _under_edges_m2(rings)
    elif is_equal_area(rings.crs):
        under = _cross(rings.x, rings.y) * rings.crs.axis_info[0].unit_conversion_factor ** 2
    else:
        geodetic = rings.crs.geodetic_crs
        if geodetic is None:
            raise CRSError(f"{rings.crs.name}: not tied to the earth, so areas cannot be measured in it.")
        return zone_areas_m2(into_plane(rings, geodetic), zones)
    return _per_zone(rings, under, zones)


def planar_areas(rings: Rings, zones: int) -> FloatArray:
    """Area of each zone in the square units of its plane."""
    return _per_zone(rings, _cross(rings.x, rings.y), zones)


def ring_sums(rings: Rings, under: FloatArray) -> FloatArray:
    """Sum of a figure per edge over each ring."""
    if len(rings.start) < 2:
        return np.zeros(0)
    padded = np.append(np.where(edge_mask(rings), under, 0.0), 0.0)
    return np.asarray(np.add.reduceat(padded, rings.start[:-1]))


def _per_zone(rings: Rings, under: FloatArray, zones: int) -> FloatArray:
    """Unsigned ring areas added to their zones, holes taken off."""
    area = np.abs(ring_sums(rings, under))
    return np.bincount(rings.zone, weights=np.where(rings.hole, -area, area), minlength=zones)[:zones]


def _cross(x: FloatArray, y: FloatArray) -> FloatArray:
    """Area between each edge (i, i + 1) and the y axis."""
    return np.asarray((x[:-1] + x[1:]) * np.diff(y) / 2)


def _under_edges_m2(rings: Rings) -> FloatArray:
    """Area on the ellipsoid between each edge (i, i + 1), straight in lon and lat, and the prime meridian."""
    lon, lat = rings.x, np.clip(rings.y, -90.0, 90.0)
    count = np.maximum(np.ceil(np.abs(np.diff(lat)) / _STRETCH_DEG), 1).astype(np.int64)
    edge = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(edge)) - (np.cumsum(count) - count)[edge]
    lat0 = lat[edge] + (lat[edge + 1] - lat[edge]) * (step / count[edge])
    lat1 = lat[edge] + (lat[edge + 1] - lat[edge]) * ((step + 1) / count[edge])
    return np.bincount(edge, weights=_stretch_m2(rings, edge, step, count, lat0, lat1), minlength=len(count))


def _stretch_m2(
    rings: Rings, edge: NDArray[np.int64], step: NDArray[np.int64], count: NDArray[np.int64], lat0: FloatArray,
    lat1: FloatArray,
) -> FloatArray:
    """Area under one stretch of each edge: longitude times the area of the earth between its two latitudes."""
    ellipsoid = rings.crs.ellipsoid
    assert ellipsoid is not None
    a, b = ellipsoid.semi_major_metre, ellipsoid.semi_minor_metre
    e2 = 1.0 - (b / a) ** 2
    total = np.zeros(len(edge))
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        t = (node + 1.0) / 2.0
        phi = np.radians(lat0 + t * (lat1 - lat0))
        share = (step + t) / count[edge]
        lon = np.radians(rings.x[edge] + share * (rings.x[edge + 1] - rings.x[edge]))
        total += weight / 2 * lon * np.cos(phi) * a * a * (1 - e2) / (1 - e2 * np.sin(phi) ** 2) ** 2
    return total * np.radians(lat1 - lat0)


def polygon_box(transform: Affine, rows: int, columns: int) -> shapely.Polygon:
    """Outline of a raster in its CRS."""
    x0, y0 = transform * (0, 0)
    x1, y1 = transform * (columns, rows)
    return shapely.box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
