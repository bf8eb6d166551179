"""What is published and how to have it: one TOML file a dataset, read and checked as data."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources

from pydantic import ValidationError

from geo_border.catalog.declared import THE_USER, Download, Entry, File, Legend, Tiles
from geo_border.errors import CatalogError

__all__ = ["THE_USER", "Download", "Entry", "File", "Legend", "Tiles", "find_entry", "read_entries", "read_presets"]


@lru_cache(maxsize=1)
def read_entries() -> dict[str, Entry]:
    """Every entry that ships, by name, in alphabetical order.

    Raises
    ------
    CatalogError
        When a file is not TOML, lacks a key or has an unknown one; the message names file and key.
    """
    found: dict[str, Entry] = {}
    for path in sorted(resources.files(__package__).iterdir(), key=lambda p: p.name):
        if path.name.endswith(".toml") and path.name != "presets.toml":
            found[path.name.removesuffix(".toml")] = _parse_entry(path.name, path.read_text("utf-8"))
    return found


def find_entry(name: str) -> Entry:
    """The entry of that name.

    Parameters
    ----------
    name
        The dataset's name, as in `--sources`.

    Raises
    ------
    CatalogError
        When there is none; the message lists the names there are.
    """
    try:
        return read_entries()[name]
    except KeyError:
        raise CatalogError(f"no dataset named {name!r}. There are: {', '.join(read_entries())}.") from None


@lru_cache(maxsize=1)
def read_presets() -> dict[str, dict[str, str]]:
    """For each preset (`embedded`, `live`) the dataset that serves each need."""
    text = resources.files(__package__).joinpath("presets.toml").read_text("utf-8")
    return tomllib.loads(text)


def _parse_entry(filename: str, text: str) -> Entry:
    try:
        return Entry.model_validate({"name": filename.removesuffix(".toml"), **tomllib.loads(text)})
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(f"catalog/{filename}: not TOML ({error}).") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "(whole entry)"
        raise CatalogError(f"catalog/{filename}: {key}: {first['msg']}.") from error
