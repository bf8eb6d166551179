"""A user's own line: on the edge of its home polygon it is measured as given; inside it, or across itself, refused."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo_border.errors import StudyError
from geo_border.frontier import build_frontier, build_surroundings, find_tripoints, match_own_line
from geo_border.frontier.build import Frontier
from geo_border.geo.crs import GEOD, WGS84, length_m
from geo_border.study import Study
from tests.worlds import a_study, boundaries, wound

# A home polygon between 25 and 26 degrees east whose eastern edge winds.
EDGE = wound(7, 54.0, 56.0, 26.0, swing=0.01, count=60)
HOME = shapely.Polygon([(25.0, 54.0), *EDGE, (25.0, 56.0)])
STUDY = a_study(home=("HH",), facing=())
EAST = (0.01, 0.0)


def match(*lines: object, study: Study = STUDY, home: shapely.Polygon = HOME) -> tuple[shapely.Geometry, list[str]]:
    frame = gpd.GeoDataFrame(geometry=[shapely.LineString(line) for line in lines], crs=WGS84)  # type: ignore[arg-type]
    found, notes = match_own_line(frame, {"HH": home}, study, "river.gpkg")
    assert list(found) == [("HH", "line")]
    return found["HH", "line"], notes


def refusal(*lines: object, study: Study = STUDY) -> str:
    with pytest.raises(StudyError) as caught:
        match(*lines, study=study)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def trace(line: shapely.Geometry, study: Study = STUDY, land: gpd.GeoDataFrame | None = None) -> Frontier:
    crs = WGS84 if land is None else land.crs
    around = build_surroundings(land, None, [], 200.0, crs)
    return build_frontier({("HH", "line"): line}, around, study, crs)


def km(line: shapely.Geometry) -> float:
    return float(length_m(line)[0]) / 1e3


def test_a_line_on_the_edge_is_measured_as_given() -> None:
    given = shapely.LineString(EDGE[10:40])
    line, notes = match(EDGE[10:40])
    assert not notes
    assert km(line) == pytest.approx(km(given), rel=1e-12)
    assert shapely.equals(shapely.line_merge(line), given)


def test_rows_that_continue_each_other_are_one_line_in_either_direction() -> None:
    whole = km(match(EDGE[10:40])[0])
    assert km(match(EDGE[10:20], EDGE[19:40])[0]) == pytest.approx(whole, rel=1e-12)
    assert km(match(EDGE[19:40][::-1], EDGE[10:20])[0]) == pytest.approx(whole, rel=1e-12)


def test_a_line_need_not_have_the_vertices_of_the_polygon() -> None:
    denser = shapely.get_coordinates(shapely.segmentize(shapely.LineString(EDGE[10:40]), 0.003))
    assert km(match(denser)[0]) == pytest.approx(km(match(EDGE[10:40])[0]), rel=1e-7)
    # Nor the polygon those of the line.
    home = shapely.segmentize(HOME, 0.0041)
    assert km(match(EDGE[10:40], home=home)[0]) == pytest.approx(km(match(EDGE[10:40])[0]), rel=1e-9)


def test_what_lies_beyond_the_polygon_is_not_counted_and_said() -> None:
    spur = [EDGE[39], EDGE[39] + (0.2, 0.05)]
    line, notes = match([*EDGE[10:40], spur[1]])
    assert km(line) == pytest.approx(km(shapely.LineString(EDGE[10:40])), rel=1e-6)
    assert notes == [f"own_line: {km(shapely.LineString(spur)):.3g} km of the line lie beyond HH; not counted."]


def test_a_line_through_the_inside_is_refused() -> None:
    told = refusal([*EDGE[10:40], EDGE[39] + (-0.2, 0.0)])
    assert told.startswith("study made-up: own_line river.gpkg: runs through the inside of HH for 12.")
    assert "km (near 2" in told
    assert refusal([(25.3, 54.2), (25.3, 55.8)]).count("runs through the inside of HH for 178 km") == 1
    # Also where it leaves the edge and comes back to it between two vertices of its own.
    bay = shapely.Polygon([(25, 54), (26, 54), (26, 54.5), (26.2, 54.75), (26, 55), (26, 56), (25, 56)])
    with pytest.raises(StudyError, match="runs through the inside"):
        match([(26, 54.1), (26, 55.9)], home=bay)


@pytest.mark.parametrize(
    "line",
    [
        [*EDGE[10:40], EDGE[39] + (0.1, 0.0), EDGE[20] + (0.1, 0.0), EDGE[20] + (-0.1, 0.0)],
        [*EDGE[10:40], *EDGE[10:39][::-1]],
        [*EDGE[10:40], EDGE[39] + (0.1, 0.0), EDGE[20]],
    ],
    ids=["crosses", "comes back", "touches"],
)
def test_a_line_that_meets_itself_is_refused(line: object) -> None:
    told = refusal(line)
    assert "river.gpkg: crosses or repeats itself near 2" in told
    assert "has no two sides" in told


def test_two_rows_that_cross_are_refused() -> None:
    assert "crosses or repeats itself near" in refusal(EDGE[10:40], [EDGE[20] + EAST, EDGE[20] - EAST])


def test_a_ring_around_the_whole_polygon_meets_itself_at_its_ends_alone() -> None:
    line, notes = match(shapely.get_coordinates(HOME))
    assert not notes
    assert km(line) == pytest.approx(km(shapely.get_exterior_ring(HOME)), rel=1e-9)


def meridian(length_km: float) -> list[tuple[float, float]]:
    """A line of that length north along the western edge, which is a meridian."""
    _, lat, _ = GEOD.fwd(25.0, 54.5, 0.0, length_km * 1e3)
    return [(25.0, 54.5), (25.0, float(lat))]


def test_twenty_kilometres_on_the_edge_are_enough_and_less_is_not() -> None:
    assert km(match(meridian(20.0))[0]) == pytest.approx(20)
    assert refusal(meridian(19.99)) == (
        "study made-up: own_line river.gpkg: lies on the edge of HH for 19.99 km, within match_tolerance_m = 2, and at "
        "least 20 km are needed. Give a longer line, or raise the tolerance if the two are of different sources."
    )
    # What lies beyond does not count for it.
    beyond = [(24.9, 54.4), *meridian(19.99)]
    assert "lies on the edge of HH for 19.99 km" in refusal(beyond)


def test_the_tolerance_of_the_study_says_what_is_on_the_edge() -> None:
    # 100 m west of the western edge, and as far inside it.
    for lon in (25.0 - 100 / 64_900, 25.0 + 100 / 64_900):
        line = [(lon, 54.5), (lon, 54.8)]
        wide = a_study(home=("HH",), facing=(), match_tolerance_m=150)
        assert km(match(line, study=wide)[0]) == pytest.approx(33.4, abs=0.1)
        assert "own_line river.gpkg" in refusal(line)


def test_a_segment_of_ones_own_has_its_own_id_and_faces_nobody() -> None:
    line, _ = match(EDGE[10:40])
    frontier = trace(line)
    (segment,) = frontier.segments
    assert (segment.id, segment.country, segment.facing_country) == ("HH-line", "HH", None)
    frame = frontier.build_layer()
    assert frame["medium"].isna().all()
    assert frame["facing"].isna().all()
    assert len(frontier.build_sea_layer()) == 0
    assert find_tripoints({("HH", "line"): line}, boundaries(HH=HOME), STUDY).empty


def test_the_rule_of_the_sea_is_off() -> None:
    # Land ends 5 km west of the line: the frontier of a facing country would lie at sea.
    land = gpd.GeoDataFrame(geometry=[shapely.box(25.0, 54.0, 25.8, 56.0)], crs=WGS84).to_crs(3035)
    line, _ = match(EDGE[10:40])
    frontier = trace(line, land=land)
    assert np.isclose(sum(frontier.build_layer()["length_km"]), km(line), rtol=1e-9)
