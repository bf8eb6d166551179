"""Where tasks run: on threads of this process, or on a Dask cluster, with the same results."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from geo_border.engine.base import Engine, Progress
from geo_border.engine.checkpoint import Arrays, Checkpoint, Checkpoints, ResultKind, open_checkpoints
from geo_border.engine.local import LocalEngine
from geo_border.errors import EngineError

__all__ = [
    "Arrays",
    "Checkpoint",
    "Checkpoints",
    "Engine",
    "LocalEngine",
    "Progress",
    "ResultKind",
    "open_checkpoints",
    "open_engine",
]


@contextmanager
def open_engine(
    name: str = "local",
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    threads: int | None = None,
    checkpoints: Checkpoints | None = None,
) -> Iterator[Engine]:
    """Engine by name: "local" (threads), or "dask" on a running scheduler or on `workers` processes of this machine.

    With `checkpoints` it keeps results while it works, for the next run to go on when this one breaks off.

    Parameters
    ----------
    name
        "local" or "dask".
    scheduler
        Address of a running Dask scheduler; None starts one on this machine.
    workers
        Worker processes that Dask starts here; one a core when None.
    threads
        Threads of the local engine; one a core when None.
    checkpoints
        Where results are kept while a run is under way; nowhere when None.

    Raises
    ------
    EngineError
        When the name is unknown, Dask is not installed, the scheduler cannot be reached, or there are no workers.
    """
    if name == "local":
        yield LocalEngine(threads, checkpoints)
        return
    if name != "dask":
        raise EngineError(f"--engine {name}: there are local and dask.")
    if workers is not None and workers < 1:
        raise EngineError(f"--workers {workers}: there must be one at least; leave it out for one a core.")
    with _open_dask(scheduler, workers, checkpoints) as engine:
        yield engine


def _open_dask(
    scheduler: str | None, workers: int | None, checkpoints: Checkpoints | None
) -> AbstractContextManager[Engine]:
    """Dask engine, imported only when asked for: it is an optional part."""
    try:
        from geo_border.engine.cluster import DaskEngine  # noqa: PLC0415
    except ImportError as error:
        raise EngineError(
            f"--engine dask needs Dask's distributed ({error.name} is missing): pip install 'geo-border[dask]'."
        ) from error
    return DaskEngine(scheduler, workers, checkpoints)
