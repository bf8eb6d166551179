"""A QGIS project beside the layers: styled, grouped and labelled wherever the folder is; no QGIS needed to write it."""

from __future__ import annotations

import zipfile
from pathlib import Path

from geo_border.outputs.qgis import project
from geo_border.result import Result
from geo_border.store import atomic_path

# The earliest time a zip can hold: two runs over the same inputs give the same bytes.
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def write(result: Result, folder: Path) -> Path:
    """Write `<study>.qgz`, with paths relative to it; call it after the GeoPackage and the grids are in `folder`.

    Raises
    ------
    StoreError
        When the folder cannot be written.
    """
    final = folder / f"{result.study.name}.qgz"
    inside = zipfile.ZipInfo(f"{result.study.name}.qgs", _FIXED_TIME)
    inside.compress_type = zipfile.ZIP_DEFLATED
    inside.external_attr = 0o644 << 16
    with atomic_path(final) as path, zipfile.ZipFile(path, "w") as archive:
        archive.writestr(inside, project.text(result, folder).encode("utf-8"))
    return final
