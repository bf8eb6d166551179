"""The formats that GDAL may open here, as `formats.toml` declares them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Format:
    """One kind of file.

    Attributes
    ----------
    driver
        GDAL's short name of the driver that reads it.
    title
        How messages and the documentation call it.
    suffixes
        Endings of the file's name, lower case; empty for rasters, which GDAL knows by their content.
    magic
        Bytes within the first 64 that every such file has; empty for text.
    text
        First character of such a text; empty where any will do.
    roots
        Names that the first XML element may have.
    """

    driver: str
    title: str
    suffixes: tuple[str, ...] = ()
    magic: bytes = b""
    text: str | None = None
    roots: tuple[str, ...] = ()


def _declare(kind: str) -> tuple[Format, ...]:
    return tuple(
        Format(
            row["driver"],
            row["title"],
            tuple(row.get("suffixes", ())),
            row.get("magic", "").encode("ascii"),
            row.get("text"),
            tuple(row.get("roots", ())),
        )
        for row in _DECLARED[kind]
    )


_DECLARED = tomllib.loads(resources.files(__package__).joinpath("formats.toml").read_text("utf-8"))
RASTERS = _declare("raster")
VECTORS = _declare("vector")
# Words by which GDAL knows a text that points to other files or to a server, and what it is.
POINTERS = {row["word"].encode("ascii"): str(row["title"]) for row in _DECLARED["pointer"]}
