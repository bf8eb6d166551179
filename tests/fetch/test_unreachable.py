"""A host that cannot be reached is given up once for all its files; one that answers now and then is not."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import shapely

from geo_border.catalog import Entry, find_entry
from geo_border.catalog.catalogue import read_package
from geo_border.catalog.resolve import Sources
from geo_border.errors import UnreachableError
from geo_border.fetch.gather import fetch_dataset, fetch_needs
from geo_border.fetch.options import Options
from geo_border.fetch.retry import Hosts
from geo_border.store import Folders
from tests.fetch.conftest import WINDOW, standing, write_tiff
from tests.worldserver.server import World

MakeEntry = Callable[..., Entry]
# Files under way when the first is given up: each has been tried as often.
AT_ONCE = Options().connections
MANY = [str(i) for i in range(120)]
TILED = {"url": "https://data.example/tile{part}.tif", "name": "tile{part}.tif", "each": MANY}
# Roads of this window come in more than a hundred tiles of a quarter degree or so.
LIVE = Sources(read_package(), {"preset": "live"})
WIDE = shapely.box(22.0, 53.0, 28.0, 58.0)


@pytest.fixture
def closed() -> str:
    """The address of a loopback port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every connection that is tried, and every name that is looked up in vain."""
    tries: list[Any] = []
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def counted(self: socket.socket, address: Any) -> None:
        tries.append(address)
        connect(self, address)

    def unknown(host: Any, *rest: Any, **named: Any) -> Any:
        if host == "nowhere.invalid":
            tries.append(host)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(host, *rest, **named)

    monkeypatch.setattr(socket.socket, "connect", counted)
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    return tries


def patient(mirror: str) -> Options:
    """As the command line has it, but for the pauses."""
    return Options(mirrors=(("https://", mirror),), pause_s=0.02, countries=("PL", "LT"))


def test_a_port_on_which_nobody_listens_is_tried_for_a_few_of_many_files(
    folders: Folders, entry: MakeEntry, closed: str, tried: list[Any]
) -> None:
    began = time.monotonic()
    with pytest.raises(UnreachableError, match=r"120 of 120 files could not be had.*refused"):
        fetch_dataset(entry(download=TILED), folders, None, patient(closed))
    assert time.monotonic() - began < 10
    assert 6 <= len(tried) <= 6 * AT_ONCE
    assert standing(folders) == {}


def test_a_name_that_does_not_resolve_is_given_up_after_half_the_tries(
    folders: Folders, entry: MakeEntry, tried: list[Any]
) -> None:
    with pytest.raises(UnreachableError, match=r"120 of 120 files could not be had.*Name or service not known"):
        fetch_dataset(entry(download=TILED), folders, None, patient("http://nowhere.invalid/"))
    assert 3 <= len(tried) <= 3 * AT_ONCE


def test_silence_is_given_up_after_half_the_tries(
    folders: Folders, entry: MakeEntry, closed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def silent(_self: socket.socket, address: Any) -> None:
        tried.append(address)
        raise TimeoutError

    monkeypatch.setattr(socket.socket, "connect", silent)
    with pytest.raises(UnreachableError, match=r"120 of 120 files could not be had.*no answer in time \(Connect"):
        fetch_dataset(entry(download=TILED), folders, None, patient(closed))
    assert 3 <= len(tried) <= 3 * AT_ONCE


@pytest.mark.parametrize("name", ["osm-roads", "osm-facilities"])
def test_tiles_of_a_server_that_is_not_reached_are_not_split(
    folders: Folders, closed: str, tried: list[Any], name: str
) -> None:
    with pytest.raises(UnreachableError, match=r"files could not be had.*refused") as caught:
        fetch_dataset(find_entry(name), folders, WIDE, patient(closed))
    assert "smallest tile" not in str(caught.value)
    assert len(tried) <= 6 * AT_ONCE


def test_a_host_that_was_given_up_is_not_paced(folders: Folders, closed: str) -> None:
    declared = find_entry("osm-roads")
    assert declared.download is not None
    direct = declared.download.model_copy(update={"url": f"{closed}api/interpreter", "spacing_s": 0.5})
    began = time.monotonic()
    with pytest.raises(UnreachableError, match="refused"):
        fetch_dataset(
            declared.model_copy(update={"download": direct}), folders, WIDE, replace(patient(closed), tries=2)
        )
    # A hundred tiles would be paced over 50 s.
    assert time.monotonic() - began < 20


def test_what_one_dataset_learnt_of_a_host_the_next_one_knows(folders: Folders, closed: str, tried: list[Any]) -> None:
    options = patient(closed)
    found = fetch_needs(("roads",), LIVE, folders, WIDE, options)
    asked = len(tried)
    later = fetch_needs(("facilities", "places"), LIVE, folders, WIDE, replace(options, facing=("BY",)))
    assert set(found.failures) == {"roads"}
    assert set(later.failures) == {"facilities", "places"}
    assert all("given up after 6 tries for another file" in str(error) for error in later.failures.values())
    assert len(tried) == asked


def test_another_host_is_asked_all_the_same(
    world: World, folders: Folders, entry: MakeEntry, closed: str, options: Options
) -> None:
    write_tiff(world.root / "data.example" / "tile.tif")
    both = replace(options, mirrors=(("https://gone.example/", closed), world.mirror))
    with pytest.raises(UnreachableError, match="refused"):
        fetch_dataset(entry(name="gone", download={"url": "https://gone.example/tile.tif"}), folders, WINDOW, both)
    fetch_dataset(entry(), folders, WINDOW, both)
    assert list(standing(folders)) == ["tile.tif"]


def test_a_host_that_answers_now_and_then_loses_no_file(
    world: World, folders: Folders, entry: MakeEntry, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in MANY[:20]:
        write_tiff(world.root / "data.example" / f"tile{i}.tif", seed=int(i))
    connect, calls = socket.socket.connect, [0]

    def every_other(self: socket.socket, address: Any) -> None:
        calls[0] += 1
        if calls[0] % 2:
            raise ConnectionRefusedError(111, "Connection refused")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", every_other)
    fetch_dataset(entry(download={**TILED, "each": MANY[:20]}), folders, None, replace(options, tries=4))
    assert len(standing(folders)) == 20
    assert calls[0] > 1


def test_an_answer_clears_what_failed_before_it() -> None:
    hosts = Hosts()
    for _ in range(5):
        hosts.mark_unreached("data.example")
    hosts.mark_reached("data.example")
    hosts.mark_unreached("data.example")
    hosts.give_up("data.example", 6, "dropped")
    hosts.raise_if_given_up("data.example")


def test_only_a_run_remembers_who_was_given_up(
    world: World, folders: Folders, entry: MakeEntry, closed: str, options: Options
) -> None:
    with pytest.raises(UnreachableError):
        fetch_dataset(entry(), folders, WINDOW, replace(options, mirrors=(("https://", closed),)))
    write_tiff(world.root / "data.example" / "tile.tif")
    raw = fetch_dataset(entry(), folders, WINDOW, options)
    assert json.loads(raw.paths[0].with_name("tile.tif.provenance.json").read_text())["sha256"]
