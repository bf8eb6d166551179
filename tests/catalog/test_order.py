"""Package, configuration, catalogues, study, --sources: the last one wins, and only where it says what it replaces."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from geo_border.catalog.catalogue import Catalogue, Declared, read_package
from geo_border.catalog.declared import Entry
from geo_border.catalog.resolve import PRESET, Choice, Sources, choose, resolve
from geo_border.errors import CatalogError, GeoBorderError, StudyError
from geo_border.pipeline.sources import choose_sources, open_catalogue
from geo_border.study import Study, read_study
from geo_border.user_config import CONFIG, read_user_config
from tests.worlds import a_study

# The levels at which a user may describe a dataset, from the first to the last.
LEVELS = ("config", "catalog", "study")


def table(name: str, title: str, replaces: str | None = None, **keys: Any) -> str:
    """A `[[dataset]]` of places."""
    told = {"name": name, "title": title, "needs": ["places"], "file": f"{title}.gpkg", **keys}
    told |= {} if replaces is None else {"replaces": replaces}
    return "[[dataset]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in told.items())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder of a user without a configuration."""
    path = tmp_path / "home"
    (path / CONFIG).parent.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(path))
    monkeypatch.setenv("USERPROFILE", str(path))
    return path


@pytest.fixture
def folder(tmp_path: Path, home: Path) -> Path:
    """A folder with the files that the datasets name, also in that of the configuration."""
    for title in (*LEVELS, "first", "second"):
        (tmp_path / f"{title}.gpkg").touch()
        (home / CONFIG).parent.joinpath(f"{title}.gpkg").touch()
    return tmp_path


def declare(folder: Path, home: Path, level: str, text: str) -> tuple[Sequence[Path], Study]:
    """What `--catalog` and the study are when a dataset is described at one level."""
    catalog, study = [], STUDY
    if level == "config":
        (home / CONFIG).parent.joinpath("kept.toml").write_text(text, "utf-8")
        (home / CONFIG).write_text('catalog = "kept.toml"\n', "utf-8")
    elif level == "catalog":
        (folder / "given.toml").write_text(text, "utf-8")
        catalog = [folder / "given.toml"]
    else:
        (folder / "mine.toml").write_text(f"{STUDY_TEXT}\n{text}", "utf-8")
        study = read_study(folder / "mine.toml")
    return catalog, study


STUDY_TEXT = 'name = "mine"\ntitle = "Mine"\nhome = ["LV"]\nfacing = ["BY"]\nbands_m = [1000]\n'
STUDY = a_study(name="mine", home=("LV",), facing=("BY",))
ORIGINS = {"config": "kept.toml", "catalog": "given.toml", "study": "study mine"}


@pytest.mark.parametrize("level", LEVELS)
def test_a_new_name_is_added_at_each_level(folder: Path, home: Path, level: str) -> None:
    catalog, study = declare(folder, home, level, table("villages", level))
    sources = choose_sources(study, ["places=villages"], catalog)
    found = resolve("places", sources)
    assert found is not None
    assert found.declared is not None
    assert (found.declared.origin, found.declared.replaced) == (ORIGINS[level], ())
    assert found.path is not None
    assert found.path.name == f"{level}.gpkg"
    # Every dataset of the package is still there.
    assert set(read_package().by_name) < set(sources.catalogue.by_name)


@pytest.mark.parametrize("level", LEVELS)
def test_a_name_of_the_package_is_taken_only_by_who_says_so(folder: Path, home: Path, level: str) -> None:
    catalog, study = declare(folder, home, level, table("geonames-2025", level))
    with pytest.raises(CatalogError) as caught:
        choose_sources(study, (), catalog)
    line = str(caught.value)
    assert "\n" not in line
    assert re.search(r"\[\[dataset\]\] 1 \(geonames-2025\)", line)
    assert "the name 'geonames-2025' is taken by the package" in line
    assert 'replaces = "geonames-2025"' in line
    catalog, study = declare(folder, home, level, table("geonames-2025", level, "geonames-2025"))
    # It then serves wherever the preset names it.
    found = resolve("places", choose_sources(study, (), catalog))
    assert found is not None
    assert found.declared is not None
    assert (found.declared.entry.title, found.declared.replaced) == (level, ("package",))


@pytest.mark.parametrize(("earlier", "later"), [("config", "catalog"), ("config", "study"), ("catalog", "study")])
def test_of_two_levels_the_later_wins_and_says_whose_place_it_takes(
    folder: Path, home: Path, earlier: str, later: str
) -> None:
    first, _ = declare(folder, home, earlier, table("villages", earlier))
    second, study = declare(folder, home, later, table("villages", later))
    with pytest.raises(CatalogError) as caught:
        choose_sources(study, (), [*first, *second])
    # Both places are named.
    for level in (earlier, later):
        assert {"config": "kept.toml", "catalog": "given.toml", "study": "study mine"}[level] in str(caught.value)
    second, study = declare(folder, home, later, table("villages", later, "villages"))
    found = choose_sources(study, (), [*first, *second]).catalogue.find("villages")
    assert (found.entry.title, found.origin, found.replaced) == (later, ORIGINS[later], (ORIGINS[earlier],))


def test_all_levels_that_lost_are_told_in_order(folder: Path, home: Path) -> None:
    declare(folder, home, "config", table("geonames-2025", "config", "geonames-2025"))
    catalog, _ = declare(folder, home, "catalog", table("geonames-2025", "catalog", "geonames-2025"))
    _, study = declare(folder, home, "study", table("geonames-2025", "study", "geonames-2025"))
    found = open_catalogue(catalog, study).find("geonames-2025")
    assert found.replaced == ("package", "kept.toml", "given.toml")


def test_sources_have_the_last_word(folder: Path, home: Path) -> None:
    _, study = declare(folder, home, "study", table("geonames-2025", "study", "geonames-2025"))
    assert resolve("places", choose_sources(study, ["places=geonames"])) == Choice(read_package().find("geonames"))
    path = folder / "first.gpkg"
    assert resolve("places", choose_sources(study, [f"places={path}"])) == Choice(None, path)
    found = resolve("places", choose_sources(study, [f"places=geonames-2025@{path}"]))
    assert found is not None
    assert found.declared is not None
    # Read as the entry that won, but for what that says of its own file.
    assert (found.path, found.declared.entry.title, found.declared.entry.file) == (path, "study", None)


def test_catalogues_are_laid_one_over_the_other_in_the_order_given(folder: Path, home: Path) -> None:
    for name, over in (("first", None), ("second", "villages")):
        (folder / f"{name}.toml").write_text(table("villages", name, over), "utf-8")
    paths = [folder / "first.toml", folder / "second.toml"]
    assert open_catalogue(paths).find("villages").entry.title == "second"
    with pytest.raises(CatalogError, match="replaces: there is no dataset 'villages' before it"):
        open_catalogue(paths[::-1])


def test_one_name_twice_in_one_file_is_a_clash_too(folder: Path, home: Path) -> None:
    (folder / "own.toml").write_text(table("villages", "first") + table("villages", "second"), "utf-8")
    with pytest.raises(CatalogError, match=r"\[\[dataset\]\] 2 .*taken by .*own\.toml: \[\[dataset\]\] 1"):
        open_catalogue([folder / "own.toml"])


def test_a_dataset_takes_no_name_but_its_own(folder: Path, home: Path) -> None:
    (folder / "own.toml").write_text(table("villages", "first", "geonames-2025"), "utf-8")
    with pytest.raises(CatalogError, match=r"replaces: expected its own name 'villages'.*got 'geonames-2025'"):
        open_catalogue([folder / "own.toml"])


def test_extending_a_catalogue_changes_none(folder: Path) -> None:
    entry = Entry.model_validate({"name": "villages", "needs": ["places"], "file": "x.gpkg"})
    package = read_package()
    before = dict(package.by_name)
    more = package.extend([Declared(entry, "own.toml", "own.toml")])
    assert dict(package.by_name) == before
    assert set(more.by_name) - set(before) == {"villages"}
    assert read_package() is package


# --- what is chosen ---


def own(name: str, **keys: Any) -> Catalogue:
    entry = Entry.model_validate({"name": name, "needs": ["cover"], **keys})
    return read_package().extend([Declared(entry, "own.toml", f"own.toml: [[dataset]] 1 ({name})")])


def test_a_file_that_is_not_there_is_told_with_its_place_before_anything_is_fetched(tmp_path: Path) -> None:
    catalogue = own("mine", file=tmp_path / "gone.tif")
    with pytest.raises(CatalogError, match=r"own\.toml: \[\[dataset\]\] 1 \(mine\): file: no file at .*gone\.tif"):
        choose(["cover=mine"], catalogue)


def test_an_entry_without_a_file_describes_one_that_is_given(tmp_path: Path) -> None:
    catalogue = own("mine")
    with pytest.raises(CatalogError, match=r"names no file and no url.*cover=mine@PATH"):
        choose(["cover=mine"], catalogue)
    (tmp_path / "c.tif").touch()
    found = resolve("cover", choose([f"cover=mine@{tmp_path / 'c.tif'}"], catalogue))
    assert found == Choice(catalogue.find("mine"), tmp_path / "c.tif")


def test_a_dataset_of_the_catalogue_is_listed_with_those_that_serve_the_need() -> None:
    with pytest.raises(CatalogError, match=r"neither a file nor a dataset for cover\. Datasets: .*corine-2018.*mine"):
        choose(["cover=mien"], own("mine"))


def test_a_study_takes_a_name_or_a_list_of_one() -> None:
    for value in ("geonames", ["geonames"], ("geonames",)):
        assert choose([], read_package(), {"places": value}).choices["places"] == "geonames"
    assert a_study(sources={"places": ["geonames"]}).sources == {"places": ("geonames",)}


@pytest.mark.parametrize(
    ("words", "study"),
    [
        ([], {"people": ["ghs-pop-r2023a", "worldpop-r2025a"]}),
        (["people=ghs-pop-r2023a,worldpop-r2025a"], {}),
        (["people=ghs-pop-r2023a", "people=worldpop-r2025a"], {}),
    ],
)
def test_several_datasets_of_one_need_are_refused_in_one_line(words: list[str], study: dict[str, list[str]]) -> None:
    with pytest.raises(CatalogError) as caught:
        choose(words, read_package(), study)
    line = str(caught.value)
    assert re.search(r"people: expected one dataset, got ghs-pop-r2023a, worldpop-r2025a: .*not computed yet", line)
    assert "\n" not in line


def test_an_empty_list_names_nothing() -> None:
    with pytest.raises(CatalogError, match=r"\[sources\] people: expected one dataset, got none"):
        choose([], read_package(), {"people": []})


def test_a_comma_in_a_path_parts_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a,b.gpkg"
    path.touch()
    assert resolve("places", choose([f"places={path}"], read_package())) == Choice(None, path)


def test_a_preset_where_a_replaced_dataset_ends_takes_the_worlds(tmp_path: Path) -> None:
    keys = {"needs": ["people"], "file": tmp_path, "countries": ["LV"], "replaces": "eurostat-census-2021"}
    live = Sources(own("eurostat-census-2021", **keys), {PRESET: "live"})
    names = {code: resolve("people", live, (code,)) for code in ("LV", "PL")}
    assert [one.declared.entry.name for one in names.values() if one and one.declared] == [
        "eurostat-census-2021",
        "ghs-pop-r2023a",
    ]


# --- the configuration ---


def test_the_configuration_names_one_catalogue_or_several_from_its_own_folder(home: Path) -> None:
    kept = (home / CONFIG).parent
    for said, found in (('"a.toml"', ["a.toml"]), ('["a.toml", "b/c.toml"]', ["a.toml", "b/c.toml"]), ("[]", [])):
        (home / CONFIG).write_text(f'catalog = {said}\n[mirrors]\n"https://a/" = "https://b/"\n', "utf-8")
        assert read_user_config().catalogues == tuple(kept / name for name in found)
        assert read_user_config().mirrors == (("https://a/", "https://b/"),)


def test_a_user_without_a_configuration_has_none(home: Path) -> None:
    assert read_user_config().catalogues == ()
    assert set(open_catalogue().by_name) == set(read_package().by_name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("catalog = 5", "catalog: expected the path of a file, or a list of paths"),
        ("catalog = [5]", "catalog: expected the path of a file"),
        ('catalog = ""', "catalog: expected the path of a file"),
        ("catalogue = 'x'", "unknown key 'catalogue'"),
        ("mirrors = 5", "mirrors: expected a table of texts"),
        ("[mirrors]\na = 5", "mirrors: expected a table of texts"),
        ("catalog = ", "not TOML"),
        ("catalog = 'gone.toml'", r"gone\.toml: cannot be read"),
    ],
)
def test_a_wrong_configuration_is_told_in_one_line(home: Path, text: str, expected: str) -> None:
    (home / CONFIG).write_text(text, "utf-8")
    with pytest.raises(CatalogError, match=expected) as caught:
        open_catalogue()
    assert "\n" not in str(caught.value)


# --- studies ---


def test_a_mistake_in_the_dataset_of_a_study_names_file_entry_and_key(folder: Path, home: Path) -> None:
    with pytest.raises(StudyError, match=r"mine\.toml: \[\[dataset\]\] 1 \(villages\): layr: unknown key\. Known: "):
        declare(folder, home, "study", table("villages", "study", layr="x"))
    with pytest.raises(StudyError, match=r"mine\.toml: dataset: not a list of tables"):
        declare(folder, home, "study", "dataset = 5")
    with pytest.raises(GeoBorderError, match=r"mine\.toml: sources\.places"):
        declare(folder, home, "study", "[sources]\nplaces = 5")


def test_a_study_from_python_is_held_to_the_same_rules() -> None:
    villages = {"name": "villages", "needs": ["places"], "file": "x.gpkg"}
    assert [one.entry.name for one in a_study(dataset=[villages]).datasets] == ["villages"]
    with pytest.raises(ValueError, match="band: is of rasters"):
        a_study(dataset=[{**villages, "band": 2}])


def test_the_passport_s_copy_of_a_study_names_no_folder(folder: Path, home: Path) -> None:
    _, study = declare(folder, home, "study", table("villages", "study"))
    assert str(folder) not in json.dumps(study.model_dump(mode="json"))


# --- catalogues that are given and not used ---


def test_a_catalogue_that_serves_nothing_is_warned_of_once(
    folder: Path, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = table("villages", "catalog") + table("hamlets", "catalog")
    catalog, study = declare(folder, home, "catalog", text)
    choose_sources(study, (), catalog)
    (line,) = caplog.messages
    assert line.startswith("given.toml: none of its datasets is used")
    assert "--sources places=villages" in line
    caplog.clear()
    choose_sources(study, ["places=hamlets"], catalog)
    # What the configuration keeps is for some runs and not for others.
    catalog, study = declare(folder, home, "config", table("farms", "config"))
    choose_sources(study, (), ())
    assert caplog.messages == []
