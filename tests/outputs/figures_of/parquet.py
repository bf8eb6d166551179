"""Figures of the Parquet tables and of the layers' twins in `parquet/`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from tests.outputs.figures_of.figure import Figure
from tests.outputs.figures_of.layers import of_layers
from tests.outputs.figures_of.rows import of_table

OUTPUT = "parquet"


def of_parquet(processed: Path) -> Iterator[Figure]:
    """Every figure of the tables and layers that lie as Parquet beside them."""
    for name in ("exposure", "within"):
        path = processed / f"{name}.parquet"
        if path.exists():
            yield from of_table(pd.read_parquet(path), OUTPUT, path.name)
    yield from of_layers(lambda name: _read(processed / "parquet" / f"{name}.parquet"), OUTPUT)


def _read(path: Path) -> pd.DataFrame | None:
    """A layer without its geometry, which no figure needs."""
    if not path.exists():
        return None
    columns = [name for name in pq.read_schema(path).names if name not in ("geometry", "geom", "bbox")]
    return pd.read_parquet(path, columns=columns)
