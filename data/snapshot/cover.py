"""Land cover of the whole globe, every class index untouched, its coordinate reference put right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray

from geo_border.store import replace_atomically

NODATA = 255


def build(source: Path, out: Path) -> None:
    """Copy the class indices into a tiled GeoTIFF that says EPSG:4326, as the product's 0.05° grid is."""
    with rasterio.open(source) as raster:
        values = raster.read(1)
    write_classes(values, Affine(0.05, 0, -180, 0, -0.05, 90), NODATA, out)


def write_classes(values: NDArray[np.uint8], transform: Affine, nodata: int, out: Path) -> None:
    """Write class values (north-up, lon/lat) as a cloud-optimised GeoTIFF without overviews."""
    profile = {
        "driver": "COG",
        "dtype": "uint8",
        "count": 1,
        "height": values.shape[0],
        "width": values.shape[1],
        "crs": "EPSG:4326",
        "transform": transform,
        "nodata": nodata,
        "compress": "DEFLATE",
        "level": 9,
        "blocksize": 512,
        # Classes have no mean: an overview would show shares that no pixel has.
        "overviews": "NONE",
        "num_threads": 1,
    }
    with replace_atomically(out) as partial, rasterio.open(partial, "w", **profile) as raster:
        raster.write(values, 1)
