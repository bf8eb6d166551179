"""What every engine promises: many independent tasks in, one combined result out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")
Progress = Callable[[int, int], None]


class Journal(Protocol):
    """Keeps results of groups of tasks until the whole is done (`geo_border.store.Journal`)."""

    def load(self, group: int) -> object | None:
        """Give back a group's result, or None where it is not kept."""

    def save(self, group: int, result: object) -> None:
        """Keep a group's result."""

    def clear(self) -> None:
        """Forget all."""


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
