"""Whether a file is whole and what it should be: by its first bytes, its own tables, and by opening it."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable
from pathlib import Path

import rasterio
from rasterio.errors import NotGeoreferencedWarning

from geo_border.errors import RasterError, UnreachableError
from geo_border.files.raster import open_raster

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_SQLITE = b"SQLite format 3\0"
# A TIFF tells the offset and the length of each block, in four bytes and in two at the least.
_TABLE_BYTES = 6


def verify_file(path: Path, kind: str, url: str) -> None:
    """Refuse a file that is not a whole one of its kind.

    Raises
    ------
    UnreachableError
        Saying what came instead, or what is missing.
    """
    with path.open("rb") as handle:
        head = handle.read(1024)
    if is_web_page(head):
        raise UnreachableError(
            f"{url}: answered with a web page instead of the file. A log-in page of this network, or a notice of the "
            "publisher: open it in a browser to see."
        )
    why = _CHECKS[kind](path, head)
    if why:
        raise UnreachableError(f"{url}: what came is not a whole {kind} file ({why}). Nothing of it is kept.")


def is_web_page(head: bytes) -> bool:
    """Whether a file begins like HTML or an XML error message, which no dataset here does."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html", b"<?xml", b"<head", b"<error"))


def _check_tiff(path: Path, head: bytes) -> str | None:
    if not head.startswith(_TIFF):
        return f"it begins with {head[:4]!r}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with open_raster(path) as source:
                return _check_tiff_blocks(source, path.stat().st_size)
    except RasterError as error:
        return str(error)


def _check_tiff_blocks(source: rasterio.DatasetReader, size: int) -> str | None:
    """A COG cut short opens well and fails on a block: so each block must end inside the file."""
    height, width = source.block_shapes[0]
    blocks = math.ceil(source.height / height) * math.ceil(source.width / width)
    if blocks > 1 and blocks * _TABLE_BYTES > size:
        return f"its tables of {blocks:,} blocks would not fit into its {size:,} bytes"
    for row in range(-(-source.height // height)):
        for column in range(-(-source.width // width)):
            offset = source.get_tag_item(f"BLOCK_OFFSET_{column}_{row}", "TIFF", bidx=1)
            length = source.get_tag_item(f"BLOCK_SIZE_{column}_{row}", "TIFF", bidx=1)
            if offset is not None and length is not None and int(offset) + int(length) > size:
                return f"block {row}, {column} lies beyond its end: it was cut short"
    return None


def _check_zip(_path: Path, head: bytes) -> str | None:
    # Members are checked against their checksums when they are taken out; see fetch/archive.py.
    return None if head.startswith(b"PK\x03\x04") else f"it begins with {head[:4]!r}"


def _check_gpkg(path: Path, head: bytes) -> str | None:
    if not head.startswith(_SQLITE):
        return f"it begins with {head[:15]!r}"
    page = int.from_bytes(head[16:18], "big")
    expected = (65536 if page == 1 else page) * int.from_bytes(head[28:32], "big")
    size = path.stat().st_size
    return None if expected <= size else f"{size} bytes where its header says {expected}"


def _check_geojson(path: Path, head: bytes) -> str | None:
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        return f"{error}; it begins with {head[:20]!r}"
    return None if isinstance(found, dict) and "type" in found else "no GeoJSON object"


def _check_text(_path: Path, head: bytes) -> str | None:
    try:
        # The last character may be cut by the sample.
        head[:-4].decode("utf-8")
    except UnicodeDecodeError as error:
        return f"not UTF-8 text: {error.reason}"
    return None if head.strip() and b"\0" not in head else "empty or binary"


def _check_pbf(_path: Path, head: bytes) -> str | None:
    return None if b"OSMHeader" in head[:64] else f"it begins with {head[:16]!r}"


_CHECKS: dict[str, Callable[[Path, bytes], str | None]] = {
    "tiff": _check_tiff,
    "zip": _check_zip,
    "gpkg": _check_gpkg,
    "geojson": _check_geojson,
    "text": _check_text,
    "pbf": _check_pbf,
    "overpass": _check_geojson,
}
