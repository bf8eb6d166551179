"""What a fetch would bring, without opening a socket."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from shapely.geometry.base import BaseGeometry

from geo_border.catalog import Entry
from geo_border.errors import CatalogError, FetchError
from geo_border.fetch import http
from geo_border.fetch.choose import resolve
from geo_border.fetch.options import Options
from geo_border.store import Folders, Raw


class PlannedFile(TypedDict):
    """A file to bring; `bytes` is None where its size is not known before."""

    name: str
    bytes: int | None


def plan_fetch(
    needs: Sequence[str], sources: dict[str, str], folders: Folders, window: BaseGeometry | None, options: Options
) -> list[dict[str, Any]]:
    """One row a need: dataset, files to bring, bytes as the catalogue estimates them, licence, terms.

    Parameters
    ----------
    needs
        What is needed, of `schemas.NEEDS`.
    sources
        As `choose` returns it.
    folders
        Where fetched files are.
    window
        Area whose tiles are listed, in EPSG:4326; None for no window.
    options
        Networks, mirrors and limits.
    """
    rows = []
    for need in needs:
        found = resolve(need, sources, options.countries)
        if found is not None:
            entry = found.entry if isinstance(found, Raw) else found
            rows.append(_build_plan_row(need, entry, _list_files(found, folders, window, options)))
    return rows


def _list_files(
    dataset: Entry | Raw, folders: Folders, window: BaseGeometry | None, options: Options
) -> list[PlannedFile]:
    if isinstance(dataset, Raw):
        return [{"name": path.name, "bytes": path.stat().st_size} for path in dataset.paths]
    if dataset.source == "embedded" or dataset.download is None:
        return [{"name": file.name, "bytes": file.bytes} for file in dataset.files]
    try:
        return [
            {"name": piece.name, "bytes": None} for piece in http.list_remote_files(dataset, folders, window, options)
        ]
    except (CatalogError, FetchError):
        # The list of tiles is itself a file that is not here yet, or the boundaries are not.
        return []


def _build_plan_row(need: str, entry: Entry, files: list[PlannedFile]) -> dict[str, Any]:
    sizes = [file["bytes"] for file in files if file["bytes"] is not None]
    size = sum(sizes) if files and len(sizes) == len(files) else entry.approx_bytes
    return {
        "need": need,
        "dataset": entry.name,
        "version": entry.version,
        "files": files,
        "bytes": size,
        "licence": entry.licence,
        "terms": entry.terms,
    }
