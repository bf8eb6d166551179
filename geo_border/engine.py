"""Where tasks run: on threads of this process, or on a Dask cluster, with the same results."""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Lock
from typing import Generic, Protocol, TypeVar

from geo_border.errors import EngineError
from geo_border.store import atomic_path

T = TypeVar("T")
R = TypeVar("R")
Progress = Callable[[int, int], None]
# Results that a thread holds before it combines them.
_HELD = 256


class Engine(Protocol):
    """Runs many independent tasks and combines their results.

    `combine` must be indifferent to order and grouping (our sums are of integers), and then so is the result to the
    engine, its number of workers, and what is lost and done again on the way.
    """

    def reduce(
        self,
        run: Callable[[T], R],
        tasks: Sequence[T],
        combine: Callable[[Sequence[R]], R],
        progress: Progress | None = None,
        journal: Journal | None = None,
    ) -> R:
        """Combine run(task) over all tasks; `progress` hears of tasks done and in all."""


class Journal:
    """Results of groups of tasks kept on disk until the whole is done, so that a run that broke off goes on there.

    Parameters
    ----------
    folder
        Where to keep them; made when needed, removed when the run ends well.
    key
        What distinguishes this run from any other: all inputs and parameters.
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder / hashlib.sha256(key).hexdigest()[:16]

    def load(self, group: int) -> object | None:
        """Give back a group's result, or None where it is not kept."""
        path = self._folder / f"{group}.pickle"
        return pickle.loads(path.read_bytes()) if path.exists() else None

    def save(self, group: int, result: object) -> None:
        """Keep a group's result."""
        with atomic_path(self._folder / f"{group}.pickle") as path:
            path.write_bytes(pickle.dumps(result))

    def clear(self) -> None:
        """Forget all."""
        for path in self._folder.glob("*.pickle"):
            path.unlink()
        if self._folder.exists():
            self._folder.rmdir()


class LocalEngine:
    """Threads of this process; the work itself must let go of the interpreter (numba, GDAL, GEOS do)."""

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads or os.cpu_count() or 1

    def reduce(
        self,
        run: Callable[[T], R],
        tasks: Sequence[T],
        combine: Callable[[Sequence[R]], R],
        progress: Progress | None = None,
        journal: Journal | None = None,
    ) -> R:
        """Combine run(task) over all tasks, a task a thread at a time."""
        kept: list[R] = []
        groups = _groups(tasks, max(len(tasks), 1) if journal is None else 64)
        done = 0
        for number, group in enumerate(groups):
            result = journal.load(number) if journal else None
            if result is None:
                result = self._reduce_group(run, group, combine, _counted(progress, done, len(tasks)))
                if journal:
                    journal.save(number, result)
            kept.append(result)  # type: ignore[arg-type]
            done += len(group)
        total = combine(kept)
        if journal:
            journal.clear()
        return total

    def _reduce_group(
        self, run: Callable[[T], R], tasks: Sequence[T], combine: Callable[[Sequence[R]], R], progress: Progress | None
    ) -> R:
        """Combine one group of tasks; this thread is one of those that work."""
        crew = _Crew(run, tasks, combine, progress)
        helpers = min(self._threads, len(tasks)) - 1
        if helpers < 1:
            return combine(crew.work())
        with ThreadPoolExecutor(helpers) as pool:
            others = [pool.submit(crew.work) for _ in range(helpers)]
            mine = crew.work()
            return combine([*mine, *(result for other in others for result in other.result())])


class _Crew(Generic[T, R]):
    """Threads that take tasks one after another, until there are none or one of them fails."""

    def __init__(
        self, run: Callable[[T], R], tasks: Sequence[T], combine: Callable[[Sequence[R]], R], progress: Progress | None
    ) -> None:
        self._run, self._combine, self._progress = run, combine, progress
        self._tasks, self._next, self._done = tasks, 0, 0
        self._lock, self._failed = Lock(), False

    def work(self) -> list[R]:
        """Results of the tasks that this thread got, combined before they are many."""
        held: list[R] = []
        ended = False
        try:
            while (number := self._take()) is not None:
                held.append(self._run(self._tasks[number]))
                if len(held) >= _HELD:
                    held = [self._combine(held)]
                self._tell()
            ended = True
        finally:
            self._failed |= not ended
        return held

    def _take(self) -> int | None:
        """Number of the next task."""
        with self._lock:
            if self._failed or self._next == len(self._tasks):
                return None
            self._next += 1
            return self._next - 1

    def _tell(self) -> None:
        """Report one more task as done."""
        if self._progress:
            with self._lock:
                self._done += 1
                self._progress(self._done, len(self._tasks))


def _groups(tasks: Sequence[T], size: int) -> list[Sequence[T]]:
    """Tasks in groups of neighbours."""
    return [tasks[i : i + size] for i in range(0, len(tasks), size)]


def _counted(progress: Progress | None, before: int, total: int) -> Progress | None:
    """Report a group's progress as that of the whole."""
    return None if progress is None else lambda done, _: progress(before + done, total)


@contextmanager
def open_engine(
    name: str = "local", *, scheduler: str | None = None, workers: int | None = None, threads: int | None = None
) -> Iterator[Engine]:
    """Engine by name: "local" (threads), or "dask" on a running scheduler or on `workers` processes of this machine.

    Raises
    ------
    EngineError
        When the name is unknown, Dask is not installed, or the scheduler cannot be reached.
    """
    if name == "local":
        yield LocalEngine(threads)
        return
    if name != "dask":
        raise EngineError(f"--engine {name}: there are local and dask.")
    with _dask(scheduler, workers) as engine:
        yield engine


def _dask(scheduler: str | None, workers: int | None) -> AbstractContextManager[Engine]:
    """Dask engine, imported only when asked for: it is an optional part."""
    try:
        from geo_border.cluster import DaskEngine  # noqa: PLC0415
    except ImportError as error:
        raise EngineError(
            f"--engine dask needs Dask's distributed ({error.name} is missing): pip install 'geo-border[dask]'."
        ) from error
    return DaskEngine(scheduler, workers)
