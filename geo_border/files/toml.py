"""TOML that a user wrote or was handed (studies, catalogues, the configuration), read within limits."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from geo_border.errors import FileError
from geo_border.files.local import find_file

# The legend of a thousand classes in ten languages takes a hundredth of this.
_MOST_BYTES = 10_000_000


def read_toml(path: Path, hint: str = "") -> dict[str, Any]:
    """The content of a TOML file.

    Parameters
    ----------
    path
        A file of this machine.
    hint
        What to do about a file that is no TOML, one sentence.

    Raises
    ------
    FileError
        When it cannot be read, is larger than a file written by hand, is not UTF-8, or no TOML.
    """
    try:
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error}).") from error
    if size > _MOST_BYTES:
        raise FileError(f"{path}: has {size:,} bytes, more than the {_MOST_BYTES:,} that are read of a TOML file.")
    real = find_file(path)
    try:
        return tomllib.loads(real.read_text("utf-8"))
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: not UTF-8 text ({error.reason}).") from error
    except RecursionError as error:
        raise FileError(f"{path}: not TOML that anyone wrote: its values are nested too deep.") from error
    except ValueError as error:
        # Errors of TOML are ValueErrors, and so is a number of too many digits.
        raise FileError(f"{path}: not TOML: {error}.{f' {hint}' if hint else ''}") from error
