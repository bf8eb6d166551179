"""What every engine promises: many independent tasks in, one combined result out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")
Progress = Callable[[int, int], None]
# Tasks whose results a journal keeps as one, whichever engine ran them: what one began, another goes on with.
GROUP = 64


class Journal(Protocol):
    """Keeps results of groups of tasks until the whole is done (`geo_border.store.Journal`)."""

    def load(self, tasks: Sequence[object]) -> object | None:
        """Give back what exactly these tasks came to, or None where it is not kept."""

    def save(self, tasks: Sequence[object], result: object) -> None:
        """Keep what these tasks came to."""


class Journals(Protocol):
    """One journal for each of a run's reductions (`geo_border.journals.Journals`)."""

    def of(self, key: bytes) -> Journal:
        """Give the journal of the reduction that `key` distinguishes from any other."""

    def forget(self) -> None:
        """Drop all that was kept: the run has ended well."""


class Engine(Protocol):
    """Runs many independent tasks and combines their results.

    `combine` must be indifferent to order and grouping (our sums are of integers), and then so is the result to the
    engine, its number of workers, and what is lost and done again on the way.

    Attributes
    ----------
    journals
        Where results are kept while a run is under way; None: nowhere.
    """

    journals: Journals | None

    def reduce(
        self,
        run: Callable[[T], R],
        tasks: Sequence[T],
        combine: Callable[[Sequence[R]], R],
        progress: Progress | None = None,
        key: bytes = b"",
    ) -> R:
        """Combine run(task) over all tasks.

        `progress` hears of tasks done and in all. With a `key`, which tells this work from any other, results so far
        are kept in the journals, and the same call goes on where a broken one was.
        """


def journal_of(journals: Journals | None, key: bytes) -> Journal | None:
    """The journal of a reduction, when it has a key and there are journals."""
    return journals.of(key) if journals is not None and key else None


def grouped(tasks: Sequence[T]) -> list[Sequence[T]]:
    """Tasks in groups of neighbours, the same ones for every engine."""
    return [tasks[i : i + GROUP] for i in range(0, len(tasks), GROUP)]
