"""A QGIS project beside the layers: styled, grouped and labelled wherever the folder is; no QGIS needed to write it."""

from __future__ import annotations

import zipfile
from pathlib import Path

from geo_border.outputs.qgis import project
from geo_border.present.languages import LANGUAGES, SOURCE, Language, language
from geo_border.result import Result
from geo_border.store import atomic_path

# The earliest time a zip can hold: two runs over the same inputs give the same bytes.
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def write(result: Result, folder: Path) -> list[Path]:
    """Write `<study>.qgz` in English and `<study>_<language>.qgz` in every other language, with paths relative to them.

    Raises
    ------
    StoreError
        When the folder cannot be written.
    """
    extents = project.bounds_of(result)
    written = [
        _write(result, folder, f"{result.study.name}_{code}", language(code), extents)
        for code in LANGUAGES
        if code != SOURCE
    ]
    # English last: when it stands there, all of them do.
    return [*written, _write(result, folder, result.study.name, language(SOURCE), extents)]


def _write(result: Result, folder: Path, name: str, spoken: Language, extents: project.Bounds) -> Path:
    final = folder / f"{name}.qgz"
    inside = zipfile.ZipInfo(f"{name}.qgs", _FIXED_TIME)
    inside.compress_type = zipfile.ZIP_DEFLATED
    inside.external_attr = 0o644 << 16
    with atomic_path(final) as path, zipfile.ZipFile(path, "w") as archive:
        archive.writestr(inside, project.text(result, folder, spoken, extents).encode("utf-8"))
    return final
