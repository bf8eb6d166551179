"""The snapshot that ships: found and verified, never fetched."""

from __future__ import annotations

from pathlib import Path

from geo_border.catalog import Entry, File
from geo_border.errors import ChecksumError
from geo_border.store import Raw, compute_sha256, locate_embedded


def verify_embedded(entry: Entry) -> Raw:
    """Find the snapshot's files of a dataset, with their checksums as the catalogue declares them.

    Raises
    ------
    ChecksumError
        When a file is missing or its bytes are not those declared.
    """
    sums = {file.name: _verify_file(locate_file(entry, file), file) for file in entry.files}
    return Raw(entry, tuple(locate_file(entry, file) for file in entry.files), sums)


def locate_file(entry: Entry, file: File) -> Path:
    """Where a file of the snapshot lies."""
    return locate_embedded() / entry.name / file.name


def _verify_file(path: Path, file: File) -> str:
    restore = "Restore it with `git checkout -- data/raw/embedded`, or install geo-border again."
    if not path.exists():
        raise ChecksumError(f"{path}: missing from the embedded snapshot. {restore}")
    found = compute_sha256(path)
    if file.sha256 is not None and found != file.sha256:
        raise ChecksumError(f"{path}: sha256 is {found}, expected {file.sha256}: the file is damaged. {restore}")
    return found
