"""What a run tells the person in front of it: progress, the summary, the catalogue."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from geo_border import catalog, exposure
from geo_border.present import rounding
from geo_border.result import Result

_WORDS = {
    "fetch": "fetching and verifying data",
    "read": "reading layers",
    "frontier": "finding the frontier",
    "bands": "measuring distances",
    "zones": "cutting zones and cells",
    "units": "cutting land into its smallest parts",
    "figures": "counting cover and people",
    "layers": "putting layers together",
    "write": "writing files and maps",
    "map": "drawing the map",
    "report": "writing the report",
    "tabulate": "tabulating",
}


class Bars:
    """A progress bar a stage on the error stream; silent when quiet."""

    def __init__(self, console: Console, quiet: bool) -> None:
        columns = (TextColumn("{task.description:28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, disable=quiet)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Bars:
        self._progress.__enter__()
        return self

    def __exit__(self, *details: Any) -> None:
        self._progress.__exit__(*details)

    def tell(self, stage: str, done: int, total: int) -> None:
        """Show that a stage has come so far."""
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(_WORDS.get(stage, stage), total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)


def summary(console: Console, made: Result, root: Path) -> None:
    """The headline figures, rounded as maps round them, and where the files are."""
    bands = made.exposure[made.exposure["zone_kind"] == "band"]
    table = Table(title=made.study.title, title_justify="left", caption=_caption(made), caption_justify="left")
    table.add_column("within", justify="right")
    for name in ("home land, km²", "people", "spread", "tree, share of known cover", "settlements"):
        table.add_column(name, justify="right")
    for edge in made.study.bands_m:
        near = bands[bands["to_m"] <= edge]
        table.add_row(f"{edge / 1000:g} km", *_headline(near))
    lengths = made.layers["segments"]
    console.print(
        f"Frontier: {lengths['length_km'].sum():,.0f} km on land, rivers and lakes; "
        f"{lengths['sea_km'].sum():,.0f} km at sea."
    )
    console.print(table)
    for note in made.passport.get("notes", []):
        console.print(f"note: {note}", highlight=False, soft_wrap=True, markup=False)
    name = made.study.name
    for what, path in (
        ("map", root / "maps" / name / "index.html"),
        ("layers", root / "data" / "processed" / name / "layers.gpkg"),
        ("QGIS project", root / "data" / "processed" / name / f"{name}.qgz"),
        ("figures", root / "data" / "processed" / name / "exposure.csv"),
        ("passport", root / "data" / "processed" / name / "run.json"),
    ):
        console.print(f"{what:>13}: {path}", soft_wrap=True, highlight=False)


def _headline(near: Any) -> list[str]:
    def total(measure: str, column: str = "value", category: str | None = None) -> float:
        rows = near[near["measure"] == measure]
        rows = rows if category is None else rows[rows["category"] == category]
        return float(rows[column].sum()) if rows[column].notna().any() else float("nan")

    people, low, high = (total("people", column, "total") for column in ("value", "low", "high"))
    cover = near[near["measure"] == "cover_area"].groupby("category")["value"].sum()
    entry = catalog.entries().get(str(near.loc[near["measure"] == "cover_area", "dataset"].max()))
    known = exposure.known_km2(cover, entry.legend if entry else None) if len(cover) else 0.0
    return [
        f"{total('area'):,.0f}",
        _people(people),
        "-" if math.isnan(low) else f"{_people(low)} - {_people(high)}",
        f"{cover.get('tree', 0.0) / known:.0%}" if known > 0 else "-",
        f"{total('settlements'):,.0f}",
    ]


def _people(value: float) -> str:
    shown = rounding.people(None if math.isnan(value) else value)
    return "-" if shown is None else f"{shown:,}" if isinstance(shown, int) else str(shown)


def _caption(made: Result) -> str:
    used = {row["need"]: row for row in made.passport.get("sources", [])}
    told = [
        f"{need}: {used[need]['dataset']} ({used[need]['vintage']})" for need in ("people", "cover") if need in used
    ]
    return "; ".join(told)


def plan_table(rows: list[dict[str, Any]]) -> Table:
    """Inputs as need, dataset, files, bytes and licence."""
    table = Table()
    for name in ("need", "dataset", "version", "files", "bytes", "licence"):
        table.add_column(name, justify="right" if name in ("files", "bytes") else "left", overflow="fold")
    for row in rows:
        size = row.get("bytes", sum(file["bytes"] or 0 for file in row["files"]))
        table.add_row(
            row["need"], row["dataset"], row["version"], str(len(row["files"])), f"{size or 0:,}", row["licence"]
        )
    return table


def plan_lines(rows: list[dict[str, Any]], most: int = 4) -> list[str]:
    """Which files each dataset is made of, what it is licensed under, and what its terms ask; one dataset once."""
    out = []
    for row in {row["dataset"]: row for row in rows}.values():
        names = [file["name"] for file in row["files"]]
        told = ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
        out.append(f"[bold]{row['dataset']}[/bold]  {escape(told or 'tiles, whose list is fetched first')}")
        out.append(f"    licence: {escape(row['licence'])}.")
        if row.get("terms"):
            out.append(f"    terms: {escape(row['terms'])}")
    return out


def catalogue_lines(rows: list[dict[str, Any]]) -> list[str]:
    """The catalogue, three lines a dataset."""
    out = []
    for row in rows:
        size = f"about {row['approx_bytes'] / 1e6:,.0f} MB" if row["approx_bytes"] else "size not stated"
        out += [
            f"[bold]{row['name']}[/bold]  for {', '.join(row['needs'])}; here: {row.get('cached', '-')}",
            f"    {escape(row['title'])}. Version {escape(row['version'])}, {escape(row['resolution'])}, {size}.",
            f"    {escape(row['publisher'])}; licence: {escape(row['licence'])}.",
        ]
    return out
