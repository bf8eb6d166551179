"""How much of lines or polygons lies in each area."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_border.geo.types import FloatArray


def sum_parts(
    things: NDArray[np.object_], areas: NDArray[np.object_], measure: Callable[[NDArray[np.object_]], FloatArray]
) -> FloatArray:
    """For each area, the sum of `measure` over the parts of the things that lie in it.

    Parameters
    ----------
    things, areas
        Geometries in one plane; the areas may overlap, things that do are counted as often as they occur.
    measure
        Length or area of each of an array of geometries in that plane.
    """
    thing, area = shapely.STRtree(areas).query(things, predicate="intersects")
    out = np.zeros(len(areas))
    if len(thing):
        np.add.at(out, area, measure(shapely.intersection(things[thing], areas[area])))
    return out
