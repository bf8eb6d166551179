"""Names of the arrays and geometries that functions take and give: their kind and, where it matters, their CRS."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from shapely import LineString, MultiLineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
# Values of a raster's cells, in whatever number type its file has.
CellArray: TypeAlias = NDArray[np.number]
# Whole number in a compiled kernel, where both are 64 bits.
KernelInt: TypeAlias = int | np.int64
# Geometries of Shapely, one an element; an element may be None where a function says so.
GeometryArray: TypeAlias = NDArray[np.object_]

Polygonal: TypeAlias = Polygon | MultiPolygon
Linear: TypeAlias = LineString | MultiLineString
# In degrees of longitude and latitude on WGS 84, or in metres in the study's plane.
LonLatPolygonal: TypeAlias = Polygonal
LonLatLinear: TypeAlias = Linear
PlanePolygonal: TypeAlias = Polygonal

# One geometry, or an array of them; what comes back is of the same kind.
Shapes = TypeVar("Shapes", bound=BaseGeometry | GeometryArray)
