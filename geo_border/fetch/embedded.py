"""The snapshot that ships: found and verified, never fetched."""

from __future__ import annotations

from pathlib import Path

from geo_border.catalog import Entry, File
from geo_border.errors import ChecksumError
from geo_border.store import Raw, embedded_dir, sha256_of


def verify(entry: Entry) -> Raw:
    """Find the snapshot's files of a dataset, with their checksums as the catalogue declares them.

    Raises
    ------
    ChecksumError
        When a file is missing or its bytes are not those declared.
    """
    sums = {file.name: _verified(path_of(entry, file), file) for file in entry.files}
    return Raw(entry, tuple(path_of(entry, file) for file in entry.files), sums)


def path_of(entry: Entry, file: File) -> Path:
    """Where a file of the snapshot lies."""
    return embedded_dir() / entry.name / file.name


def _verified(path: Path, file: File) -> str:
    restore = "Restore it with `git checkout -- data/raw/embedded`, or install geo-border again."
    if not path.exists():
        raise ChecksumError(f"{path}: missing from the embedded snapshot. {restore}")
    found = sha256_of(path)
    if file.sha256 is not None and found != file.sha256:
        raise ChecksumError(f"{path}: sha256 is {found}, expected {file.sha256}: the file is damaged. {restore}")
    return found
