"""Where a fetched file stands, what is written beside it, and how it takes its place: whole, known, read-only."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geo_border.catalog import Entry
from geo_border.errors import StoreError
from geo_border.fetchers.network import user_agent
from geo_border.store import Folders, lock, sha256_of

__all__ = ["PROVENANCE", "Place", "kept", "note_absent", "place", "provenance", "put", "sha256_of"]
PROVENANCE = ".provenance.json"
_READ_ONLY = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH


@dataclass(frozen=True)
class Place:
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

    def held(self) -> AbstractContextManager[None]:
        """Hold the file: another run that wants it waits here, then finds it."""
        return lock(self.work, wait_s=-1)


def place(folders: Folders, entry: Entry, name: str) -> Place:
    """Where a file of a dataset stands."""
    folder = Path(entry.name) / entry.version
    return Place(folders.raw / folder / name, folders.raw / ".partial" / folder / name)


def kept(where: Place) -> dict[str, Any] | None:
    """Provenance of a file that stands whole, else None.

    The size is compared on every run, the checksum by `geo-border check`: hashing tiles again takes longer than using
    them. A file of the wrong size was changed by someone else, and is fetched again.
    """
    try:
        said: dict[str, Any] = json.loads(where.provenance_path.read_text("utf-8"))
        standing = said.get("absent") is not None or where.final.stat().st_size == said["bytes"]
    except (OSError, ValueError, KeyError):
        return None
    return said if standing else None


def put(temporary: Path, where: Place, provenance: Mapping[str, Any]) -> None:
    """Move a verified file to its place, read-only, its provenance first: the file's presence is what counts.

    Raises
    ------
    StoreError
        When the folder cannot be written.
    """
    _write(where, provenance)
    try:
        # Open for writing, because Windows flushes no other file.
        with temporary.open("r+b") as handle:
            os.fsync(handle.fileno())
        temporary.chmod(_READ_ONLY)
        if where.final.exists():
            # Windows does not replace a read-only file.
            where.final.chmod(_READ_ONLY | stat.S_IWUSR)
        temporary.replace(where.final)
    except OSError as error:
        raise StoreError(
            f"{where.final}: cannot be written ({error.strerror}). Use another folder with --root."
        ) from error


def note_absent(where: Place, provenance: Mapping[str, Any]) -> None:
    """Write down that the publisher has no such tile, so that it is asked for once."""
    _write(where, provenance)


def _write(where: Place, provenance: Mapping[str, Any]) -> None:
    text = json.dumps(provenance, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    temporary = where.work / "provenance"
    try:
        where.final.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8", newline="\n")
        temporary.replace(where.provenance_path)
    except OSError as error:
        raise StoreError(f"{where.final}: cannot be written ({error.strerror}). Use another --root.") from error


def provenance(entry: Entry, url: str, **more: Any) -> dict[str, Any]:
    """What is written beside a file: whose it is, on what terms, from where, when."""
    return {
        "dataset": entry.name,
        "title": entry.title,
        "publisher": entry.publisher,
        "version": entry.version,
        "vintage": entry.vintage,
        "licence": entry.licence,
        "licence_url": entry.licence_url,
        "attribution": entry.attribution,
        "citation": entry.citation,
        "terms": entry.terms,
        "url": url,
        "retrieved": datetime.now(UTC).isoformat(timespec="seconds"),
        "fetched_by": user_agent(),
        **more,
    }
