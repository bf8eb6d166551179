"""The user's own cache: the only folder from which compiled kernels and a tabulation's checkpoints are read back."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

_OWN_MODE = 0o700
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


def open_user_cache(name: str = "") -> Path | None:
    """Folder of the user's own cache that nobody else can write, created where it is missing.

    Parameters
    ----------
    name
        Folder within the cache; the cache itself when empty.

    Returns
    -------
    The folder, or None where the user has no home, it cannot be written, or somebody else owns it or may write it.
    """
    base = _find_base()
    if base is None:
        return None
    cache = base / "geo-border"
    try:
        for folder in (cache, cache / name):
            folder.mkdir(mode=_OWN_MODE, parents=True, exist_ok=True)
            if not _is_own(folder):
                return None
    except OSError:
        return None
    return cache / name if os.access(cache / name, os.W_OK) else None


def _find_base() -> Path | None:
    """Folder where this system's programs keep what they can make again; never one that depends on where we run."""
    try:
        if sys.platform == "darwin":
            base = Path.home() / "Library" / "Caches"
        elif sys.platform == "win32":
            base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        else:
            chosen = Path(os.environ.get("XDG_CACHE_HOME", ""))
            base = chosen if chosen.is_absolute() else Path.home() / ".cache"
    except RuntimeError:  # no home
        return None
    return base if base.is_absolute() else None


def _is_own(folder: Path) -> bool:
    """Whether a folder is one (no link) that this user owns and nobody else may write."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        return False
    # Windows keeps a user's profile to that user, and has no such modes.
    return sys.platform == "win32" or (found.st_uid == os.geteuid() and not found.st_mode & _OTHERS_MAY_WRITE)
