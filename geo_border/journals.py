"""Results of groups of tasks kept while a run is under way, so that one that broke off goes on where it was."""

from __future__ import annotations

import hashlib
import pickle
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from geo_border.store import atomic_path

_GIVEN_UP_S = 7 * 24 * 3600
_DIGEST_BYTES = hashlib.sha256().digest_size


class Journals:
    """Results of groups of tasks kept on disk until a run is done, so that one that broke off goes on there.

    Parameters
    ----------
    folder
        Where to keep them; made when needed, removed when nothing is left in it.
    code
        What distinguishes this version of the program from others, whose results may differ.
    """

    def __init__(self, folder: Path, code: str) -> None:
        self._folder, self._code = folder, code
        self._given: list[Journal] = []

    def of(self, key: bytes) -> Journal:
        """Give the journal of the work that `key`, all its inputs and parameters, distinguishes from any other."""
        digest = hashlib.sha256(self._code.encode() + key).hexdigest()[:16]
        self._given.append(Journal(self._folder / digest))
        return self._given[-1]

    def forget(self) -> None:
        """Drop all that was kept: the run has ended well. What others gave up a week ago goes too."""
        for journal in self._given:
            journal.forget()
        if not self._folder.exists():
            return
        for left in self._folder.iterdir():
            if left.stat().st_mtime < time.time() - _GIVEN_UP_S:
                shutil.rmtree(left, ignore_errors=True)
        if not any(self._folder.iterdir()):
            self._folder.rmdir()


class Journal:
    """Results of one piece of work, group by group, in a folder of their own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self, tasks: Sequence[object]) -> object | None:
        """Give back what exactly these tasks came to, or None where it is not kept, or not whole."""
        try:
            kept = self._file(tasks).read_bytes()
        except OSError:
            return None
        digest, pickled = kept[:_DIGEST_BYTES], kept[_DIGEST_BYTES:]
        # Half a page lost with the power is still a pickle, of other numbers.
        if hashlib.sha256(pickled).digest() != digest:
            return None
        found: object = pickle.loads(pickled)
        return found

    def save(self, tasks: Sequence[object], result: object) -> None:
        """Keep what these tasks came to."""
        with atomic_path(self._file(tasks)) as path:
            pickled = pickle.dumps(result)
            path.write_bytes(hashlib.sha256(pickled).digest() + pickled)

    def _file(self, tasks: Sequence[object]) -> Path:
        # By what the tasks are, not by their place: another engine, or more workers, may group them otherwise.
        return self.path / f"{hashlib.sha256(repr(list(tasks)).encode()).hexdigest()[:16]}.pickle"

    def forget(self) -> None:
        """Drop them all, with what a killed run left half written."""
        shutil.rmtree(self.path, ignore_errors=True)
