"""What a fetch would bring and what is here already, without opening a socket."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from shapely.geometry.base import BaseGeometry

from geo_border.catalog import Entry, entries
from geo_border.errors import CatalogError, FetchError
from geo_border.fetchers import http
from geo_border.fetchers.choose import resolve
from geo_border.fetchers.options import Options
from geo_border.store import Folders, Raw, embedded_dir, sha256_of

CONFIG = Path(".config") / "geo_border" / "config.toml"


def options_of(offline: bool, mirrors: Sequence[str], home: Path | None = None) -> Options:
    """Options from the command line, and mirrors from `~/.config/geo_border/config.toml` after those given.

    Raises
    ------
    CatalogError
        When a mirror is not FROM=TO, or the file is not TOML.
    """
    given = [_mirror(word, "--mirror") for word in mirrors]
    path = (home or Path.home()) / CONFIG
    if path.exists():
        try:
            kept = tomllib.loads(path.read_text("utf-8")).get("mirrors", {})
        except tomllib.TOMLDecodeError as error:
            raise CatalogError(f'{path}: not TOML ({error}). Expected [mirrors] with "FROM" = "TO" lines.') from error
        given += list(kept.items())
    return replace(Options(), offline=offline, mirrors=tuple(given))


def _mirror(word: str, where: str) -> tuple[str, str]:
    prefix, equals, target = word.partition("=")
    if not equals or not prefix or not target:
        raise CatalogError(f"{where} {word}: expected FROM=TO, two URL prefixes.")
    return prefix, target


def planned(
    needs: Sequence[str], sources: dict[str, str], folders: Folders, window: BaseGeometry | None, options: Options
) -> list[dict[str, Any]]:
    """One row a need: dataset, files to bring, bytes as the catalogue estimates them, licence, terms."""
    rows = []
    for need in needs:
        found = resolve(need, sources, options.countries)
        if found is not None:
            entry = found.entry if isinstance(found, Raw) else found
            rows.append(_row(need, entry, _files(found, folders, window, options)))
    return rows


def _files(found: Entry | Raw, folders: Folders, window: BaseGeometry | None, options: Options) -> list[dict[str, Any]]:
    if isinstance(found, Raw):
        return [{"name": path.name, "bytes": path.stat().st_size} for path in found.paths]
    if found.source == "embedded" or found.download is None:
        return [{"name": file.name, "bytes": file.bytes} for file in found.files]
    try:
        return [{"name": piece.name, "bytes": None} for piece in http.listed(found, folders, window, options)]
    except (CatalogError, FetchError):
        # The list of tiles is itself a file that is not here yet, or the boundaries are not.
        return []


def _row(need: str, entry: Entry, files: list[dict[str, Any]]) -> dict[str, Any]:
    known = [file["bytes"] for file in files]
    size = sum(known) if files and all(b is not None for b in known) else entry.approx_bytes
    return {
        "need": need,
        "dataset": entry.name,
        "version": entry.version,
        "files": files,
        "bytes": size,
        "licence": entry.licence,
        "terms": entry.terms,
    }


def altered(folders: Folders, sources: Sequence[dict[str, Any]]) -> list[str]:
    """Which fetched files of a run (its passport's `sources`) no longer have the bytes that the run read.

    Files that ship and a user's own are not looked at: the first are verified by every run, the second are the user's.
    """
    out = []
    for row in sources:
        folder = folders.raw / str(row["dataset"]) / str(row["version"])
        for file in row["files"]:
            path = folder / file["name"]
            if path.exists() and sha256_of(path) != file["sha256"]:
                out.append(f"{path.relative_to(folders.root).as_posix()}: not the bytes that the run read")
    return out


def catalogued(folders: Folders) -> list[dict[str, Any]]:
    """Every entry of the catalogue with `cached`: how many files are here, and since when."""
    return [{**entry.model_dump(mode="json"), "cached": _cached(entry, folders)} for entry in entries().values()]


def _cached(entry: Entry, folders: Folders) -> str:
    if entry.source == "embedded":
        here = [file for file in entry.files if (embedded_dir() / entry.name / file.name).exists()]
        return "ships" if len(here) == len(entry.files) else "damaged"
    notes = sorted((folders.raw / entry.name / entry.version).rglob("*.provenance.json"))
    if not notes:
        return "no"
    dates = [date for note in notes if (date := _retrieved(note))]
    return f"{len(notes)} files, {min(dates, default='date unknown')}"


def _retrieved(note: Path) -> str:
    """The day that a file's provenance names; empty where someone damaged it."""
    try:
        return str(json.loads(note.read_text("utf-8")).get("retrieved") or "")[:10]
    except (OSError, ValueError, AttributeError):
        return ""
