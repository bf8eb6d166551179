"""One dataset's files on disk, whichever way they come."""

from __future__ import annotations

from shapely.geometry.base import BaseGeometry

from geo_border.catalog import Entry
from geo_border.errors import CatalogError
from geo_border.fetchers import embedded
from geo_border.fetchers.options import Options
from geo_border.store import Folders, Raw


def fetch(entry: Entry, folders: Folders, window: BaseGeometry | None = None, options: Options | None = None) -> Raw:
    """A dataset's files, verified; only the tiles that `window` (EPSG:4326) touches.

    Raises
    ------
    ChecksumError
        When a file's bytes are not those declared.
    UnreachableError
        When a server did not give the file.
    FetchError
        When a file that cannot be fetched (an account is needed) is not where it should have been put.
    """
    if entry.source == "embedded":
        return embedded.verify(entry)
    raise CatalogError(f"{entry.name}: source {entry.source!r} has no fetcher.")
