"""Every row of the tables of three studies is what it was at the commit that tests/golden/README.md names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.golden.rows import STUDIES, TABLES, read_golden, read_moved, read_pinned, read_tables, sort_into_classes

# A study is run once for all: the default one by whichever test asks first, the two small ones here.
GROUPS = {"finland-poland": "default run"}
each_study = [pytest.param(s, marks=[pytest.mark.slow, pytest.mark.xdist_group(GROUPS.get(s, s))]) for s in STUDIES]
UNCHANGED = {"equal", "blank before", "range before blank"}
ROWS = {"finland-poland": (4238, 1372), "suwalki": (1580, 686), "norway-russia": (199, 294)}


@pytest.mark.parametrize("study", each_study)
def test_every_golden_row_stands_in_the_table_with_its_value(study: str, run_root: Callable[[str], Path]) -> None:
    tables = read_tables(run_root(study) / "data" / "processed" / study)
    for table, count in zip(TABLES, ROWS[study], strict=True):
        golden = read_golden(study, table)
        assert len(golden) == count
        holders = {name: rows for name, rows in tables.items() if _holds(rows, table)}
        assert holders, f"no file of {study} holds the rows of {table}"
        for name, rows in holders.items():
            classes = sort_into_classes(golden, rows)
            print(f"{study}, golden {table} in {name}: {classes.value_counts().to_dict()}")
            off = golden[~classes.isin(UNCHANGED)]
            beside = off.join(rows, rsuffix="_now").assign(**{"class": classes[off.index]})
            assert off.empty, f"{len(off)} rows of {table} in {name}:\n{beside.head(20).to_string()}"


@pytest.mark.parametrize("study", ["finland-poland", "suwalki"])
@pytest.mark.parametrize("table", TABLES)
def test_what_was_moved_lies_with_a_neighbour_now(study: str, table: str) -> None:
    pinned, moved = read_pinned(study, table), read_moved(study, table)
    assert set(sort_into_classes(pinned.loc[moved.index], moved)) == {"different"}
    area = (moved["value"] - pinned.loc[moved.index, "value"]).xs("area", level="measure").reset_index()
    # Kind of zone and depth: within one, what a segment lost another has.
    kind_and_depth = area["zone_id"].str.replace(r"\|.*\|", "|", regex=True)
    assert 0.001 < area["value"].abs().max() < 0.025
    assert area["value"].groupby(kind_and_depth).sum().abs().max() < 1e-7


def _holds(rows: pd.DataFrame, table: str) -> bool:
    near = rows.index.get_level_values("zone_id").str.startswith("within|")
    return bool(near.any() if table == "within" else (~near).any())


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ((100.0, 90.0, 110.0), (100.0 + 9e-8, 90.0, 110.0), "equal"),
        ((100.0, 90.0, 110.0), (100.0 + 2e-7, 90.0, 110.0), "different"),
        ((100.0, 90.0, 110.0), (100.0, 90.0, 110.1), "different"),
        ((100.0, 90.0, 110.0), (100.0, None, 110.0), "different"),
        ((0.0, None, None), (9e-9, None, None), "equal"),
        ((0.0, None, None), (2e-8, None, None), "different"),
        ((None, None, None), (3.0, 1.0, 5.0), "blank before"),
        ((None, None, None), (3.0, None, None), "blank before"),
        ((None, None, None), (None, None, None), "equal"),
        ((3.0, None, None), (None, None, None), "different"),
        ((3.0, None, None), (3.0, 1.0, 5.0), "range before blank"),
        ((3.0, None, None), (3.1, 1.0, 5.0), "different"),
        ((3.0, None, None), None, "missing"),
        ((None, None, None), None, "missing"),
    ],
)
def test_a_row_is_of_the_class_that_its_values_make(
    was: tuple[float | None, ...], now: tuple[float | None, ...] | None, expected: str
) -> None:
    golden, table = _rows(was), _rows(now)
    assert sort_into_classes(golden, table).tolist() == [expected]


def test_a_row_in_another_unit_is_different() -> None:
    golden = _rows((1.0, None, None))
    assert sort_into_classes(golden, golden.assign(unit="ha")).tolist() == ["different"]


def _rows(values: tuple[float | None, ...] | None) -> pd.DataFrame:
    keys = pd.MultiIndex.from_tuples(
        [("band|A-B|A|0-1000", "people", "total")], names=["zone_id", "measure", "category"]
    )
    frame = pd.DataFrame([values or (0.0, 0.0, 0.0)], index=keys, columns=["value", "low", "high"], dtype=float)
    frame["unit"] = "persons"
    return frame if values is not None else frame.iloc[:0]
