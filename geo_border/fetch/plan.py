"""What a fetch would bring, without opening a socket."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapely.geometry.base import BaseGeometry

from geo_border.catalog import Entry
from geo_border.errors import CatalogError, FetchError
from geo_border.fetch import http
from geo_border.fetch.choose import resolve
from geo_border.fetch.options import Options
from geo_border.store import Folders, Raw


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
