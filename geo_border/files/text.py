"""Tables of text, opened by path on this machine only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from geo_border.files.local import find_file


@contextmanager
def open_text(path: str | Path) -> Iterator[BinaryIO]:
    """Open a text file as bytes; libraries that read tables get this instead of a path, which they might fetch.

    Parameters
    ----------
    path
        A local file.

    Raises
    ------
    FileError
        When it is no file of this machine.
    """
    with find_file(path).open("rb") as handle:
        yield handle
