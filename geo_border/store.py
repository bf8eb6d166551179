"""Where files live and how they are written: folders, atomic writes, checksums, the lock."""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from geo_border.catalog import Entry
from geo_border.errors import StoreError

LOG = logging.getLogger("geo_border")
_PACKAGE = Path(__file__).resolve().parent
_PARTIAL = ".partial-"
_LOCK_NAME = ".lock"
# A folder is made a moment before its lock is held: one younger than this is left alone.
_GRACE_S = 1.0


@dataclass(frozen=True)
class Folders:
    """The folders of one root: `data/raw`, `data/processed/<study>`, `maps/<study>`."""

    root: Path

    @property
    def raw(self) -> Path:
        """Data as fetched, one folder a dataset and version."""
        return self.root / "data" / "raw"

    def locate_processed(self, study: str) -> Path:
        """Layers, tables and passport of a study."""
        return self.root / "data" / "processed" / study

    @property
    def kept(self) -> Path:
        """Results so far of a run that is under way."""
        return self.root / "data" / "processed" / ".kept"

    def locate_maps(self, study: str) -> Path:
        """HTML and pictures of a study."""
        return self.root / "maps" / study


@dataclass(frozen=True)
class Raw:
    """A dataset's files as they lie on disk, verified.

    Attributes
    ----------
    entry
        What the catalogue says of them; for a user's own file an entry of source "local".
    paths
        The files, in the order of the entry (tiles sorted by name).
    sha256
        Checksum of each file by its name.
    retrieved_at
        When they were fetched (ISO 8601, UTC); None for what ships and for a user's own file.
    data_date
        Date of the data as its source states it with the answer (Overpass), else None.
    mirror
        Scheme and host of the mirror (or mirrors) that gave them, None where the publisher did.
    """

    entry: Entry
    paths: tuple[Path, ...]
    sha256: Mapping[str, str]
    retrieved_at: str | None = None
    data_date: str | None = None
    mirror: str | None = None


def locate_embedded() -> Path:
    """The snapshot that ships: `data/raw/embedded` in a checkout, inside the package after a pip install."""
    checkout = _PACKAGE.parent / "data" / "raw" / "embedded"
    return checkout if (checkout / "NOTICE").exists() else _PACKAGE / "_embedded"


def compute_sha256(path: Path) -> str:
    """SHA-256 of a file, read in blocks.

    Parameters
    ----------
    path
        Any file.
    """
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@contextmanager
def replace_atomically(final: Path) -> Iterator[Path]:
    """A temporary path beside `final` that takes its place when the block ends well and vanishes when it does not.

    Parameters
    ----------
    final
        The file to write; its folder is made where there is none.

    Raises
    ------
    StoreError
        When the folder cannot be made or written, or the disk is full.
    """
    with _hold_temporary_folder(final) as folder:
        # The suffix stays, because GDAL drivers choose by it.
        yield folder / final.name
        (folder / final.name).replace(final)


def raise_if_unwritable(final: Path) -> None:
    """Refuse a file that could not be written, before work goes into it.

    Parameters
    ----------
    final
        The file that is to be written.

    Raises
    ------
    StoreError
        When its folder cannot be made or written, its name is too long, or it is a folder.
    """
    with _hold_temporary_folder(final) as folder:
        if final.is_dir():
            raise StoreError(f"{final}: is a folder; name a file.")
        (folder / final.name).touch()


@contextmanager
def _hold_temporary_folder(final: Path) -> Iterator[Path]:
    """A folder beside `final` for as long as the block runs; what the system refuses there is a `StoreError`."""
    folder: Path | None = None
    alive: FileLock | None = None
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=final.parent))
        # Dies with the process: `remove_partial_folders` knows by it whose folder is left.
        alive = FileLock(folder / _LOCK_NAME)
        alive.acquire()
        yield folder
    except OSError as error:
        raise StoreError(
            f"{final}: cannot be written ({error.strerror or error}). Nothing was changed there; free space or choose "
            "another place (--root, --out), then run again."
        ) from error
    finally:
        if alive is not None:
            alive.release()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def remove_partial_folders(*folders: Path) -> None:
    """Remove what killed processes left half written in folders and below; what a living one writes there stays.

    Parameters
    ----------
    folders
        Folders that are searched to any depth.
    """
    for partial in [path for folder in folders for path in folder.rglob(f"{_PARTIAL}*") if path.is_dir()]:
        try:
            if time.time() - partial.stat().st_mtime > _GRACE_S:
                with FileLock(partial / _LOCK_NAME, timeout=0):
                    pass
                shutil.rmtree(partial, ignore_errors=True)
        except (Timeout, OSError) as error:
            # Being written, gone meanwhile, or another user's: nothing that a run must stop for.
            LOG.debug("%s: left as it is (%s)", partial, error)


def write_text(final: Path, text: str) -> None:
    """Write a text file whole or not at all, in UTF-8 with line feeds at the ends of lines.

    Parameters
    ----------
    final
        The file to write.
    text
        Its content.
    """
    with replace_atomically(final) as path:
        path.write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def lock_folder(folder: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Hold a folder for one run at a time; the lock dies with the process.

    Parameters
    ----------
    folder
        The folder; made where there is none.
    wait_s
        Seconds to wait for another run to end.

    Raises
    ------
    StoreError
        When another run holds it, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder_lock = FileLock(folder / ".lock")
        folder_lock.acquire(timeout=wait_s)
    except Timeout:
        raise StoreError(f"{folder}: another run is writing here. Wait for it to end, or use another --root.") from None
    except OSError as error:
        raise StoreError(
            f"{folder}: cannot be written ({error.strerror or error}). Choose a folder of your own with --root."
        ) from error
    try:
        yield
    finally:
        folder_lock.release()
