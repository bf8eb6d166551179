"""The engines give one result, whatever runs where and whatever is lost on the way."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine

from geo_border.engine import Checkpoints, LocalEngine, open_engine
from geo_border.errors import EngineError, RasterError
from geo_border.zonal import tabulate
from tests.kinds import KEY, NUMBER

distributed = pytest.importorskip("distributed", reason="the optional Dask engine is not installed")
from geo_border.engine.cluster import DaskEngine  # noqa: E402


def add(values: Sequence[int]) -> int:
    """Sum: indifferent to order and grouping."""
    return sum(values)


def square(value: int) -> int:
    """A task."""
    return value * value


def slow_square(value: int) -> int:
    """A task that takes long enough to be interrupted."""
    time.sleep(0.1)
    return value * value


def fail_at_seven(value: int) -> int:
    """A task that fails as ours do."""
    if value == 7:
        raise RasterError("tile 7: is damaged")
    return value


TOTAL = sum(value * value for value in range(100))


@pytest.fixture(scope="module")
def cluster() -> Iterator[DaskEngine]:
    """Two worker processes."""
    with DaskEngine(workers=2) as engine:
        yield engine


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], gpd.GeoDataFrame]:
    """Two tiles and zones over both."""
    rng = np.random.default_rng(3)
    folder = tmp_path_factory.mktemp("tiles")
    paths = []
    for number in range(2):
        path = folder / f"{number}.tif"
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            width=1500,
            height=1200,
            count=1,
            dtype="uint8",
            nodata=0,
            crs="EPSG:4326",
            tiled=True,
            blockxsize=256,
            blockysize=256,
            compress="DEFLATE",
            transform=Affine(0.001, 0, 25, 0, -0.001, 60 - 1.2 * number),
        ) as tile:
            tile.write(rng.integers(0, 5, (1200, 1500), np.uint8), 1)
        paths.append(path)
    centre = np.column_stack((rng.uniform(25, 26.5, 40), rng.uniform(57.6, 60, 40)))
    shapes = shapely.buffer(shapely.points(centre), rng.uniform(0.01, 0.6, 40))
    return paths, gpd.GeoDataFrame({"zone_id": range(40)}, geometry=shapes, crs=4326).to_crs(3035)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_combine_every_task_once(threads: int) -> None:
    seen: list[tuple[int, int]] = []
    total = LocalEngine(threads).reduce(square, range(100), add, lambda done, of: seen.append((done, of)))
    assert total == TOTAL
    assert sorted(seen) == [(done, 100) for done in range(1, 101)]


def test_no_tasks_combine_to_nothing(cluster: DaskEngine) -> None:
    assert LocalEngine(2).reduce(square, [], add) == 0
    assert cluster.reduce(square, [], add) == 0


def test_a_failing_task_ends_the_run_with_its_own_error(cluster: DaskEngine) -> None:
    for engine in (LocalEngine(1), LocalEngine(3), cluster):
        with pytest.raises(RasterError, match="tile 7: is damaged"):
            engine.reduce(fail_at_seven, range(50), add)


def test_workers_combine_every_task_once(cluster: DaskEngine) -> None:
    seen: list[tuple[int, int]] = []
    assert cluster.reduce(square, range(100), add, lambda done, of: seen.append((done, of))) == TOTAL
    assert seen[-1] == (100, 100)


@pytest.mark.parametrize(("mode", "coverage"), [("class", "center"), ("class", "exact"), ("sum", "exact")])
def test_the_cluster_gives_the_same_bytes(
    cluster: DaskEngine, scene: tuple[list[Path], gpd.GeoDataFrame], mode: str, coverage: str
) -> None:
    paths, zones = scene
    here = tabulate(paths, zones, mode=mode, coverage=coverage, threads=2)
    there = tabulate(paths, zones, mode=mode, coverage=coverage, engine=cluster)
    pd.testing.assert_frame_equal(here, there, check_exact=True)
    assert here.to_csv() == there.to_csv()


def test_a_killed_worker_costs_a_retry_not_a_result() -> None:
    with DaskEngine(workers=2) as engine:
        victim = next(iter(engine.client.run(os.getpid).values()))
        killer = threading.Timer(0.5, os.kill, (victim, signal.SIGKILL))
        killer.start()
        assert engine.reduce(slow_square, range(100), add) == TOTAL
        killer.join()
        assert victim not in engine.client.run(os.getpid).values()


def test_a_lost_scheduler_is_one_clear_error_and_the_run_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "kept", "v1", KEY)
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0") as doomed:
        engine = DaskEngine(doomed.scheduler_address, checkpoints=checkpoints)
        with engine, pytest.raises(EngineError, match=r"lost.*goes on where it was"):
            engine.reduce(slow_square, range(100), add, lambda *_: doomed.close(timeout=5), b"this run", NUMBER)
    kept = list(tmp_path.rglob("*.checkpoint"))
    assert kept
    done: list[int] = []
    with DaskEngine(workers=1, checkpoints=checkpoints) as again:
        assert again.reduce(square, range(100), add, lambda count, _: done.append(count), b"this run", NUMBER) == TOTAL
    assert done[0] > 12
    checkpoints.remove()
    assert not list(tmp_path.iterdir())


def test_a_worker_killed_under_a_tabulation_changes_no_byte(
    scene: tuple[list[Path], gpd.GeoDataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths, zones = scene
    # Many short strips, so that much is still to do when the worker dies.
    monkeypatch.setattr("geo_border.zonal.run._TASK_ROWS", 16)
    here = tabulate(paths, zones, threads=2)
    seen: list[int] = []
    with DaskEngine(workers=2) as engine:
        victims = list(engine.client.run(os.getpid).values())

        def kill_one(done: int, _: int) -> None:
            if not seen:
                os.kill(victims[0], signal.SIGKILL)
            seen.append(done)

        there = tabulate(paths, zones, engine=engine, progress=kill_one)
        assert victims[0] not in engine.client.run(os.getpid).values()
    assert seen[0] < seen[-1], "the worker was killed when all was done"
    assert there.to_csv() == here.to_csv()


def test_a_tabulation_that_lost_its_scheduler_goes_on_where_it_was(
    scene: tuple[list[Path], gpd.GeoDataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths, zones = scene
    monkeypatch.setattr("geo_border.zonal.run._TASK_ROWS", 16)
    here = tabulate(paths, zones, threads=2)
    checkpoints = Checkpoints(tmp_path / "kept", "v1", KEY)
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0") as doomed:
        engine = DaskEngine(doomed.scheduler_address, checkpoints=checkpoints)
        with engine, pytest.raises(EngineError, match=r"lost.*goes on where it was"):
            tabulate(paths, zones, engine=engine, progress=lambda *_: doomed.close(timeout=5))
    assert list(tmp_path.rglob("*.checkpoint"))
    first: list[int] = []
    with DaskEngine(workers=1, checkpoints=checkpoints) as again:
        there = tabulate(paths, zones, engine=again, progress=lambda done, _: first.append(done))
    assert first[0] > 1
    assert there.to_csv() == here.to_csv()


@pytest.mark.parametrize("first_is_local", [True, False])
def test_what_one_engine_began_another_goes_on_with(
    scene: tuple[list[Path], gpd.GeoDataFrame],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    first_is_local: bool,
) -> None:
    paths, zones = scene
    monkeypatch.setattr("geo_border.zonal.run._TASK_ROWS", 16)
    monkeypatch.setattr("geo_border.engine.base.GROUP", 32)
    here = tabulate(paths, zones, threads=2)
    checkpoints = Checkpoints(tmp_path / "kept", "v1", KEY)

    def give_up(done: int, _of: int) -> None:
        if done > 40:
            raise KeyboardInterrupt

    with DaskEngine(workers=2, checkpoints=checkpoints) as cluster:
        engines = [LocalEngine(2, checkpoints), cluster]
        one, other = engines if first_is_local else engines[::-1]
        with pytest.raises(KeyboardInterrupt):
            tabulate(paths, zones, engine=one, progress=give_up)
        kept = len(list(tmp_path.rglob("*.checkpoint")))
        assert kept
        told: list[tuple[int, int]] = []
        there = tabulate(paths, zones, engine=other, progress=lambda done, of: told.append((done, of)))
    assert there.to_csv() == here.to_csv()
    # A cluster tells what was kept with its first group; threads tell only of what they do themselves.
    (first, of), taken = told[0], 32 * (kept - 1)
    assert first > taken or len(told) < of - taken, "nothing of what was kept was taken"


def test_a_scheduler_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo_border.engine.cluster._CONNECT_TIMEOUT_S", 1)
    with (
        pytest.raises(EngineError, match=r"tcp://127.0.0.1:9: cannot be reached"),
        open_engine("dask", scheduler="tcp://127.0.0.1:9"),
    ):
        pass


@pytest.mark.parametrize("address", ["nonsense", "foo://h:1", "tcp://h:notaport"])
def test_an_address_that_is_none_is_named(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo_border.engine.cluster._CONNECT_TIMEOUT_S", 1)
    with pytest.raises(EngineError, match="cannot be reached"), open_engine("dask", scheduler=address):
        pass


def test_fewer_workers_than_one_are_refused() -> None:
    with pytest.raises(EngineError, match="--workers -3"), open_engine("dask", workers=-3):
        pass


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(EngineError, match="there are local and dask"), open_engine("spark"):
        pass


def test_local_work_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    ran: list[int] = []

    def once(value: int) -> int:
        if value == 150 and len(ran) < 151:
            ran.extend([0] * 100)
            raise RasterError("power cut")
        ran.append(value)
        return value

    checkpoints = Checkpoints(tmp_path / "kept", "v1", KEY)
    with pytest.raises(RasterError, match="power cut"):
        LocalEngine(1, checkpoints).reduce(once, range(200), add, key=b"k", kind=NUMBER)
    ran.clear()
    ran.extend([0] * 151)
    assert LocalEngine(1, checkpoints).reduce(once, range(200), add, key=b"k", kind=NUMBER) == sum(range(200))
    # Two groups of 64 were kept.
    assert len(ran) - 151 == 200 - 128
    checkpoints.remove()
    assert not list(tmp_path.iterdir())


def test_what_another_version_or_another_question_kept_is_not_taken(tmp_path: Path) -> None:
    LocalEngine(1, Checkpoints(tmp_path, "v1", KEY)).reduce(square, range(100), add, key=b"k", kind=NUMBER)
    assert list(tmp_path.rglob("*.checkpoint"))
    for code, key in (("v2", b"k"), ("v1", b"other")):
        ran: list[int] = []

        def noted(value: int, ran: list[int] = ran) -> int:
            ran.append(value)
            return value

        LocalEngine(1, Checkpoints(tmp_path, code, KEY)).reduce(noted, range(100), add, key=key, kind=NUMBER)
        assert len(ran) == 100
