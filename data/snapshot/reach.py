"""The frontier as the builder sees it, and how far around it the snapshot keeps full detail."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree
from shapes import BoolArray, FloatArray, plane

HOME = ("FI", "EE", "LV", "LT", "PL")
COMPARISON = ("NO",)
FACING = ("RU", "KGD", "BY")
# Metres in the LAEA plane of Europe are up to 1.5 % off the true ones along the frontier.
_STRETCH = 1.02
# Neighbours' lines agree to under 0.5 m; far less than any true gap between lines.
_TOUCH_M = 30.0
_STEP_M = 500.0


class Lines:
    """The edges of polygons, for fast tests of what lies near them."""

    def __init__(self, flat: list[Any]) -> None:
        self._tree = shapely.STRtree(np.concatenate([_edges(geometry) for geometry in flat]))

    def touch(self, xy: FloatArray, distance_m: float) -> BoolArray:
        """For points (n x 2, metres), whether an edge lies within the distance."""
        near = np.zeros(len(xy), dtype=bool)
        near[self._tree.query(shapely.points(xy), predicate="dwithin", distance=distance_m)[0]] = True
        return near


class Reach:
    """The frontier between measuring and facing territories, given as lon/lat polygons by territory."""

    def __init__(self, territories: dict[str, Any]) -> None:
        self.flat = {name: plane(geometry) for name, geometry in territories.items()}
        facing = Lines([self.flat[name] for name in FACING])
        edges = np.concatenate([_edges(self.flat[name]) for name in HOME + COMPARISON])
        ends = shapely.get_coordinates(edges).reshape(-1, 2, 2)
        both = facing.touch(ends[:, 0], _TOUCH_M) & facing.touch(ends[:, 1], _TOUCH_M)
        self.frontier = shapely.line_merge(shapely.union_all(edges[both]))
        self._tree = KDTree(shapely.get_coordinates(shapely.segmentize(self.frontier, _STEP_M)))

    def near(self, distance_km: float, xy: FloatArray) -> BoolArray:
        """For metre-plane points (n x 2), whether each lies within a distance of the frontier, or a little more."""
        limit_m = distance_km * 1000 * _STRETCH + _STEP_M
        return np.asarray(np.isfinite(self._tree.query(xy, distance_upper_bound=limit_m)[0]))

    def around(self, distance_km: float) -> Any:
        """All that lies within a distance of the frontier on either side, in the metre plane."""
        line = shapely.simplify(self.frontier, 100.0)
        return shapely.buffer(line, distance_km * 1000 * _STRETCH + 100.0, quad_segs=8)

    def water_zone(self, home_km: float, facing_km: float) -> Any:
        """Join the measuring side to one distance and both sides to a lesser one, in the metre plane."""
        home = shapely.union_all([self.flat[name] for name in HOME + COMPARISON])
        return shapely.union(shapely.intersection(self.around(home_km), home), self.around(facing_km))


def _edges(geometry: Any) -> NDArray[np.object_]:
    pairs = []
    for ring in shapely.get_rings(shapely.get_parts(geometry)):
        xy = shapely.get_coordinates(ring)
        pairs.append(np.stack((xy[:-1], xy[1:]), axis=1))
    return np.asarray(shapely.linestrings(np.concatenate(pairs)))
