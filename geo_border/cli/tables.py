"""Datasets as lists for the person who asks: what a fetch would bring, what the catalogue holds."""

from __future__ import annotations

from typing import Any

from rich.markup import escape
from rich.table import Table

from geo_border import catalog
from geo_border.schemas import NEEDS

# What a plan says of a dataset of which it lists no files, by the way it comes: in the table, and below it.
_UNLISTED_FILES = {
    "tiles": ("not known", "tiles; how many is known once the boundaries and the publisher's list of tiles are here"),
    "made": ("none", "made from another dataset here"),
    "by hand": ("by hand", "files that you fetch by hand and give with --sources"),
}
# Together with the other columns these fit into 80.
_NAME_WIDTH, _NEEDS_WIDTH = 32, 20


def build_plan_table(rows: list[dict[str, Any]]) -> Table:
    """Inputs as dataset, what it serves, files and size, one dataset once; their sum below."""
    datasets = _group_by_dataset(rows)
    table = Table(show_footer=True)
    longest = max((len(row["dataset"]) for row in datasets), default=0)
    table.add_column("dataset", footer="in all", overflow="fold", min_width=min(longest, _NAME_WIDTH))
    table.add_column("serves", overflow="fold", min_width=max(map(len, NEEDS)), max_width=_NEEDS_WIDTH)
    table.add_column("files", justify="right", no_wrap=True)
    table.add_column("size", footer=_format_size(sum(row["bytes"] for row in datasets)), justify="right", no_wrap=True)
    for row in datasets:
        count = f"{len(row['files']):,}" if row["files"] else _UNLISTED_FILES[_classify_delivery(row["dataset"])][0]
        table.add_row(row["dataset"], ", ".join(row["needs"]), count, _format_size(row["bytes"]))
    return table


def _group_by_dataset(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each dataset once, with all needs that it serves and its bytes: those of its files, or the catalogue's guess."""
    out: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        size = row.get("bytes", sum(file["bytes"] or 0 for file in row["files"]))
        # By version too: two files of a user's own may have the same name.
        mine = out.setdefault((row["dataset"], row["version"]), {**row, "needs": [], "bytes": size or 0})
        mine["needs"].append(row["need"])
    return list(out.values())


def _classify_delivery(dataset: str) -> str:
    """How a dataset comes of which no files are listed."""
    entry = catalog.read_entries().get(dataset)
    if entry is not None and entry.download is not None:
        return "tiles"
    return "made" if entry is not None and entry.source == "embedded" else "by hand"


def _format_size(size_bytes: int) -> str:
    """Bytes as a person says them.

    >>> [_format_size(n) for n in (0, 900, 443_353, 1_400_000, 27_600_000, 1_500_000_000)]
    ['-', '0.9 kB', '443 kB', '1.4 MB', '28 MB', '1.5 GB']
    """
    if not size_bytes:
        return "-"
    unit, factor = next((pair for pair in (("GB", 1e9), ("MB", 1e6)) if size_bytes >= pair[1]), ("kB", 1e3))
    return f"{size_bytes / factor:,.{0 if size_bytes >= 10 * factor else 1}f} {unit}"


def format_plan(rows: list[dict[str, Any]], max_files: int = 4) -> list[str]:
    """Which files each dataset is made of, what it is licensed under, and what its terms ask; one dataset once."""
    out = []
    for row in _group_by_dataset(rows):
        names = [file["name"] for file in row["files"]]
        files = ", ".join(names[:max_files]) + (f" and {len(names) - max_files} more" if len(names) > max_files else "")
        files = files or _UNLISTED_FILES[_classify_delivery(row["dataset"])][1]
        out.append(f"[bold]{row['dataset']}[/bold] version {escape(row['version'])}: {escape(files)}")
        out.append(f"    licence: {escape(row['licence'])}.")
        if row.get("terms"):
            out.append(f"    terms: {escape(row['terms'])}")
    return out


def format_catalogue(rows: list[dict[str, Any]]) -> list[str]:
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
