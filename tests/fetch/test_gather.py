"""One source failing loses no other; a snapshot stands in only where the user says so, and then it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import shapely

from geo_border.catalog import find_entry, read_entries, read_presets
from geo_border.catalog.catalogue import read_package
from geo_border.catalog.resolve import Choice, Sources, resolve
from geo_border.catalog.resolve import choose as choose_among
from geo_border.errors import CatalogError, FetchError
from geo_border.fetch.gather import fetch_needs
from geo_border.fetch.local import build_local_raw
from geo_border.fetch.options import Options
from geo_border.store import Folders
from tests.worldserver import osm_world, tables
from tests.worldserver.faults import Fault
from tests.worldserver.server import World, serve

WINDOW = shapely.box(22.1, 53.6, 22.9, 53.9)
NEEDS = ("places", "facilities", "cover")
PACKAGE = read_package()
LIVE = Sources(PACKAGE, {"preset": "live"})


def choose(words: Sequence[str], study: Mapping[str, str] | None = None, fallback: str | None = None) -> Sources:
    return choose_among(words, PACKAGE, study, fallback)


def dataset(name: str) -> Choice:
    return Choice(PACKAGE.find(name))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    tables.geonames(tmp_path / "served")
    with serve(tmp_path / "served", overpass=osm_world.answer) as running:
        running.faults.by_path["esa-worldcover"] = Fault("403")
        yield running


def test_what_could_be_had_is_kept_and_the_rest_is_named(world: World, folders: Folders, options: Options) -> None:
    found = fetch_needs(NEEDS, LIVE, folders, WINDOW, options)
    assert set(found.raws) == {"places", "facilities"}
    assert set(found.failures) == {"cover"}
    told = found.describe_failures()
    assert "cover: " in told
    assert "refused (403 Forbidden)" in told
    assert "Kept: places, facilities" in told
    assert "--fallback embedded" in told


def test_the_fallback_stands_in_and_says_for_what(world: World, folders: Folders, options: Options) -> None:
    found = fetch_needs(NEEDS, LIVE, folders, WINDOW, options, fallback="embedded")
    assert not found.failures
    assert found.raws["cover"].entry.name == read_presets()["embedded"]["cover"]
    assert "403" in found.fallbacks["cover"]
    assert found.describe_failures() == ""


def test_with_a_fallback_what_has_no_stand_in_is_left_out(world: World, folders: Folders, options: Options) -> None:
    world.faults.by_path["interpreter"] = Fault("403")
    found = fetch_needs(NEEDS, LIVE, folders, WINDOW, options, fallback="embedded")
    assert not found.failures
    assert set(found.raws) == {"places", "cover"}
    assert set(found.omissions) == {"facilities"}
    assert "403" in found.omissions["facilities"]
    assert set(fetch_needs(NEEDS, LIVE, folders, WINDOW, options).failures) == {"facilities", "cover"}


def test_how_to_go_on_is_said_once_and_names_nothing_that_was_given(
    world: World, folders: Folders, options: Options
) -> None:
    world.faults.by_path["interpreter"] = Fault("500")
    told = fetch_needs(NEEDS, LIVE, folders, WINDOW, options).describe_failures()
    assert told.lower().count("run again") == 1
    missing = fetch_needs(("people",), LIVE, folders, WINDOW, replace(options, offline=True)).describe_failures(
        offline=True
    )
    assert "Run once without --offline" in missing
    assert "Run again" not in missing


def test_offline_names_every_need_that_is_missing(folders: Folders) -> None:
    found = fetch_needs(NEEDS, LIVE, folders, WINDOW, Options(offline=True, countries=("PL",)))
    assert set(found.failures) == set(NEEDS)
    assert all("--offline" in str(error) for error in found.failures.values())


def test_a_dataset_that_needs_an_account_says_where_its_file_goes(folders: Folders) -> None:
    found = fetch_needs(("cover",), choose(["live", "cover=corine-2018"]), folders, WINDOW, Options())
    told = str(found.failures["cover"])
    assert "by hand" in told
    assert str(folders.raw / "corine-2018" / "V2020_20u1") in told
    assert "cover=corine-2018@PATH" in told


def test_live_serves_every_need_that_embedded_does_and_each_dataset_serves_its_need() -> None:
    for preset in read_presets().values():
        for need, name in preset.items():
            assert need in find_entry(name).needs, (need, name)
    assert set(read_presets()["embedded"]) <= set(read_presets()["live"])


def test_where_the_best_dataset_ends_the_worlds_takes_its_place() -> None:
    assert resolve("people", LIVE, ("PL", "LT")) == dataset("eurostat-census-2021")
    assert resolve("people", LIVE, ("US",)) == dataset("ghs-pop-r2023a")


def test_a_choice_is_a_preset_a_dataset_a_file_or_a_file_read_as_a_dataset(tmp_path: Path) -> None:
    path = tmp_path / "mine.tif"
    path.write_bytes(b"x")
    chosen = choose(["live", f"cover=corine-2018@{path}", "people=ghs-pop-r2023a", f"roads={path}"])
    assert chosen.choices["preset"] == "live"
    assert resolve("cover", chosen) == Choice(PACKAGE.find("corine-2018"), path)
    assert resolve("people", chosen) == dataset("ghs-pop-r2023a")
    assert resolve("roads", chosen) == Choice(None, path)
    assert resolve("facilities", choose([])) is None
    found = fetch_needs(("cover", "roads"), chosen, Folders(tmp_path / "root"), None, Options()).raws
    cover, roads = found["cover"], found["roads"]
    assert cover.entry.legend == find_entry("corine-2018").legend
    assert (cover.entry.source, cover.declared_in) == ("local", "package")
    assert (roads.entry.version, roads.declared_in) == (roads.sha256["mine.tif"][:12], "--sources")


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("lives", "not one of embedded, live"),
        ("rivers=x", "'rivers' is not a need"),
        ("people=", "names no file and no dataset for people. Datasets: .*eurostat-census-2021"),
        ("rivers=", "'rivers' is not a need"),
        ("protected=natura2000-2023@nofile", r"no file at 'nofile'\. Give the path"),
        ("protected=natura2000-2023@", r"no file at ''\. Give the path"),
        (
            "people=corine-2018@.",
            r"corine-2018 serves cover, not people\. Datasets that serve people: .*ghs-pop-r2023a",
        ),
        ("world", "not one of embedded, live"),
        ("people=nowhere.tif", "neither a file nor a dataset"),
    ],
)
def test_a_choice_that_is_none_is_said(word: str, told: str) -> None:
    with pytest.raises(CatalogError, match=told):
        choose([word])


def test_a_dataset_of_another_need_and_a_file_that_is_not_there_are_said() -> None:
    with pytest.raises(CatalogError, match="serves cover, not people"):
        resolve("people", Sources(PACKAGE, {"people": "esa-worldcover-2021"}))
    with pytest.raises(CatalogError, match=r"neither a file nor a dataset for people.*eurostat-census-2021"):
        resolve("people", Sources(PACKAGE, {"people": "nowhere.tif"}))
    with pytest.raises(FetchError, match="cannot be read"):
        build_local_raw("people", Path("nowhere.tif"))


def test_no_dataset_is_about_crossings_or_the_military() -> None:
    for name, one in read_entries().items():
        query = str(one.download.query) if one.download else ""
        assert "border_control" not in query + one.title, name
        assert "landuse" not in query, name


def test_a_fallback_or_a_study_s_preset_that_is_none_is_refused_with_those_there_are() -> None:
    with pytest.raises(CatalogError, match=r"--fallback foo: not one of embedded, live"):
        choose([], fallback="foo")
    with pytest.raises(CatalogError, match=r"\[sources\] preset = foo: not one of"):
        choose([], {"preset": "foo"})
    assert choose([], fallback="embedded").choices == {"preset": "embedded"}
