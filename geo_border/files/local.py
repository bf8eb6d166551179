"""Files of this machine only: what is no plain path to one is refused before GDAL hears of it."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

from geo_border.errors import FileError
from geo_border.files.formats import POINTERS

# GDAL looks for its words in the first kilobyte or few.
HEAD_BYTES = 1 << 16
# Two letters at the least: `C:` is a drive.
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+:")


def find_file(path: str | Path) -> Path:
    """Resolve a path to the real file or folder behind it, links followed.

    GDAL gets this path: an absolute one is no connection string, and what a link's own folder holds is not taken for
    a header of the file that the link points to.

    Parameters
    ----------
    path
        What a user typed, or what a study or a virtual raster names.

    Raises
    ------
    FileError
        When it is an address, a connection string or a text instead of a path, or nothing is there.
    """
    name = os.fspath(path)
    shown = f"{name:.300}"
    try:
        real = Path(name).resolve(strict=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise FileError(_explain_absence(name, shown)) from error
    if real.as_posix().startswith("/vsi"):
        raise FileError(f"{shown}: GDAL would take this folder for one of its own file systems; rename it.")
    if not (real.is_file() or real.is_dir()):
        raise FileError(f"{shown}: is neither a file nor a folder (a pipe or a device); save it to a file first.")
    return real


def read_head(real: Path) -> bytes:
    """Read the first 64 KiB of a file; nothing of a folder.

    Raises
    ------
    FileError
        When it cannot be read.
    """
    if real.is_dir():
        return b""
    try:
        with real.open("rb") as handle:
            return handle.read(HEAD_BYTES)
    except OSError as error:
        raise FileError(f"{real}: cannot be read ({error.strerror}).") from error


def find_pointer(head: bytes) -> bytes | None:
    """Find the word by which GDAL would take a file for one that points elsewhere.

    Words are looked for up to the first zero byte, as GDAL does: no binary format that is read here has a word before.
    """
    text = head.partition(b"\0")[0]
    return next((word for word in POINTERS if word in text), None)


def forbid_links_outward(folder: Path) -> None:
    """Refuse a folder that is one dataset and holds links to what lies outside it.

    Raises
    ------
    FileError
        Naming the first such link.
    """
    for parent, folders, names in os.walk(folder):
        for name in (*folders, *names):
            entry = Path(parent, name)
            if entry.is_symlink() and not entry.resolve().is_relative_to(folder):
                raise FileError(f"{entry}: links to a file outside {folder.name}; put the file itself there.")


def list_siblings(real: Path) -> tuple[str, ...]:
    """List the names beside a file that GDAL would open with it: external overviews and masks."""
    try:
        changed = real.parent.stat().st_mtime_ns
    except OSError:
        return ()
    whole, stem = f"{real.name}.".casefold(), real.stem.casefold()
    return tuple(
        name
        for name in _list_attached(real.parent, changed)
        if name != real.name and (name.casefold().startswith(whole) or Path(name.casefold()).stem == stem)
    )


@lru_cache(maxsize=16)
def _list_attached(folder: Path, _changed_ns: int) -> tuple[str, ...]:
    # Read once for all tiles of a folder: there may be ten thousand.
    try:
        names = os.listdir(folder)  # noqa: PTH208 - names only
    except OSError:
        return ()
    return tuple(name for name in names if name.casefold().endswith((".ovr", ".msk")))


def _explain_absence(name: str, shown: str) -> str:
    if name.lstrip().startswith(("<", "{", "[")):
        return f"{shown:.40} ...: is a text, not the path of a file; save it and give its path."
    if re.match(r"[A-Za-z][A-Za-z0-9+.\-]+:/", name):
        return f"{shown}: is an address; only files of this machine are opened. Download it and give its path."
    if name.startswith("/vsi"):
        return f"{shown}: is a GDAL virtual file system; only files of this machine are opened. Unpack or download it."
    if _PREFIX.match(name):
        return (
            f"{shown}: is a GDAL connection string or not there; only files are opened. Write a file of its own "
            "(gdal_translate for a raster, ogr2ogr for vectors) and give its path."
        )
    return f"{shown}: cannot be opened: no such file, or no right to read it. Check the path."
