"""Compiling of kernels, with the compiled code kept where only this user can write: it is code, and runs when read."""

from __future__ import annotations

import atexit
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from geo_border.errors import StoreError
from geo_border.user_cache import open_user_cache

LOG = logging.getLogger("geo_border")
_SETTINGS = Path(".numba_config.yaml")
if _SETTINGS.is_file():
    # numba reads it as it is imported, and again whenever it compiles: whence it loads code, and even which classes.
    raise StoreError(
        f"{_SETTINGS.resolve()}: numba would take settings from this file, also of where to load compiled code from. "
        "Remove it, or run in another folder."
    )
import numba  # noqa: E402
from numba.core import types  # noqa: E402
from numba.core.base import BaseContext  # noqa: E402
from numba.core.typing.templates import Signature  # noqa: E402
from numba.extending import intrinsic  # noqa: E402

__all__ = ["BaseContext", "Signature", "compile_kernel", "intrinsic", "types"]

# Its values, set from the environment, have no declared type.
_config: Any = numba.config
F = TypeVar("F", bound=Callable[..., object])


def compile_kernel(*, forceinline: bool = False) -> Callable[[F], F]:
    """Decorator: compile a function when it is first called, without the interpreter's lock, and keep what comes of it.

    Parameters
    ----------
    forceinline
        Whether to write it into every function that calls it.
    """

    def decorate(function: F) -> F:
        with _own_cache() as kept:
            return cast("F", numba.njit(cache=kept, nogil=True, forceinline=forceinline)(function))

    return decorate


@contextmanager
def _own_cache() -> Iterator[bool]:
    """Have numba keep compiled code in this user's cache for as long as the block runs, whatever the surroundings say.

    Gives whether there is a place at all.
    """
    folder = _open_folder()
    before = _config.CACHE_DIR
    _config.CACHE_DIR = str(folder or "")
    try:
        yield folder is not None
    finally:
        _config.CACHE_DIR = before


@cache
def _open_folder() -> Path | None:
    """Folder of compiled code: in the user's cache, else a new one that goes with this process; None without either."""
    folder = open_user_cache("numba")
    if folder is not None:
        return folder
    LOG.warning("no cache folder of this user's own: compiling anew, some ten seconds (XDG_CACHE_HOME names another).")
    try:
        folder = Path(tempfile.mkdtemp(prefix="geo-border-"))
    except OSError:
        return None
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
