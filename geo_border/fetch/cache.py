"""Where a fetched file stands, what is written beside it, and how it takes its place: whole, known, read-only."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geo_border.catalog import Entry
from geo_border.errors import StoreError
from geo_border.fetch.network import build_user_agent
from geo_border.store import Folders, compute_sha256, lock_folder

__all__ = [
    "PROVENANCE",
    "CachePaths",
    "build_cache_paths",
    "build_provenance",
    "clear_path",
    "compute_sha256",
    "delete_file",
    "read_provenance",
    "store_absence",
    "store_file",
    "translate_write_errors",
]
PROVENANCE = ".provenance.json"
_READ_ONLY = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH


@dataclass(frozen=True)
class CachePaths:
    """A file's place: `final` under `data/raw/<dataset>/<version>`, `work` for what is not yet whole."""

    final: Path
    work: Path

    @property
    def part(self) -> Path:
        """The bytes that have come so far."""
        return self.work / "part"

    @property
    def unpacked(self) -> Path:
        """The wanted member of an archive, before it is verified."""
        return self.work / f"unpacked{self.final.suffix}"

    @property
    def provenance_path(self) -> Path:
        """Where the file comes from."""
        return self.final.with_name(self.final.name + PROVENANCE)

    def hold_lock(self) -> AbstractContextManager[None]:
        """Hold the file: another run that wants it waits here, then finds it."""
        return lock_folder(self.work, wait_s=-1)


def build_cache_paths(folders: Folders, entry: Entry, name: str) -> CachePaths:
    """Where a file of a dataset stands."""
    folder = Path(entry.name) / entry.version
    return CachePaths(folders.raw / folder / name, folders.raw / ".partial" / folder / name)


def read_provenance(paths: CachePaths) -> dict[str, Any] | None:
    """Provenance of a file that stands whole, else None.

    The size is compared on every run, the checksum by `geo-border check`: hashing tiles again takes longer than using
    them. A file of the wrong size was changed by someone else, and is fetched again.
    """
    try:
        said: dict[str, Any] = json.loads(paths.provenance_path.read_text("utf-8"))
        standing = said.get("absent") is not None or paths.final.stat().st_size == said["bytes"]
    except (OSError, ValueError, KeyError, AttributeError):
        # Missing, or damaged by someone: not JSON, or not a table.
        return None
    return said if standing else None


def store_file(temporary: Path, paths: CachePaths, provenance: Mapping[str, object]) -> None:
    """Move a verified file to its place, read-only, its provenance first: the file's presence is what counts.

    What stood there goes before that: killed between the two, new provenance never stands beside old bytes.
    """
    # Open for writing, because Windows flushes no other file.
    with temporary.open("r+b") as handle:
        os.fsync(handle.fileno())
    temporary.chmod(_READ_ONLY)
    _write_provenance(paths, provenance)
    temporary.replace(paths.final)


def store_absence(paths: CachePaths, provenance: Mapping[str, object]) -> None:
    """Write down that the publisher has no such tile, so that it is asked for once."""
    _write_provenance(paths, provenance)


def delete_file(paths: CachePaths) -> None:
    """Take a file away that proved to be none of the dataset's, with its provenance."""
    paths.provenance_path.unlink(missing_ok=True)
    _delete_read_only(paths.final)


@contextmanager
def translate_write_errors(paths: CachePaths) -> Iterator[None]:
    """Say in one line what the system says when a file cannot be written.

    Raises
    ------
    StoreError
        When the disk is full, or the folder may not be written.
    """
    try:
        yield
    except OSError as error:
        # The part is kept for the next run; a member half unpacked only takes room.
        with suppress(OSError):
            paths.unpacked.unlink(missing_ok=True)
        raise StoreError(
            f"{paths.final}: cannot be written ({error.strerror or error}). Free space or use another --root; what "
            "came is kept, run again to go on."
        ) from error


def _write_provenance(paths: CachePaths, provenance: Mapping[str, object]) -> None:
    """Provenance into its place, and nothing in the file's: no other version, and no link to somebody's file."""
    paths.final.parent.mkdir(parents=True, exist_ok=True)
    temporary = paths.work / "provenance"
    clear_path(temporary).write_text(
        json.dumps(provenance, indent=2, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8", newline="\n"
    )
    _delete_read_only(paths.final)
    temporary.replace(paths.provenance_path)


def _delete_read_only(path: Path) -> None:
    if path.exists() and not path.is_symlink():
        # Windows does not delete a read-only file. Through a link it would be another's file whose mode is changed.
        path.chmod(_READ_ONLY | stat.S_IWUSR)
    path.unlink(missing_ok=True)


def clear_path(path: Path) -> Path:
    """A path with nothing there, so that what is written goes through no link to a file elsewhere."""
    path.unlink(missing_ok=True)
    return path


def build_provenance(entry: Entry, url: str, mirror: str | None, **more: object) -> dict[str, Any]:
    """What is written beside a file: whose it is, on what terms, from where (`mirror` if its address is not), when."""
    return {
        **entry.describe_source(),
        "terms": entry.terms,
        "url": url,
        **({"fetched_from": mirror} if mirror is not None else {}),
        "retrieved": datetime.now(UTC).isoformat(timespec="seconds"),
        "fetched_by": build_user_agent(),
        **more,
    }
