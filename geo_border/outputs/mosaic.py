"""Land cover finer than 100 m is not copied: a VRT over its tiles in data/raw, by relative path, with its colours."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict
from xml.etree import ElementTree as ET

from pyproj import CRS
from pyproj.exceptions import ProjError
from rasterio.coords import BoundingBox

from geo_border.catalog import Legend
from geo_border.errors import RasterError
from geo_border.files.raster import open_raster
from geo_border.outputs.cog import get_class_colour
from geo_border.store import write_text

MOSAIC_FILE = "landcover.vrt"
# GDAL's names of the data types that a class raster comes in.
_TYPES = {"uint8": "Byte", "int8": "Int8", "uint16": "UInt16", "int16": "Int16"}


def write(tiles: Sequence[Path], legend: Legend, folder: Path) -> Path:
    """Write `landcover.vrt` over tiles of one grid and CRS.

    Parameters
    ----------
    tiles
        GeoTIFF files.
    legend
        Classes, names and colours of their values.
    folder
        Where the mosaic is written; paths in it are relative to here.

    Raises
    ------
    RasterError
        When the tiles are not of one grid.
    """
    headers = [_read_header(path) for path in tiles]
    first = headers[0]
    if any((t["crs"], t["step"], t["dtype"]) != (first["crs"], first["step"], first["dtype"]) for t in headers):
        raise RasterError(f"{tiles[0].parent}: tiles of more than one grid cannot be one mosaic.")
    west, south = min(t["bounds"].left for t in headers), min(t["bounds"].bottom for t in headers)
    east, north = max(t["bounds"].right for t in headers), max(t["bounds"].top for t in headers)
    dx, dy = first["step"]
    size = {"rasterXSize": str(round((east - west) / dx)), "rasterYSize": str(round((north - south) / dy))}
    root = ET.Element("VRTDataset", size)
    ET.SubElement(root, "SRS", {"dataAxisToSRSAxisMapping": "2,1"}).text = first["crs"]
    ET.SubElement(root, "GeoTransform").text = f"{west!r}, {dx!r}, 0.0, {north!r}, 0.0, {-dy!r}"
    band = ET.SubElement(root, "VRTRasterBand", {"dataType": _TYPES[first["dtype"]], "band": "1"})
    if first["nodata"] is not None:
        ET.SubElement(band, "NoDataValue").text = f"{first['nodata']:g}"
    ET.SubElement(band, "ColorInterp").text = "Palette"
    _append_colours(band, legend)
    for tile, path in zip(headers, tiles, strict=True):
        _append_source(band, path, folder, tile, (tile["bounds"].left - west) / dx, (north - tile["bounds"].top) / dy)
    ET.indent(root)
    final = folder / MOSAIC_FILE
    write_text(final, ET.tostring(root, encoding="unicode") + "\n")
    return final


def read_mosaic_crs(mosaic: Path) -> CRS:
    """The CRS of a mosaic that `write` wrote; its tiles may lie outside this root, so GDAL does not open it.

    Raises
    ------
    RasterError
        When it is no mosaic of this project.
    """
    try:
        return CRS.from_wkt(ET.parse(mosaic).findtext("SRS", ""))
    except (ET.ParseError, OSError, ValueError, ProjError) as error:
        raise RasterError(f"{mosaic}: not a mosaic that this project wrote ({error}). Run again.") from error


class _TileHeader(TypedDict):
    """What the mosaic says of a tile: its grid in units of the CRS, sizes in cells (width, height)."""

    crs: str
    step: tuple[float, float]
    bounds: BoundingBox
    dtype: str
    nodata: float | None
    size: tuple[int, int]
    block: tuple[int, int]


def _read_header(path: Path) -> _TileHeader:
    with open_raster(path) as source:
        block = source.block_shapes[0]
        return {
            "crs": source.crs.to_wkt(),
            # Rounded, because publishers write the same step with other last digits.
            "step": (round(source.transform.a, 12), round(-source.transform.e, 12)),
            "bounds": source.bounds,
            "dtype": source.dtypes[0],
            "nodata": source.nodata,
            "size": (source.width, source.height),
            "block": (block[1], block[0]),
        }


def _append_colours(band: ET.Element, legend: Legend) -> None:
    table = ET.SubElement(band, "ColorTable")
    by_value = {int(value): name for value, name in legend.classes.items()}
    for value in range(256):
        red, green, blue = get_class_colour(by_value[value]) if value in by_value else (0, 0, 0)
        shown = {"c1": str(red), "c2": str(green), "c3": str(blue), "c4": "255" if value in by_value else "0"}
        ET.SubElement(table, "Entry", shown)


def _append_source(band: ET.Element, path: Path, folder: Path, tile: _TileHeader, x: float, y: float) -> None:
    width, height = (str(n) for n in tile["size"])
    source = ET.SubElement(band, "SimpleSource")
    name = ET.SubElement(source, "SourceFilename", {"relativeToVRT": "1"})
    name.text = Path(os.path.relpath(path, folder)).as_posix()
    ET.SubElement(source, "SourceBand").text = "1"
    properties = {"RasterXSize": width, "RasterYSize": height, "DataType": _TYPES[tile["dtype"]]}
    properties |= {"BlockXSize": str(tile["block"][0]), "BlockYSize": str(tile["block"][1])}
    ET.SubElement(source, "SourceProperties", properties)
    ET.SubElement(source, "SrcRect", {"xOff": "0", "yOff": "0", "xSize": width, "ySize": height})
    ET.SubElement(source, "DstRect", {"xOff": f"{round(x)}", "yOff": f"{round(y)}", "xSize": width, "ySize": height})
