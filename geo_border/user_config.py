"""What a user keeps for every run in `~/.config/geo_border/config.toml`: mirrors and catalogues."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from geo_border.errors import CatalogError, FileError
from geo_border.files.toml import read_toml

CONFIG = Path(".config") / "geo_border" / "config.toml"
_EXPECTED = 'Expected catalog = "FILE" or a list of files, and [mirrors] with "FROM" = "TO" lines.'


@dataclass(frozen=True)
class UserConfig:
    """The user's configuration; empty where there is none.

    Attributes
    ----------
    mirrors
        (from, to) URL prefixes.
    catalogues
        Files of `[[dataset]]` tables, in order.
    """

    mirrors: tuple[tuple[str, str], ...] = ()
    catalogues: tuple[Path, ...] = ()


def read_user_config(home: Path | None = None) -> UserConfig:
    """Read the configuration of this user.

    Parameters
    ----------
    home
        The user's home folder; that of the process when None.

    Raises
    ------
    CatalogError
        When the file is no TOML, or a key of it is unknown or of a wrong type.
    """
    try:
        path = (home or Path.home()) / CONFIG
    except RuntimeError:
        # A user without a home has no configuration.
        return UserConfig()
    if not path.exists():
        return UserConfig()
    try:
        found = read_toml(path, _EXPECTED)
    except FileError as error:
        raise CatalogError(str(error)) from error
    unknown = sorted(set(found) - {"mirrors", "catalog"})
    if unknown:
        raise CatalogError(f"{path}: unknown key {unknown[0]!r}. {_EXPECTED}")
    mirrors, files = found.get("mirrors", {}), found.get("catalog", [])
    if not isinstance(mirrors, dict) or not all(isinstance(target, str) for target in mirrors.values()):
        raise CatalogError(f"{path}: mirrors: expected a table of texts. {_EXPECTED}")
    files = [files] if isinstance(files, str) else files
    if not isinstance(files, list) or not all(isinstance(file, str) and file for file in files):
        raise CatalogError(f"{path}: catalog: expected the path of a file, or a list of paths. {_EXPECTED}")
    # As in a catalogue itself, a path counts from the folder of the file that names it.
    return UserConfig(tuple(mirrors.items()), tuple(path.parent / file for file in files))
