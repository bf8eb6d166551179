"""`layers.gpkg` as a careful GIS office delivers it: layers, keys, descriptions, metadata, styles and ready views."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pyogrio

from geo_border.outputs.geopackage import describe, features, metadata, styles, tables, views
from geo_border.result import LAYERS_FILE, Result
from geo_border.schemas import LAYERS
from geo_border.store import replace_atomically

# GeoPackage wants a time of last change; the time of the run stands in run.json, and here a fixed one keeps two runs
# over the same inputs byte for byte the same.
FIXED_TIME = "2000-01-01T00:00:00.000Z"


def write(result: Result, folder: Path) -> Path:
    """Write every layer, the exposure table and all that explains them into one GeoPackage.

    Parameters
    ----------
    result
        A run's results; each layer is checked against `schemas.LAYERS` as it is written.
    folder
        Where `layers.gpkg` goes, whole or not at all.

    Returns
    -------
    Path
        The file; the same bytes for the same result and the same versions of GDAL and SQLite.

    Raises
    ------
    SchemaError
        When a layer is not what `schemas.py` says.
    StoreError
        When the folder cannot be written.
    """
    final = folder / LAYERS_FILE
    with replace_atomically(final) as path, _fix_time():
        for name, layer in LAYERS.items():
            if layer.geometry:
                features.write(path, name, result.layers[name])
        features.write_sheets(path, result)
        with closing(tables.connect(path)) as database:
            tables.write(database, result, FIXED_TIME)
            views.write(database, result, FIXED_TIME)
            describe.write(database)
            styles.write(database, result, FIXED_TIME)
            metadata.write(database, result, FIXED_TIME)
            database.commit()
    return final


@contextmanager
def _fix_time() -> Iterator[None]:
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_TIME})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
