"""Overlay leftovers dropped, and polygons cut on a lattice without losing area."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_border.errors import GeometryError
from geo_border.geo.overlay import (
    clip_pairs,
    cut_by_lattice,
    extract_polygons,
    intersect_pairs,
    intersect_parts,
    join_touching,
    split_edges,
)


def shapes(*geometries: object) -> np.ndarray:
    return np.array(geometries, dtype=object)


@pytest.mark.parametrize(
    ("given_shape", "area"),
    [
        (None, 0),
        (shapely.Point(0, 0), 0),
        (shapely.LineString([(0, 0), (1, 1)]), 0),
        (shapely.box(0, 0, 2, 1), 2),
        (shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)]), 2),
        (shapely.GeometryCollection([shapely.box(0, 0, 1, 1), shapely.LineString([(5, 5), (6, 6)])]), 1),
        (shapely.GeometryCollection([shapely.MultiPolygon([shapely.box(0, 0, 1, 1)]), shapely.Point(9, 9)]), 1),
    ],
)
def test_only_polygons_are_left(given_shape: object, area: float) -> None:
    found = extract_polygons(given_shape)
    assert found.geom_type in ("Polygon", "MultiPolygon")
    assert found.area == area
    assert extract_polygons(shapes(given_shape, given_shape))[1].area == area


def test_a_square_on_the_lattice_is_one_full_piece() -> None:
    pieces = cut_by_lattice(shapes(shapely.box(3000, -2000, 4000, -1000)), 1000)
    assert (pieces.column.tolist(), pieces.row.tolist(), pieces.is_full.tolist()) == ([3], [-2], [True])


def test_a_polygon_over_nine_squares_has_a_full_one_in_the_middle() -> None:
    pieces = cut_by_lattice(shapes(shapely.box(500, 500, 2500, 2500)), 1000)
    areas = {(c, r): s.area for c, r, s in zip(pieces.column, pieces.row, pieces.shape, strict=True)}
    assert areas[1, 1] == 1e6
    assert sorted(areas.values()) == [0.25e6] * 4 + [0.5e6] * 4 + [1e6]
    assert pieces.is_full.sum() == 1


def test_nothing_cut_is_nothing() -> None:
    assert len(cut_by_lattice(shapes(), 1000)) == 0


def blob(seed: int, reach: float) -> object:
    """A star-shaped polygon with a hole, anywhere within `reach` of the origin."""
    draw = np.random.default_rng(seed)
    angle = np.sort(draw.uniform(0, 2 * np.pi, 24))
    ring = np.column_stack((np.cos(angle), np.sin(angle)))
    middle, radius = draw.uniform(-reach, reach, 2), draw.uniform(reach / 4, reach)
    shell = middle + ring * radius * draw.uniform(0.5, 1, (24, 1))
    # Angles may leave out a half turn, so the shell is mended and the hole cut afterwards.
    return extract_polygons(
        shapely.make_valid(shapely.Polygon(shell)).difference(shapely.Point(middle).buffer(radius / 5))
    )


seeds = st.integers(0, 100_000)


@given(seeds, st.sampled_from((100.0, 1000.0, 3000.0)))
def test_cutting_keeps_all_area_in_its_own_squares(seed: int, size_m: float) -> None:
    shape = blob(seed, 8000.0)
    pieces = cut_by_lattice(shapes(shape), size_m)
    assert shapely.area(pieces.shape).sum() == pytest.approx(shape.area, rel=1e-9)
    bounds = shapely.bounds(pieces.shape) / size_m
    assert (bounds[:, 0] >= pieces.column - 1e-9).all()
    assert (bounds[:, 3] <= pieces.row + 1 + 1e-9).all()
    squares = list(zip(pieces.column.tolist(), pieces.row.tolist(), strict=True))
    assert len(squares) == len(set(squares))


@given(seeds, st.sampled_from((100.0, 1000.0, 3000.0)))
def test_clipping_gives_the_pieces_that_overlaying_gives(seed: int, size_m: float) -> None:
    shape = shapes(blob(seed, 8000.0), blob(seed + 1, 8000.0))
    one, two = cut_by_lattice(shape, size_m, clip_pairs), cut_by_lattice(shape, size_m, intersect_pairs)
    squares = [sorted(zip(p.source, p.column, p.row, shapely.area(p.shape), strict=True)) for p in (one, two)]
    # What touches a square by rounding alone has an area of next to nothing.
    told = [{(s, c, r): area for s, c, r, area in found if area > 1e-3} for found in squares]
    assert told[0] == pytest.approx(told[1], rel=1e-9, abs=1e-3)
    assert shapely.is_valid(one.shape).all()


@given(seeds, seeds)
def test_crossing_two_layers_is_their_intersection(one: int, two: int) -> None:
    a, b = blob(one, 6000.0), blob(two, 6000.0)
    at, bt, shape = intersect_parts(cut_by_lattice(shapes(a), 1000), cut_by_lattice(shapes(b), 1000))
    assert len(at) == len(bt) == len(shape)
    assert shapely.area(shape).sum() == pytest.approx(a.intersection(b).area, rel=1e-9, abs=1e-3)


@given(seeds, seeds)
def test_crossing_knows_whose_piece_each_is(one: int, two: int) -> None:
    left = cut_by_lattice(shapes(blob(one, 6000.0), blob(one + 1, 6000.0)), 1000)
    right = cut_by_lattice(shapes(blob(two, 6000.0)), 1000)
    at, bt, shape = intersect_parts(left, right)
    # By a millimetre: the corners of an intersection are rounded to the nearest floating number.
    assert shapely.area(shapely.difference(shape, shapely.buffer(left.shape[at], 1e-3))).max(initial=0) == 0
    assert shapely.area(shapely.difference(shape, shapely.buffer(right.shape[bt], 1e-3))).max(initial=0) == 0


# A band with a spike thinner than a thousandth of a metre at one corner, as overlays of a run leave it.
SPIKED = shapely.Polygon(
    [
        *((5190200.928698481, 3512999.6741938693), (5189156.242199517, 3512804.2529862477)),
        *((5187073.087327538, 3523763.6453377865), (5184987.496106941, 3534724.6247259034)),
        *((5186050.083310243, 3534926.8802616256), (5188609.426259633, 3535407.0387414014)),
        *((5189249.21360304, 3535527.30111067), (5188908.650659236, 3535463.2846731315)),
        *((5188908.673107398, 3535463.1668132385), (5190994.370593015, 3524501.3743178654)),
        *((5193078.008770933, 3513539.1790710273), (5193415.486200032, 3513602.571457724)),
        *((5191486.809919378, 3513240.564682495), (5190200.928698481, 3512999.6741938693)),
    ]
)


@given(st.floats(50, 3_000))
def test_a_polygon_with_a_thin_spike_keeps_its_area_when_its_edges_are_cut(step: float) -> None:
    line, point = shapely.LineString([(0, 0), (1e4, 0)]), shapely.Point(1, 1)
    holed = shapely.box(0, 0, 1e4, 1e4).difference(shapely.box(1e3, 1e3, 9e3, 9e3))
    found = split_edges(
        shapes(SPIKED, holed, line, point, shapely.Polygon(), shapely.MultiPolygon([SPIKED, holed])), step
    )
    area = [SPIKED.area, holed.area, 0, 0, 0, SPIKED.area + holed.area]
    assert shapely.area(found).tolist() == pytest.approx(area, rel=1e-9)
    for shape in (found[0], found[1], found[2]):
        xy, part = shapely.get_coordinates(shapely.get_rings(shape) if shape.area else shape, return_index=True)
        edges = np.hypot(*np.diff(xy, axis=0).T)[np.diff(part) == 0]
        assert edges.max() <= step * (1 + 1e-9)


def test_why_polygons_are_not_densified_whole() -> None:
    lost = [step for step in range(50, 3_000, 10) if shapely.segmentize(SPIKED, step).area < SPIKED.area / 2]
    assert lost, "GEOS keeps such polygons now: `split_edges` may be its own again"


def test_polygons_that_touch_are_joined_pair_by_pair() -> None:
    left, right = shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)
    joined = join_touching(shapes(left, left), shapes(right, shapely.Polygon()))
    assert shapely.area(joined).tolist() == [200, 100]
    assert shapely.get_num_geometries(joined).tolist() == [1, 1]


def test_polygons_that_overlap_are_not_joined_as_if_they_touched() -> None:
    with pytest.raises(GeometryError, match="could not be joined"):
        join_touching(shapes(shapely.box(0, 0, 10, 10)), shapes(shapely.box(5, 0, 20, 10)))
