"""`geo-border inspect`: what it prints of a file is a catalogue by itself; of a catalogue every mistake, and exit 1."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from geo_border import cli

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Say:
    """Exit code, stdout and stderr of a command."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["geo-border", *map(str, words)])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """Three places near Suwałki, one of them with a name of three lines, and a column that looks like markup."""
    names = ["Sejny", "Puńsk", "a\nname\nof lines"]
    points = [shapely.Point(23.35, 54.1), shapely.Point(23.18, 54.25), shapely.Point(23.2, 54.2)]
    gpd.GeoDataFrame({"name": names, "[red]marked[/red] " * 3: [1, 2, 3]}, geometry=points, crs=4326).to_file(
        tmp_path / "wsie.gpkg", layer="wsie"
    )
    return tmp_path / "wsie.gpkg"


def test_what_is_printed_of_a_file_is_a_catalogue_by_itself(say: Say, places: Path, tmp_path: Path) -> None:
    code, out, err = say("inspect", places, "--need", "places", "--study", "suwalki")
    assert (code, err) == (0, "")
    (entry,) = tomllib.loads(out)["dataset"]
    assert (entry["name"], entry["needs"], entry["file"]) == ("wsie", ["places"], "wsie.gpkg")
    for words in (
        "layer wsie: Point, 3 rows",
        "CRS: WGS 84 (EPSG:4326)",
        "study suwalki",
        "there: 3 rows",
        "[red]marked[/red]",
    ):
        assert words in out
    (tmp_path / "mine.toml").write_text(out, "utf-8")
    code, out, err = say("inspect", "mine.toml", "--study", "suwalki")
    assert (code, err) == (0, "")
    assert out.splitlines() == ["mine.toml: catalogue; datasets read: 1; mistakes: 0", "  wsie: places, from wsie.gpkg"]
    # The next command that it names is one.
    code, out, _ = say("fetch", "suwalki", "--dry-run", "--catalog", "mine.toml", "--sources", "places=wsie")
    assert code == 0
    assert "wsie.gpkg" in out
    code, out, _ = say("sources", "--catalog", "mine.toml")
    assert code == 0
    assert "wsie  for places" in out
    assert "described in mine.toml" in out


def test_a_grid_is_told_with_its_sums_and_what_is_doubtful(say: Say, tmp_path: Path) -> None:
    profile = {"driver": "GTiff", "width": 700, "height": 700, "count": 1, "dtype": "float32", "crs": 3035}
    with rasterio.open(
        tmp_path / "p.tif", "w", **profile, transform=from_origin(4_900_000, 3_900_000, 1000, 1000)
    ) as out:
        out.write(np.full((700, 700), 2.5, "float32"), 1)
    code, told, err = say("inspect", "p.tif", "--study", "suwalki")
    assert (code, err) == (0, "")
    for words in (
        "# p.tif: raster, taken for people (a guess: --need says what it is)",
        "# GTiff: 700 x 700 cells of 1000 x 1000",
        "# no data: none named; mask or alpha: no",
        "# values: 2.5 to 2.5 in 490,000 of 490,000 cells looked at, sum 1,225,000",
        "100% within its extent",
        "# look at: whether a cell counts everyone",
    ):
        assert words in told, told
    (people,) = (line for line in told.splitlines() if line.startswith("# there: "))
    # 2.5 persons in each of about 60,000 km².
    assert 140_000 < int(people.removeprefix("# there: ").removesuffix(" people").replace(",", "")) < 160_000


def test_mistakes_of_a_catalogue_are_all_listed_and_end_with_1(say: Say, places: Path, tmp_path: Path) -> None:
    tables = [
        '[[dataset]]\nname = "geonames-2025"\nneeds = ["places"]\nfile = "wsie.gpkg"\n',
        '[[dataset]]\nname = "x"\nneeds = ["places"]\nfile = "none.gpkg"\n',
    ]
    (tmp_path / "mine.toml").write_text("".join(tables), "utf-8")
    code, out, err = say("inspect", "mine.toml", "--study", "suwalki")
    assert (code, err) == (1, "")
    wrong = [line for line in out.splitlines() if line.startswith("wrong: ")]
    assert len(wrong) == 2
    assert "mine.toml: [[dataset]] 1 (geonames-2025): the name 'geonames-2025' is taken by the package" in wrong[0]
    assert "mine.toml: [[dataset]] 2 (x): file: no file at" in wrong[1]
    # A run says the first of what it would end over, and nothing is fetched.
    code, _, err = say("run", "suwalki", "--catalog", "mine.toml", "--sources", "places=x")
    assert code == 2
    assert "error: mine.toml: [[dataset]] 1 (geonames-2025): the name 'geonames-2025' is taken by the package" in err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("none.tif",), "none.tif: cannot be opened: no such file"),
        (("wsie.gpkg", "--need", "villages"), "--need villages: not a need. Needs: boundaries"),
        (("wsie.gpkg", "--layer", "x"), "wsie.gpkg: has no layer 'x'. Layers: wsie."),
        (("wsie.gpkg", "--study", "atlantis"), "atlantis"),
        (("wsie.gpkg", "--band", "0"), "--band"),
    ],
)
def test_wrong_use_is_one_line_and_2(say: Say, places: Path, words: tuple[str, ...], expected: str) -> None:
    code, out, err = say("inspect", *words)
    assert (code, out) == (2, "")
    assert err.count("error:") == 1
    assert expected in err
    assert "\n" not in err.strip()
