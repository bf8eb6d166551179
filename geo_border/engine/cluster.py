"""The Dask engine: tasks on worker processes that read their own data, results combined in a tree."""

from __future__ import annotations

import asyncio
import os
import pickle
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any

import dask
import distributed
from distributed import Future, KilledWorker
from distributed.client import FutureCancelledError
from distributed.comm.core import CommClosedError

from geo_border.engine.base import Progress, R, T, group_tasks, open_checkpoint
from geo_border.engine.checkpoint import Checkpoint, Checkpoints, ResultKind
from geo_border.errors import EngineError

# A batch is what one Dask task does: enough to outweigh a millisecond of scheduling, few enough to lose one lightly.
_MAX_BATCH_TASKS, _BATCHES_PER_WORKER = 12, 8
_CONNECT_TIMEOUT_S = 20
# Dask annotates its classes but not their making; as Any they can be called from code that is typed.
_dask: Any = distributed
_CONNECTION_ERRORS = (CommClosedError, FutureCancelledError, asyncio.CancelledError, TimeoutError, OSError)


class DaskEngine:
    """Worker processes of a running scheduler, or of this machine."""

    def __init__(
        self, scheduler: str | None = None, workers: int | None = None, checkpoints: Checkpoints | None = None
    ) -> None:
        self._address, self._workers, self.checkpoints = scheduler, workers, checkpoints
        self._stack = ExitStack()
        self._client: Any = None

    def __enter__(self) -> DaskEngine:
        """Connect to the scheduler, or start one with its workers.

        Raises
        ------
        EngineError
            When it cannot be reached.
        """
        # A scheduler that does not answer is an error after seconds, not minutes of trying again.
        self._stack.enter_context(dask.config.set({"distributed.comm.timeouts.connect": _CONNECT_TIMEOUT_S}))
        self._stack.enter_context(_safe_path())
        where = self._address or "this machine"
        try:
            target = self._address or self._stack.enter_context(
                _dask.LocalCluster(
                    n_workers=self._workers, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
                )
            )
            self._client = self._stack.enter_context(_dask.Client(target, timeout=_CONNECT_TIMEOUT_S))
        except (*_CONNECTION_ERRORS, ValueError) as error:
            self._stack.close()
            raise EngineError(
                f"Dask scheduler at {where}: cannot be reached ({error}). Check --scheduler, or use --engine local."
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the scheduler and of what was started here."""
        self._stack.close()

    @property
    def client(self) -> Any:
        """The connection, for tests and for those who watch the cluster."""
        return self._client

    def reduce(
        self,
        run: Callable[[T], R],
        tasks: Sequence[T],
        combine: Callable[[Sequence[R]], R],
        progress: Progress | None = None,
        key: bytes = b"",
        kind: ResultKind[T, R] | None = None,
    ) -> R:
        """Combine run(task) over all tasks: batches on workers, their results in a tree, the root here.

        Raises
        ------
        EngineError
            When the scheduler is lost, or a task kills every worker that it meets.
        """
        checkpoint = open_checkpoint(self.checkpoints, key, kind)
        with _translate_errors(self._address or "this machine", checkpoint):
            return self._reduce(run, tasks, combine, progress, checkpoint)

    def _reduce(
        self,
        run: Callable[[T], R],
        tasks: Sequence[T],
        combine: Callable[[Sequence[R]], R],
        progress: Progress | None,
        checkpoint: Checkpoint[T, R] | None,
    ) -> R:
        """Reduce without naming what is lost on the way."""
        size = max(1, min(_MAX_BATCH_TASKS, -(-len(tasks) // (_BATCHES_PER_WORKER * self._count_workers()))))
        results: list[R] = []
        done, waiting = 0, {}
        # Work travels as a task of its own: a worker that joins late, or for one that died, gets it again.
        work = self._submit(pickle.loads, pickle.dumps((run, combine)))
        for group in group_tasks(tasks):
            stored = checkpoint.load(group) if checkpoint else None
            if stored is not None:
                results.append(stored)
                done += len(group)
                continue
            batches = [group[i : i + size] for i in range(0, len(group), size)]
            leaves = [self._submit(_run_batch, work, batch) for batch in batches]
            waiting[self._submit(_combine_results, work, leaves)] = group
        for future in _dask.as_completed(list(waiting)):
            group = waiting[future]
            results.append(future.result())
            if checkpoint:
                checkpoint.save(group, results[-1])
            done += len(group)
            if progress:
                progress(done, len(tasks))
        return combine(results)

    def _count_workers(self) -> int:
        """Workers now; at least one, because some may yet come."""
        return max(len(self._client.scheduler_info(n_workers=-1)["workers"]), 1)

    def _submit(self, function: Callable[..., object], *arguments: object) -> Future[Any]:
        """Submit one task, never taken for another one with the same arguments."""
        with warnings.catch_warnings():
            # The zones of a whole frontier are some megabytes; they are sent once.
            warnings.filterwarnings("ignore", message="Sending large graph")
            future: Future[Any] = self._client.submit(function, *arguments, pure=False, retries=2)
        return future


def _run_batch(work: tuple[Callable[[T], R], Callable[[Sequence[R]], R]], tasks: Sequence[T]) -> R:
    """Run one batch on a worker."""
    run, combine = work
    return combine([run(task) for task in tasks])


def _combine_results(work: tuple[Callable[[T], R], Callable[[Sequence[R]], R]], results: Sequence[R]) -> R:
    """Combine a branch on a worker."""
    return work[1](results)


@contextmanager
def _safe_path() -> Iterator[None]:
    """Have every Python that is started meanwhile look for modules where it is installed, not in the working folder.

    Workers, and the process that tidies up after them, are started by `python -c`, which would run a
    `multiprocessing.py` that lies there.
    """
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before


@contextmanager
def _translate_errors(address: str, checkpoint: Checkpoint[T, R] | None) -> Iterator[None]:
    """Say once and clearly what was lost; errors of the tasks themselves pass as they are."""
    again = "run again and it goes on where it was" if checkpoint else "run again, or use --engine local"
    try:
        yield
    except KilledWorker as error:
        raise EngineError(
            f"Dask at {address}: a task ended several workers one after another ({error}). They may lack memory; give "
            f"each more, then {again}."
        ) from error
    except _CONNECTION_ERRORS as error:
        raise EngineError(f"Dask scheduler at {address}: lost ({error or type(error).__name__}); {again}.") from error
