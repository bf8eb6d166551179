"""What a run tells the person in front of it: progress, the summary, the catalogue."""

from __future__ import annotations

import logging
import math
from collections.abc import Collection
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.logging import RichHandler
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from geo_border import catalog, exposure
from geo_border.model import NEEDS
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
# What a plan says of a dataset of which it lists no files, by the way it comes: in the table, and below it.
_WITHOUT = {
    "tiles": ("not known", "tiles; how many is known once the boundaries and the publisher's list of tiles are here"),
    "made": ("none", "made from another dataset here"),
    "by hand": ("by hand", "files that you fetch by hand and give with --sources"),
}
# Together with the other columns these fit into 80.
_NAME_WIDTH, _NEEDS_WIDTH = 32, 20


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


class Warnings(RichHandler):
    """Log lines on the error stream; remembers them, so that the summary need not say them again."""

    def __init__(self, console: Console) -> None:
        super().__init__(console=console, show_time=False, show_path=False, markup=False)
        self.said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Show a line."""
        self.said.add(record.getMessage())
        super().emit(record)


def summary(console: Console, made: Result, root: Path, said: Collection[str] = ()) -> None:
    """The headline figures, rounded as maps round them, where the files are, and the notes that were not `said` yet."""
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
    for note in [one for one in made.passport.get("notes", []) if one not in said]:
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
    """Inputs as dataset, what it serves, files and size, one dataset once; their sum below."""
    datasets = _by_dataset(rows)
    table = Table(show_footer=True)
    longest = max((len(row["dataset"]) for row in datasets), default=0)
    table.add_column("dataset", footer="in all", overflow="fold", min_width=min(longest, _NAME_WIDTH))
    table.add_column("serves", overflow="fold", min_width=max(map(len, NEEDS)), max_width=_NEEDS_WIDTH)
    table.add_column("files", justify="right", no_wrap=True)
    table.add_column("size", footer=_size(sum(row["bytes"] for row in datasets)), justify="right", no_wrap=True)
    for row in datasets:
        count = f"{len(row['files']):,}" if row["files"] else _WITHOUT[_way(row)][0]
        table.add_row(row["dataset"], ", ".join(row["needs"]), count, _size(row["bytes"]))
    return table


def _by_dataset(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each dataset once, with all needs that it serves and its bytes: those of its files, or the catalogue's guess."""
    out: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        size = row.get("bytes", sum(file["bytes"] or 0 for file in row["files"]))
        # By version too: two files of a user's own may have the same name.
        mine = out.setdefault((row["dataset"], row["version"]), {**row, "needs": [], "bytes": size or 0})
        mine["needs"].append(row["need"])
    return list(out.values())


def _way(row: dict[str, Any]) -> str:
    """How a dataset comes of which no files are listed."""
    entry = catalog.entries().get(row["dataset"])
    if entry is not None and entry.download is not None:
        return "tiles"
    return "made" if entry is not None and entry.source == "embedded" else "by hand"


def _size(size: int) -> str:
    """Bytes as a person says them.

    >>> [_size(n) for n in (0, 900, 443_353, 1_400_000, 27_600_000, 1_500_000_000)]
    ['-', '0.9 kB', '443 kB', '1.4 MB', '28 MB', '1.5 GB']
    """
    if not size:
        return "-"
    unit, factor = next((pair for pair in (("GB", 1e9), ("MB", 1e6)) if size >= pair[1]), ("kB", 1e3))
    return f"{size / factor:,.{0 if size >= 10 * factor else 1}f} {unit}"


def plan_lines(rows: list[dict[str, Any]], most: int = 4) -> list[str]:
    """Which files each dataset is made of, what it is licensed under, and what its terms ask; one dataset once."""
    out = []
    for row in _by_dataset(rows):
        names = [file["name"] for file in row["files"]]
        told = ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
        told = told or _WITHOUT[_way(row)][1]
        out.append(f"[bold]{row['dataset']}[/bold] version {escape(row['version'])}: {escape(told)}")
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
