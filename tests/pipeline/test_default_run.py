"""The default study on the data that ship: lengths, areas, sums and distances that it must show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_border import result, study
from geo_border.geo.crs import WGS84, reproject
from geo_border.geo.line_distance import LineIndex
from geo_border.result import Result

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("default run")]

# Length of each segment in geo-maps 2017 (npm @geo-maps), made by others from older OpenStreetMap data.
GEO_MAPS_2017_KM = {
    "FI-RU": 1284.6,
    "EE-RU": 341.3,
    "LV-RU": 281.0,
    "LV-BY": 170.5,
    "LT-BY": 672.1,
    "LT-RU": 254.8,
    "PL-RU": 200.2,
    "PL-BY": 417.6,
}


@pytest.fixture(scope="module")
def made(default_root: Path) -> Result:
    return result.read(study.read_study("finland-poland"), default_root / "data" / "processed" / "finland-poland")


@pytest.fixture(scope="module")
def table(made: Result) -> pd.DataFrame:
    return made.exposure


def in_lonlat(frame: gpd.GeoDataFrame) -> Any:
    return reproject(frame.geometry.to_numpy(), frame.crs, WGS84)


def test_the_frontier_is_3600_to_3700_km_long(made: Result) -> None:
    assert 3600 < made.layers["segments"]["length_km"].sum() < 3700


@pytest.mark.parametrize("segment", GEO_MAPS_2017_KM)
def test_a_segment_is_as_long_as_others_have_measured_it(made: Result, segment: str) -> None:
    length = made.layers["segments"].set_index("segment")["length_km"]
    assert length[segment] == pytest.approx(GEO_MAPS_2017_KM[segment], rel=0.02)


def test_every_segment_stands_beside_its_official_length_with_source_and_reason(made: Result) -> None:
    segments = made.layers["segments"]
    assert segments["segment"].tolist() == list(dict.fromkeys(segments["segment"]))
    assert set(segments["segment"]) == set(GEO_MAPS_2017_KM)
    assert segments[["official_km", "official_source", "note"]].notna().all().all()
    assert ((segments["length_km"] / segments["official_km"] - 1).abs() < 0.06).all()


def test_countries_meet_in_named_tripoints(made: Result) -> None:
    named = {point["name"]: (point["lon"], point["lat"]) for point in made.passport["tripoints"]}
    assert set(named) >= {"EE-LV-RU", "BY-LV-RU", "BY-LT-LV", "LT-PL-RU", "BY-LT-PL"}
    # The stone of Vištytis, where Lithuania, Poland and Russia meet, stands at 54°21'48" N 22°47'31" E.
    assert named["LT-PL-RU"] == pytest.approx((22.7919, 54.3633), abs=0.001)


def test_stretches_and_the_table_add_up_to_the_segments(made: Result, table: pd.DataFrame) -> None:
    segments = made.layers["segments"].set_index("segment")["length_km"]
    stretches = made.layers["frontier"].groupby("segment")["length_km"].sum()
    lengths = table[(table["measure"] == "frontier_length") & (table["part_of"] == "segments")]
    rows = lengths.groupby("segment")["value"].sum()
    for name in segments.index:
        assert stretches[name] == pytest.approx(segments[name], rel=1e-6)
        assert rows[name] == pytest.approx(segments[name], rel=1e-6)


def test_the_corridor_is_crossed_in_65_km_and_bordered_in_104(made: Result) -> None:
    axes = made.layers["corridor_axis"].set_index("name")["length_km"]
    assert 65.2 < axes["Suwałki: shortest line"] < 65.7
    assert 103 < axes["PL-LT border"] < 105.5


def test_the_corridor_touches_both_territories_and_holds_its_towns(made: Result) -> None:
    corridor = shapely.union_all(made.layers["corridor"].geometry.to_numpy())
    towns = reproject(shapely.points([(22.93, 54.10), (23.35, 54.11)]), WGS84, made.layers["corridor"].crs)
    assert shapely.contains(corridor, towns).tolist() == [True, True], "Suwałki and Sejny"
    line = made.layers["frontier"]
    for segments in (["LT-RU", "PL-RU"], ["LT-BY", "PL-BY"]):
        nearest = shapely.distance(corridor, line[line["segment"].isin(segments)].geometry.to_numpy()).min()
        assert nearest < 60, segments


def test_the_corridor_is_as_large_as_its_k_makes_it(table: pd.DataFrame) -> None:
    rows = table[(table["zone_id"] == "corridor|suwalki|all") & (table["measure"] == "area")]
    # DESIGN: about 1,760, 3,490 and 6,820 km² for k = 1.1, 1.25 and 1.5.
    for column, expected in (("low", 1760), ("value", 3490), ("high", 6820)):
        assert rows[column].sum() == pytest.approx(expected, rel=0.02)


def test_keys_of_the_table_are_unique(table: pd.DataFrame) -> None:
    assert len(table) > 2000
    assert not table.duplicated(["zone_id", "measure", "category"]).any()


def test_a_range_holds_its_figure_and_one_without_says_why(table: pd.DataFrame) -> None:
    ranged = table[table["low"].notna()]
    assert len(ranged) > 200
    assert (ranged["low"] <= ranged["value"] * (1 + 1e-9)).all()
    assert (ranged["value"] <= ranged["high"] * (1 + 1e-9)).all()
    assert ranged["range_from"].notna().all()
    assert table.loc[table["low"].isna(), "note"].notna().all()


def test_bands_are_disjoint_and_add_up_to_their_union(made: Result) -> None:
    zones = made.layers["zones"]
    bands = zones[zones["zone_kind"] == "band"]
    union = float(shapely.area(shapely.union_all(bands.geometry.to_numpy()))) / 1e6
    assert bands["area_km2"].sum() == pytest.approx(union, rel=1e-9)


def test_cover_classes_add_up_to_the_zone(table: pd.DataFrame) -> None:
    area = table[table["measure"] == "area"].set_index("zone_id")["value"]
    cover = (
        table[table["measure"] == "cover_area"].groupby("zone_id")["value"].agg(lambda v: v.sum(skipna=False)).dropna()
    )
    assert len(cover) > 50
    assert np.allclose(cover, area[cover.index], rtol=1e-9)


@pytest.mark.parametrize(("measure", "tolerance"), [("area", 1e-9), ("people", 1e-6)])
def test_a_1_km_strip_is_the_0_to_1_km_band(table: pd.DataFrame, measure: str, tolerance: float) -> None:
    rows = table[table["measure"] == measure].set_index("zone_id")["value"]
    # Those of a segment and a country; bands are of no other.
    strips = [
        zone for zone in rows.index if zone.startswith("strip|") and zone.count("|") == 3 and zone.endswith("|0-1000")
    ]
    assert len(strips) >= 8
    for strip in strips:
        assert rows[strip] == pytest.approx(rows[strip.replace("strip|", "band|")], rel=tolerance, nan_ok=True)


@pytest.mark.parametrize("measure", ["area", "people"])
def test_strips_nest(table: pd.DataFrame, measure: str) -> None:
    rows = table[(table["zone_kind"] == "strip") & (table["measure"] == measure)].sort_values("to_m")
    groups = rows.groupby(["segment", "country"], dropna=False)
    # Of each segment and country, of each country, of all.
    assert len(groups) > 8 + 5
    for _, group in groups:
        assert group["value"].is_monotonic_increasing


ADD_UP = [("area", None), ("cover_area", "tree"), ("cover_area", "unknown"), ("people", "total"), ("settlements", None)]


def rows_of(table: pd.DataFrame, measure: str, category: str | None) -> pd.DataFrame:
    """Rows of one measure and category."""
    same = table["category"].isna() if category is None else table["category"] == category
    return table[(table["measure"] == measure) & same]


@pytest.mark.parametrize(("measure", "category"), ADD_UP)
def test_administrative_units_add_up_to_the_bands(table: pd.DataFrame, measure: str, category: str | None) -> None:
    rows = rows_of(table, measure, category)
    sums = rows[rows["part_of"].isin(["bands", "admin"])].groupby(["country", "from_m", "part_of"])["value"].sum()
    pairs = sums.unstack("part_of")
    assert len(pairs) >= 25
    # Ellipsoidal against planar area is evened out in each zone by itself, with its largest class: some 1e-6 of it.
    np.testing.assert_allclose(pairs["admin"], pairs["bands"], rtol=5e-6)


@pytest.mark.parametrize(("measure", "category"), ADD_UP)
def test_what_lies_within_a_distance_is_the_sum_of_its_bands_of_its_segments_and_of_its_countries(
    made: Result, table: pd.DataFrame, measure: str, category: str | None
) -> None:
    rows = rows_of(table, measure, category)
    bands, within = rows[rows["part_of"] == "bands"], rows[rows["zone_kind"] == "within"]
    for _, edge in made.study.bands:
        near = within[within["to_m"] == edge]
        (whole,) = near[near["country"].isna()]["value"]
        by_segment = near[near["segment"].notna()]["value"]
        by_country = near[near["segment"].isna() & near["country"].notna()]["value"]
        assert (len(by_segment), len(by_country)) == (8, 5)
        for parts in (bands[bands["to_m"] <= edge]["value"], by_segment, by_country):
            assert parts.sum() == pytest.approx(whole, rel=1e-6)


def test_the_same_depth_has_the_same_figure_as_a_strip_and_as_a_distance(made: Result, table: pd.DataFrame) -> None:
    by_zone = {str(zone): rows.set_index(["measure", "category"]) for zone, rows in table.groupby("zone_id")}
    numbers = ["value", "low", "high", "pixels"]
    for key in ("all", "FI", "PL"):
        for depth in made.study.strips_m:
            strip, near = (by_zone[f"{kind}|{key}|0-{depth:g}"][numbers] for kind in ("strip", "within"))
            pd.testing.assert_frame_equal(strip, near)


def test_every_figure_stands_in_the_table_and_every_range_in_the_readings(made: Result, table: pd.DataFrame) -> None:
    few = table[table["pixels"] < 30]
    assert len(few) > 1000
    ratios = few["basis"].notna()
    assert few.loc[~ratios, "value"].notna().all()
    # A share or density of nothing is empty, with the reason.
    assert few.loc[ratios & few["value"].isna(), "note"].str.contains("empty: the zone has nothing").all()
    keys = ["zone_id", "measure", "category"]
    found = made.readings.fillna({"category": ""}).groupby(keys)["value"].agg(["first", "min", "max", "size"])
    rows = table.fillna({"category": ""}).set_index(keys)
    found = found.loc[rows.index]
    np.testing.assert_array_equal(found["first"], rows["value"])
    ranged = (found["size"] > 1) & rows["value"].notna()
    np.testing.assert_array_equal(found["min"].where(ranged), rows["low"])
    np.testing.assert_array_equal(found["max"].where(ranged), rows["high"])


def test_zones_are_named_in_their_own_letters_with_their_code(table: pd.DataFrame) -> None:
    names = table.drop_duplicates("zone_id").set_index("zone_id")["zone_name"]
    assert names["segment|FI-RU"].endswith("(FI-RU)")
    assert "Kaliningrad" not in names["segment|FI-RU"]
    assert names["corridor|suwalki|all"] == "Suwałki (suwalki)"
    assert names.str.len().gt(0).all()
    assert names.is_unique


def test_settlements_carry_the_region_that_holds_them(made: Result) -> None:
    places = made.layers["settlements"]
    assert places["admin_id"].notna().all()
    zones = made.layers["zones"]
    names = zones[zones["zone_kind"] == "admin"].drop_duplicates("place_id").set_index("place_id")["place_name"]
    assert (places["admin_id"].map(names) == places["admin_name"]).mean() > 0.99


def test_cells_are_unique_and_blank_ones_are_in_no_layer(made: Result) -> None:
    cells = made.layers["cells"]
    assert not cells.duplicated(["cell_id", "country"]).any()
    blank = cells[cells["civilian_exposure"].isna()]
    exposed = made.layers["civilian_exposure"]
    assert len(blank) > 0
    assert exposed["area_km2"].sum() == pytest.approx(cells["area_km2"].sum() - blank["area_km2"].sum(), rel=1e-6)


def test_50_000_random_home_points_lie_in_the_band_and_segment_of_their_exact_distance(made: Result) -> None:
    zones = made.layers["zones"]
    bands = zones[zones["zone_kind"] == "band"].reset_index(drop=True)
    draw = np.random.default_rng(20260101)
    # Half anywhere in the bands, half within 30 m of an edge of one, so that every edge is met.
    shapes = bands.geometry.to_numpy()
    box = shapely.total_bounds(shapes)
    anywhere = draw.uniform(box[:2], box[2:], (300_000, 2))
    rims = shapely.get_coordinates(shapely.segmentize(shapely.boundary(shapes), 2_000))
    near = rims[draw.integers(0, len(rims), 60_000)] + draw.uniform(-30, 30, (60_000, 2))
    chosen = []
    for xy in (anywhere, near):
        inside = np.unique(shapely.STRtree(shapely.points(xy)).query(shapes, predicate="intersects")[1])
        chosen.append(xy[inside][:25_000])
    xy = np.concatenate(chosen)
    assert len(xy) == 50_000
    lonlat = shapely.get_coordinates(reproject(shapely.points(xy), bands.crs, WGS84))
    frontier = made.layers["frontier"]
    names = list(dict.fromkeys(frontier["segment"]))
    lines = in_lonlat(frontier)
    each = np.stack(
        [
            LineIndex(list(lines[(frontier["segment"] == n).to_numpy()]), [0] * int((frontier["segment"] == n).sum()))
            .find_nearest(*lonlat.T)
            .distance_m
            for n in names
        ]
    )
    exact_m = each.min(axis=0)
    # The tree is of points and the bands ask it, because a large polygon is then prepared once.
    band, point = shapely.STRtree(shapely.points(xy)).query(shapes, predicate="intersects")
    assert len(np.unique(point)) == 50_000
    # A point exactly on a shared edge may touch two.
    assert len(point) - 50_000 < 10
    low, high = bands["from_m"].to_numpy()[band], bands["to_m"].to_numpy()[band]
    off_m = np.maximum(low - exact_m[point], exact_m[point] - high)
    allowed_m = np.where(np.abs(exact_m[point] - 50_000) < 10, 3.0, 2.0)
    worst = int(np.argmax(off_m - allowed_m))
    assert off_m[worst] <= allowed_m[worst], f"{lonlat[point[worst]]} is {off_m[worst]:.2f} m out of its band"
    own = np.array([names.index(s) for s in bands["segment"]])[band]
    assert (each[own, point] - exact_m[point]).max() < 2.0, "the segment is not the nearest"
    assert set(bands["segment"].to_numpy()[band]) == set(names)
    for edge in (1000, 5000, 10_000, 25_000, 50_000):
        assert (np.abs(exact_m - edge) < 50).sum() > 100, f"edge {edge} was not met"


def test_the_passport_lists_every_input_with_its_licence_and_every_check_passed(default_root: Path) -> None:
    told = json.loads((default_root / "data/processed/finland-poland/run.json").read_text("utf-8"))
    assert {source["need"] for source in told["sources"]} >= {"boundaries", "land", "water", "admin", "cover", "places"}
    assert all(source["licence"] for source in told["sources"])
    assert len(told["checks"]) >= 5
    assert all(check["passed"] for check in told["checks"])
    assert "hypothetical" in told["disclaimer"]


def test_a_second_run_reuses_what_stands(default_root: Path) -> None:
    import geo_border

    page = default_root / "maps/finland-poland/index.html"
    before = page.stat().st_mtime_ns
    geo_border.run(root=default_root)
    assert page.stat().st_mtime_ns == before


def test_check_finds_nothing_off_and_then_a_changed_byte(default_root: Path) -> None:
    import geo_border
    from geo_border.errors import CheckError

    assert all(found["passed"] for found in geo_border.check(root=default_root))
    path = default_root / "data/processed/finland-poland/exposure.csv"
    whole = path.read_bytes()
    try:
        path.write_bytes(whole[:-2] + b"9\n")
        with pytest.raises(CheckError, match=r"exposure\.csv.*geo-border run finland-poland"):
            geo_border.check(root=default_root)
    finally:
        path.write_bytes(whole)
