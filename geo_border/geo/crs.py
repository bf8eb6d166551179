"""The only file that measures area and distance, and that chooses a plane to work in."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import shapely
from pyproj import CRS, Geod, Proj, Transformer
from pyproj.exceptions import CRSError as ProjCRSError

from geo_border.errors import CRSError
from geo_border.geo.types import FloatArray, GeometryArray, LonLatLinear, PlanePolygonal, Shapes

WGS84 = CRS.from_epsg(4326)
GEOD = Geod(ellps="WGS84")
# Semi-axes of WGS 84 in metres and the square of its eccentricity (NGA.STND.0036, 2014).
_A_M = 6378137.0
_F = 1 / 298.257223563
_E2 = _F * (2 - _F)
# Mean radius of curvature used only in the small chord-to-arc correction.
_R_M = 6371008.8


@lru_cache(maxsize=256)
def build_transformer(source: str, target: str) -> Transformer:
    """Transformer between two CRS given as WKT or authority strings, always in x, y (lon, lat) order.

    Parameters
    ----------
    source, target
        CRS to move from and to, as WKT or authority strings ("EPSG:3035").
    """
    return Transformer.from_crs(CRS.from_user_input(source), CRS.from_user_input(target), always_xy=True)


def parse_crs(value: object, where: str) -> CRS:
    """Any way of naming a CRS made into one; `where` names the file and key in the message.

    Parameters
    ----------
    value
        A CRS of pyproj, an EPSG number, an authority string or WKT.
    where
        File and key, for the message.

    Raises
    ------
    CRSError
        When the value is missing or is not a CRS.
    """
    if value is None or value == "":
        raise CRSError(f"{where}: no coordinate reference system. Write one into the file (e.g. with ogr2ogr -a_srs).")
    try:
        return CRS.from_user_input(value)
    except ProjCRSError as error:
        raise CRSError(f"{where}: {value!r} is not a coordinate reference system ({error}).") from error


class LocalPlane:
    """Azimuthal equidistant plane on WGS 84 centred at a point: true distances from its centre, in metres."""

    def __init__(self, lon: float, lat: float) -> None:
        # A bare projection, not a transformer between two CRS: making one of those costs 70 ms, and there are many.
        self._projection = Proj(proj="aeqd", lat_0=round(lat, 6), lon_0=round(lon, 6), ellps="WGS84")

    def project(self, geometry: Shapes) -> Shapes:
        """Lon/lat geometries moved into the plane, vertex by vertex."""
        moved: Shapes = shapely.transform(geometry, lambda xy: np.column_stack(self._projection(xy[:, 0], xy[:, 1])))
        return moved

    def unproject(self, geometry: Shapes) -> Shapes:
        """Geometries of the plane moved back to lon/lat, vertex by vertex."""
        moved: Shapes = shapely.transform(
            geometry, lambda xy: np.column_stack(self._projection(xy[:, 0], xy[:, 1], inverse=True))
        )
        return moved


def build_equal_area_crs(lon: float, lat: float) -> CRS:
    """Lambert azimuthal equal-area plane on WGS 84 centred at a point.

    Parameters
    ----------
    lon, lat
        Centre in degrees.
    """
    return CRS.from_proj4(f"+proj=laea +lat_0={lat:.4f} +lon_0={lon:.4f} +datum=WGS84 +units=m +no_defs")


def reproject(geometry: Shapes, source: CRS, target: CRS) -> Shapes:
    """Geometries (scalar or array) moved vertex by vertex; use `shapely.segmentize` before where edges are long.

    Parameters
    ----------
    geometry
        A geometry or an array of them, in `source`.
    source, target
        CRS to move from and to; coordinates are x, y (lon, lat) in both.
    """
    if source == target:
        return geometry
    transformer = build_transformer(source.to_wkt(), target.to_wkt())

    def _transform_xy(xy: FloatArray) -> FloatArray:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    moved: Shapes = shapely.transform(geometry, _transform_xy)
    return moved


def convert_to_ecef(lon_deg: FloatArray, lat_deg: FloatArray) -> FloatArray:
    """Earth-centred x, y, z in metres (n x 3) of points on the WGS 84 ellipsoid.

    >>> [round(float(v)) for v in convert_to_ecef(np.array([0.0]), np.array([0.0]))[0]]
    [6378137, 0, 0]

    Parameters
    ----------
    lon_deg, lat_deg
        Longitudes and latitudes in degrees (n).
    """
    lon, lat = np.radians(lon_deg), np.radians(lat_deg)
    normal_m = _A_M / np.sqrt(1 - _E2 * np.sin(lat) ** 2)
    return np.column_stack(
        (
            normal_m * np.cos(lat) * np.cos(lon),
            normal_m * np.cos(lat) * np.sin(lon),
            normal_m * (1 - _E2) * np.sin(lat),
        )
    )


def arc_m(chord_m: FloatArray) -> FloatArray:
    """Distance along the earth for a chord through it: c + c^3 / 24 R^2, under 1 cm off up to 100 km."""
    return chord_m + chord_m**3 / (24 * _R_M**2)


def length_m(lines: LonLatLinear | GeometryArray) -> FloatArray:
    """Geodesic length in metres of each lon/lat line (scalar or array), vertex to vertex on WGS 84.

    Parameters
    ----------
    lines
        One line or an array of them (n) in lon/lat degrees; None counts as 0.
    """
    flat = np.atleast_1d(np.asarray(lines, dtype=object))
    return np.array([0.0 if g is None else abs(GEOD.geometry_length(g)) for g in flat])


def distance_m(
    lon_a: float | FloatArray, lat_a: float | FloatArray, lon_b: float | FloatArray, lat_b: float | FloatArray
) -> FloatArray:
    """Geodesic distance in metres between points a and b, element by element.

    Parameters
    ----------
    lon_a, lat_a, lon_b, lat_b
        Degrees; numbers or arrays of one shape.
    """
    return np.asarray(GEOD.inv(lon_a, lat_a, lon_b, lat_b)[2], dtype=np.float64)


def area_km2(geometry: PlanePolygonal | GeometryArray, crs: CRS) -> FloatArray:
    """Area in km² of each geometry in an equal-area CRS.

    Parameters
    ----------
    geometry
        A geometry or an array of them in the plane of `crs`.
    crs
        An equal-area CRS in metres.

    Raises
    ------
    CRSError
        When the CRS is not one whose plane keeps areas; use an equal-area CRS for the study.
    """
    if not is_equal_area(crs):
        raise CRSError(f"{crs.name}: areas are only measured in an equal-area CRS (for Europe EPSG:3035).")
    return np.asarray(shapely.area(geometry), dtype=np.float64) / 1e6


def row_area_km2(north_deg: float, step_deg: float, width_deg: float, rows: int) -> FloatArray:
    """Area in km² of a lon/lat cell in each row of a grid, exact on WGS 84 (Snyder 1987, equation 3-12).

    >>> round(float(row_area_km2(1.0, 1.0, 1.0, 1)[0]))
    12308

    Parameters
    ----------
    north_deg
        Latitude of the grid's upper edge in degrees.
    step_deg, width_deg
        Height and width of a cell in degrees.
    rows
        Number of rows.
    """
    lat = np.radians(north_deg - step_deg * np.arange(rows + 1))
    e, sine = np.sqrt(_E2), np.sin(lat)
    q = (1 - _E2) * (sine / (1 - _E2 * sine**2) - np.log((1 - e * sine) / (1 + e * sine)) / (2 * e))
    out: FloatArray = _A_M**2 / 2 * np.radians(width_deg) * -np.diff(q) / 1e6
    return out


def is_equal_area(crs: CRS) -> bool:
    """Whether the CRS is a projection that keeps areas on its ellipsoid.

    Parameters
    ----------
    crs
        Any CRS.
    """
    operation = crs.coordinate_operation
    if operation is None:
        return False
    name = operation.method_name.lower()
    return "equal area" in name or "equal-area" in name


def area_below_m2(lat_deg: FloatArray, crs: CRS) -> FloatArray:
    """Area in m² between the equator and each latitude, for one degree of longitude on the CRS's ellipsoid.

    Negative in the south; differences of it are the exact areas of cells in longitude and latitude (Snyder 1987,
    equation 3-12, times b² / 2 per radian).

    Parameters
    ----------
    lat_deg
        Latitudes in degrees, of any shape.
    crs
        CRS whose ellipsoid is meant.
    """
    ellipsoid = crs.ellipsoid
    if ellipsoid is None:
        raise CRSError(f"{crs.name}: has no ellipsoid, so areas cannot be measured in it.")
    a, b = ellipsoid.semi_major_metre, ellipsoid.semi_minor_metre
    e = np.sqrt(1 - (b / a) ** 2)
    sine = np.sin(np.radians(lat_deg))
    if e == 0:
        return np.asarray(a * a * sine * np.radians(1.0))
    return np.asarray(b * b / 2 * (sine / (1 - (e * sine) ** 2) + np.arctanh(e * sine) / e) * np.radians(1.0))
