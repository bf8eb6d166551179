"""Which fetched files are here, and whether they are still what a run read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from geo_border.catalog import Entry, read_entries
from geo_border.store import Folders, compute_sha256, locate_embedded


def find_altered(folders: Folders, sources: Sequence[dict[str, Any]]) -> list[str]:
    """Which fetched files of a run (its passport's `sources`) no longer have the bytes that the run read.

    Files that ship and a user's own are not looked at: the first are verified by every run, the second are the user's.

    Parameters
    ----------
    folders
        Where fetched files are.
    sources
        The passport's `sources`: of each row `dataset`, `version` and `files` (`name`, `sha256`) are read.
    """
    out = []
    for row in sources:
        folder = folders.raw / str(row["dataset"]) / str(row["version"])
        for file in row["files"]:
            path = folder / file["name"]
            if path.exists() and compute_sha256(path) != file["sha256"]:
                out.append(f"{path.relative_to(folders.root).as_posix()}: not the bytes that the run read")
    return out


def list_catalogue(folders: Folders) -> list[dict[str, Any]]:
    """Every entry of the catalogue with `cached`: how many files are here, and since when.

    Parameters
    ----------
    folders
        Where fetched files are.
    """
    return [
        {**entry.model_dump(mode="json"), "cached": _describe_cache(entry, folders)}
        for entry in read_entries().values()
    ]


def _describe_cache(entry: Entry, folders: Folders) -> str:
    if entry.source == "embedded":
        here = [file for file in entry.files if (locate_embedded() / entry.name / file.name).exists()]
        return "ships" if len(here) == len(entry.files) else "damaged"
    notes = sorted((folders.raw / entry.name / entry.version).rglob("*.provenance.json"))
    if not notes:
        return "no"
    dates = [date for note in notes if (date := _read_retrieval_date(note))]
    return f"{len(notes)} files, {min(dates, default='date unknown')}"


def _read_retrieval_date(note: Path) -> str:
    """The day that a file's provenance names; empty where someone damaged it."""
    try:
        return str(json.loads(note.read_text("utf-8")).get("retrieved") or "")[:10]
    except (OSError, ValueError, AttributeError):
        return ""
