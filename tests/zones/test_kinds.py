"""The zones of every kind: which there are, what they are called, and what they are part of."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo_border.errors import SchemaError
from geo_border.schemas import PARTITIONS, ZONE_KINDS
from geo_border.zones import kinds
from geo_border.zones.bands import BandPart
from geo_border.zones.kinds import KINDS, list_zones
from geo_border.zones.layout import Layout, PolygonZone, SegmentName, format_depth, format_ring
from geo_border.zones.membership import LINE, Selection, Zone
from tests import handmade

NO_ADMIN = gpd.GeoDataFrame({"admin_id": [], "name": [], "country": []}, geometry=[], crs=handmade.EUROPE)


def ids(kind: str, layout: Layout) -> list[str]:
    return [zone.id for zone in KINDS[kind](layout)]


def make_layout(**changes: object) -> Layout:
    """The layout of one segment with land of its country in two rings."""
    given = {
        "study": handmade.replace_study(bands_m=(1000.0, 5000.0), strips_m=(), corridors=()),
        "segments": [SegmentName("AA-XX", "AA", "AA", "XX")],
        "pieces": [
            BandPart("AA-XX", "AA", 0.0, 1000.0, None, None),
            BandPart("AA-XX", "AA", 1000.0, 5000.0, None, None),
        ],
        "admin": NO_ADMIN,
        "admin_rings": {},
        "admin_segments": [],
        "names": {"AA": "Ääland", "XX": "Иксландия"},
    }
    return Layout(**{**given, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("segment", ["segment|AA-XX"]),
        ("band", ["band|AA-XX|AA|0-1000", "band|AA-XX|AA|1000-5000"]),
        ("strip", []),
        (
            "within",
            [
                *("within|AA-XX|0-1000", "within|AA|0-1000", "within|all|0-1000"),
                *("within|AA-XX|0-5000", "within|AA|0-5000", "within|all|0-5000"),
            ],
        ),
        ("corridor", []),
        ("admin", []),
        ("own", []),
    ],
)
def test_the_zones_of_one_segment_without_strips_units_and_corridors(kind: str, expected: list[str]) -> None:
    assert ids(kind, make_layout()) == expected


def test_strips_are_of_every_segment_and_country_of_each_country_and_of_all() -> None:
    study = handmade.replace_study(bands_m=(1000.0, 5000.0), strips_m=(1000.0,), corridors=())
    assert ids("strip", make_layout(study=study)) == [
        *("strip|AA-XX|AA|0-1000", "strip|AA|0-1000", "strip|all|0-1000"),
    ]
    # A strip that is no edge of a band is an edge of its own, and land to it is a zone like any other.
    other = make_layout(
        study=handmade.replace_study(bands_m=(1000.0,), strips_m=(500.0,)),
        pieces=[BandPart("AA-XX", "AA", 0.0, 500.0, None, None), BandPart("AA-XX", "AA", 500.0, 1000.0, None, None)],
    )
    assert "within|all|0-500" in ids("within", other)
    assert ids("band", other) == ["band|AA-XX|AA|0-1000"]


def test_a_segment_with_land_of_two_countries_has_a_band_of_each() -> None:
    pieces = [BandPart("AA-XX", country, 0.0, 1000.0, None, None) for country in ("AA", "BB")]
    layout = make_layout(study=handmade.replace_study(bands_m=(1000.0,), strips_m=(), corridors=()), pieces=pieces)
    assert ids("band", layout) == ["band|AA-XX|AA|0-1000", "band|AA-XX|BB|0-1000"]
    # Land of both lies nearest to the one segment; a country without a segment has its own land all the same.
    assert ids("within", layout) == [
        *("within|AA-XX|0-1000", "within|AA|0-1000", "within|BB|0-1000", "within|all|0-1000"),
    ]


def test_a_ring_without_land_has_no_zones() -> None:
    layout = make_layout(pieces=[BandPart("AA-XX", "AA", 1000.0, 5000.0, None, None)])
    assert ids("band", layout) == ["band|AA-XX|AA|1000-5000"]
    assert not [one for one in ids("within", layout) if one.endswith("|0-1000")]


def test_two_territories_of_one_country_have_a_segment_each_and_one_country() -> None:
    layout = make_layout(
        segments=[SegmentName("NN-XX", "AA", "NN", "XX"), SegmentName("SS-XX", "AA", "SS", "XX")],
        pieces=[BandPart(segment, "AA", 0.0, 1000.0, None, None) for segment in ("NN-XX", "SS-XX")],
        study=handmade.replace_study(bands_m=(1000.0,), strips_m=(), corridors=()),
        names={"AA": "Ääland", "NN": "North", "XX": "Иксландия"},
    )
    assert ids("band", layout) == ["band|NN-XX|AA|0-1000", "band|SS-XX|AA|0-1000"]
    assert ids("within", layout)[2:] == ["within|AA|0-1000", "within|all|0-1000"]
    names = [zone.name for zone in KINDS["segment"](layout)]
    assert names == ["North – Иксландия (NN-XX)", "SS – Иксландия (SS-XX)"]


def test_a_users_polygon_is_one_zone_over_its_parts_in_every_country() -> None:
    parts = [PolygonZone("own", "park", "Puszcza", country, number) for number, country in ((0, "AA"), (1, "BB"))]
    (zone,) = KINDS["own"](make_layout(polygons=parts))
    assert (zone.id, zone.name, zone.country, zone.selection) == (
        *("own|park", "Puszcza (park)", None),
        Selection(polygons=(0, 1)),
    )
    (alone,) = KINDS["own"](make_layout(polygons=parts[:1]))
    assert alone.country == "AA"


# --- the world made by hand ---

UNITS = ("AA-1", "AA-2", "BB-none")


def test_the_world_made_by_hand_has_these_zones_and_no_other() -> None:
    found = [zone.id for zone in handmade.make_world().membership.zones]
    rings, depths = ("0-1000", "1000-3000", "3000-5000"), ("0-500", "0-1000", "0-3000", "0-5000")
    pairs, strips = ("AA-XX|AA", "AA-XX|BB", "BB-XX|BB"), depths[:2]
    assert sorted(found) == sorted(
        [
            *(f"segment|{segment}" for segment in ("AA-XX", "BB-XX")),
            *(f"band|{pair}|{ring}" for pair in pairs for ring in rings),
            *(f"strip|{key}|{depth}" for key in (*pairs, "AA", "BB", "all") for depth in strips),
            *(f"within|{key}|{depth}" for key in ("AA-XX", "BB-XX", "AA", "BB", "all") for depth in depths),
            *(f"corridor|gap|{key}" for key in ("AA", "BB", "all")),
            *(f"admin|{unit}|{ring}" for unit in UNITS for ring in rings),
            *(f"admin|{unit}|within-{depth[2:]}" for unit in UNITS for depth in depths[1:]),
            *("admin|AA-1|AA-XX", "admin|AA-2|AA-XX", "admin|BB-none|BB-XX"),
        ]
    )


def test_no_zone_is_listed_twice_and_each_stands_where_the_contract_says() -> None:
    zones = handmade.make_world().membership.zones
    assert len({zone.id for zone in zones}) == len(zones)
    partition = {"segment": "segments", "band": "bands"}
    for zone in zones:
        rest = zone.id.split("|")[2] if zone.kind == "admin" else ""
        nested = "within" in rest
        expected = partition.get(zone.kind) or (
            None if zone.kind != "admin" or nested else "admin-segments" if "XX" in rest else "admin"
        )
        assert zone.part_of == expected, zone.id
        assert (zone.carrier == LINE) == (expected in ("segments", "admin-segments")), zone.id
        assert zone.part_of is None or zone.part_of in PARTITIONS


def test_every_zone_has_a_name_in_its_own_letters_with_its_code() -> None:
    for zone in handmade.make_world().membership.zones:
        assert zone.name, zone.id
        keys = [key for key in (zone.segment, zone.country, zone.place_id) if key]
        # A segment's own code holds its country's; a unit's does too; of all land there is no code.
        assert not keys or any(f"({key})" in zone.name for key in keys), f"{zone.id}: {zone.name}"
    by_id = {zone.id: zone.name for zone in handmade.make_world().membership.zones}
    assert by_id["segment|AA-XX"] == "Ääland – Иксландия (AA-XX)"
    assert by_id["band|AA-XX|BB|1000-3000"] == "Ääland – Иксландия (AA-XX), Bełand (BB), 1–3 km"
    assert by_id["strip|all|0-500"] == "Hypothetical strip, Whole frontier, 0–500 m"
    assert by_id["within|BB|0-5000"] == "Bełand (BB), within 5 km"
    assert by_id["corridor|gap|all"] == "Źródło (gap)"
    assert by_id["corridor|gap|AA"] == "Źródło (gap), Ääland (AA)"
    assert by_id["admin|AA-2|within-3000"] == "Öst (AA-2), within 3 km"
    assert by_id["admin|BB-none|0-1000"] == "No unit (BB-none), 0–1 km"


def test_names_tell_zones_apart() -> None:
    zones = handmade.make_world().membership.zones
    names = [(zone.kind, zone.name) for zone in zones]
    assert len(set(names)) == len(names)


def test_a_unit_without_a_name_is_called_by_its_code() -> None:
    admin = gpd.GeoDataFrame(
        {"admin_id": ["AA-1"], "name": [None], "country": ["AA"]}, geometry=[shapely.box(0, 0, 1, 1)], crs=3035
    )
    layout = make_layout(admin=admin, admin_rings={(0.0, 1000.0): ["AA-1"]})
    ring, within, *_ = KINDS["admin"](layout)
    assert (ring.name, within.name) == ("AA-1, 0–1 km", "AA-1, within 1 km")


def test_the_frontier_along_a_unit_is_a_zone_of_the_line() -> None:
    zones = {zone.id: zone for zone in handmade.make_world().membership.zones}
    along = zones["admin|AA-1|AA-XX"]
    assert along.selection == Selection(segment="AA-XX", country="AA", admin="AA-1")
    assert (along.carrier, along.part_of, along.place_name) == (LINE, "admin-segments", "Ääs")


@pytest.mark.parametrize(
    ("from_m", "to_m", "ring", "depth"),
    [
        (0, 250, "0–250 m", "250 m"),
        (250, 1000, "0.25–1 km", "1 km"),
        (0, 999, "0–999 m", "999 m"),
        (1500, 25_000, "1.5–25 km", "25 km"),
        (50_000, 100_000, "50–100 km", "100 km"),
    ],
)
def test_distances_are_written_as_people_read_them(from_m: float, to_m: float, ring: str, depth: str) -> None:
    assert (format_ring(from_m, to_m), format_depth(to_m)) == (ring, depth)


def test_every_kind_is_known_to_the_schema() -> None:
    # Whole countries are no sum of areas near the frontier: they have rows of their own.
    assert set(KINDS) | {"country"} == set(ZONE_KINDS)


def test_a_zone_kind_that_is_forgotten_in_the_schema_or_the_labels_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(kinds.KINDS, "circle", lambda _: iter(()))
    with pytest.raises(SchemaError, match=r"forgotten: circle\. Add them to schemas\.ZONE_KINDS"):
        kinds.check_kinds()
    monkeypatch.setattr(kinds, "ZONE_KINDS", (*ZONE_KINDS, "circle"))
    with pytest.raises(SchemaError, match=r"forgotten: circle\. Add them to present/labels\.py"):
        kinds.check_kinds()


def test_a_new_kind_is_summed_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Zone("own", "own|north", "North", Selection(country="AA", admin="AA-2"))
    monkeypatch.setitem(kinds.KINDS, "own", lambda _: iter((one,)))
    world = handmade.World(handmade.make_ground(), handmade.without("cover", "people"))
    assert world.get("own|north", "area")["value"] == pytest.approx(12.0, rel=1e-9)
    np.testing.assert_allclose(world.get("own|north", "road_length")["value"], 1.5, rtol=1e-5)
    assert list_zones(make_layout()).zones[-1] is one
