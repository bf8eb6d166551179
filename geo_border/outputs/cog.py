"""Grids as cloud-optimised GeoTIFFs on their own cells: overviews, colours, and what each value means."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import rasterio.shutil
from rasterio.io import MemoryFile

from geo_border import catalog
from geo_border.geo.grid import Grid
from geo_border.present import palette
from geo_border.result import COVER_FILE, PEOPLE_FILE, Result
from geo_border.schemas import UNKNOWN
from geo_border.store import replace_atomically, write_text

# Small, so that even a coarse grid has overviews; a power of two, as the format wants.
_BLOCK = 256
_SIDECAR = ".aux.xml"
# GDAL's codes for a column of an attribute table: (type, usage).
_COLUMNS = (
    ("value", 0, 5),
    ("name", 2, 2),
    ("class", 2, 0),
    ("tree_low", 0, 0),
    ("tree_high", 0, 0),
    ("red", 0, 6),
    ("green", 0, 7),
    ("blue", 0, 8),
)


def write(result: Result, folder: Path) -> list[Path]:
    """Write `landcover.tif` and `people.tif` where the result has them, on their dataset's own cells.

    Classes get a colour table, names and an attribute table (in `landcover.tif.aux.xml`, where GDAL and QGIS look),
    and overviews by nearest neighbour. Counts get overviews by average: an overview's value is persons per native
    cell, so sums are only right at full resolution, and the file says so.

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
    written: list[Path] = []
    # What a former run left must not pass for this one's.
    for name, grid in ((COVER_FILE, result.cover), (COVER_FILE + _SIDECAR, result.cover), (PEOPLE_FILE, result.people)):
        if grid is None:
            (folder / name).unlink(missing_ok=True)
    sources = {str(s.get("need")): s for s in result.passport.get("sources", [])}
    if result.cover is not None:
        source = sources.get("cover", {})
        written += _write_cover(result.cover, source, folder / COVER_FILE)
    if result.people is not None:
        final = folder / PEOPLE_FILE
        tags = {
            **_build_tags(sources.get("people", {})),
            "OVERVIEWS": "average of persons per native cell; sum at full resolution only",
        }
        _write_grid(result.people, final, "average", tags, "people", "persons per cell")
        written.append(final)
    return written


def find_legend(source: Mapping[str, object]) -> catalog.Legend | None:
    """Return the legend of a cover dataset, or None for a file of the user's own that has no catalogue entry."""
    entry = catalog.read_entries().get(str(source.get("dataset")))
    return entry.legend if entry else None


def get_class_colour(cover_class: str) -> tuple[int, int, int]:
    """Red, green and blue of a cover class.

    >>> len(get_class_colour("tree"))
    3
    """
    fill = palette.get_style("cover", cover_class).fill
    return int(fill[1:3], 16), int(fill[3:5], 16), int(fill[5:7], 16)


def _write_cover(grid: Grid, source: Mapping[str, object], final: Path) -> list[Path]:
    legend = find_legend(source)
    colours = {int(v): (*get_class_colour(c), 255) for v, c in legend.classes.items()} if legend else None
    if legend and grid.values.dtype != np.uint8 and all(0 <= int(v) <= 255 for v in legend.classes):
        grid = _convert_to_bytes(grid, set(colours or {}))
    tags = _build_tags(source) | ({"CANOPY": legend.canopy} if legend else {})
    sidecar = final.with_name(final.name + _SIDECAR)
    if legend:
        # The names first: a grid never stands there without them.
        write_text(sidecar, _build_attribute_table(legend))
    _write_grid(grid, final, "nearest", tags, "land cover", None, colours)
    return [final, sidecar] if legend else [final]


def _convert_to_bytes(grid: Grid, class_values: set[int]) -> Grid:
    values = np.nan_to_num(grid.values, nan=grid.nodata if grid.nodata is not None else 255)
    expected = [float(v) for v in class_values] + ([] if grid.nodata is None else [grid.nodata])
    if not np.isin(np.unique(values), expected).all():
        return grid
    nodata = grid.nodata if grid.nodata is not None and 0 <= grid.nodata <= 255 else 255
    converted = np.where(np.isin(values, list(class_values)), values, nodata).astype(np.uint8)
    return Grid(converted, grid.transform, grid.crs, nodata)


def _write_grid(
    grid: Grid,
    final: Path,
    overviews: str,
    tags: dict[str, str],
    band_name: str,
    unit: str | None,
    colours: dict[int, tuple[int, int, int, int]] | None = None,
) -> None:
    floating = np.issubdtype(grid.values.dtype, np.floating)
    rows, columns = grid.shape
    profile = {
        "driver": "GTiff",
        "height": rows,
        "width": columns,
        "count": 1,
        "dtype": grid.values.dtype,
        "crs": grid.crs.to_wkt(),
        "transform": grid.transform,
        "nodata": np.nan if floating and grid.nodata is None else grid.nodata,
    }
    if colours and grid.values.dtype == np.uint8:
        # Said at the start: a GeoTIFF cannot become a palette once it has data.
        profile["photometric"] = "palette"
    with replace_atomically(final) as path, MemoryFile() as memory:
        with memory.open(**profile) as plain:
            if "photometric" in profile:
                plain.write_colormap(1, colours)
            plain.write(grid.values, 1)
            plain.update_tags(**tags)
            plain.set_band_description(1, band_name)
            if unit:
                plain.units = (unit,)
        with memory.open() as plain:
            rasterio.shutil.copy(
                plain,
                path,
                driver="COG",
                blocksize=_BLOCK,
                compress="DEFLATE",
                predictor="YES" if floating else "NO",
                overviews="IGNORE_EXISTING",
                overview_resampling=overviews.upper(),
                num_threads="1",
            )


def _build_tags(source: Mapping[str, object]) -> dict[str, str]:
    return {
        "TIFFTAG_IMAGEDESCRIPTION": str(source.get("title", "")),
        "TIFFTAG_COPYRIGHT": f"{source.get('attribution', '')} ({source.get('licence', '')})",
        "TIFFTAG_SOFTWARE": "geo_border",
        "DATASET": str(source.get("dataset", "")),
        "VINTAGE": str(source.get("vintage", "")),
    }


def _build_attribute_table(legend: catalog.Legend) -> str:
    """Return GDAL's side file: names by value, and the attribute table of the values."""
    root = ET.Element("PAMDataset")
    band = ET.SubElement(root, "PAMRasterBand", band="1")
    names = ET.SubElement(band, "CategoryNames")
    for value in range(max(int(v) for v in legend.names) + 1):
        ET.SubElement(names, "Category").text = legend.names.get(str(value), "")
    table = ET.SubElement(band, "GDALRasterAttributeTable", tableType="thematic")
    for index, (name, kind, usage) in enumerate(_COLUMNS):
        field = ET.SubElement(table, "FieldDefn", index=str(index))
        for tag, text in (("Name", name), ("Type", str(kind)), ("Usage", str(usage))):
            ET.SubElement(field, tag).text = text
    for index, value in enumerate(sorted(int(v) for v in legend.classes)):
        row = ET.SubElement(table, "Row", index=str(index))
        for cell in _build_row(legend, value):
            ET.SubElement(row, "F").text = str(cell)
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode") + "\n"


def _build_row(legend: catalog.Legend, value: int) -> tuple[object, ...]:
    cover_class = legend.classes[str(value)]
    trees = (int(value in legend.tree_low), int(value in legend.tree_high))
    return (value, legend.names[str(value)], cover_class or UNKNOWN, *trees, *get_class_colour(cover_class))
