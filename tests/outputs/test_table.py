"""`exposure.csv` and `.parquet`: the same figures, to the last bit."""

from __future__ import annotations

import csv

import pandas as pd
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal

from geo_border.errors import GeoBorderError
from geo_border.outputs import table
from geo_border.present.withholding import LEAST_PIXELS
from geo_border.schemas import LAYERS, READINGS, conform
from tests.synthetic import build


def test_every_number_in_the_csv_reads_back_as_the_same_double(tmp_path):
    result = build()
    csv_path, *_ = table.write(result, tmp_path)
    with csv_path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    for column in ("value", "low", "high", "from_m", "to_m"):
        read = [float(row[column]) if row[column] else None for row in rows]
        assert read == [None if pd.isna(v) else v for v in result.exposure[column]]


def test_csv_is_utf_8_with_unix_line_ends_and_the_columns_of_the_contract(tmp_path):
    csv_path, *_ = table.write(build(), tmp_path)
    raw = csv_path.read_bytes()
    assert b"\r" not in raw
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert raw.decode("utf-8").splitlines()[0].split(",") == LAYERS["exposure"].column_names


def test_parquet_holds_the_same_table_with_units(tmp_path):
    result = build()
    files = table.write(result, tmp_path)
    for layer, frame in ((LAYERS["exposure"], result.exposure), (READINGS, result.readings)):
        (parquet,) = (path for path in files if path.name == f"{layer.name}.parquet")
        assert_frame_equal(
            conform(layer.name, pd.read_parquet(parquet)), conform(layer.name, frame).reset_index(drop=True)
        )
        schema = pq.read_schema(parquet)
        for column in layer.columns:
            assert schema.field(column.name).metadata[b"unit"].decode() == column.unit, column.name
        for column in layer.columns:
            assert schema.field(column.name).nullable is column.nullable, column.name


def test_the_tables_hold_what_is_too_few_pixels_to_show(tmp_path):
    csv_path, *_ = table.write(build(), tmp_path)
    written = pd.read_csv(csv_path)
    few = written[written["pixels"] < LEAST_PIXELS]
    assert len(few)
    assert few["value"].notna().all()


def test_the_csv_of_sums_by_distance_is_the_rows_of_their_kind_under_its_old_names(tmp_path):
    result = build()
    files = table.write(result, tmp_path)
    (path,) = (path for path in files if path.name == "within.csv")
    view = pd.read_csv(path)
    assert view.columns.tolist() == [
        *("of", "from_m", "to_m", "measure", "category", "value", "low", "high", "unit", "dataset", "vintage"),
        *("range_from", "note"),
    ]
    rows = result.exposure[result.exposure["zone_kind"] == "within"].reset_index(drop=True)
    assert len(view) == len(rows) > 0
    assert_frame_equal(
        view[["measure", "value", "low", "high"]], rows[["measure", "value", "low", "high"]], check_dtype=False
    )
    ids = "within|" + view["of"] + "|0-" + view["to_m"].map("{:g}".format)
    assert ids.tolist() == rows["zone_id"].tolist()
    assert set(view["of"]) == {"all", "LT", "PL", "LT-RU", "LT-BY", "PL-RU", "PL-BY"}


def test_two_writings_give_the_same_bytes(tmp_path):
    first, second = table.write(build(), tmp_path / "a"), table.write(build(), tmp_path / "b")
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_a_table_that_could_not_be_written_is_refused_before_work_goes_into_it(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").write_text("")
    for name, told in (
        ("a.txt", "csv or .parquet"),
        ("folder.csv", "is a folder"),
        ("file/a.csv", "cannot be written"),
        ("a" * 300 + ".csv", "cannot be written"),
    ):
        with pytest.raises(GeoBorderError, match=told):
            table.check_name(tmp_path / name)
    table.check_name(tmp_path / "new" / "a.CSV")
    assert not any((tmp_path / "new").iterdir())
