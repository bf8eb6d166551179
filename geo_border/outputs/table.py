"""The tidy tables of figures as CSV and Parquet: the same bytes each time, and every number read back as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from geo_border.errors import SchemaError
from geo_border.result import EXPOSURE_FILE, READINGS_FILE, Result
from geo_border.schemas import LAYERS, READINGS, WHOLE, Layer, conform
from geo_border.store import raise_if_unwritable, replace_atomically

CSV_FILE = "exposure.csv"
WITHIN_CSV = "within.csv"
_WITHIN_COLUMNS = (
    *("of", "from_m", "to_m", "measure", "category", "value", "low", "high", "unit", "dataset", "vintage"),
    *("range_from", "note"),
)
_ARROW = {"text": pa.string(), "float": pa.float64(), "int": pa.int64(), "bool": pa.bool_()}


def write(result: Result, folder: Path) -> list[Path]:
    """Write `exposure` as .csv (UTF-8, Unix line ends, empty where unknown) and .parquet, `readings` as .parquet.

    A float is written in the fewest digits that read back as the same double. `within.csv` is a view of the same rows
    for whoever reads it still; it goes with the next release.

    Parameters
    ----------
    result
        What a run measured, or `result.read` read.
    folder
        The study's folder of outputs; it is created where it is missing.

    Raises
    ------
    SchemaError
        When a table is not what `schemas.py` says.
    StoreError
        When the folder cannot be written.
    """
    exposure, readings = conform("exposure", result.exposure), conform(READINGS.name, result.readings)
    for name, frame in ((CSV_FILE, exposure), (WITHIN_CSV, view_within(exposure))):
        with replace_atomically(folder / name) as path:
            frame.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
    for name, frame, layer in (
        (EXPOSURE_FILE, exposure, LAYERS["exposure"]),
        (READINGS_FILE, readings, READINGS),
    ):
        with replace_atomically(folder / name) as path:
            pq.write_table(_convert_to_arrow(frame, layer), path, compression="zstd")
    return [folder / name for name in (CSV_FILE, WITHIN_CSV, EXPOSURE_FILE, READINGS_FILE)]


def view_within(exposure: pd.DataFrame) -> pd.DataFrame:
    """Rows of kind `within` with the columns that `within.csv` had: `of` is `all`, a segment or a country."""
    rows = exposure[exposure["zone_kind"] == "within"]
    of = rows["segment"].fillna(rows["country"]).fillna(WHOLE)
    return rows.assign(of=of)[list(_WITHIN_COLUMNS)]


def check_name(final: Path) -> None:
    """Refuse a table's name that could not be written, before work goes into it.

    Parameters
    ----------
    final
        The table's path.

    Raises
    ------
    SchemaError
        When it ends neither in .csv nor in .parquet.
    StoreError
        When there cannot be such a file.
    """
    if final.suffix.lower() not in (".csv", ".parquet"):
        raise SchemaError(f"{final}: a table is written as .csv or .parquet; name it so.")
    raise_if_unwritable(final)


def write_frame(frame: pd.DataFrame, final: Path) -> Path:
    """Write any table as `.csv` or `.parquet`, by its name, whole or not at all.

    Parameters
    ----------
    frame
        Any table without geometry.
    final
        The table's path; its ending sets the format.

    Raises
    ------
    SchemaError
        When the name ends otherwise.
    StoreError
        When the folder cannot be written.
    """
    check_name(final)
    with replace_atomically(final) as path:
        if final.suffix.lower() == ".csv":
            frame.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
        else:
            frame.to_parquet(path, index=False, compression="zstd")
    return final


def _convert_to_arrow(frame: pd.DataFrame, layer: Layer) -> pa.Table:
    """Give the table with its columns' meaning and unit in each field, null only where the schema allows."""
    fields, arrays = [], []
    for column in layer.columns:
        about: dict[Any, Any] = {"description": column.description, "unit": column.unit}
        fields.append(pa.field(column.name, _ARROW[column.dtype], column.nullable, about))
        arrays.append(pa.array(frame[column.name], _ARROW[column.dtype], from_pandas=True))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))
