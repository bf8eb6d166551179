"""Zips from strangers: one wanted member is taken out, under our own name, within a size; nothing else is written."""

from __future__ import annotations

import fnmatch
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from geo_border.errors import UnreachableError

_BLOCK_BYTES = 1 << 20
# Real members here pack at most about 20 to 1; a bomb packs 1000 to 1.
_MAX_RATIO = 200
_MIN_RATIO_BYTES = 50_000_000


def check_archive(archive: Path, url: str, largest_bytes: int) -> None:
    """Refuse an archive that is broken, or that would write outside its folder or fill the disk.

    Raises
    ------
    UnreachableError
        Naming the member.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            _raise_if_unsafe(opened, url, largest_bytes)
            broken = opened.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise UnreachableError(f"{url}: a broken archive ({error}). Nothing of it is kept.") from error
    if broken is not None:
        raise UnreachableError(f"{url}: member {broken} does not match its checksum. Nothing of it is kept.")


def extract_member(archive: Path, pattern: str, target: Path, url: str, largest_bytes: int) -> str:
    """Write the one member whose name matches `pattern` to `target`; returns the member's name.

    Raises
    ------
    UnreachableError
        When there is none or several, or the archive is unsafe or broken.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            _raise_if_unsafe(opened, url, largest_bytes)
            wanted = [m for m in opened.infolist() if not m.is_dir() and _is_match(m.filename, pattern)]
            if len(wanted) != 1:
                there = ", ".join(m.filename for m in opened.infolist()[:8])
                raise UnreachableError(f"{url}: expected one member like {pattern}, found {len(wanted)} in: {there}.")
            _copy_member(opened, wanted[0], target, url)
            return wanted[0].filename
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise UnreachableError(f"{url}: a broken archive ({error}). Nothing of it is kept.") from error


def _is_match(name: str, pattern: str) -> bool:
    return fnmatch.fnmatch(PurePosixPath(name).name, pattern)


def _copy_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, url: str) -> None:
    written = 0
    with archive.open(member) as source, target.open("wb") as out:
        while block := source.read(_BLOCK_BYTES):
            written += len(block)
            # The header's size was checked; bytes beyond it mean that the header lies.
            if written > member.file_size:
                raise UnreachableError(f"{url}: member {member.filename} is larger than it says. A harmful archive?")
            out.write(block)


def _raise_if_unsafe(archive: zipfile.ZipFile, url: str, largest_bytes: int) -> None:
    for member in archive.infolist():
        _raise_if_member_unsafe(member, url)
    total = sum(member.file_size for member in archive.infolist())
    if total > largest_bytes:
        raise UnreachableError(
            f"{url}: would unpack to {total:,} bytes, over the {largest_bytes:,} expected. Not opened."
        )


def _raise_if_member_unsafe(member: zipfile.ZipInfo, url: str) -> None:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in member.filename[:2]:
        raise UnreachableError(f"{url}: member {member.filename!r} would be written outside its folder. Not opened.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise UnreachableError(f"{url}: member {member.filename!r} is a link. Not opened.")
    ratio = member.file_size / max(member.compress_size, 1)
    if member.file_size > _MIN_RATIO_BYTES and ratio > _MAX_RATIO:
        raise UnreachableError(
            f"{url}: member {member.filename!r} unpacks {ratio:.0f} to 1, to {member.file_size:,} bytes. Not opened."
        )
