"""What a run tells the person in front of it: progress, warnings, the summary."""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.logging import RichHandler
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from geo_border.present.rounding import RoundedValue, round_length_km
from geo_border.present.totals import ZoneFigures, compute_totals
from geo_border.present.withholding import LEAST_PIXELS
from geo_border.result import Result
from geo_border.schemas import WHOLE

_STAGE_LABELS = {
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


class ProgressBars:
    """A progress bar a stage on the error stream; silent when quiet."""

    def __init__(self, console: Console, quiet: bool) -> None:
        columns = (TextColumn("{task.description:28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, disable=quiet)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> ProgressBars:
        return self

    def __exit__(self, *details: object) -> None:
        if self._tasks:
            self._progress.stop()

    def show_stage(self, stage: str, done: int, total: int) -> None:
        """Show that a stage has come so far."""
        # Begun with the first stage, and ended only if there was one: no bars would leave an empty line above an error.
        self._progress.start()
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(_STAGE_LABELS.get(stage, stage), total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)


class WarningHandler(RichHandler):
    """Log lines on the error stream; remembers them, so that the summary need not say them again."""

    def __init__(self, console: Console) -> None:
        super().__init__(console=console, show_time=False, show_path=False, markup=False)
        self.messages: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Show a line."""
        self.messages.add(record.getMessage())
        super().emit(record)


def print_summary(console: Console, result: Result, root: Path, messages: Collection[str] = ()) -> None:
    """The headline figures, rounded as maps round them, where the files are, and the notes not among `messages`."""
    found = compute_totals(result.study, result.layers, result.exposure)
    near, caption = found[WHOLE]["within"], _format_caption(result, found)
    table = Table(title=result.study.title, title_justify="left", caption=caption, caption_justify="left")
    table.add_column("within", justify="right")
    for name in ("land, km²", "people", "range", "tree", "settlements"):
        table.add_column(name, justify="right")
    for band in near:
        table.add_row(f"{band['to_m'] / 1000:g} km", *_format_row(band))
    land, sea = found[WHOLE]["length"], round_length_km(float(result.layers["segments"]["sea_km"].sum()))
    console.print(f"Frontier: {_format_number(land)} km on land, rivers and lakes; {_format_number(sea)} km at sea.")
    console.print(table)
    for note in [one for one in result.passport.get("notes", []) if one not in messages]:
        console.print(f"note: {note}", highlight=False, soft_wrap=True, markup=False)
    name = result.study.name
    for what, path in (
        ("map", root / "maps" / name / "index.html"),
        ("layers", root / "data" / "processed" / name / "layers.gpkg"),
        ("QGIS project", root / "data" / "processed" / name / f"{name}.qgz"),
        ("figures", root / "data" / "processed" / name / "exposure.csv"),
        ("passport", root / "data" / "processed" / name / "run.json"),
    ):
        console.print(f"{what:>13}: {path}", soft_wrap=True, highlight=False, markup=False)


def _format_row(band: ZoneFigures) -> list[str]:
    people, low, high = band["people"] or (None, None, None)
    spread = "-" if low is None or high is None else f"{_format_number(low)}–{_format_number(high)}"
    tree = band["cover"].get("tree")
    return [
        _format_number(band["area"]),
        _mark(band, "people", _format_number(people)),
        spread,
        _mark(band, "cover_share", "-" if tree is None else f"{tree}%"),
        _format_number(band["settlements"]),
    ]


def _format_number(value: RoundedValue) -> str:
    return "-" if value is None else str(value) if isinstance(value, str) else f"{value:,}"


def _mark(band: ZoneFigures, measure: str, text: str) -> str:
    """A figure with the sign of its caution, or of the reason why it is not shown."""
    if text == "-":
        return f"{text}†" if measure in band["withheld"] else text
    return f"{text}*" if measure in band["indicative"] else text


def _format_caption(result: Result, found: dict[str, Any]) -> str:
    bands = found[WHOLE]["within"]
    used = {row["need"]: row for row in result.passport.get("sources", [])}
    shown = {"people": any(band["people"] for band in bands), "cover": any(band["cover"] for band in bands)}
    sources = [f"{n}: {used[n]['dataset']} ({used[n]['vintage']})" for n, there in shown.items() if there and n in used]
    if shown["cover"] and "tree" in found["basis"]:
        sources.append(f"tree: share of {found['basis']['tree']}")
    lines = ["; ".join(sources)]
    if any(band["indicative"] for band in bands):
        lines.append("* indicative: land narrower than the data's pixel")
    if any(band["withheld"] for band in bands):
        lines.append(f"† not shown: fewer than {LEAST_PIXELS} of the data's pixels")
    return "\n".join(lines)
