"""Checkpoints: results of groups of tasks, kept as plain arrays while a run is under way, for the next one to use.

A root may come from a stranger. So a file holds numbers only, is signed with a key that lies in the user's own cache,
and every array of it is compared with what its kind of result declares before it is used. Whatever fails is ignored
and computed anew.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import math
import os
import re
import secrets
import shutil
import stat
import struct
import time
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from geo_border.errors import StoreError
from geo_border.store import replace_atomically
from geo_border.user_cache import open_user_cache

LOG = logging.getLogger("geo_border")
T_contra = TypeVar("T_contra", contravariant=True)
T = TypeVar("T")
R = TypeVar("R")
Arrays = Mapping[str, NDArray[Any]]
_FORMAT = b"geo-border checkpoint 1\n"
_SUM_BYTES = hashlib.sha256().digest_size
_KEY_BYTES = 32
# A group of the largest study's tasks takes a tenth of it; a file of more is none of ours, and is not read into memory.
_MOST_BYTES = 1 << 30
_GIVEN_UP_S = 7 * 24 * 3600
_NAME = re.compile(r"[0-9a-f]{16}")
# The header that numpy writes for an array of plain numbers in C order. Compared as text, so nothing is evaluated.
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00(?P<length>..)\{'descr': '(?P<dtype>[<|][a-z]\d)', 'fortran_order': False, "
    rb"'shape': \((?P<shape>\d{1,18},|\d{1,18}, \d{1,18})\), \} *\n",
    re.DOTALL,
)
_HEADER_START = 10
# What zipfile raises for an archive that is damaged or made to deceive, and our own checks for what lies in it.
_UNSOUND = (ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, KeyError, struct.error)


class ResultKind(Protocol[T_contra, R]):
    """How one kind of result is written as plain arrays, and read back only where they are sound.

    Attributes
    ----------
    name
        Kind in one word; results of another kind are not taken.
    arrays
        Arrays by name, each with its type as numpy writes it ("<i8") and its number of dimensions (1 or 2).
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - above

    @property
    def arrays(self) -> Mapping[str, tuple[str, int]]: ...  # noqa: D102

    def encode(self, result: R) -> dict[str, NDArray[Any]]:
        """Write a result as the declared arrays."""

    def decode(self, arrays: Arrays, tasks: Sequence[T_contra]) -> R:
        """Read the result of exactly these tasks from arrays whose types and dimensions are as declared.

        Raises
        ------
        ValueError
            When lengths do not agree, a number points nowhere, or a geometry cannot be built.
        """


class Checkpoints:
    """Results so far of a run, one folder for each of its reductions, until the run is done.

    Parameters
    ----------
    folder
        Where to keep them; made when needed, removed when nothing is left in it.
    code
        What distinguishes this version of the program from others, whose results may differ.
    key
        Secret of this user (`open_checkpoints` reads it): what was not signed with it is ignored.
    """

    def __init__(self, folder: Path, code: str, key: bytes) -> None:
        self._folder, self._code, self._key = folder, code, key
        self._opened: list[Checkpoint[Any, Any]] = []

    def open(self, work: bytes, kind: ResultKind[T, R]) -> Checkpoint[T, R]:
        """Open the checkpoint of the work that `work`, all its inputs and parameters, distinguishes from any other."""
        digest = hashlib.sha256(b"\0".join((self._code.encode(), kind.name.encode(), work))).hexdigest()[:16]
        checkpoint = Checkpoint(self._folder / digest, kind, self._key)
        self._opened.append(checkpoint)
        return checkpoint

    def remove(self) -> None:
        """Remove all that was kept: the run has ended well. What others gave up a week ago goes too."""
        for checkpoint in self._opened:
            checkpoint.remove()
        if not self._folder.is_dir():
            return
        for left in self._folder.iterdir():
            # Only what bears a name of ours: nothing else is ours to remove.
            if _NAME.fullmatch(left.name) and left.lstat().st_mtime < time.time() - _GIVEN_UP_S:
                shutil.rmtree(left, ignore_errors=True)
        if not any(self._folder.iterdir()):
            self._folder.rmdir()


class Checkpoint(Generic[T, R]):
    """Results of one piece of work, group by group, in a folder of their own."""

    def __init__(self, path: Path, kind: ResultKind[T, R], key: bytes) -> None:
        self.path, self._kind, self._key = path, kind, key
        self._warned = False

    def load(self, tasks: Sequence[T]) -> R | None:
        """Read what exactly these tasks came to; None where it is not kept, or anything of the file is not as it was.

        Parameters
        ----------
        tasks
            The group of tasks, in any grouping: a file is named by what its tasks are.
        """
        file = self._file(tasks)
        try:
            content = _read_regular(file)
            arrays = _read_arrays(_require_signed(content, self._signed_as(file), self._key), self._kind.arrays)
            return self._kind.decode(arrays, tasks)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, *_UNSOUND) as error:
            self._warn(f"{file}: is not what was kept here ({error}); computed anew.")
            return None

    def save(self, tasks: Sequence[T], result: R) -> None:
        """Keep what these tasks came to. Where there is no room for it, work goes on without."""
        file = self._file(tasks)
        archive = _write_arrays(self._kind.encode(result), self._kind.arrays)
        if len(archive) > _MOST_BYTES - len(_FORMAT) - _SUM_BYTES:
            return
        try:
            with replace_atomically(file) as path:
                path.write_bytes(_FORMAT + _sign(self._signed_as(file), archive, self._key) + archive)
        except StoreError as error:
            self._warn(f"results so far are not kept: {error}")

    def remove(self) -> None:
        """Remove them all, with what a killed run left half written."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _file(self, tasks: Sequence[T]) -> Path:
        # By what the tasks are, not by their place: another engine, or more workers, may group them otherwise.
        return self.path / f"{hashlib.sha256(repr(list(tasks)).encode()).hexdigest()[:16]}.checkpoint"

    def _signed_as(self, file: Path) -> bytes:
        # A file that was kept for other work, moved here, is not taken.
        return f"{self.path.name}/{file.name}".encode()

    def _warn(self, message: str) -> None:
        """Log one line, however many files of this work are not as they should be."""
        if not self._warned:
            LOG.warning("%s", message)
        self._warned = True


def open_checkpoints(folder: Path | None, code: str) -> Checkpoints | None:
    """Checkpoints in a folder, signed with the user's key; None where there is no place to keep them or the key.

    Parameters
    ----------
    folder
        Where to keep them: below a root, or a folder of the user's cache. None where there is none.
    code
        What distinguishes this version of the program from others.
    """
    key = _open_key()
    if folder is None or key is None:
        LOG.info("no cache folder of this user's own: a run that breaks off will begin anew")
        return None
    if folder.is_symlink():
        LOG.warning("%s: is a link; results so far are not kept there, nor read from there.", folder)
        return None
    return Checkpoints(folder, code, key)


def _open_key() -> bytes | None:
    """The user's secret, made at its first use; None where nothing can be kept for this user alone."""
    folder = open_user_cache()
    if folder is None:
        return None
    file = folder / "checkpoint.key"
    try:
        if not file.exists():
            with replace_atomically(file) as path:
                path.touch(mode=0o600)
                path.write_bytes(secrets.token_bytes(_KEY_BYTES))
        key = _read_regular(file)
    except (OSError, StoreError, ValueError):
        return None
    return key if len(key) == _KEY_BYTES else None


def _read_regular(file: Path) -> bytes:
    """Bytes of a regular file of bearable size: no link, pipe or device, which could lead elsewhere or never end."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(file, flags), "rb") as stream:  # noqa: PTH123 - by descriptor
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST_BYTES:
            raise ValueError("no plain file, or too large")
        return stream.read(found.st_size)


def _sign(name: bytes, archive: bytes, key: bytes) -> bytes:
    """Keyed sum of a file's place and content: it shows damage, and that this user wrote it."""
    code = hmac.new(key, name + b"\0", "sha256")
    code.update(archive)
    return code.digest()


def _require_signed(content: bytes, name: bytes, key: bytes) -> bytes:
    """Archive within a file's content, once format and signature are found to be right."""
    start = len(_FORMAT) + _SUM_BYTES
    if content[: len(_FORMAT)] != _FORMAT:
        raise ValueError("another format")
    archive = content[start:]
    if not hmac.compare_digest(content[len(_FORMAT) : start], _sign(name, archive, key)):
        raise ValueError("damaged, or kept by somebody else")
    return archive


def _write_arrays(arrays: Arrays, declared: Mapping[str, tuple[str, int]]) -> bytes:
    """Write arrays as an uncompressed npz archive; their types must be those declared, so that objects never pass."""
    plain = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    found = {name: (array.dtype.str, array.ndim) for name, array in plain.items()}
    if found != dict(declared):
        raise TypeError(f"a result of other arrays than its kind declares: {found}")
    stream = BytesIO()
    np.savez(stream, **plain)  # type: ignore[arg-type]
    return stream.getvalue()


def _read_arrays(content: bytes, declared: Mapping[str, tuple[str, int]]) -> dict[str, NDArray[Any]]:
    """Read an archive that holds exactly the declared arrays, uncompressed and each as long as its header says."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        members = {member.filename: member for member in archive.infolist()}
        if len(archive.infolist()) != len(declared) or set(members) != {f"{name}.npy" for name in declared}:
            raise ValueError("other arrays than this kind of result has")
        stored = all(member.compress_type == zipfile.ZIP_STORED for member in members.values())
        if not stored or sum(member.file_size for member in members.values()) > len(content):
            raise ValueError("arrays are packed")
        return {name: _read_array(archive.read(f"{name}.npy"), *declared[name]) for name in declared}


def _read_array(data: bytes, dtype: str, dimensions: int) -> NDArray[Any]:
    """One array, where its header is the one that numpy writes for this type and its length agrees."""
    header = _HEADER.match(data)
    if header is None or header["dtype"].decode() != dtype:
        raise ValueError("an array of another type")
    if _HEADER_START + int.from_bytes(header["length"], "little") != header.end():
        raise ValueError("an array whose header is cut")
    shape = tuple(int(length) for length in header["shape"].decode().split(",") if length)
    if len(shape) != dimensions or math.prod(shape) * np.dtype(dtype).itemsize != len(data) - header.end():
        raise ValueError("an array of another shape")
    return np.ndarray(shape, dtype, buffer=data, offset=header.end()).copy()
