"""What every engine promises: many independent tasks in, one combined result out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from geo_border.engine.checkpoint import Checkpoint, Checkpoints, ResultKind

T = TypeVar("T")
R = TypeVar("R")
Progress = Callable[[int, int], None]
# Tasks whose results are kept as one, whichever engine ran them: what one began, another goes on with.
GROUP = 64


class Engine(Protocol):
    """Runs many independent tasks and combines their results.

    `combine` must be indifferent to order and grouping (our sums are of integers), and then so is the result to the
    engine, its number of workers, and what is lost and done again on the way.

    Attributes
    ----------
    checkpoints
        Where results are kept while a run is under way; None: nowhere.
    """

    checkpoints: Checkpoints | None

    def reduce(
        self,
        run: Callable[[T], R],
        tasks: Sequence[T],
        combine: Callable[[Sequence[R]], R],
        progress: Progress | None = None,
        key: bytes = b"",
        kind: ResultKind[T, R] | None = None,
    ) -> R:
        """Combine run(task) over all tasks.

        Parameters
        ----------
        run
            What gives the result of one task.
        tasks
            Tasks, independent of one another.
        combine
            What makes one result of several.
        progress
            Called with the number of tasks done and in all.
        key
            What distinguishes this work from any other. With it and `kind`, results so far are stored as checkpoints,
            and the same call goes on where a broken one was; nothing is stored where it is empty.
        kind
            How a result is written as plain arrays.
        """


def open_checkpoint(
    checkpoints: Checkpoints | None, key: bytes, kind: ResultKind[T, R] | None
) -> Checkpoint[T, R] | None:
    """Open the checkpoint of a reduction, when it has a key and a kind and there is a place for it."""
    return checkpoints.open(key, kind) if checkpoints is not None and key and kind is not None else None


def group_tasks(tasks: Sequence[T]) -> list[Sequence[T]]:
    """Tasks in groups of neighbours, the same ones for every engine."""
    return [tasks[i : i + GROUP] for i in range(0, len(tasks), GROUP)]
