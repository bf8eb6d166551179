"""A dataset of a user's read as a run of a study reads it, to learn beforehand what the run would say of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo_border.catalog.declared import Entry
from geo_border.errors import EmptyLayerError, GeoBorderError
from geo_border.fetch.local import describe_local_files
from geo_border.pipeline import inputs
from geo_border.pipeline.study_extent import StudyExtent
from geo_border.store import Raw

LOG = logging.getLogger("geo_border")


@dataclass(frozen=True)
class Trial:
    """What came of reading a dataset for a study.

    Attributes
    ----------
    data
        What a run would go on with: a table, a grid, or the files of what is streamed; None where it was refused.
    refusal
        Why a run would end, in one line; empty where it would not.
    absent
        Why there is nothing of it where the study is; empty where there is.
    warnings
        What a run would warn of.
    """

    data: Any = None
    refusal: str = ""
    absent: str = ""
    warnings: tuple[str, ...] = ()


def try_reading(need: str, entry: Entry, path: Path, extent: StudyExtent) -> Trial:
    """Read a file for a study as a run does.

    Parameters
    ----------
    need
        What it is to serve.
    entry
        The dataset.
    path
        Its file, or folder of tiles.
    extent
        Where the study lies.
    """
    with _collect_warnings() as warnings:
        try:
            described, paths = describe_local_files(need, path, entry)
            raw = Raw(described, paths, {})
            if need == "boundaries":
                return Trial(inputs.read_boundaries(extent.study, raw).data, warnings=tuple(warnings))
            if need == "own_line":
                line = inputs.read_own_line(raw)
                return Trial(None if line is None else line.data, warnings=tuple(warnings))
            return Trial(inputs.read_need(need, raw, extent.bounds), warnings=tuple(warnings))
        except EmptyLayerError as error:
            return Trial(absent=str(error), warnings=tuple(warnings))
        except GeoBorderError as error:
            return Trial(refusal=str(error), warnings=tuple(warnings))


@contextmanager
def _collect_warnings() -> Iterator[list[str]]:
    """Keep warnings of readers from being shown, and give their texts: they are told with all else that was found."""
    texts: list[str] = []

    def keep(record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        texts.append(record.getMessage())
        return False

    LOG.addFilter(keep)
    try:
        yield texts
    finally:
        LOG.removeFilter(keep)
