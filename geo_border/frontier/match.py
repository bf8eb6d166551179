"""Where the boundary of one territory runs along that of another, within a stated tolerance."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiLineString

from geo_border.geo.line_distance import densify
from geo_border.geo.types import FloatArray, GeometryArray, LonLatLinear, LonLatPolygonal

# Metres in a degree of latitude, at its smallest on WGS 84: used to search a little too wide, never too narrow.
_MIN_M_PER_DEGREE = 110_574.0
_M_PER_DEGREE = 111_320.0
# A line is looked at every so many metres at most, or once within the tolerance where that is more.
_LEAST_STEP_M = 20.0


def find_shared_line(home: LonLatPolygonal, facing: LonLatPolygonal, tolerance_m: float) -> MultiLineString:
    """The stretches of the home territory's boundary that lie within a tolerance of the facing one's.

    Neighbours need not share vertices: home edges are first split where a facing vertex lies beside them, so that
    each piece is matched wholly or not at all.

    Parameters
    ----------
    home, facing
        Polygons in lon/lat degrees, on one side of the antimeridian.
    tolerance_m
        Greatest distance in metres at which the two lines are still the same.

    Returns
    -------
    MultiLineString in lon/lat, vertices in the home polygon's order; empty where they do not meet.
    """
    near = _compute_window(home, facing, tolerance_m)
    if near is None:
        return shapely.MultiLineString()
    facing_edges = _list_edges(_list_rings(facing), near)
    home_edges = _list_edges(_list_rings(home), near)
    if len(facing_edges) == 0 or len(home_edges) == 0:
        return shapely.MultiLineString()
    tree = shapely.STRtree(shapely.linestrings(facing_edges))
    candidates = home_edges[_is_edge_near(tree, home_edges, tolerance_m)]
    pieces = _split_at_vertices(candidates, facing_edges, tolerance_m)
    ends = [pieces[:, 0], pieces.mean(axis=1), pieces[:, 1]]
    is_shared = np.logical_and.reduce([_is_point_near(tree, facing_edges, points, tolerance_m) for points in ends])
    return _merge_edges(pieces[is_shared])


def split_line(
    line: LonLatLinear, home: LonLatPolygonal, tolerance_m: float
) -> tuple[MultiLineString, MultiLineString, MultiLineString]:
    """A line parted into what lies on the edge of a polygon, within a tolerance, inside it, and beyond it.

    Parameters
    ----------
    line
        Line or lines in lon/lat degrees.
    home
        Polygon in lon/lat degrees, on the same sheet of longitudes.
    tolerance_m
        Greatest distance in metres from the polygon's edge at which the line is on it.

    Returns
    -------
    MultiLineString, MultiLineString, MultiLineString
        On the edge (with the vertices given, and one where it leaves the edge), inside, and beyond.
    """
    pieces = _list_edges(shapely.get_parts(line), tuple(shapely.bounds(line)))
    window = _compute_window(line, home, tolerance_m)
    edges = np.empty((0, 2, 2)) if window is None else _list_edges(_list_rings(home), window)
    if len(edges) == 0:
        off_edge = np.ones(len(pieces), dtype=bool)
    else:
        tree = shapely.STRtree(shapely.linestrings(edges))
        pieces = _split_at_vertices(pieces, edges, tolerance_m)
        # A long piece may leave the edge and come back between its ends.
        off_edge = _is_off(tree, edges, pieces, tolerance_m)
    rest = _cut_edges(pieces[off_edge], tolerance_m)
    inside = shapely.contains_xy(home, rest.mean(axis=1))
    if len(edges):
        inside &= ~_is_point_near(tree, edges, rest.mean(axis=1), tolerance_m)
    on_edge = _drop_added_vertices(_merge_edges(pieces[~off_edge]), line)
    return on_edge, _merge_edges(rest[inside]), _merge_edges(rest[~inside])


def _drop_added_vertices(lines: MultiLineString, source: LonLatLinear) -> MultiLineString:
    """Lines with the vertices that their source has, and their ends: what was cut and put together is as it was."""
    given = set(map(tuple, shapely.get_coordinates(source).tolist()))
    parts = []
    for part in shapely.get_parts(lines):
        xy = shapely.get_coordinates(part)
        kept = np.array([tuple(vertex) in given for vertex in xy.tolist()])
        kept[[0, -1]] = True
        parts.append(shapely.linestrings(xy[kept]))
    return MultiLineString(parts)


def _is_off(tree: shapely.STRtree, edges: FloatArray, pieces: FloatArray, tolerance_m: float) -> NDArray[np.bool_]:
    """Whether any point of each piece lies farther than the tolerance from all edges."""
    cut = [densify(piece, max(tolerance_m, _LEAST_STEP_M)) for piece in pieces]
    piece = np.repeat(np.arange(len(pieces)), [len(points) for points in cut])
    off = ~_is_point_near(tree, edges, np.concatenate(cut), tolerance_m)
    return np.asarray(np.bincount(piece, off, len(pieces)) > 0)


def _cut_edges(pieces: FloatArray, tolerance_m: float) -> FloatArray:
    """Edges (n x 2 x 2) cut into such that are no longer than the tolerance, or 20 m where that is more."""
    cut = [densify(piece, max(tolerance_m, _LEAST_STEP_M)) for piece in pieces]
    return np.concatenate([np.stack((xy[:-1], xy[1:]), axis=1) for xy in cut]) if cut else np.empty((0, 2, 2))


def _compute_window(
    a: LonLatLinear | LonLatPolygonal, b: LonLatPolygonal, tolerance_m: float
) -> tuple[float, float, float, float] | None:
    boxes = np.array([shapely.bounds(a), shapely.bounds(b)])
    margin = tolerance_m / _MIN_M_PER_DEGREE / _compute_cosine(np.abs(boxes[:, [1, 3]]).max())
    west, south = boxes[:, :2].max(axis=0) - margin
    east, north = boxes[:, 2:].min(axis=0) + margin
    return (west, south, east, north) if west <= east and south <= north else None


def _compute_cosine(lat_deg: float | FloatArray) -> Any:
    # Near a pole a degree of longitude has no length; 89.9 keeps the search radius finite.
    return np.cos(np.radians(np.minimum(np.abs(lat_deg), 89.9)))


def _list_rings(polygon: LonLatPolygonal) -> GeometryArray:
    return np.asarray(shapely.get_rings(shapely.get_parts(polygon)), dtype=object)


def _list_edges(lines: GeometryArray, window: tuple[float, float, float, float]) -> FloatArray:
    """Edges (n x 2 x 2) of all lines or rings whose boxes touch the window."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    same = line[1:] == line[:-1]
    edges = np.stack((xy[:-1][same], xy[1:][same]), axis=1)
    low, high = edges.min(axis=1), edges.max(axis=1)
    west, south, east, north = window
    inside = (high[:, 0] >= west) & (low[:, 0] <= east) & (high[:, 1] >= south) & (low[:, 1] <= north)
    return np.asarray(edges[inside])


def _is_edge_near(tree: shapely.STRtree, edges: FloatArray, tolerance_m: float) -> NDArray[np.bool_]:
    radius = tolerance_m / _MIN_M_PER_DEGREE / _compute_cosine(np.abs(edges[..., 1]).max())
    hit = tree.query(shapely.linestrings(edges), predicate="dwithin", distance=radius)[0]
    out = np.zeros(len(edges), dtype=bool)
    out[hit] = True
    return out


def _split_at_vertices(edges: FloatArray, other_edges: FloatArray, tolerance_m: float) -> FloatArray:
    """Edges split at the feet of the other line's vertices that lie within the tolerance."""
    vertices = np.unique(other_edges.reshape(-1, 2), axis=0)
    tree = shapely.STRtree(shapely.points(vertices))
    radius = tolerance_m / _MIN_M_PER_DEGREE / _compute_cosine(np.abs(edges[..., 1]).max())
    edge, vertex = tree.query(shapely.linestrings(edges), predicate="dwithin", distance=radius)
    share, off_m, length_m = _find_foot(vertices[vertex], edges[edge])
    # A foot at an end of the edge would split nothing off.
    inner = (off_m <= tolerance_m) & (share * length_m > tolerance_m) & ((1 - share) * length_m > tolerance_m)
    edge, share = edge[inner], share[inner]
    number = np.concatenate((np.arange(len(edges)), edge, np.arange(len(edges))))
    stops = np.concatenate((np.zeros(len(edges)), share, np.ones(len(edges))))
    order = np.lexsort((stops, number))
    number, stops = number[order], stops[order]
    at = edges[number, 0] + stops[:, None] * (edges[number, 1] - edges[number, 0])
    at[stops == 1] = edges[number[stops == 1], 1]
    same = (number[1:] == number[:-1]) & (stops[1:] > stops[:-1])
    return np.stack((at[:-1][same], at[1:][same]), axis=1)


def _find_foot(points: FloatArray, edges: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Where each point's foot lies along its edge (0..1), how far off it is, and the edge's length, in metres."""
    scale = np.stack((_M_PER_DEGREE * _compute_cosine(points[:, 1]), np.full(len(points), _M_PER_DEGREE)), axis=1)
    along = (edges[:, 1] - edges[:, 0]) * scale
    to = (points - edges[:, 0]) * scale
    squared = np.einsum("ij,ij->i", along, along)
    share = np.clip(np.einsum("ij,ij->i", along, to) / np.where(squared > 0, squared, 1.0), 0, 1)
    off = to - share[:, None] * along
    return share, np.hypot(off[:, 0], off[:, 1]), np.sqrt(squared)


def _is_point_near(
    tree: shapely.STRtree, edges: FloatArray, points: FloatArray, tolerance_m: float
) -> NDArray[np.bool_]:
    radius = tolerance_m / _MIN_M_PER_DEGREE / _compute_cosine(np.abs(points[:, 1]).max()) if len(points) else 0.0
    point, edge = tree.query(shapely.points(points), predicate="dwithin", distance=radius)
    _, off_m, _ = _find_foot(points[point], edges[edge])
    out = np.zeros(len(points), dtype=bool)
    out[point[off_m <= tolerance_m]] = True
    return out


def _merge_edges(edges: FloatArray) -> MultiLineString:
    if len(edges) == 0:
        return shapely.MultiLineString()
    lines = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(edges)), directed=True)
    return shapely.multilinestrings(shapely.get_parts(lines))
