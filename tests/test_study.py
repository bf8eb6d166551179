"""Studies that ship are right, and a wrong one says in one line what is wrong, where, and what was expected."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from geo_border import study as studies
from geo_border.errors import StudyError
from tests.worlds import a_study

GOOD = """
name = "mine"
title = "My own border"
home = ["FI"]
facing = ["RU"]
bands_m = [1000, 5000]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def told(folder: Path, text: str) -> str:
    with pytest.raises(StudyError) as caught:
        studies.read_study(written(folder, text))
    return str(caught.value)


def test_the_default_study_comes_first() -> None:
    assert studies.list_studies()[0] == "finland-poland"
    assert {"suwalki", "norway-russia"} <= set(studies.list_studies())


@pytest.mark.parametrize("name", studies.list_studies())
def test_a_study_that_ships_is_read_by_its_name(name: str) -> None:
    assert studies.read_study(name).name == name


def test_the_default_study_asks_what_the_contract_says() -> None:
    default = studies.read_study("finland-poland")
    assert default.bands_m == (1000, 5000, 10000, 25000, 50000)
    assert default.strips_m == (500, 1000, 2000, 5000)
    assert default.home == ("FI", "EE", "LV", "LT", "PL")
    (corridor,) = default.corridors
    assert (corridor.name, corridor.between) == ("Suwałki", ("KGD", "BY"))
    assert (corridor.k_low, corridor.k, corridor.k_high) == (1.1, 1.25, 1.5)


def test_a_study_of_ones_own_is_read_by_its_path(tmp_path: Path) -> None:
    mine = studies.read_study(written(tmp_path, GOOD))
    assert mine.title == "My own border"
    assert mine.bands == ((0.0, 1000.0), (1000.0, 5000.0))
    assert (mine.widest_m, mine.edges_m) == (5000.0, (1000.0, 5000.0))


def test_bands_and_strips_share_their_edges() -> None:
    assert a_study(bands_m=(1000, 5000), strips_m=(500, 1000)).edges_m == (500.0, 1000.0, 5000.0)
    study = a_study(bands_m=(1000, 5000), strips_m=(500,), depths_m={"HH": (2000, 3000), "HH-FF": (2000, 500)[::-1]})
    assert study.edges_m == (500.0, 1000.0, 2000.0, 3000.0, 5000.0)
    assert study.common_edges_m == (500.0, 1000.0, 5000.0)
    assert study.depths == (500.0, 2000.0, 3000.0)
    assert study.list_depths("HH") == (500.0, 2000.0, 3000.0)
    assert study.list_depths("HH-FF") == (500.0, 2000.0)
    assert study.list_depths("all") == (500.0,)
    assert [study.find_country_of_segment(name) for name in ("HH-FF", "HH", "all")] == ["HH", None, None]


def test_a_study_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        a_study().name = "other"


# What a user may get wrong: a change of the good study, and what the one line must say.
BAD = {
    "unknown key": ("bandz_m = [1]\n", r"mine\.toml: unknown key 'bandz_m'\. Known at the top: .*bands_m"),
    "unknown key inside": ("[thresholds]\nforest = 1\n", r"unknown key 'thresholds\.forest'"),
    "bands unsorted": ("bands_m = [5000, 1000]", r"bands_m: expected distances sorted from near to far"),
    "bands repeated": ("bands_m = [1000, 1000]", r"bands_m: expected distances sorted from near to far, each once"),
    "band negative": (
        "bands_m = [-1000, 5000]",
        r"bands_m: expected distances above 0 in metres, got \[-1000\.0, 5000\.0\]",
    ),
    "band zero": ("bands_m = [0, 5000]", r"bands_m: expected distances above 0"),
    "no bands": ("bands_m = []", r"bands_m: .*at least 1"),
    "bands too wide": ("bands_m = [200000]", r"bands_m: expected at most 100000 m"),
    "bands text": ('bands_m = ["near"]', r"bands_m\.0: .*valid number"),
    "strip beyond": ("strips_m = [9000]\n", r"strips reach beyond the widest band"),
    "depth of a stranger": (
        "depths_m = { RU = [1000] }\n",
        r"depths_m: RU is neither a home country nor a segment; expected one of FI, FI-RU",
    ),
    "depth beyond": ("depths_m = { FI = [9000] }\n", r"depths_m: FI: 9000 m reaches beyond the widest band, 5000 m"),
    "depths unsorted": ('depths_m = { "FI-RU" = [2000, 500] }\n', r"depths_m: FI-RU: expected distances sorted"),
    "home is facing": ('facing = ["FI"]', r"home and facing both name \['FI'\]"),
    "a country and a part of it": (
        'facing = ["RU", "KGD"]\n[territories]\nKGD = { country = "RU", point = [20.5, 54.7] }\n',
        r"home and facing name RU and KGD, which is part of it: .*Name the rest as a territory too",
    ),
    "no home": ("home = []", r"home: .*at least 1"),
    "name with a slash": ('name = "a/b"', r"name: expected small letters, digits and hyphens"),
    "name that climbs": ('name = ".."', r"name: expected small letters, digits and hyphens"),
    "no such crs": ('crs = "EPSG:0"\n', r"crs: expected a coordinate reference system such as EPSG:3035, got 'EPSG:0'"),
    "crs that keeps no areas": ('crs = "EPSG:3857"\n', r"crs: expected an equal-area plane such as EPSG:3035"),
    "corridor between nobody": (
        '[[corridors]]\nid = "c"\nname = "C"\nbetween = ["KGD", "RU"]\n',
        r"corridor c: \['KGD'\] is neither in territories nor in facing",
    ),
    "corridor k below 1": (
        '[[corridors]]\nid = "c"\nname = "C"\nbetween = ["RU", "RU"]\nk_low = 0.9\n',
        r"corridors\.0: expected 1 < k_low <= k <= k_high",
    ),
    "band not a number": ("bands_m = [nan]", r"bands_m\.0: .*finite number"),
    "band without end": ("bands_m = [1000, inf]", r"bands_m\.1: .*finite number"),
    "band of too many digits": (f"bands_m = [1{'0' * 400}]", r"bands_m"),
    "reach beyond the earth": ("reach_m = 1e300\n", r"reach_m: .*less than or equal to 100000"),
    "reach not a number": ("reach_m = nan\n", r"reach_m: .*finite number"),
    "tolerance beyond sense": ("coast_tolerance_m = 1e9\n", r"coast_tolerance_m: .*less than or equal to 10000"),
    "home twice": ('home = ["FI", "FI"]', r"home names FI more than once"),
    "facing twice": ('facing = ["RU", "BY", "RU"]', r"facing names RU more than once"),
    "lagoon nowhere": ('[[lagoons]]\nname = "L"\npoint = [inf, 1.0]\n', r"lagoons\.0\.point\.0: .*finite number"),
    "lagoon in metres": ('[[lagoons]]\nname = "L"\npoint = [5e6, 3e6]\n', r"lagoons\.0\.point\.0: .*180"),
    "lagoon twice": (
        '[[lagoons]]\nname = "L"\npoint = [21, 55]\n[[lagoons]]\nname = "L"\npoint = [19, 54]\n',
        r"lagoons\.name names L more than once",
    ),
    "corridor from one to itself": (
        '[[corridors]]\nid = "c"\nname = "C"\nbetween = ["RU", "RU"]\n',
        r"corridors\.0: between names RU more than once",
    ),
    "line from one to itself": (
        '[[reference_lines]]\nname = "L"\nbetween = ["FI", "FI"]\n',
        r"between of reference line L names FI more than once",
    ),
    "not toml": ("bands_m = [", r"mine\.toml: not TOML"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_study_is_told_in_one_line(case: str, tmp_path: Path) -> None:
    change, expected = BAD[case]
    key = change.split(" =")[0]
    replaced = [line for line in GOOD.splitlines() if not line.startswith(f"{key} =")]
    text = told(tmp_path, "\n".join((*replaced, change)))
    assert re.search(expected, text), text
    assert "\n" not in text
    assert "mine.toml" in text
    assert StudyError.exit_code == 2


def test_a_name_that_is_not_there_lists_those_that_are() -> None:
    with pytest.raises(StudyError, match=r"no study named 'atlantis'\. There are: finland-poland, .*path of a \.toml"):
        studies.read_study("atlantis")


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"gone\.toml: cannot be read \(No such file"):
        studies.read_study(tmp_path / "gone.toml")


def test_text_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(GOOD.replace("border", "ä").encode("latin-1"))
    with pytest.raises(StudyError, match="not UTF-8 text"):
        studies.read_study(path)


def test_a_misspelt_required_key_is_told_with_the_key_that_is_missing(tmp_path: Path) -> None:
    text = told(tmp_path, GOOD.replace("bands_m", "band_m"))
    assert "bands_m: Field required" in text
    assert "Unknown there: 'band_m'" in text


EXAMPLES = Path(__file__).parents[1] / "examples"
STUDIES = (Path(__file__).parents[1] / "docs" / "STUDIES.md").read_text("utf-8")
TABLES = {
    "Keys at the top": studies.Study,
    "`[boundaries]`": studies.BoundaryFields,
    "`[thresholds]`": studies.Thresholds,
    "`[territories]`": studies.Territory,
    "`[[corridors]]`": studies.Corridor,
    "`[[reference_lines]]`": studies.ReferenceLine,
    "`[[lagoons]]`": studies.Lagoon,
}


@pytest.mark.parametrize("heading", TABLES)
def test_every_key_of_a_study_is_documented_with_its_default_and_no_other(heading: str) -> None:
    part = STUDIES.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| [^|]+\|[^|]*\| ([^|]+) \| .+ \|$", part, re.MULTILINE)
    fields = TABLES[heading].model_fields
    assert [key for key, _ in rows] == list(dict(rows))
    assert set(dict(rows)) == set(fields)
    for key, default in rows:
        if default == "see below":
            assert isinstance(fields[key].default, BaseModel)
        elif default == "required":
            assert fields[key].is_required(), key
        else:
            held = fields[key].default
            assert json.loads(default.strip("`")) == (list(held) if isinstance(held, tuple) else held), key


def test_the_example_of_the_documents_is_a_study_with_every_key(tmp_path: Path) -> None:
    text, *others = [block.split("```")[0] for block in STUDIES.split("```toml\n")[1:]]
    studies.read_study(written(tmp_path, text))
    assert set(tomllib.loads(text)) == set(studies.Study.model_fields)
    assert len(others) == 2
    for other in [*others, (EXAMPLES / "own-zones.toml").read_text("utf-8")]:
        assert {"own_zones", "own_line"} & set(studies.read_study(written(tmp_path, other)).sources)


def test_what_the_readme_shows_is_a_study(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    shown = [block.split("```")[0] for block in readme.split("```toml\n")[1:]]
    assert shown, "README.md shows no study"
    for text in shown:
        assert "name" in tomllib.loads(text)
        studies.read_study(written(tmp_path, text))
