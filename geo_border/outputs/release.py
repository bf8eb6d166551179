"""The release: one zip of a study's maps, report, layers, tables, passport, licences and checksums."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

from geo_border import present
from geo_border.errors import EmptyLayerError
from geo_border.store import Folders, compute_sha256, locate_embedded, replace_atomically

CHECKSUMS = "SHA256SUMS"
README = "README.txt"
# Zip files carry a date for each member; a fixed one keeps the bytes the same.
_DATE = (1980, 1, 1, 0, 0, 0)
_PASSPORT = "run.json"
_INDEX = "index.html"
REPORT = "report.html"


def write(study: str, folders: Folders, final: Path, licences: Iterable[Path] = ()) -> Path:
    """Pack what stands under a root for a study.

    Parameters
    ----------
    study
        Its name, as in `maps/<study>` and `data/processed/<study>`.
    final
        The zip file to write.
    licences
        Further licence files; the snapshot's NOTICE is always taken along.

    Returns
    -------
    Path
        `final`. The same files give the same bytes.

    Raises
    ------
    EmptyLayerError
        When the study has not been run, or has no map yet.
    StoreError
        When the zip cannot be written.
    """
    maps, processed = folders.locate_maps(study), folders.locate_processed(study)
    for needed in (maps / _INDEX, processed / _PASSPORT):
        if not needed.exists():
            raise EmptyLayerError(f"{needed}: not there. Run `geo-border run {study}` first.")
    members = {f"{study}/maps/{path.name}": path for path in _list_files(maps)}
    members |= {f"{study}/data/{path.name}": path for path in _list_files(processed)}
    notice = locate_embedded() / "NOTICE"
    members |= {f"{study}/licences/{path.name}": path for path in (notice, *licences) if path.exists()}
    sums = "".join(
        f"{compute_sha256(path)}  {name.removeprefix(study + '/')}\n" for name, path in sorted(members.items())
    )
    with replace_atomically(final) as path, zipfile.ZipFile(path, "w") as archive:
        for name, source in sorted(members.items()):
            _add_member(archive, name, source.read_bytes())
        _add_member(archive, f"{study}/{CHECKSUMS}", sums.encode())
        _add_member(archive, f"{study}/{README}", _format_readme(study, (maps / REPORT).exists()).encode())
    return final


def _list_files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]


def _add_member(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    member = zipfile.ZipInfo(name, _DATE)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    archive.writestr(member, content, compresslevel=9)


def _format_readme(study: str, has_report: bool) -> str:
    report = "maps/report.html prints to one A4 sheet a segment and a country.\n" if has_report else ""
    return (
        f"geo_border: {study}\n\n"
        f"Open maps/index.html in any browser: it needs no network.\n{report}"
        "data/ holds the layers (GeoPackage, QGIS project), the table of every figure (exposure.csv) and the passport\n"
        "of the run (run.json). licences/ says whose data this is.\n"
        f"{CHECKSUMS} lists every file's SHA-256.\n\n"
        f"{present.read_disclaimer()}\n"
    )
