"""What changed between two runs: study, inputs and figures, and the lines that say it."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd

from geo_border import passport
from geo_border.catalog import THE_USER
from geo_border.errors import CheckError, EmptyLayerError, FileError, StudyError
from geo_border.files.vector import read_parquet
from geo_border.result import EXPOSURE_FILE, PASSPORT_FILE

_KEYS = ["zone_id", "measure", "category"]
# More significant digits are below what any of the data knows, and mostly noise of the computation.
_DIGITS = 6


def list_changes(a: Path, b: Path) -> list[dict[str, Any]]:
    """What differs between two runs: the study's keys, inputs by need, then figures in the tables' own order.

    Parameters
    ----------
    a, b
        Folders of runs, or their `run.json`.

    Returns
    -------
    Rows of `what` (study, input or figure), `key`, `measure`, `unit`, `before`, `after`. A figure's `before` or `after`
    is None where that run has no such figure, and NaN where it has one that its data could not fill.

    Raises
    ------
    EmptyLayerError
        When one of the two is not a run, or lacks its table.
    CheckError
        When a `run.json` is not JSON.
    StudyError
        When the runs are of two frontiers, or of two sets of corridors or own areas.
    """
    passports = [_read_passport(path) for path in (a, b)]
    _require_one_place(a, b, passports)
    studies = [one.get("study", {}) for one in passports]
    return [
        *_compare_studies(*studies),
        *_compare_inputs(*(one["sources"] for one in passports)),
        *_compare_figures(a, b),
    ]


def format_changes(rows: list[dict[str, Any]], limit: int) -> list[str]:
    """Differences as text: studies, inputs, how many figures of each measure, then `limit` of the figures (0: all).

    Figures that differ only beyond the sixth significant digit are counted, not listed.

    Parameters
    ----------
    rows
        Differences as `list_changes` gives them.
    limit
        Greatest number of figures to list; 0 lists all.
    """
    if not rows:
        return ["No difference."]
    out = []
    for row in rows:
        if row["what"] == "study" and row["key"] == "name":
            out.append(f"Runs of different studies: {row['before']} and {row['after']}.")
        elif row["what"] != "figure":
            out.append(f"{row['what']} {row['key']}: {row['before'] or 'none'} -> {row['after'] or 'none'}")
    every = [row for row in rows if row["what"] == "figure"]
    figures = [row for row in every if _format_value(row, "before") != _format_value(row, "after")]
    out.append(f"{len(figures):,} figures differ{':' if figures else '.'}")
    out += _format_counts(figures)
    if len(every) > len(figures):
        out.append(f"{len(every) - len(figures):,} more differ beyond the sixth digit only; they are not listed.")
    shown = figures[: limit or None]
    out += [f"{row['key']}: {_format_value(row, 'before')} -> {_format_value(row, 'after')}" for row in shown]
    if len(shown) < len(figures):
        out.append(f"... and {len(figures) - len(shown):,} figures more; --most 0 tells all.")
    return out


def _read_passport(path: Path) -> dict[str, Any]:
    file = path / PASSPORT_FILE if path.is_dir() else path
    if not file.exists():
        raise EmptyLayerError(
            f"{path}: not a run. Expected the folder of one (data/processed/<study> below its root), or its "
            f"{PASSPORT_FILE}."
        )
    content: dict[str, Any] = passport.read(file)
    return content


def _require_one_place(a: Path, b: Path, passports: list[dict[str, Any]]) -> None:
    """Fail where two runs are of different places: datasets, versions and parameters may differ, places may not."""
    before, after = (_list_places(one) for one in passports)
    for key, place in before.items():
        if place != after[key]:
            raise StudyError(
                f"{a}, {b}: {key}: these are different places; geo_border does not compare places. Give two runs of "
                "one frontier, with the same corridors, own line and own areas."
            )


def _list_places(run_passport: dict[str, Any]) -> dict[str, Any]:
    """What a run is of: its frontier and the areas that someone chose; bands and depths are parameters."""
    study = run_passport.get("study", {})
    own = {row["need"]: row for row in run_passport["sources"] if row["need"] in ("own_line", "own_zones")}
    return {
        **{key: study.get(key) for key in ("home", "facing", "territories")},
        "corridors": [(one["id"], one["between"]) for one in study.get("corridors", ())],
        **{need: _identify_source(own[need]) if need in own else None for need in ("own_line", "own_zones")},
    }


def _identify_source(row: dict[str, Any]) -> Any:
    """A user's own file by its bytes, a dataset by its name: its version may differ."""
    return [one["sha256"] for one in row["files"]] if row["publisher"] == THE_USER else row["dataset"]


def _compare_studies(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    # Of two different studies nearly every key differs; that they are different is all there is to say.
    keys = ["name"] if before.get("name") != after.get("name") else sorted({*before, *after})
    return [
        _build_row("study", key, before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)
    ]


def _compare_inputs(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[dict[str, Any]]:
    used = [{row["need"]: f"{row['dataset']} {row['version']}" for row in rows} for rows in (before, after)]
    needs = sorted({*used[0], *used[1]})
    pairs = [(need, used[0].get(need), used[1].get(need)) for need in needs]
    return [_build_row("input", need, old, new) for need, old, new in pairs if old != new]


def _compare_figures(a: Path, b: Path) -> list[dict[str, Any]]:
    tables = [_read_figures(path) for path in (a, b)]
    both = tables[0].merge(tables[1], on=_KEYS, how="outer", suffixes=("_a", "_b"), indicator="where")
    # In the order of the first table; what only the second has comes last, in its own.
    both = both.sort_values(["at_a", "at_b"], na_position="last")
    same = (both["value_a"] == both["value_b"]) | (both["value_a"].isna() & both["value_b"].isna())
    out = []
    for row in both[~same | (both["where"] != "both")].to_dict("records"):
        key = " ".join(row[part] for part in _KEYS if isinstance(row[part], str))
        old = None if row["where"] == "right_only" else float(row["value_a"])
        new = None if row["where"] == "left_only" else float(row["value_b"])
        unit = row["unit_b"] if old is None else row["unit_a"]
        out.append(_build_row("figure", key, old, new, measure=row["measure"], unit=unit))
    return out


def _build_row(what: str, key: str, before: object, after: object, measure: str = "", unit: str = "") -> dict[str, Any]:
    return {"what": what, "key": key, "measure": measure, "unit": unit, "before": before, "after": after}


def _read_figures(path: Path) -> pd.DataFrame:
    file = (path if path.is_dir() else path.parent) / EXPOSURE_FILE
    if not file.exists():
        raise EmptyLayerError(f"{file}: not there, so the figures cannot be compared. Run `geo-border run` again.")
    try:
        table = read_parquet(file, columns=[*_KEYS, "value", "unit"])
    except FileError as error:
        raise CheckError(f"{file}: damaged ({error}). Run `geo-border run` again to make it anew.") from error
    return table.assign(at=range(len(table)))


def _format_counts(figures: list[dict[str, Any]]) -> list[str]:
    kinds = {"changed": Counter[str](), "only in the first": Counter[str](), "only in the second": Counter[str]()}
    for row in figures:
        alone = "only in the first" if row["after"] is None else "only in the second"
        kind = alone if None in (row["before"], row["after"]) else "changed"
        kinds[kind][row["measure"]] += 1
    measures = dict.fromkeys(row["measure"] for row in figures)
    return [
        f"  {measure}: " + ", ".join(f"{count[measure]:,} {kind}" for kind, count in kinds.items() if count[measure])
        for measure in measures
    ]


def _format_value(row: dict[str, Any], side: str) -> str:
    value = row[side]
    if value is None:
        return "absent"
    if math.isnan(value):
        return "no value"
    whole = math.floor(math.log10(abs(value))) + 1 if value else 1
    text = f"{value:,.{max(0, _DIGITS - whole)}f}"
    unit = "" if row["unit"] == "count" else f" {row['unit']}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + unit
