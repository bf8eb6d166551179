"""`[[dataset]]` tables that a user wrote, in a catalogue or in a study: read, checked, every mistake in one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from geo_border.catalog.catalogue import Declared
from geo_border.catalog.declared import Download, Entry, File, FrozenModel, Legend, Tiles
from geo_border.catalog.rules import list_faults, list_own_faults
from geo_border.errors import CatalogError, FileError
from geo_border.files.toml import read_toml

DATASET = "dataset"
_EXPECTED = "Expected [[dataset]] tables; `geo-border inspect FILE` prints one to copy."
# Models of the tables in an entry, to say which keys are known there.
_TABLES: dict[str, type[FrozenModel]] = {"legend": Legend, "download": Download, "tiles": Tiles, "files": File}


@dataclass(frozen=True)
class Parsed:
    """What the tables of one file came to.

    Attributes
    ----------
    datasets
        Those without a mistake.
    faults
        Every mistake as one line: file, entry, key, and what was expected.
    """

    datasets: tuple[Declared, ...] = ()
    faults: tuple[str, ...] = ()

    def require(self) -> tuple[Declared, ...]:
        """The datasets, where there is no mistake.

        Raises
        ------
        CatalogError
            With the first mistake, and how many there are.
        """
        if self.faults:
            more = len(self.faults) - 1
            told = f" (and {more} more: `geo-border inspect` lists them)" if more else ""
            raise CatalogError(f"{self.faults[0]}{told}")
        return self.datasets


def read_catalogue(path: Path) -> tuple[Declared, ...]:
    """Datasets of a user's catalogue.

    Parameters
    ----------
    path
        A TOML file; files in it count from its folder.

    Raises
    ------
    CatalogError
        With the first mistake in one line.
    """
    return parse_catalogue(path).require()


def parse_catalogue(path: Path) -> Parsed:
    """Datasets of a user's catalogue, and every mistake in it.

    Parameters
    ----------
    path
        As `read_catalogue`.
    """
    try:
        found = read_toml(path, _EXPECTED)
    except FileError as error:
        return Parsed(faults=(str(error),))
    unknown = sorted(set(found) - {DATASET})
    if unknown or DATASET not in found:
        got = f"unknown key {unknown[0]!r}" if unknown else "holds no dataset"
        return Parsed(faults=(f"{path}: {got}. {_EXPECTED}",))
    return parse_tables(found[DATASET], str(path), path.name, path.parent)


def parse_tables(tables: object, where: str, origin: str, folder: Path) -> Parsed:
    """Datasets of the `[[dataset]]` tables of a file.

    Parameters
    ----------
    tables
        What stands under `dataset` in the TOML.
    where
        The file, as messages call it.
    origin
        The file, as the passport calls it.
    folder
        From where relative paths count.
    """
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        return Parsed(faults=(f"{where}: dataset: not a list of tables. {_EXPECTED}",))
    datasets, faults = [], []
    for number, table in enumerate(tables, 1):
        place = f"{where}: [[dataset]] {number} ({table.get('name', 'no name')!s:.80})"
        try:
            entry = Entry.model_validate(table)
        except ValidationError as error:
            faults += [f"{place}: {fault}" for fault in _list_errors(error)]
            continue
        wrong = [*list_own_faults(entry), *list_faults(entry)]
        faults += [f"{place}: {fault}." for fault in wrong]
        if not wrong:
            datasets.append(Declared(_locate_file(entry, folder), origin, place))
    return Parsed(tuple(datasets), tuple(faults))


def _locate_file(entry: Entry, folder: Path) -> Entry:
    """The entry with the path of its file from the folder of the file that names it."""
    return entry if entry.file is None else entry.model_copy(update={"file": (folder / entry.file).absolute()})


def _list_errors(error: ValidationError) -> list[str]:
    """Each error as `key: what was expected`."""
    out = []
    for one in error.errors(include_url=False):
        key = ".".join(str(part) for part in one["loc"])
        if one["type"] == "extra_forbidden":
            out.append(f"{key}: unknown key. Known: {', '.join(_list_keys(one['loc']))}.")
            continue
        text = str(one["msg"]).removeprefix("Value error, ")
        got = "" if one["type"] in ("missing", "value_error") else f", got {_shorten(one['input'])}"
        out.append(f"{f'{key}: ' if key else ''}{text}{got}.")
    return out


def _list_keys(location: Sequence[int | str]) -> list[str]:
    tables = [_TABLES[str(part)] for part in location[:-1] if str(part) in _TABLES]
    return sorted(tables[-1].model_fields if tables else (*Entry.model_fields, "url"))


def _shorten(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
