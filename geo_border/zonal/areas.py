"""True area of a raster's cells, row by row, and of whole zones, on the ellipsoid."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from geo_border.errors import CRSError
from geo_border.geo.crs import area_below_m2, is_equal_area
from geo_border.geo.types import FloatArray
from geo_border.zonal.reproject import project_rings, unwrap_rings
from geo_border.zonal.rings import Rings

# A cell's area is at most this many units: products with a row's cell count stay within 64 bits.
_MAX_AREA_UNITS = 1 << 42
# Stretch of latitude along which the first error term is all the error (fourth powers of its radians vanish).
_SHORT_DEG = 0.05
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(4)


@dataclass(frozen=True)
class RowAreas:
    """Areas of a raster's rows.

    Attributes
    ----------
    cell_areas
        Area of one cell of each row, in units of `unit_m2`.
    slopes
        How much denser the lower edge of each row is than its upper one, as a share of the mean (0 in a plane that
        keeps areas, and where nobody asks).
    unit_m2
        The area unit, a power of two of a square metre.
    """

    cell_areas: NDArray[np.int64]
    slopes: FloatArray
    unit_m2: float


def choose_area_unit_m2(transform: Affine, crs: CRS) -> float:
    """Area unit in m² that suits every raster of this pixel size, so that sums over several of them merge exactly."""
    pixel = abs(transform.a * transform.e)
    if crs.is_geographic:
        radians = math.pi / 180.0
        largest = pixel * radians**2 * crs.ellipsoid.semi_major_metre**2 * 1.01 if crs.ellipsoid else 0.0
    else:
        largest = pixel * crs.axis_info[0].unit_conversion_factor ** 2
    return float(2.0 ** math.ceil(math.log2(largest))) / _MAX_AREA_UNITS


def measure_row_areas(transform: Affine, rows: int, crs: CRS, unit_m2: float, *, with_slopes: bool) -> RowAreas:
    """Areas of all rows of a raster; planar in a projected CRS, exact on the ellipsoid in a geographic one."""
    if not crs.is_geographic:
        m2 = abs(transform.a * transform.e) * crs.axis_info[0].unit_conversion_factor ** 2
        return RowAreas(np.full(rows, round(m2 / unit_m2), dtype=np.int64), np.zeros(rows), unit_m2)
    edges = np.clip(transform.f + transform.e * np.arange(rows + 1), -90.0, 90.0)
    below = area_below_m2(edges, crs)
    whole = np.abs(np.diff(below))
    areas = np.rint(whole * abs(transform.a) / unit_m2).astype(np.int64)
    if not with_slopes:
        return RowAreas(areas, np.zeros(rows), unit_m2)
    middle = np.clip(transform.f + transform.e * (np.arange(rows) + 0.5), -90.0, 90.0)
    upper = np.abs(area_below_m2(middle, crs) - below[:-1])
    slopes = np.divide(4.0 * whole - 8.0 * upper, whole, out=np.zeros(rows), where=whole > 0)
    return RowAreas(areas, np.clip(slopes, -2.0, 2.0), unit_m2)


def measure_zone_areas_m2(rings: Rings, zone_count: int) -> FloatArray:
    """True area of each zone in m², parts of one zone added up; edges are straight in the rings' own CRS.

    Equal-area planes are measured in the plane, geographic rings by the integral under each edge, and rings in any
    other plane after moving them to longitude and latitude.
    """
    if len(rings.zone) == 0:
        return np.zeros(zone_count)
    if rings.crs.is_geographic:
        return _sum_by_zone(rings, _integrate_edges_m2(rings), zone_count)
    if is_equal_area(rings.crs):
        return measure_planar_areas_m2(rings, zone_count)
    geodetic = rings.crs.geodetic_crs
    if geodetic is None:
        raise CRSError(f"{rings.crs.name}: not tied to the earth, so areas cannot be measured in it.")
    return measure_zone_areas_m2(unwrap_rings(project_rings(rings, geodetic)), zone_count)


def measure_planar_areas_m2(rings: Rings, zone_count: int) -> FloatArray:
    """Area of each zone in the plane of a projected CRS, in m²."""
    return (
        _sum_by_zone(rings, rings.integrate_edges(), zone_count)
        * float(rings.crs.axis_info[0].unit_conversion_factor) ** 2
    )


def _sum_by_zone(rings: Rings, edge_areas: FloatArray, zone_count: int) -> FloatArray:
    """Signed ring areas added to their zones."""
    area = rings.sum_by_ring(edge_areas) * rings.sign
    return np.asarray(np.bincount(rings.zone, weights=area, minlength=zone_count)[:zone_count], dtype=np.float64)


def _integrate_edges_m2(rings: Rings) -> FloatArray:
    """Area on the ellipsoid between each edge (i, i + 1), straight in lon and lat, and the prime meridian.

    Along an edge longitude is linear in latitude: the trapezium of the area function with the first term of its error
    taken off serves edges up to `_SHORT_DEG`, nodes on every stretch the few longer ones.
    """
    lat = np.clip(rings.y, -90.0, 90.0)
    below = area_below_m2(lat, rings.crs)
    rise = np.diff(lat)
    middle = (lat[:-1] + lat[1:]) / 2
    bend = -_metres2_per_degree2(middle, rings.crs) * np.tan(np.radians(np.clip(middle, -89.9, 89.9))) * np.radians(1.0)
    under = (rings.x[:-1] + rings.x[1:]) / 2 * np.diff(below) + np.diff(rings.x) * rise**2 * bend / 12
    long = np.flatnonzero((np.abs(rise) > _SHORT_DEG) & (np.diff(rings.x) != 0))
    under[long] = _integrate_long_edges_m2(rings, lat, long)
    return np.asarray(under)


def _metres2_per_degree2(lat_deg: FloatArray, crs: CRS) -> FloatArray:
    """Area in m² of a square degree at each latitude."""
    ellipsoid = crs.ellipsoid
    assert ellipsoid is not None
    a, b = ellipsoid.semi_major_metre, ellipsoid.semi_minor_metre
    e2 = 1.0 - (b / a) ** 2
    phi = np.radians(lat_deg)
    return np.asarray(np.cos(phi) * b * b / (1 - e2 * np.sin(phi) ** 2) ** 2 * np.radians(1.0) ** 2)


def _integrate_long_edges_m2(rings: Rings, lat: FloatArray, long: NDArray[np.int64]) -> FloatArray:
    """Area under some edges by quadrature on stretches of at most `_SHORT_DEG` of latitude."""
    rise, run = lat[long + 1] - lat[long], rings.x[long + 1] - rings.x[long]
    count = np.ceil(np.abs(rise) / _SHORT_DEG).astype(np.int64)
    edge = np.repeat(np.arange(len(long)), count)
    step = np.arange(len(edge)) - (np.cumsum(count) - count)[edge]
    total = np.zeros(len(edge))
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        t = (step + (node + 1) / 2) / count[edge]
        lon = rings.x[long][edge] + t * run[edge]
        total += weight / 2 * lon * _metres2_per_degree2(lat[long][edge] + t * rise[edge], rings.crs)
    return np.asarray(np.bincount(edge, weights=total * (rise / count)[edge], minlength=len(long)), dtype=np.float64)
