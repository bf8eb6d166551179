"""Which areas make up which zone: known answers on five members, then laws on random ones."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from geo_border.zones.membership import (
    LINE,
    NO_UNIT,
    Members,
    Membership,
    Selection,
    Zone,
    build_membership,
    find_ring,
    join_members,
    list_polygon_members,
)


def make_members(*rows: tuple[str, str, str, float, float], inside: csr_matrix | None = None) -> Members:
    segment, country, admin, low, high = (list(column) for column in zip(*rows, strict=True))
    texts = (np.array(column, dtype=object) for column in (segment, country, admin))
    return Members(*texts, np.array(low, dtype=float), np.array(high, dtype=float), inside)


# Two rings of one segment and country in two units, one of another country, and one beyond the widest band.
MEMBERS = make_members(
    ("S1", "AA", "AA-1", 0, 1000),
    ("S1", "AA", "AA-2", 1000, 5000),
    ("S1", "BB", NO_UNIT, 0, 1000),
    ("S2", "BB", NO_UNIT, 1000, 5000),
    ("S2", "BB", NO_UNIT, 5000, np.inf),
)


def row_of(selection: Selection, members: Members = MEMBERS) -> list[float]:
    zone = Zone("own", "z", "z", selection)
    return build_membership([zone]).build_matrix(members).toarray()[0].tolist()


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(segment="S1"), [1, 1, 1, 0, 0]),
        (Selection(country="BB", to_m=5000), [0, 0, 1, 1, 0]),
        (Selection(country="BB"), [0, 0, 1, 1, 1]),
        (Selection(admin="AA-2"), [0, 1, 0, 0, 0]),
        (Selection(country="BB", admin=NO_UNIT, from_m=1000, to_m=5000), [0, 0, 0, 1, 0]),
        (Selection(from_m=1000, to_m=5000), [0, 1, 0, 1, 0]),
        # A ring that is cut by the asked distance lies in no zone to it: edges are those of the study.
        (Selection(to_m=3000), [1, 0, 1, 0, 0]),
        (Selection(segment="S3"), [0, 0, 0, 0, 0]),
    ],
)
def test_a_zone_holds_the_members_that_match_every_key(selection: Selection, expected: list[int]) -> None:
    assert row_of(selection) == expected


def test_a_zone_of_polygons_holds_what_lies_in_them_and_nothing_else() -> None:
    inside = csr_matrix(np.array([[1, 0], [0, 1], [0, 0], [1, 1], [0, 0]], dtype=float))
    members = make_members(
        *zip(MEMBERS.segment, MEMBERS.country, MEMBERS.admin, MEMBERS.from_m, MEMBERS.to_m, strict=True), inside=inside
    )
    assert row_of(Selection(polygons=(0,)), members) == [1, 0, 0, 1, 0]
    # The two polygons overlap: what lies in both is counted in each, as it is where they are parts of one corridor.
    assert row_of(Selection(polygons=(0, 1)), members) == [1, 1, 0, 2, 0]
    assert row_of(Selection(segment="S1"), members) == [1, 1, 1, 0, 0]


def test_areas_that_are_polygons_lie_in_themselves_and_in_no_zone_of_pieces() -> None:
    joined = join_members([MEMBERS, list_polygon_members(2)])
    assert len(joined) == 7
    assert row_of(Selection(polygons=(1,)), joined) == [0, 0, 0, 0, 0, 0, 1]
    assert row_of(Selection(), joined) == [1, 1, 1, 1, 1, 0, 0]


def test_members_without_polygons_are_joined_without() -> None:
    joined = join_members([MEMBERS, MEMBERS])
    assert joined.inside is None
    assert row_of(Selection(country="AA"), joined) == [1, 1, 0, 0, 0] * 2


def test_nothing_lies_in_no_zone() -> None:
    nothing = Members(*(np.array([], dtype=object),) * 3, *(np.array([]),) * 2)
    assert row_of(Selection(), nothing) == []


def test_variants_have_rows_of_their_own_after_the_zone_they_are_of() -> None:
    zones = build_membership(
        [
            Zone("own", "a", "a", Selection(country="AA"), variants={"narrow": Selection(), "wide": Selection()}),
            Zone("own", "b", "b", Selection(country="BB")),
        ]
    )
    assert zones.main_rows.tolist() == [0, 3]
    assert zones.build_matrix(MEMBERS).shape == (4, 5)
    assert zones.build_matrix(MEMBERS)[3].toarray()[0].tolist() == [0, 0, 1, 1, 1]


def test_two_zones_of_one_id_are_refused() -> None:
    zone = Zone("band", "band|A", "A", Selection())
    with pytest.raises(ValueError, match=r"zones with one id: \['band\|A'\]"):
        build_membership([zone, zone])


def test_no_zones_make_an_empty_matrix() -> None:
    nothing = build_membership([])
    assert nothing.build_matrix(MEMBERS).shape == (0, 5)
    assert len(nothing.frame) == 0


def test_the_frame_says_of_each_zone_what_the_table_needs() -> None:
    zone = Zone("segment", "segment|S1", "S1", Selection(segment="S1"), segment="S1", part_of="segments", carrier=LINE)
    row = build_membership([zone]).frame.iloc[0]
    assert (row["zone_kind"], row["zone_id"], row["segment"], row["part_of"]) == (
        *("segment", "segment|S1", "S1"),
        "segments",
    )
    assert row["country"] is None
    assert np.isnan(row["from_m"])


@pytest.mark.parametrize(
    ("distance_m", "ring"),
    [(0.0, (0, 500)), (499.999, (0, 500)), (500.0, (500, 1000)), (1000.0, (1000, np.inf)), (9e9, (1000, np.inf))],
)
def test_a_distance_lies_in_the_ring_that_begins_at_it(distance_m: float, ring: tuple[float, float]) -> None:
    inner, outer = find_ring(np.array([distance_m]), (500.0, 1000.0))
    assert (inner[0], outer[0]) == ring


# --- laws ---

KEYS = st.tuples(
    st.sampled_from(["S1", "S2", "S3"]),
    st.sampled_from(["AA", "BB"]),
    st.sampled_from(["1", "2", NO_UNIT]),
    st.sampled_from([(0.0, 500.0), (500.0, 1000.0), (1000.0, 5000.0), (5000.0, np.inf)]),
)
MANY = st.lists(KEYS, min_size=1, max_size=40)
SELECTIONS = st.builds(
    Selection,
    segment=st.sampled_from([None, "S1", "S2"]),
    country=st.sampled_from([None, "AA", "BB"]),
    admin=st.sampled_from([None, "1", NO_UNIT]),
    from_m=st.sampled_from([0.0, 500.0, 1000.0]),
    to_m=st.sampled_from([500.0, 1000.0, 5000.0, np.inf]),
)


def from_keys(keys: list[tuple[str, str, str, tuple[float, float]]]) -> Members:
    return make_members(*((segment, country, admin, *ring) for segment, country, admin, ring in keys))


def make_zones(selections: list[Selection]) -> Membership:
    return build_membership(Zone("own", f"z{i}", f"z{i}", one) for i, one in enumerate(selections))


@given(MANY, st.lists(SELECTIONS, min_size=1, max_size=8))
def test_a_member_is_in_a_zone_if_and_only_if_every_key_matches(keys: list, selections: list[Selection]) -> None:
    found = make_zones(selections).build_matrix(from_keys(keys)).toarray()
    for row, one in enumerate(selections):
        for column, (segment, country, admin, (low, high)) in enumerate(keys):
            same = all(
                wanted in (None, is_)
                for wanted, is_ in ((one.segment, segment), (one.country, country), (one.admin, admin))
            )
            assert found[row, column] == float(same and low >= one.from_m and high <= one.to_m)


@given(MANY, st.lists(SELECTIONS, min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_zones_does_not_matter(keys: list, selections: list[Selection], random: object) -> None:
    order = list(range(len(selections)))
    random.shuffle(order)  # type: ignore[attr-defined]
    members = from_keys(keys)
    found = make_zones(selections).build_matrix(members).toarray()
    shuffled = make_zones([selections[i] for i in order]).build_matrix(members).toarray()
    np.testing.assert_array_equal(shuffled, found[order])


@given(MANY, st.lists(SELECTIONS, min_size=1, max_size=6), st.integers(0, 39), st.floats(0, 1))
def test_splitting_a_member_changes_no_sum(keys: list, selections: list[Selection], at: int, share: float) -> None:
    at %= len(keys)
    values = np.arange(1.0, len(keys) + 1)
    zones = make_zones(selections)
    whole = zones.build_matrix(from_keys(keys)) @ values
    parts = np.concatenate((values, [values[at] * share]))
    parts[at] *= 1 - share
    split = zones.build_matrix(from_keys([*keys, keys[at]])) @ parts
    np.testing.assert_allclose(split, whole, rtol=1e-12)


@given(MANY, st.lists(SELECTIONS, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_members_changes_no_sum(keys: list, selections: list[Selection], random: object) -> None:
    order = list(range(len(keys)))
    random.shuffle(order)  # type: ignore[attr-defined]
    values, zones = np.arange(1.0, len(keys) + 1), make_zones(selections)
    one = zones.build_matrix(from_keys(keys)) @ values
    other = zones.build_matrix(from_keys([keys[i] for i in order])) @ values[order]
    np.testing.assert_allclose(other, one, rtol=1e-12)


@given(MANY)
def test_rings_of_a_country_add_up_to_all_its_land_and_depths_nest(keys: list) -> None:
    edges = (0.0, 500.0, 1000.0, 5000.0)
    values, members = np.arange(1.0, len(keys) + 1), from_keys(keys)
    rings = make_zones([Selection(country="AA", from_m=low, to_m=high) for low, high in pairwise(edges)])
    depths = make_zones([Selection(country="AA", to_m=to_m) for to_m in edges[1:]])
    np.testing.assert_allclose(
        np.cumsum(rings.build_matrix(members) @ values), depths.build_matrix(members) @ values, rtol=1e-12
    )
