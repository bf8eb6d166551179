"""`geo-border run` on files of a user's own: one line for each rule that is broken, and no outputs then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from tests.commands import Say

# Two countries side by side, the frontier along 23.4 degrees east; a degree of longitude is 65 km here.
SIDES = [shapely.box(23.0, 54.0, 23.4, 54.3), shapely.box(23.4, 54.0, 23.8, 54.3)]
STUDY = """
name = "pair"
title = "Pair"
home = ["AA"]
facing = [{facing}]
bands_m = [1000, 5000, 10000]
strips_m = [1000]
{more}
"""
AREA = shapely.box(23.3, 54.1, 23.4, 54.2)
LINE = shapely.LineString([(23.4, 54.0), (23.4, 54.3)])


def write(path: Path, shapes: list[Any], **columns: list[Any]) -> Path:
    gpd.GeoDataFrame(columns or {"id": range(1, len(shapes) + 1)}, geometry=shapes, crs=4326).to_file(path)
    return path


def write_study(folder: Path, facing: str = '"BB"', more: str = "") -> Path:
    gpd.GeoDataFrame({"country": ["AA", "BB"]}, geometry=SIDES, crs=4326).to_parquet(folder / "sides.parquet")
    path = folder / "pair.toml"
    path.write_text(STUDY.format(facing=facing, more=more), "utf-8")
    return path


def refuse(say: Say, folder: Path, study: Path, *sources: str) -> str:
    """The one line of a run that is refused; it has left nothing."""
    words = [word for source in (f"boundaries={folder / 'sides.parquet'}", *sources) for word in ("--sources", source)]
    told = say("run", study, "--root", folder / "root", "--quiet", *words)
    assert told.code == 2
    assert not list((folder / "root").rglob("exposure.csv"))
    return told.error


BROKEN: dict[str, tuple[list[Any], dict[str, list[Any]], str]] = {
    "too many": ([AREA] * 21, {}, "areas.gpkg: 21 areas, and at most 20 can be drawn freely."),
    "too small": (
        [AREA, shapely.box(23.3, 54.1, 23.33, 54.13)],
        {"id": ["a", "b"], "name": ["Šalčininkai", "Suwałki"]},
        "areas.gpkg: area 'Suwałki' (b): has 6.551 km² of home land, and each part needs at least 10 km².",
    ),
    "a part too small": (
        [shapely.MultiPolygon([AREA, shapely.box(23.3, 54.22, 23.31, 54.23)])],
        {},
        "areas.gpkg: area '1': part 2 of 2 has 0.726 km² of home land",
    ),
    "alike": ([AREA, shapely.box(23.3, 54.1, 23.4, 54.21)], {}, "areas.gpkg: area '2' less area '1' is 7.26"),
    "beyond the line": (
        [shapely.box(23.3, 54.1, 23.41, 54.2)],
        {},
        "areas.gpkg: area '1': 9.091% of it (7.27 of 80.00 km²) lies beyond the line, outside home",
    ),
    "beyond the widest band": ([shapely.box(23.2, 54.1, 23.4, 54.2)], {}, "areas.gpkg: area '1': 23.4"),
    "on the facing side": ([shapely.box(23.5, 54.1, 23.6, 54.2)], {}, "areas.gpkg: area '1': 100.000% of it"),
    "on another continent": ([shapely.box(-70, -40, -69, -39)], {}, "areas.gpkg: area '1': 100.000% of it"),
    "one id twice": ([AREA, AREA], {"id": ["a", "a"]}, "areas.gpkg: id 'a' stands in rows 1, 2."),
    "no id": ([AREA, AREA], {"id": ["a", None]}, "areas.gpkg: row 2 has no id."),
    "no polygon": ([AREA, LINE], {}, "areas.gpkg: row 2 is a LineString, and a polygon is wanted."),
}


@pytest.mark.parametrize("case", BROKEN)
def test_an_area_that_breaks_a_rule_is_refused_in_one_line(case: str, say: Say, tmp_path: Path) -> None:
    shapes, columns, expected = BROKEN[case]
    areas = write(tmp_path / "areas.gpkg", shapes, **columns)
    assert expected in refuse(say, tmp_path, write_study(tmp_path), f"own_zones={areas}")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ([(23.4, 54.0), (23.4, 54.2), (23.3, 54.25)], "runs through the inside of AA for 8.57 km (near 23.4"),
        ([(23.4, 54.0), (23.4, 54.3), (23.5, 54.2), (23.3, 54.2)], "crosses or repeats itself near 23.4000 54.2000"),
        ([(23.4, 54.1), (23.4, 54.25)], "lies on the edge of AA for 16.7 km, within match_tolerance_m = 2"),
        ([(23.7, 54.0), (23.7, 54.3)], "lies on the edge of AA for 0 km"),
    ],
)
def test_a_line_that_breaks_a_rule_is_refused_in_one_line(
    line: list[tuple[float, float]], expected: str, say: Say, tmp_path: Path
) -> None:
    river = write(tmp_path / "river.gpkg", [shapely.LineString(line)])
    told = refuse(say, tmp_path, write_study(tmp_path, facing=""), f"own_line={river}")
    assert f"study pair: own_line river.gpkg: {expected}" in told


def test_a_file_without_lines_is_no_line(say: Say, tmp_path: Path) -> None:
    river = write(tmp_path / "river.gpkg", [AREA])
    told = refuse(say, tmp_path, write_study(tmp_path, facing=""), f"own_line={river}")
    assert "river.gpkg: row 1 is a Polygon, and a line is wanted." in told


def test_a_study_faces_somebody_or_has_a_line_and_not_both(say: Say, tmp_path: Path) -> None:
    told = refuse(say, tmp_path, write_study(tmp_path, facing=""))
    assert "study pair: facing names no territory. Name those that the line is with, or give the line itself" in told
    river = write(tmp_path / "river.gpkg", [LINE])
    told = refuse(say, tmp_path, write_study(tmp_path), f"own_line={river}")
    assert "study pair: own_line: facing names BB, and a line of your own faces none." in told
    study = write_study(tmp_path, facing="")
    study.write_text(study.read_text("utf-8").replace('["AA"]', '["AA", "BB"]'), "utf-8")
    told = refuse(say, tmp_path, study, f"own_line={river}")
    assert "own_line: home names AA, BB, and a line of your own lies on the edge of one territory." in told


@pytest.mark.parametrize(
    ("depths", "expected"),
    [
        ('"CC" = [2000]', "depths_m: CC is neither a home country nor a segment; expected one of AA, AA-BB"),
        ('"all" = [2000]', "depths_m: all is neither"),
        ("AA = [20000]", "depths_m: AA: 20000 m reaches beyond the widest band, 10000 m"),
        ("AA = [2000, 1000]", "depths_m: AA: expected distances sorted from near to far"),
        ("AA = [-5]", "depths_m: AA: expected distances above 0"),
        ("AA = []", "depths_m: expected distances for AA, got none"),
        ("AA = 2000", "depths_m.AA: "),
    ],
)
def test_a_depth_is_of_a_whole_segment_or_country_within_the_widest_band(
    depths: str, expected: str, say: Say, tmp_path: Path
) -> None:
    told = refuse(say, tmp_path, write_study(tmp_path, more=f"depths_m = {{ {depths} }}"))
    assert "pair.toml" in told
    assert expected in told


def test_a_depth_of_a_segment_that_the_boundaries_do_not_have_is_named(say: Say, tmp_path: Path) -> None:
    # The two home countries face two, and each meets one of them.
    sides = [*SIDES, shapely.box(22.6, 54.0, 23.0, 54.3), shapely.box(22.2, 54.0, 22.6, 54.3)]
    study = write_study(tmp_path, facing='"BB", "DD"', more='depths_m = { "AA-DD" = [2000] }')
    gpd.GeoDataFrame({"country": ["AA", "BB", "CC", "DD"]}, geometry=sides, crs=4326).to_parquet(
        tmp_path / "sides.parquet"
    )
    study.write_text(study.read_text("utf-8").replace('["AA"]', '["AA", "CC"]'), "utf-8")
    told = refuse(say, tmp_path, study)
    assert "study pair: depths_m: AA-DD is none of AA, AA-BB, CC, CC-DD." in told
