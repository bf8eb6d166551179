"""Segments, sea, medium and tripoints on small worlds whose answers are known."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo_border.errors import StudyError
from geo_border.frontier import build_territories
from geo_border.frontier.build import find_tripoints, match_borders, measure_reference_lines
from geo_border.geo.crs import GEOD, WGS84, length_m
from tests.worlds import a_study, boundaries, traced


def km(line: Any) -> float:
    return float(length_m(line)[0]) / 1e3


def meridian_km(lon: float, south: float, north: float) -> float:
    return float(GEOD.inv(lon, south, lon, north)[2]) / 1e3


def land_layer(*shapes: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=WGS84)


def water_layer(*shapes: Any) -> gpd.GeoDataFrame:
    area_km2 = [abs(GEOD.geometry_area_perimeter(s)[0]) / 1e6 for s in shapes]
    perimeter_km = [GEOD.geometry_area_perimeter(s)[1] / 1e3 for s in shapes]
    return gpd.GeoDataFrame({"area_km2": area_km2, "perimeter_km": perimeter_km}, geometry=list(shapes), crs=WGS84)


HOME, FACING = shapely.box(24, 55, 25, 56), shapely.box(25, 55, 26, 56)


def test_one_segment_is_as_long_as_its_meridian() -> None:
    frontier = traced(boundaries(HH=HOME, FF=FACING), a_study())
    assert [segment.id for segment in frontier.segments] == ["HH-FF"]
    assert km(frontier.segments[0].line) == pytest.approx(meridian_km(25, 55, 56), rel=1e-6)


def test_segments_stand_in_the_order_of_home_then_facing() -> None:
    frame = boundaries(
        AA=shapely.box(24, 55, 25, 56),
        BB=shapely.box(24, 54, 25, 55),
        XX=shapely.box(25, 54.5, 26, 56),
        YY=shapely.box(25, 54, 26, 54.5),
    )
    frontier = traced(frame, a_study(home=("BB", "AA"), facing=("XX", "YY")))
    assert [segment.id for segment in frontier.segments] == ["BB-XX", "BB-YY", "AA-XX"]


def test_an_island_frontier_is_the_part_on_the_island() -> None:
    # Both countries claim the sea around; the island is a disc of half a degree across their line.
    island = shapely.box(24.7, 55.25, 25.3, 55.75)
    frontier = traced(boundaries(HH=HOME, FF=FACING), a_study(coast_tolerance_m=0), land=land_layer(island))
    (segment,) = frontier.segments
    assert km(segment.line) == pytest.approx(meridian_km(25, 55.25, 55.75), abs=0.05)
    assert km(segment.line) + km(segment.sea) == pytest.approx(meridian_km(25, 55, 56), rel=1e-6)


def test_a_frontier_wholly_at_sea_is_refused() -> None:
    with pytest.raises(StudyError, match="whole frontier lies at sea"):
        traced(boundaries(HH=HOME, FF=FACING), a_study(), land=land_layer(shapely.box(24.0, 55.0, 24.2, 55.2)))


def test_the_coast_may_miss_the_line_by_its_tolerance() -> None:
    # Land that ends 40 m short of the line on both sides: within 60 m it is a misfit, not the sea.
    gap = 40 / 63_850
    dry = land_layer(shapely.box(24, 55, 25 - gap, 56), shapely.box(25 + gap, 55, 26, 56))
    (segment,) = traced(boundaries(HH=HOME, FF=FACING), a_study(), land=dry).segments
    assert segment.sea.is_empty


def test_a_river_is_told_from_a_lake_by_its_width() -> None:
    # 100 m wide in the south, 10 km wide in the north of the line.
    river = shapely.box(25 - 50 / 63_850, 55.1, 25 + 50 / 63_850, 55.3)
    lake = shapely.box(24.92, 55.5, 25.08, 55.7)
    frontier = traced(boundaries(HH=HOME, FF=FACING), a_study(), water=water_layer(river, lake))
    by_medium = frontier.build_layer().groupby("medium")["length_km"].sum()
    # The coast tolerance (60 m) reaches past each end.
    assert by_medium["river"] == pytest.approx(meridian_km(25, 55.1, 55.3), abs=0.2)
    assert by_medium["lake"] == pytest.approx(meridian_km(25, 55.5, 55.7), abs=0.2)
    assert by_medium.sum() == pytest.approx(meridian_km(25, 55, 56), rel=1e-6)


def test_a_lagoon_counts_as_sea() -> None:
    lagoon = shapely.box(24.9, 55.8, 25.1, 56.0)
    study = a_study(lagoons=[{"name": "Lagoon", "point": (25.0, 55.9)}])
    (segment,) = traced(boundaries(HH=HOME, FF=FACING), study, water=water_layer(lagoon)).segments
    assert km(segment.sea) == pytest.approx(meridian_km(25, 55.8, 56.0), abs=0.1)


def test_the_media_add_up_to_the_segment() -> None:
    ponds = [shapely.box(24.99, south, 25.01, south + 0.013) for south in np.arange(55.05, 55.95, 0.07)]
    frontier = traced(boundaries(HH=HOME, FF=FACING), a_study(), water=water_layer(*ponds))
    assert len(frontier.build_layer()) == 2 * len(ponds) + 1
    assert frontier.build_layer()["length_km"].sum() == pytest.approx(km(frontier.segments[0].line), rel=1e-9)


def test_across_the_antimeridian_the_line_is_whole() -> None:
    west = shapely.box(179.0, 65, 180.0, 66)
    beyond = shapely.MultiPolygon([shapely.box(-180.0, 65, -179.9, 66)])
    home = shapely.MultiPolygon([west, *beyond.geoms])
    frontier = traced(boundaries(HH=home, FF=shapely.box(-179.9, 65, -179, 66)), a_study())
    assert km(frontier.segments[0].line) == pytest.approx(meridian_km(-179.9, 65, 66), rel=1e-6)
    # The cut that the source makes at 180 degrees is no border of home, so it bounds no zone.
    assert frontier.build_layer().geometry.length.sum() / 1e3 == pytest.approx(meridian_km(-179.9, 65, 66), rel=1e-3)


def test_a_frontier_in_two_pieces_is_one_segment() -> None:
    facing = FACING.difference(shapely.box(25, 55.4, 25.5, 55.6))
    (segment,) = traced(boundaries(HH=HOME, FF=facing), a_study()).segments
    assert len(segment.line.geoms) == 2
    assert km(segment.line) == pytest.approx(meridian_km(25, 55, 55.4) + meridian_km(25, 55.6, 56), abs=0.02)


def test_a_facing_country_that_does_not_touch_is_named() -> None:
    frame = boundaries(HH=HOME, FF=FACING, GG=shapely.box(30, 55, 31, 56))
    with pytest.raises(StudyError, match=r"study made-up: facing: GG is not adjacent .* match_tolerance_m = 2"):
        traced(frame, a_study(facing=("FF", "GG")))


def test_a_home_country_that_does_not_touch_is_named() -> None:
    frame = boundaries(HH=HOME, JJ=shapely.box(10, 55, 11, 56), FF=FACING)
    with pytest.raises(StudyError, match="home: JJ is not adjacent to any facing territory"):
        traced(frame, a_study(home=("HH", "JJ")))


def test_three_countries_meet_in_one_named_point() -> None:
    frame = boundaries(AA=shapely.box(24, 55, 25, 56), BB=shapely.box(24, 54, 25, 55), XX=shapely.box(25, 54, 26, 56))
    study = a_study(home=("AA", "BB"), facing=("XX",))
    found = find_tripoints(match_borders(build_territories(frame, study), study), frame, study)
    assert found["name"].tolist() == ["AA-BB-XX"]
    assert shapely.distance(found.geometry.iloc[0], shapely.Point(25, 55)) < 1e-6


def test_a_third_country_that_is_not_in_the_study_makes_a_tripoint_too() -> None:
    frame = boundaries(HH=HOME, FF=FACING, ZZ=shapely.box(24, 56, 26, 57))
    found = find_tripoints(match_borders(build_territories(frame, a_study()), a_study()), frame, a_study())
    assert found["name"].tolist() == ["FF-HH-ZZ"]


def test_a_reference_border_is_measured_between_home_countries() -> None:
    frame = boundaries(AA=shapely.box(24, 55, 25, 56), BB=shapely.box(24, 54, 25, 55), XX=shapely.box(25, 54, 26, 56))
    study = a_study(home=("AA", "BB"), facing=("XX",), reference_lines=[{"name": "AA-BB", "between": ("AA", "BB")}])
    length_km, _ = measure_reference_lines(build_territories(frame, study), study)["AA-BB"]
    parallel = shapely.segmentize(shapely.LineString([(24, 55), (25, 55)]), 0.01)
    # One edge of one degree is measured as a geodesic, 1e-5 shorter than the parallel.
    assert length_km == pytest.approx(km(parallel), rel=5e-5)
