"""The local engine: tasks on threads of this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Generic

from geo_border.engine.base import Progress, R, T, group_tasks, open_checkpoint
from geo_border.engine.checkpoint import Checkpoints, ResultKind

# Results that a thread holds before it combines them.
_MAX_RESULTS = 256


class LocalEngine:
    """Threads of this process; the work itself must let go of the interpreter (numba, GDAL, GEOS do)."""

    def __init__(self, threads: int | None = None, checkpoints: Checkpoints | None = None) -> None:
        self._threads = threads or os.cpu_count() or 1
        self.checkpoints = checkpoints

    def reduce(
        self,
        run: Callable[[T], R],
        tasks: Sequence[T],
        combine: Callable[[Sequence[R]], R],
        progress: Progress | None = None,
        key: bytes = b"",
        kind: ResultKind[T, R] | None = None,
    ) -> R:
        """Combine run(task) over all tasks, a task a thread at a time."""
        checkpoint = open_checkpoint(self.checkpoints, key, kind)
        results: list[R] = []
        groups = [tasks] if checkpoint is None else group_tasks(tasks)
        done = 0
        for group in groups:
            result = checkpoint.load(group) if checkpoint else None
            if result is None:
                result = self._reduce_group(run, group, combine, _offset_progress(progress, done, len(tasks)))
                if checkpoint and len(groups) > 1:
                    checkpoint.save(group, result)
            results.append(result)
            done += len(group)
        return combine(results)

    def _reduce_group(
        self, run: Callable[[T], R], tasks: Sequence[T], combine: Callable[[Sequence[R]], R], progress: Progress | None
    ) -> R:
        """Combine one group of tasks; this thread is one of those that work."""
        queue = _TaskQueue(run, tasks, combine, progress)
        helpers = min(self._threads, len(tasks)) - 1
        if helpers < 1:
            return combine(queue.run_tasks())
        with ThreadPoolExecutor(helpers) as pool:
            others = [pool.submit(queue.run_tasks) for _ in range(helpers)]
            own_results = queue.run_tasks()
            return combine([*own_results, *(result for other in others for result in other.result())])


class _TaskQueue(Generic[T, R]):
    """Threads that take tasks one after another, until there are none or one of them fails."""

    def __init__(
        self, run: Callable[[T], R], tasks: Sequence[T], combine: Callable[[Sequence[R]], R], progress: Progress | None
    ) -> None:
        self._run, self._combine, self._progress = run, combine, progress
        self._tasks, self._next, self._done = tasks, 0, 0
        self._lock, self._failed = Lock(), False

    def run_tasks(self) -> list[R]:
        """Results of the tasks that this thread got, combined before they are many."""
        results: list[R] = []
        ended = False
        try:
            while (number := self._take_next()) is not None:
                results.append(self._run(self._tasks[number]))
                if len(results) >= _MAX_RESULTS:
                    results = [self._combine(results)]
                self._report_done()
            ended = True
        finally:
            self._failed |= not ended
        return results

    def _take_next(self) -> int | None:
        """Number of the next task."""
        with self._lock:
            if self._failed or self._next == len(self._tasks):
                return None
            self._next += 1
            return self._next - 1

    def _report_done(self) -> None:
        """Report one more task as done."""
        if self._progress:
            with self._lock:
                self._done += 1
                self._progress(self._done, len(self._tasks))


def _offset_progress(progress: Progress | None, before: int, total: int) -> Progress | None:
    """Report a group's progress as that of the whole."""
    return None if progress is None else lambda done, _: progress(before + done, total)
