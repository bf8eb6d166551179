"""A census table in which people would be lost or doubled without a word is refused, naming the cell and the value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geo_border import read
from geo_border.catalog import find_entry
from geo_border.errors import SchemaError
from geo_border.store import Raw

HEAD = "GRD_ID,T,M"
CELL = "CRS3035RES1000mN3500000E5200000"
BESIDE = "CRS3035RES1000mN3500000E5201000"


def census(folder: Path, *lines: str, encoding: str = "utf-8") -> Raw:
    path = folder / "census.csv"
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return Raw(find_entry("eurostat-census-2021"), (path,), {})


@pytest.mark.parametrize("value", ['"1,000"', "abc", "inf", "true", "2021-01-01", "1e999"])
def test_a_count_that_is_no_number_is_named_with_its_cell(tmp_path: Path, value: str) -> None:
    raw = census(tmp_path, HEAD, f"{CELL},{value},1", f"{BESIDE},20,1")
    with pytest.raises(SchemaError, match=rf"census\.csv: {CELL}: T is '{value.strip(chr(34))}', no count of people"):
        read.read_people(raw)
    with pytest.raises(SchemaError, match="no count of people"):
        read.describe_unplaced_people(raw, ("LT",))


@pytest.mark.parametrize("value", ["", ":", "NaN", "-8888", "-9999"])
def test_a_count_that_the_file_leaves_open_is_not_known(tmp_path: Path, value: str) -> None:
    found = read.read_people(census(tmp_path, HEAD, f"{CELL},{value},1", f"{BESIDE},20,1")).values
    assert np.isnan(found[0, 0])
    assert found[0, 1] == 20


@pytest.mark.parametrize("second", [10, 30])
def test_a_cell_in_two_rows_is_refused(tmp_path: Path, second: int) -> None:
    with pytest.raises(SchemaError, match=f"cell {CELL} stands in more than one row"):
        read.read_people(census(tmp_path, HEAD, f"{CELL},10,5", f"{CELL},{second},5"))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("CRS3035RES1000mN3500500E5200000", "lies off the grid of 1000 m"),
        ("CRS3035RES1000mN99999999999999999999E5200000", "is no cell of the 1000 m grid"),
        ("CRS3035RES100mN3500000E5200000", "is no cell of the 1000 m grid"),
        ("1kmN3500E5200", "is no cell of the 1000 m grid"),
        ("", "is no cell of the 1000 m grid"),
        ("CRS3035RES1000mN99999000E99999000", r"lie up to 96,\d+ km apart"),
    ],
)
def test_people_in_a_cell_of_no_such_grid_are_refused(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(SchemaError, match=rf"census\.csv: .*{told}"):
        read.read_people(census(tmp_path, HEAD, f"{CELL},10,5", f"{name},7,5"))


def test_empty_rows_at_the_end_are_no_cells(tmp_path: Path) -> None:
    assert read.read_people(census(tmp_path, HEAD, f"{CELL},10,5", ",,", "")).values.tolist() == [[10.0]]


@pytest.mark.parametrize("head", ["GRD_ID, T, M", '"GRD_ID","T","M"', "GRD_ID , T,M", '"GRD_ID", "T", "M"'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_spaces_and_quotes_are_no_part_of_a_column_s_name(
    tmp_path: Path, head: str, encoding: str
) -> None:
    raw = census(tmp_path, head, f"{CELL}, 10, 5", encoding=encoding)
    assert read.list_people_categories(raw) == ("total",)
    assert read.read_people(raw).values.tolist() == [[10.0]]


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_file_in_another_encoding_says_which_one_it_should_have(tmp_path: Path, encoding: str) -> None:
    raw = census(tmp_path, HEAD, f"{CELL},10,5", "Åland_unallocated,5,1", encoding=encoding)
    with pytest.raises(SchemaError, match=r"census\.csv: .*UTF-8") as caught:
        read.read_people(raw)
    assert "\n" not in str(caught.value)


def test_a_column_that_is_missing_or_stands_twice_is_named(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"no column T\. It has: GRD_ID, X"):
        read.read_people(census(tmp_path, "GRD_ID,X", f"{CELL},1"))
    with pytest.raises(SchemaError, match="more than one column T"):
        read.read_people(census(tmp_path, "GRD_ID,T,T", f"{CELL},1,2"))
