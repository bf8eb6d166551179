"""The golden rows: write them from a finished run, read them, and join them with the tables of another run.

`python -m tests.golden.rows ROOT` writes the files of this folder anew from the runs under ROOT; with `--moved` only
`moved.csv`, the rows that differ from the others.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent
MOVED = FOLDER / "moved.csv"
STUDIES = ("finland-poland", "suwalki", "norway-russia")
TABLES = ("exposure", "within")
KEY = ["zone_id", "measure", "category"]
NUMBERS = ["value", "low", "high"]
COLUMNS = [*KEY, "unit", *NUMBERS]
# Three digits more than the tolerance, so that what is written is not what differs.
FORMAT = "%.12g"
RELATIVE = 1e-9
# In the row's own unit: 0.01 m², a hundred-millionth of a person. What is left of a large area by subtraction is
# no more exact than that.
FLOOR = 1e-8


def name_of(study: str, table: str) -> Path:
    """The file that holds the golden rows of one table of one study."""
    return FOLDER / f"{study}-{table}.csv"


def read_golden(study: str, table: str) -> pd.DataFrame:
    """The golden rows, indexed by zone, measure and category; an empty category is an empty text.

    Rows that a change moved for a stated reason have the numbers of `moved.csv`.
    """
    golden, moved = read_pinned(study, table), read_moved(study, table)
    golden.loc[moved.index, NUMBERS] = moved[NUMBERS]
    return golden


def read_pinned(study: str, table: str) -> pd.DataFrame:
    """The golden rows as they were at the base commit."""
    return _indexed(_read_numbers(name_of(study, table)))


def read_moved(study: str, table: str) -> pd.DataFrame:
    """The rows of one table of one study that a later change moved, as they are since."""
    frame = _read_numbers(MOVED)
    return _indexed(frame[(frame["study"] == study) & (frame["table"] == table)].drop(columns=["study", "table"]))


def _read_numbers(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, keep_default_na=False, na_values={n: [""] for n in NUMBERS})


def read_tables(processed: Path) -> dict[str, pd.DataFrame]:
    """What a run holds for the rows of each golden table, by the file that it was read from.

    The rows of `within` are searched for in `exposure.csv`, as zones of kind `within`, and in `within.csv`: whichever
    of the two has them, or both.
    """
    tables = {"exposure.csv": _read(processed / "exposure.csv")}
    near = processed / "within.csv"
    if near.exists():
        tables["within.csv"] = _read(near)
    return tables


def _read(path: Path) -> pd.DataFrame:
    texts = ["measure", "category", "unit", "zone_id", "of"]
    frame = pd.read_csv(
        path,
        dtype=dict.fromkeys(texts, str),
        keep_default_na=False,
        na_values={name: [""] for name in (*NUMBERS, "from_m", "to_m")},
    )
    if "zone_id" not in frame:
        edges = [f"{low:.0f}-{high:.0f}" for low, high in zip(frame["from_m"], frame["to_m"], strict=True)]
        frame["zone_id"] = "within|" + frame["of"] + "|" + pd.Series(edges, index=frame.index)
    return _indexed(frame[COLUMNS])


def _indexed(frame: pd.DataFrame) -> pd.DataFrame:
    indexed = frame.set_index(KEY)
    assert indexed.index.is_unique, "zone, measure and category name one row"
    return indexed


def sort_into_classes(golden: pd.DataFrame, table: pd.DataFrame) -> pd.Series:
    """The class of every golden row in a table.

    - `equal`: unit, value, low and high are what they were, to the tolerance;
    - `blank before`: the golden row has no value (under 30 pixels of the data) and the table has one;
    - `range before blank`: the value is what it was, and a low and high stand where none did;
    - `missing`: the table has no such row;
    - `different`: anything else.
    """
    found = table.reindex(golden.index)
    was, now = golden[NUMBERS].to_numpy(float), found[NUMBERS].to_numpy(float)
    off = np.abs(was - now) > np.maximum(RELATIVE * np.maximum(np.abs(was), np.abs(now)), FLOOR)
    same = np.where(np.isnan(was) | np.isnan(now), np.isnan(was) & np.isnan(now), ~off)
    filled = np.isnan(was) & ~np.isnan(now)
    unit = (golden["unit"] == found["unit"]).to_numpy()
    ranges = (same[:, 1:] | filled[:, 1:]).all(axis=1)
    classes = np.select(
        [
            ~golden.index.isin(table.index),
            unit & same.all(axis=1),
            unit & filled[:, 0] & ranges,
            unit & same[:, 0] & ranges,
        ],
        ["missing", "equal", "blank before", "range before blank"],
        "different",
    )
    return pd.Series(classes, index=golden.index)


def write_golden(root: Path) -> None:
    """Write the golden rows from finished runs of the three studies under a root."""
    for study in STUDIES:
        tables = read_tables(root / "data" / "processed" / study)
        for table in TABLES:
            rows = tables[f"{table}.csv"].reset_index()[COLUMNS]
            rows.to_csv(name_of(study, table), index=False, float_format=FORMAT, lineterminator="\n")


def write_moved(root: Path) -> None:
    """Write the rows that differ from the pinned ones in finished runs of the three studies under a root."""
    parts = []
    for study in STUDIES:
        tables = read_tables(root / "data" / "processed" / study)
        for table in TABLES:
            pinned, rows = read_pinned(study, table), tables[f"{table}.csv"]
            different = pinned.index[sort_into_classes(pinned, rows) == "different"]
            found = rows.loc[different].reset_index()[COLUMNS]
            found.insert(0, "study", study)
            found.insert(1, "table", table)
            parts.append(found)
    pd.concat(parts).to_csv(MOVED, index=False, float_format=FORMAT, lineterminator="\n")


if __name__ == "__main__":
    write = write_moved if "--moved" in sys.argv else write_golden
    write(Path(sys.argv[-1]))
