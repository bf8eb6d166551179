"""Overpass: an answer cut short is never taken for a whole one, and what was asked once is not asked again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely

from geo_border.catalog import find_entry
from geo_border.errors import UnreachableError
from geo_border.fetch.gather import fetch_dataset
from geo_border.fetch.options import Options
from geo_border.store import Folders, Raw
from tests.fetch.conftest import standing
from tests.worldserver import osm_world
from tests.worldserver.faults import Fault
from tests.worldserver.server import World, serve

WINDOW = shapely.box(22.1, 53.6, 22.9, 53.9)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with serve(tmp_path, overpass=osm_world.answer) as running:
        yield running


def ids(raw: Raw) -> list[tuple[str, int]]:
    return sorted((e["type"], e["id"]) for path in raw.paths for e in json.loads(path.read_text())["elements"])


@pytest.mark.parametrize("kind", ["remark", "timeout_504"])
def test_an_answer_cut_short_splits_the_tile_and_nothing_is_lost(
    world: World, folders: Folders, options: Options, tmp_path: Path, kind: str
) -> None:
    whole = fetch_dataset(find_entry("osm-facilities"), Folders(tmp_path / "whole"), WINDOW, options)
    before = len(world.asked("POST"))
    world.faults.by_path["interpreter"] = Fault(kind, largest_deg=0.3)
    split = fetch_dataset(find_entry("osm-facilities"), folders, WINDOW, options)
    assert ids(split) == ids(whole)
    assert ids(whole)
    assert len(world.asked("POST")) - before >= 1 + 4 + 16
    said = json.loads(split.paths[0].with_name(split.paths[0].name + ".provenance.json").read_text())
    assert said["queries"] == 16


def test_a_tile_that_never_passes_is_an_error_and_nothing_is_kept(
    world: World, folders: Folders, options: Options
) -> None:
    world.faults.by_path["interpreter"] = Fault("remark", largest_deg=0.0)
    with pytest.raises(UnreachableError, match=r"stopped half way .*timed out.*in its smallest tile"):
        fetch_dataset(find_entry("osm-facilities"), folders, WINDOW, options)
    assert standing(folders) == {}


def test_broken_json_is_split_like_any_answer_cut_short(world: World, folders: Folders, options: Options) -> None:
    world.faults.by_path["interpreter"] = Fault("garbage_json", times=1)
    raw = fetch_dataset(find_entry("osm-facilities"), folders, WINDOW, options)
    assert ids(raw)


@pytest.mark.parametrize(("kind", "told"), [("429", "asks to wait 60 s"), ("403", "refused")])
def test_a_server_that_refuses_is_left_alone(
    world: World, folders: Folders, options: Options, kind: str, told: str
) -> None:
    world.faults.by_path["interpreter"] = Fault(kind, wait_s=60.0)
    with pytest.raises(UnreachableError, match=told):
        fetch_dataset(find_entry("osm-facilities"), folders, WINDOW, options)
    assert len(world.asked("POST")) == 1
    assert standing(folders) == {}


@pytest.mark.parametrize("kind", ["429", "html", "hang"])
def test_a_passing_refusal_is_waited_out(world: World, folders: Folders, options: Options, kind: str) -> None:
    world.faults.by_path["interpreter"] = Fault(kind, times=1, wait_s=2.5 if kind == "hang" else 1.0)
    assert ids(fetch_dataset(find_entry("osm-facilities"), folders, WINDOW, options))


def test_the_date_of_the_data_is_kept(world: World, folders: Folders, options: Options) -> None:
    raw = fetch_dataset(find_entry("osm-facilities"), folders, WINDOW, options)
    assert raw.data_date == osm_world.DATED


def test_only_tiles_that_the_window_touches_are_asked_for(world: World, folders: Folders, options: Options) -> None:
    line = shapely.LineString([(22.1, 53.2), (22.9, 53.2), (22.9, 55.8)]).buffer(0.05)
    raw = fetch_dataset(find_entry("osm-places"), folders, line, options)
    assert [path.name for path in raw.paths] == ["N5300E02200.json", "N5400E02200.json", "N5500E02200.json"]
    assert len(world.asked("POST")) == 3


def test_a_second_run_asks_nothing(world: World, folders: Folders, options: Options) -> None:
    first = fetch_dataset(find_entry("osm-facilities"), folders, WINDOW, options)
    asked = len(world.asked())
    second = fetch_dataset(find_entry("osm-facilities"), folders, WINDOW, Options(offline=True))
    assert len(world.asked()) == asked
    assert second == first


def test_queries_to_the_public_service_are_spaced(world: World, folders: Folders) -> None:
    declared = find_entry("osm-places")
    assert declared.download is not None
    direct = declared.download.model_copy(update={"url": f"{world.url}/api/interpreter", "spacing_s": 0.2})
    began = time.monotonic()
    window = shapely.box(22.1, 53.1, 24.9, 53.9)
    fetch_dataset(declared.model_copy(update={"download": direct}), folders, window, Options())
    assert len(world.asked("POST")) == 3
    assert time.monotonic() - began >= 0.4


def test_a_query_never_asks_for_the_military_or_for_crossings() -> None:
    for name in ("osm-facilities", "osm-roads", "osm-places"):
        download = find_entry(name).download
        assert download is not None
        query = str(download.query)
        assert "border_control" not in query
        assert "checkpoint" not in query
        assert '"military"=' not in query
