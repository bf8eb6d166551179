"""A QGIS project beside the layers: styled, grouped and labelled wherever the folder is; no QGIS needed to write it."""

from __future__ import annotations

import zipfile
from pathlib import Path

from geo_border.outputs.qgis import project
from geo_border.present.languages import LANGUAGES, SOURCE_LANGUAGE, Language, read_language
from geo_border.result import Result
from geo_border.store import replace_atomically

# The earliest time a zip can hold: two runs over the same inputs give the same bytes.
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def write(result: Result, folder: Path) -> list[Path]:
    """Write `<study>.qgz` in English and `<study>_<language>.qgz` in every other language, with paths relative to them.

    Parameters
    ----------
    result
        What a run measured, or `result.read` read.
    folder
        The study's folder of outputs; it is created where it is missing.

    Raises
    ------
    StoreError
        When the folder cannot be written.
    """
    extents = project.measure_bounds(result)
    written = [
        _write_project(result, folder, f"{result.study.name}_{code}", read_language(code), extents)
        for code in LANGUAGES
        if code != SOURCE_LANGUAGE
    ]
    # English last: when it stands there, all of them do.
    return [*written, _write_project(result, folder, result.study.name, read_language(SOURCE_LANGUAGE), extents)]


def _write_project(result: Result, folder: Path, name: str, language: Language, extents: project.LayerBounds) -> Path:
    final = folder / f"{name}.qgz"
    inside = zipfile.ZipInfo(f"{name}.qgs", _FIXED_TIME)
    inside.compress_type = zipfile.ZIP_DEFLATED
    inside.external_attr = 0o644 << 16
    with replace_atomically(final) as path, zipfile.ZipFile(path, "w") as archive:
        archive.writestr(inside, project.build_project(result, folder, language, extents).encode("utf-8"))
    return final
