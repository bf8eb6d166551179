"""Laws of the page's geometry: shapes come back, neighbours share their edge at every zoom, grids keep their place."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from geo_border.outputs.webmap import grids
from geo_border.outputs.webmap.page import draw_page
from geo_border.outputs.webmap.topology import TOLERANCES, Plane, Topology, encode_numbers
from tests import synthetic
from tests.outputs.webmap import decoding

LEVELS = range(len(TOLERANCES))


def _wavy(x: float, seed: int) -> np.ndarray:
    """A rough line going up near x, the same each time."""
    y = np.arange(0, 4_000, 7)
    return np.column_stack((x + np.cumsum(np.random.default_rng(seed).integers(-3, 4, len(y))), y))


def _neighbours() -> list[shapely.Polygon]:
    """Four polygons side by side with rough edges between them."""
    lines = [_wavy(x, number) for number, x in enumerate((0, 900, 1_900, 2_700, 4_000))]
    return [shapely.Polygon(np.vstack((a, b[::-1]))) for a, b in itertools.pairwise(lines)]


@given(st.lists(st.integers(-(2**40), 2**40)))
def test_numbers_come_back(values: list[int]) -> None:
    assert decoding.numbers(encode_numbers(values)) == values


def test_shapes_come_back_at_full_detail() -> None:
    topology = Topology()
    shapes = [*_neighbours(), shapely.box(0, 0, 50, 50).difference(shapely.box(10, 10, 30, 30))]
    topology.add(shapes)
    steps, marks, rings = topology.build()
    found = decoding.arcs(steps, marks)
    for shape, own in zip(shapes, rings, strict=True):
        lost = shapely.symmetric_difference(shape, found.polygon(own))
        assert lost.area <= TOLERANCES[0] * shape.length / 2


@pytest.mark.parametrize("level", LEVELS)
def test_neighbours_leave_no_gap_and_no_overlap_at_any_level(level: int) -> None:
    topology = Topology()
    shapes = _neighbours()
    topology.add(shapes)
    steps, marks, rings = topology.build()
    found = decoding.arcs(steps, marks)
    parts = [found.polygon(own, level) for own in rings]
    whole = shapely.union_all(parts)
    assert sum(part.area for part in parts) == pytest.approx(whole.area, rel=1e-9)
    assert len(shapely.get_rings(shapely.get_parts(whole))) == 1


def test_a_shared_edge_is_stored_once() -> None:
    topology = Topology()
    topology.add([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)])
    steps, marks, rings = topology.build()
    used = [{~ref if ref < 0 else ref for ring in own for ref in ring} for own in rings]
    assert len(used[0] & used[1]) == 1
    assert len(decoding.arcs(steps, marks).xy) == 3


def test_coarser_levels_hold_fewer_vertices_and_stay_within_their_tolerance() -> None:
    topology = Topology()
    line = shapely.LineString(_wavy(0, 9))
    topology.add([line])
    steps, marks, rings = topology.build()
    found = decoding.arcs(steps, marks)
    drawn = [shapely.LineString(found.ring(rings[0][0], level)) for level in LEVELS]
    counts = [shapely.get_num_coordinates(each) for each in drawn]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]
    for level in LEVELS:
        # Levels are made one from another, so their tolerances add up.
        assert shapely.hausdorff_distance(drawn[level], line) <= sum(TOLERANCES[: level + 1])


@given(st.floats(-180, 180), st.floats(-75, 75))
def test_a_place_stays_itself_wherever_the_study_is(lon: float, lat: float) -> None:
    plane = Plane.build_at(lon, lat)
    moved = shapely.get_coordinates(plane.project([shapely.Point(lon, lat)], CRS.from_epsg(4326)))
    assert np.abs(moved).max() <= 1


def test_a_shape_over_the_antimeridian_stays_in_one_piece() -> None:
    plane = Plane.build_at(179.9, 65.0)
    crs = CRS.from_proj4("+proj=laea +lat_0=65 +lon_0=180 +datum=WGS84 +units=m +no_defs")
    placed = plane.project([shapely.box(-50_000, -50_000, 50_000, 50_000)], crs)[0]
    # 100 km at 65 N are about 237 km of Mercator, in units of 16 m.
    assert placed.bounds[2] - placed.bounds[0] == pytest.approx(100_000 / np.cos(np.radians(65)) / 16, rel=0.05)


def test_grid_cells_with_nothing_known_are_never_drawn() -> None:
    from geo_border.outputs.webmap.drawing import _classify_people

    grid = synthetic.build().people
    assert grid is not None
    classes = _classify_people(grid)
    blank = ~(np.nan_to_num(grid.values) > 0)
    assert blank.any()
    assert (classes[blank] == 0).all()
    assert (classes[~blank] > 0).all()


def test_grid_runs_come_back_cell_by_cell() -> None:
    classes = np.array([[0, 1, 1, 0, 2], [0, 0, 0, 0, 0], [3, 3, 0, 1, 0]])
    made = synthetic.build().people
    assert made is not None
    plane = Plane.build_at(23.0, 54.0)
    packed = grids.encode_grid(made, np.pad(classes, ((2, 5), (3, 4))), plane)
    flat, out = iter(decoding.numbers(packed["runs"])), np.zeros((packed["rows"], packed["columns"]), dtype=int)
    for row in out:
        at = 0
        for _ in range(next(flat)):
            at += next(flat)
            length = next(flat)
            row[at : at + length] = next(flat)
            at += length
    assert (out == classes).all()


def test_a_cell_stands_within_a_fiftieth_of_its_place() -> None:
    made = synthetic.build().people
    assert made is not None
    plane = Plane.build_at(23.0, 54.0)
    packed = grids.encode_grid(made, np.ones(made.shape, dtype=np.int64), plane)
    step, across = packed["step"], -(-packed["columns"] // packed["step"]) + 1
    lattice = np.cumsum(np.array(decoding.numbers(packed["lattice"])).reshape(-1, 2), axis=0).reshape(-1, across, 2)
    for row, column in ((0, 0), (7, 13), (31, 50), (59, 79)):
        r, c, v, u = row // step, column // step, (row % step) / step, (column % step) / step
        corners = lattice[r : r + 2, c : c + 2]
        drawn = (corners[0, 0] * (1 - u) + corners[0, 1] * u) * (1 - v) + (
            corners[1, 0] * (1 - u) + corners[1, 1] * u
        ) * v
        x, y = made.transform * (column, row)
        true = shapely.get_coordinates(plane.project([shapely.Point(x, y)], made.crs))[0]
        cell = 1_000 / np.cos(np.radians(54)) / 16
        assert np.abs(drawn - true).max() <= 0.02 * cell + 1


def test_a_heavy_study_gives_up_detail_for_weight() -> None:
    made = synthetic.build()
    # Rough edges whose bends a coarser page may leave out.
    rough = shapely.segmentize(made.layers["forested"].geometry.to_numpy(), 100.0)
    bent = shapely.transform(rough, lambda xy: xy + 30.0 * np.sin(xy[:, ::-1] / 37.0))
    made.layers["forested"] = made.layers["forested"].set_geometry(gpd.GeoSeries(bent, crs="EPSG:3035").values)
    full = len(draw_page(made, max_bytes=10**9).encode())
    assert len(draw_page(made, max_bytes=int(full * 0.9)).encode()) <= full * 0.9
