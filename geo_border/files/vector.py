"""The one place where vector files are opened: known formats, no network, no file that points elsewhere."""

from __future__ import annotations

import json
import mmap
import re
import sqlite3
import zipfile
from collections.abc import Sequence
from contextlib import closing
from functools import lru_cache
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio

from geo_border.errors import FileError
from geo_border.files.formats import POINTERS, VECTORS, Format
from geo_border.files.local import HEAD_BYTES, find_file, find_pointer, forbid_links_outward, read_head

Bounds = tuple[float, float, float, float]
_CONVERT = "Convert it (ogr2ogr file.gpkg FILE) and give that."
_PARQUET = {".parquet", ".geoparquet"}
_CANNOT = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.CRSError,
    UnicodeEncodeError,
)
_DRIVERS = {one.driver for one in VECTORS}
# A member of a zip is looked at in memory.
_MOST_BYTES = 1 << 30
# A CRS by link is fetched by GDAL; the key may be written in any case, or by the numbers of its letters.
_CRS_KEY = re.compile(rb"""(?i)["']crs["']\s*""")
_SPELT_LETTER = re.compile(rb"\\u00[4-7]")
_FIRST_ELEMENT = re.compile(r"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*<(?:[\w.-]+:)?(?P<name>[\w.-]+)[\s>/]", re.DOTALL)


def list_layers(path: str | Path) -> list[tuple[str, str | None]]:
    """Name and geometry type of each layer; None for a table without geometry.

    Parameters
    ----------
    path
        A local file of vectors.

    Raises
    ------
    FileError
        When it cannot be opened, is of a kind that is not opened here (`formats.toml`), or points elsewhere.
    """
    name = _admit(path)
    try:
        return [(str(layer), kind) for layer, kind in pyogrio.list_layers(name)]
    except _CANNOT as error:
        raise _not_opened(path, error) from error


def read_crs(path: str | Path, layer: str) -> str | None:
    """The CRS of a layer as its file states it (authority code or WKT), or None.

    Parameters
    ----------
    path
        A local file of vectors.
    layer
        A name that `list_layers` returns.

    Raises
    ------
    FileError
        As `list_layers`.
    """
    name = _admit(path)
    try:
        crs: str | None = pyogrio.read_info(name, layer=layer)["crs"]
    except _CANNOT as error:
        raise _not_opened(path, error) from error
    return crs


def read_vector(
    path: str | Path,
    layer: str | None = None,
    bbox: Bounds | None = None,
    where: str | None = None,
    use_arrow: bool = False,
) -> gpd.GeoDataFrame:
    """Rows of one layer; a DataFrame where it has no geometry.

    Parameters
    ----------
    path
        A vector file, a folder that is one dataset (.gdb, shapefiles), or a zip of one.
    layer
        Its name; the first where None.
    bbox
        West, south, east, north in the layer's CRS: only rows that meet it.
    where
        Condition on columns, in OGR's SQL.
    use_arrow
        Read column by column, which is faster for large layers.

    Raises
    ------
    FileError
        As `list_layers`.
    """
    name = _admit(path)
    try:
        return pyogrio.read_dataframe(name, layer=layer, bbox=bbox, where=where, use_arrow=use_arrow)
    except _CANNOT as error:
        raise _not_opened(path, error) from error


def is_parquet(path: str | Path) -> bool:
    """Whether a file is read by `read_geoparquet`, by its name.

    Parameters
    ----------
    path
        A file's path; the file need not exist.
    """
    return Path(path).suffix.casefold() in _PARQUET


def read_geoparquet(path: str | Path | BytesIO) -> gpd.GeoDataFrame:
    """A GeoParquet file of this machine, or one in memory.

    Parameters
    ----------
    path
        A local file, or the stream of one in memory.

    Raises
    ------
    FileError
        When it is none.
    """
    source = path if isinstance(path, BytesIO) else find_file(path)
    try:
        if b"geo" not in (pq.read_schema(source).metadata or {}):
            raise FileError(f"{path}: a Parquet table without geometry. Expected GeoParquet.")
        if isinstance(source, BytesIO):
            source.seek(0)
        return gpd.read_parquet(source)
    except (OSError, ValueError, KeyError) as error:
        raise FileError(f"{path}: cannot be read as GeoParquet ({' '.join(str(error).split())}).") from error


def read_parquet(path: str | Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """A Parquet table of this machine.

    Parameters
    ----------
    path
        A local file.
    columns
        Columns to read, in this order; None for all.

    Raises
    ------
    FileError
        When it is none, or lacks a column.
    """
    source = find_file(path)
    try:
        return pd.read_parquet(source, columns=None if columns is None else list(columns))
    except (OSError, ValueError, KeyError) as error:
        raise FileError(f"{path}: cannot be read as Parquet ({' '.join(str(error).split())}).") from error


def _not_opened(path: str | Path, error: Exception) -> FileError:
    return FileError(f"{path!s:.300}: cannot be opened as vector data ({' '.join(str(error).split()):.300}).")


def _admit(path: str | Path) -> str:
    """GDAL's name of a file that may be opened."""
    real = find_file(path)
    state = real.stat()
    return _admit_once(real, str(path), (state.st_mtime_ns, state.st_size, state.st_ino))


@lru_cache(maxsize=64)
def _admit_once(real: Path, given: str, _state: tuple[int, int, int]) -> str:
    """Look at a file, once as long as it stays the same."""
    if real.is_dir():
        forbid_links_outward(real)
        if real.suffix.casefold() != ".gdb" and not any(p.suffix.casefold() == ".shp" for p in real.iterdir()):
            raise FileError(f"{given}: a folder that is no .gdb and holds no .shp. Give the file in it.")
        return str(real)
    if real.suffix.casefold() == ".zip":
        _check_zip(real, given)
        return f"/vsizip/{real.as_posix()}"
    head = read_head(real)
    kind = _find_format(real.name, head, given)
    if kind.driver == "GPKG":
        _forbid_virtual_tables(real, given)
    elif kind.text == "{":
        with real.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as content:
            _check_json(content, given)
    _check_driver(real, given, kind)
    return str(real)


def _find_format(name: str, head: bytes, given: str) -> Format:
    """The format of a file by its ending and its first bytes, which must both fit."""
    word = find_pointer(head)
    if word is not None:
        raise FileError(f"{given}: is {POINTERS[word]}, not a file of features. {_CONVERT}")
    suffix = PurePosixPath(name).suffix.casefold()
    kinds = [one for one in VECTORS if suffix in one.suffixes]
    for kind in kinds:
        if _fits(kind, head):
            return kind
    if kinds:
        raise FileError(f"{given}: cannot be opened as vector data: it ends in {suffix} but is no {kinds[0].title}.")
    known = ", ".join(dict.fromkeys(ending for one in VECTORS for ending in one.suffixes))
    raise FileError(f"{given}: cannot be opened as vector data: not one of {known}, .parquet. {_CONVERT}")


def _fits(kind: Format, head: bytes) -> bool:
    if kind.text is None:
        return kind.magic in head[:64] if kind.driver == "OSM" else bool(kind.magic) and head.startswith(kind.magic)
    # A byte order mark, and the mark before each feature of a sequence, come before the text.
    text = head.decode("utf-8", errors="replace").lstrip("\ufeff\x1e \t\r\n")
    if kind.roots:
        first = _FIRST_ELEMENT.match(text)
        return first is not None and first["name"] in kind.roots and "<!" not in text.replace("<!--", "")[:2000]
    return text.startswith(kind.text) if kind.text else not text.startswith(("<", "{", "["))


def _check_json(content: bytes | mmap.mmap, given: str) -> None:
    """Refuse a CRS that is a link, wherever in the file it stands.

    Raises
    ------
    FileError
        Saying how to do without it.
    """
    if _SPELT_LETTER.search(content):
        try:
            content = json.dumps(json.loads(content[:]), ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise FileError(f"{given}: cannot be opened as vector data: no JSON ({error}).") from error
    # Places only: a match would hold the file's memory.
    for end in [found.end() for found in _CRS_KEY.finditer(content)]:
        rest = content[end : end + HEAD_BYTES].decode("utf-8", errors="replace")
        if rest.startswith((",", "}", "]")):
            continue
        if not rest.startswith(":") or not _is_named_crs(rest[1:].lstrip()):
            raise FileError(
                f"{given}: states its CRS as a link, which GDAL would fetch. Take the member crs out if it is lon/lat, "
                "or write its EPSG code as crs.properties.name."
            )


def _is_named_crs(text: str) -> bool:
    """Whether a JSON text begins with what is no CRS by link."""
    try:
        value: Any = json.JSONDecoder().raw_decode(text)[0]
    except (ValueError, RecursionError):
        return False
    if not isinstance(value, dict):
        return True
    kinds = [str(kind).casefold() for key, kind in value.items() if key.casefold() == "type"]
    return not {"link", "url"} & set(kinds)


def _forbid_virtual_tables(real: Path, given: str) -> None:
    """Refuse a GeoPackage whose tables are computed from other files."""
    try:
        with closing(sqlite3.connect(f"{real.as_uri()}?mode=ro&immutable=1", uri=True)) as base:
            rows = base.execute("SELECT name, sql FROM sqlite_master WHERE sql LIKE '%VIRTUAL%TABLE%'").fetchall()
    except sqlite3.Error as error:
        raise FileError(f"{given}: cannot be opened as vector data ({error}).") from error
    for name, sql in rows:
        if re.search(r"(?is)^\s*create\s+virtual\s+table", sql) and not re.search(r"(?i)using\s+(rtree|fts\d)\b", sql):
            raise FileError(f"{given}: its table {name} is read from another file. {_CONVERT}")


def _check_driver(real: Path, given: str, kind: Format) -> None:
    """Refuse what GDAL took for something else than we did."""
    # Text of features is read whole for this; its first character and ending leave no driver that points elsewhere.
    if kind.text == "{":
        return
    try:
        driver = pyogrio.read_info(str(real), layer=0)["driver"]
    except _CANNOT as error:
        raise _not_opened(given, error) from error
    if driver not in _DRIVERS:
        raise FileError(f"{given}: would be opened as {driver}, which is not among the formats read here. {_CONVERT}")


def _check_zip(real: Path, given: str) -> None:
    """Refuse a zip whose only file is of no known kind; GDAL takes several files for shapefiles or a .gdb."""
    try:
        with zipfile.ZipFile(real) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            names = [PurePosixPath(one.filename) for one in members]
            if len(members) > 1 or any(part.casefold().endswith(".gdb") for name in names for part in name.parts[:-1]):
                if not any(".gdb" in str(name).casefold() or name.suffix.casefold() == ".shp" for name in names):
                    raise FileError(f"{given}: a zip of several files and no .shp. Unpack it and give the file.")
                return
            for one in members:
                if one.file_size > _MOST_BYTES:
                    raise FileError(f"{given}: {one.filename} has over 1 GB. Unpack it and give the file.")
                content = archive.read(one)
                kind = _find_format(one.filename, content[:HEAD_BYTES], f"{given}: {one.filename}")
                if kind.driver == "GPKG":
                    raise FileError(f"{given}: a GeoPackage in a zip. Unpack it and give the file.")
                if kind.text == "{":
                    _check_json(content, f"{given}: {one.filename}")
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise FileError(f"{given}: a zip that cannot be read ({error}). Unpack it and give the file.") from error
