"""Which files of a dataset a study touches, and what they are called."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from geo_border.catalog import Entry, Tiles
from geo_border.errors import CatalogError, FetchError, UnreachableError
from geo_border.facts.iso3166 import convert_to_alpha3
from geo_border.fetch.options import Options

_TILE = re.compile(r"[A-Za-z0-9_+-]{1,64}")


@dataclass(frozen=True)
class RemoteFile:
    """One file of a dataset: its name on disk and its URL; `bounds` (lon/lat) of a query's square."""

    name: str
    url: str
    bounds: tuple[float, float, float, float] | None = None


def select_remote_files(
    entry: Entry, window: BaseGeometry | None, options: Options, index: Path | None
) -> list[RemoteFile]:
    """List the files of a dataset that the window (EPSG:4326) touches, sorted by name.

    `index` is the fetched index file of a dataset whose tiles are found in one.

    Raises
    ------
    CatalogError
        When the dataset is cut into tiles and no window (or no country) is given.
    """
    download = entry.download
    if download is None:
        raise CatalogError(f"{entry.name}: has no [download] table.")
    found = [
        RemoteFile(download.name.format(**values), download.url.format(**values), bounds)
        for place, bounds in _list_url_values(entry, download.tiles, window, options, index)
        for values in ({**place, "part": part} for part in download.each)
    ]
    return sorted(found, key=lambda piece: piece.name)


def _list_url_values(
    entry: Entry, tiles: Tiles, window: BaseGeometry | None, options: Options, index: Path | None
) -> Iterator[tuple[dict[str, Any], tuple[float, float, float, float] | None]]:
    if tiles.scheme == "one":
        yield {}, None
    elif tiles.scheme == "country":
        countries = options.countries + (options.facing if tiles.facing else ())
        if not countries:
            raise CatalogError(f"{entry.name}: comes by country, and none was given.")
        for code in countries:
            if not entry.countries or code in entry.countries:
                iso3 = convert_to_alpha3(code)
                yield {"iso2": code, "iso3": iso3, "iso3_lower": iso3.lower(), **_find_country_name(entry, code)}, None
    elif window is None:
        raise CatalogError(f"{entry.name}: comes in tiles, and no window was given.")
    elif tiles.scheme == "index":
        yield from ((values, None) for values in _read_index(tiles, window, index))
    else:
        yield from _list_squares(tiles, window)


def _find_country_name(entry: Entry, code: str) -> dict[str, str]:
    """What the publisher calls a country in its URLs, where that is no ISO code: [options.country_names]."""
    names = entry.options.get("country_names", {})
    return {"country_name": names[code]} if code in names else {}


def _read_index(tiles: Tiles, window: BaseGeometry, index: Path | None) -> Iterator[dict[str, Any]]:
    if index is None:
        raise FetchError(f"the list of tiles {tiles.index_url} is not there.")
    try:
        listed = [
            (shapely.geometry.shape(feature["geometry"]), str(feature["properties"][tiles.field]))
            for feature in json.loads(index.read_text("utf-8"))["features"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, shapely.errors.ShapelyError) as error:
        raise UnreachableError(f"{tiles.index_url}: not the list of tiles that was expected ({error!r}).") from error
    for shape, tile in listed:
        # It becomes part of a path here: what a server writes into it must not lead out of the dataset's folder.
        if not _TILE.fullmatch(tile):
            raise UnreachableError(f"{tiles.index_url}: names a tile {tile[:40]!r}, which is no name of a tile.")
        if window.intersects(shape):
            yield {"tile": tile}


def _list_squares(
    tiles: Tiles, window: BaseGeometry
) -> Iterator[tuple[dict[str, Any], tuple[float, float, float, float] | None]]:
    step = float(tiles.step or 1)
    west0, north0 = float(tiles.west if tiles.west is not None else -180), float(tiles.north or 90)
    west, south, east, north = window.bounds
    shapely.prepare(window)
    for row in range(math.floor((north0 - north) / step), math.floor((north0 - south) / step) + 1):
        for column in range(math.floor((west - west0) / step), math.floor((east - west0) / step) + 1):
            left, top = west0 + column * step, north0 - row * step
            bounds = (left, top - step, left + step, top)
            if window.intersects(shapely.box(*bounds)):
                yield {"row": row + 1, "column": column + 1, "tile": _format_corner(left, top - step)}, bounds


def _format_corner(west: float, south: float) -> str:
    """Name a square by its south-western corner, in hundredths of a degree so that names sort and stay whole.

    >>> _format_corner(-0.5, 54.25)
    'N5425W00050'
    """
    lat, lon = round(south * 100), round(west * 100)
    return f"{'N' if lat >= 0 else 'S'}{abs(lat):04d}{'E' if lon >= 0 else 'W'}{abs(lon):05d}"
