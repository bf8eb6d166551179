"""Two runs compared: what is absent is not a number, order is the table's, and nobody reads two thousand lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from geo_border.diff import format_changes, list_changes
from geo_border.errors import CheckError, EmptyLayerError, StudyError

NAN = float("nan")
Figure = tuple[str, str, float]


def run(folder: Path, figures: Sequence[Figure], name: str = "mine", people: str = "a") -> Path:
    folder.mkdir()
    passport = {
        "study": {"name": name, "bands_m": [1000.0]},
        "sources": [{"need": "people", "dataset": people, "version": "1", "files": []}],
        "checks": [],
        "outputs": [],
    }
    (folder / "run.json").write_text(json.dumps(passport), encoding="utf-8")
    table = pd.DataFrame(figures, columns=["zone_id", "measure", "value"])
    unit = table["measure"].map({"area": "km²", "settlements": "count"})
    table.assign(category=None, unit=unit).to_parquet(folder / "exposure.parquet")
    return folder


def told(a: Path, b: Path, most: int = 40) -> list[str]:
    return format_changes(list_changes(a, b), most)


@pytest.fixture
def first(tmp_path: Path) -> Path:
    return run(
        tmp_path / "a", [("z|10000", "area", 99.26823085525814), ("z|5000", "area", NAN), ("z|1000", "area", 1.0)]
    )


def test_a_run_beside_itself_has_no_difference(first: Path) -> None:
    assert told(first, first) == ["No difference."]


def test_figures_stand_in_the_order_of_the_table_with_unit_and_six_digits(first: Path, tmp_path: Path) -> None:
    other = run(tmp_path / "b", [("z|5000", "area", 1_234_567.8), ("z|7000", "area", 2.0), ("z|1000", "area", 2.0)])
    assert told(first, other) == [
        "4 figures differ:",
        "  area: 2 changed, 1 only in the first, 1 only in the second",
        "z|10000 area: 99.2682 km² -> absent",
        "z|5000 area: no value -> 1,234,568 km²",
        "z|1000 area: 1 km² -> 2 km²",
        "z|7000 area: absent -> 2 km²",
    ]


def test_what_differs_beyond_the_sixth_digit_is_counted_not_listed(first: Path, tmp_path: Path) -> None:
    rows = [("z|10000", "area", 99.26823085525999), ("z|5000", "area", NAN), ("z|1000", "area", 1.0)]
    assert told(first, run(tmp_path / "b", rows)) == [
        "0 figures differ.",
        "1 more differ beyond the sixth digit only; they are not listed.",
    ]


def test_inputs_come_first_and_a_long_list_is_cut_with_a_word_on_how_to_see_all(tmp_path: Path) -> None:
    a = run(tmp_path / "a", [(f"z|{n}", "settlements", 1.0) for n in range(9)])
    b = run(tmp_path / "b", [(f"z|{n}", "settlements", 2.0) for n in range(9)], people="b")
    assert told(a, b, most=1) == [
        "input people: a 1 -> b 1",
        "9 figures differ:",
        "  settlements: 9 changed",
        "z|0 settlements: 1 -> 2",
        "... and 8 figures more; --most 0 tells all.",
    ]
    assert len(told(a, b, most=0)) == 12


def test_runs_of_different_studies_are_called_so(first: Path, tmp_path: Path) -> None:
    other = run(tmp_path / "b", [("z|1000", "area", 1.0)], name="yours")
    assert told(first, other)[0] == "Runs of different studies: mine and yours."


def test_what_is_no_run_is_named(first: Path, tmp_path: Path) -> None:
    with pytest.raises(EmptyLayerError, match="nowhere: not a run"):
        list_changes(first, tmp_path / "nowhere")
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")
    with pytest.raises(CheckError, match=r"list\.json: not the passport of a run"):
        list_changes(tmp_path / "list.json", first)


OWN = {"need": "own_zones", "dataset": "areas.gpkg", "version": "1", "publisher": "the user"}


def add_areas(run_: Path, sha256: str, **changes: str) -> Path:
    """The run with areas of its user's own among its inputs."""
    file = run_ / "run.json"
    told_ = json.loads(file.read_text("utf-8"))
    told_["sources"].append({**OWN, **changes, "files": [{"name": "areas.gpkg", "sha256": sha256}]})
    file.write_text(json.dumps(told_), "utf-8")
    return run_


@pytest.mark.parametrize(
    ("key", "here", "there"),
    [
        ("home", ["FI"], ["PL"]),
        ("facing", ["RU"], ["BY"]),
        ("territories", {}, {"KGD": {"country": "RU", "point": [20.5, 54.7]}}),
        ("corridors", [{"id": "a", "between": ["KGD", "BY"], "k": 1.25}], []),
    ],
)
def test_runs_of_two_places_are_not_compared(key: str, here: object, there: object, tmp_path: Path) -> None:
    runs = []
    for name, place in (("a", here), ("b", there)):
        made = run(tmp_path / name, [("z|1000", "area", 1.0)])
        told_ = json.loads((made / "run.json").read_text("utf-8"))
        told_["study"][key] = place
        (made / "run.json").write_text(json.dumps(told_), "utf-8")
        runs.append(made)
    with pytest.raises(StudyError, match=rf"{key}: these are different places; geo_border does not compare places"):
        list_changes(*runs)
    assert list_changes(runs[0], runs[0]) == []


def test_a_corridor_of_another_width_is_the_same_place(tmp_path: Path) -> None:
    runs = []
    for k in (1.25, 1.5):
        made = run(tmp_path / f"{k}", [("z|1000", "area", 1.0)])
        told_ = json.loads((made / "run.json").read_text("utf-8"))
        told_["study"]["corridors"] = [{"id": "a", "between": ["KGD", "BY"], "k": k}]
        (made / "run.json").write_text(json.dumps(told_), "utf-8")
        runs.append(made)
    assert [row["key"] for row in list_changes(*runs)] == ["corridors"]


def test_runs_of_two_sets_of_own_areas_are_not_compared(tmp_path: Path) -> None:
    one, same, other, none = (run(tmp_path / name, [("z|1000", "area", 1.0)]) for name in "abcd")
    add_areas(one, "1" * 64)
    add_areas(same, "1" * 64, version="2")
    add_areas(other, "2" * 64)
    assert [row["key"] for row in list_changes(one, same)] == ["own_zones"]
    for stranger in (other, none):
        with pytest.raises(StudyError, match="own_zones: these are different places"):
            list_changes(one, stranger)


def test_outlines_of_a_dataset_may_be_of_two_versions(tmp_path: Path) -> None:
    runs = [run(tmp_path / name, [("z|1000", "area", 1.0)]) for name in "ab"]
    for number, made in enumerate(runs):
        add_areas(made, str(number) * 64, dataset="wdpa", publisher="UNEP-WCMC and IUCN", version=str(number))
    assert [row["key"] for row in list_changes(*runs)] == ["own_zones"]
