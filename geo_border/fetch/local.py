"""A file of the user's as a dataset: as an entry describes it, or as it describes itself."""

from __future__ import annotations

from pathlib import Path

from geo_border.catalog.declared import AS_GIVEN, Entry
from geo_border.errors import FetchError
from geo_border.files.raster import measure_pixel_m
from geo_border.schemas import NEEDS, RASTER
from geo_border.store import Raw, compute_sha256


def build_local_raw(need: str, path: Path, entry: Entry | None = None) -> Raw:
    """Take a user's own file, or folder of tiles, as a dataset.

    Parameters
    ----------
    need
        What it serves.
    path
        The file, or a folder whose files are tiles of one dataset.
    entry
        What it is read as; an entry is drafted from the file where None.

    Raises
    ------
    FetchError
        When the file is not there or cannot be read.
    """
    if path.exists() and not (path.is_dir() or path.is_file()):
        raise FetchError(f"{path}: is neither a file nor a folder (a pipe or a device); save it to a file first.")
    paths = tuple(sorted(p for p in path.iterdir() if p.is_file())) if path.is_dir() else (path,)
    try:
        sums = {one.name: compute_sha256(one) for one in paths}
    except OSError as error:
        raise FetchError(f"{path}: cannot be read ({error.strerror}). Check --sources {need}=PATH.") from error
    if not paths:
        raise FetchError(f"{path}: an empty folder. Give a file, or a folder of tiles, to --sources {need}=PATH.")
    described = entry or draft_entry(need, path.name)
    version = next(iter(sums.values()))[:12] if described.version == AS_GIVEN else described.version
    changes: dict[str, str | float | None] = {"source": "local", "version": version}
    if NEEDS[need] == RASTER and described.pixel_m is None:
        # Whether a raster is too fine to be held in memory is asked of its entry.
        changes["pixel_m"] = measure_pixel_m(paths[0])
    return Raw(described.model_copy(update=changes), paths, sums)


def draft_entry(need: str, filename: str) -> Entry:
    """The entry of a file of which nobody has said more than what it is for.

    Parameters
    ----------
    filename
        Its name without the folder.
    """
    told = f"{filename}: the user's own file"
    title = f"{filename} (the user's own file)"
    return Entry.model_validate({"name": filename, "needs": [need], "title": title, "attribution": told})
