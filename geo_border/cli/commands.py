"""The command line: each command is a few lines that call the pipeline and say what came of it.

A command imports what it calls, so that `--help` and `studies` need not wait for GDAL and the rest.
"""

from __future__ import annotations

import logging
import sys
from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from geo_border._version import __version__
from geo_border.cli.console import ProgressBars, WarningHandler, print_summary
from geo_border.cli.inspection import format_inspection
from geo_border.cli.tables import build_plan_table, format_catalogue, format_plan
from geo_border.errors import GeoBorderError
from geo_border.files.network import forbid_network
from geo_border.study import DEFAULT, locate_studies, read_study
from geo_border.study import list_studies as study_list_studies

app = typer.Typer(
    name="geo-border",
    help="What civilians and nature stand to lose along a frontier: zones, figures and maps from open data.\n\n"
    "Start with `geo-border run`: it needs no network and maps Finland to Poland from data that ships.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
_GLOBAL_FLAGS = ("--quiet", "-q", "--verbose", "-v", "--debug")
# Click's own errors: a wrong option, a missing argument. Typer carries a Click of its own since 0.26 and used the
# installed one before; in both the public BadParameter is a ClickException (typed as it, for `format_message`).
_USAGE_ERROR: type[typer.BadParameter] = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")
_EXIT_INTERRUPTED = 130
OUT = Console()
ERR = Console(stderr=True)


class Mode(StrEnum):
    """What tabulate reads from the raster."""

    CLASS = "class"
    SUM = "sum"


class Coverage(StrEnum):
    """How edge cells count: by their centre, or by the exact share covered."""

    CENTER = "center"
    EXACT = "exact"


class Overlap(StrEnum):
    """Whether zones may overlap."""

    ALLOW = "allow"
    FORBID = "forbid"


StudyArg = Annotated[str, typer.Argument(help="A study's name (see `geo-border studies`) or the path of a .toml file.")]
Root = Annotated[Path, typer.Option("--root", help="Folder that holds data/ and maps/.", show_default="current folder")]
Sources = Annotated[
    list[str],
    typer.Option(
        "--sources",
        help="embedded | live | NEED=DATASET | NEED=PATH | NEED=DATASET@PATH; repeat for several needs.",
        metavar="WHAT",
    ),
]
Catalogs = Annotated[
    list[Path],
    typer.Option(
        "--catalog",
        help=r"A TOML file of \[\[dataset]] tables, which describe data of your own (`geo-border inspect FILE` prints "
        "one); name them in --sources. Repeatable, the last one wins.",
        metavar="FILE",
    ),
]
Fallback = Annotated[str, typer.Option(help="Preset that stands in for datasets that cannot be had: embedded.")]
Offline = Annotated[bool, typer.Option("--offline", help="Use only what is on disk; open no socket.")]
Mirror = Annotated[
    list[str], typer.Option("--mirror", help="Fetch URLs that start with FROM from TO.", metavar="FROM=TO")
]
EngineName = Annotated[str, typer.Option("--engine", help="Where tasks run: local (threads here) or dask.")]
Scheduler = Annotated[str, typer.Option(help="Address of a running Dask scheduler, e.g. tcp://host:8786.")]
Workers = Annotated[int, typer.Option(min=0, help="Dask worker processes to start here; 0 = one a core.")]
Recompute = Annotated[bool, typer.Option("--recompute", help="Compute even if nothing has changed since the last run.")]


@app.callback(invoke_without_command=True)
def set_verbosity(
    context: typer.Context,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary; errors only.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Say more about each step.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Set how much is said."""
    if version:
        OUT.print(__version__)
        raise typer.Exit
    level = logging.ERROR if quiet else logging.INFO if verbose else logging.WARNING
    handler = WarningHandler(ERR)
    logger = logging.getLogger("geo_border")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.DEBUG if debug else level)
    context.obj = {"quiet": quiet, "debug": debug, "said": handler.messages}


@app.command()
def run(
    context: typer.Context,
    study: StudyArg = DEFAULT,
    root: Root = Path(),
    sources: Sources = [],  # noqa: B006 - Typer copies it
    catalog: Catalogs = [],  # noqa: B006
    fallback: Fallback = "",
    offline: Offline = False,
    mirror: Mirror = [],  # noqa: B006
    recompute: Recompute = False,
    engine: EngineName = "local",
    scheduler: Scheduler = "",
    workers: Workers = 0,
) -> None:
    """Everything: fetch, compute, write layers and tables, draw the map. Run it again to resume or refresh."""
    from geo_border import pipeline  # noqa: PLC0415
    from geo_border.store import Folders  # noqa: PLC0415

    cache_folder = Folders(root.resolve()).kept
    with (
        ProgressBars(ERR, context.obj["quiet"]) as bars,
        _open_engine(engine, scheduler, workers, cache_folder) as running_engine,
    ):
        result = pipeline.run(
            study,
            root=root,
            sources=sources,
            catalog=catalog,
            options=_build_options(offline, mirror),
            fallback=fallback or None,
            progress=bars.show_stage,
            recompute=recompute,
            engine=running_engine,
        )
    if not context.obj["quiet"]:
        print_summary(OUT, result, root, context.obj["said"])


@app.command()
def fetch(
    context: typer.Context,
    study: StudyArg = DEFAULT,
    root: Root = Path(),
    sources: Sources = [],  # noqa: B006
    catalog: Catalogs = [],  # noqa: B006
    fallback: Fallback = "",
    offline: Offline = False,
    mirror: Mirror = [],  # noqa: B006
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List files, bytes and licences; fetch nothing.")] = False,
) -> None:
    """Only fetch and verify what a run would use; resumable."""
    from geo_border import pipeline  # noqa: PLC0415

    options = _build_options(offline, mirror)
    with ProgressBars(ERR, context.obj["quiet"]) as bars:
        if dry_run:
            rows = pipeline.plan(study, root=root, sources=sources, catalog=catalog, options=options)
        else:
            rows = pipeline.fetch(
                study,
                root=root,
                sources=sources,
                catalog=catalog,
                options=options,
                fallback=fallback or None,
                progress=bars.show_stage,
            )
    OUT.print(build_plan_table(rows))
    for line in format_plan(rows):
        OUT.print(line, highlight=False, soft_wrap=True)


@app.command(name="map")
def draw_map(context: typer.Context, study: StudyArg = DEFAULT, root: Root = Path()) -> None:
    """Draw the map again from data/processed."""
    from geo_border import pipeline  # noqa: PLC0415

    with ProgressBars(ERR, context.obj["quiet"]) as bars:
        page = pipeline.draw(study, root=root, progress=bars.show_stage)
    OUT.print(str(page), soft_wrap=True, markup=False)


@app.command()
def report(context: typer.Context, study: StudyArg = DEFAULT, root: Root = Path()) -> None:
    """Write the report and still pictures from data/processed."""
    from geo_border import pipeline  # noqa: PLC0415

    with ProgressBars(ERR, context.obj["quiet"]) as bars:
        for path in pipeline.report(study, root=root, progress=bars.show_stage):
            OUT.print(str(path), soft_wrap=True, markup=False)


@app.command()
def release(
    study: StudyArg = DEFAULT,
    root: Root = Path(),
    out: Annotated[
        Path | None, typer.Option("--out", help="The zip to write.", show_default="<study>.zip in the current folder")
    ] = None,
) -> None:
    """Pack a run for somebody without Python: maps, report, layers, tables, passport, licences, checksums."""
    from geo_border import pipeline  # noqa: PLC0415

    OUT.print(str(pipeline.release(study, root=root, out=out)), soft_wrap=True, markup=False)


@app.command(name="sources")
def list_sources(root: Root = Path(), catalog: Catalogs = []) -> None:  # noqa: B006
    """List the catalogue: dataset, version, licence, resolution, bytes, cached or not."""
    from geo_border import pipeline  # noqa: PLC0415

    for line in format_catalogue(pipeline.list_sources(root=root, catalog=catalog)):
        OUT.print(line, highlight=False, soft_wrap=True)


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="A raster, a folder of tiles, a vector file, a catalogue or a study.")],
    need: Annotated[
        str,
        typer.Option(
            help="What it is to serve, as in --sources: boundaries, land, water, admin, cover, people, "
            "settlement_class, places, facilities, roads, protected, own_zones, own_line; else guessed."
        ),
    ] = "",
    study: Annotated[str, typer.Option(help="The study whose land it is held against.")] = DEFAULT,
    layer: Annotated[str, typer.Option(help="Layer of a vector file; else the one with most rows.")] = "",
    band: Annotated[int, typer.Option(min=1, help="Band of a raster, from 1.")] = 1,
    catalog: Catalogs = [],  # noqa: B006
    root: Root = Path(),
) -> None:
    """Say what a file would be taken for, what of a study it covers, what is doubtful, and the entry to copy.

    What it prints of a file of data is a catalogue by itself: `geo-border inspect grid.tif > mine.toml`. Of a
    catalogue or study it lists every mistake, in the files too, and ends with exit code 1 where there is one.
    """
    from geo_border import pipeline  # noqa: PLC0415

    found = pipeline.inspect(
        file, need=need or None, study=study, layer=layer or None, band=band, catalog=catalog, root=root
    )
    for line in format_inspection(found):
        OUT.print(line, soft_wrap=True, highlight=False, markup=False)
    if found.faults:
        raise typer.Exit(1)


@app.command(name="studies")
def list_studies() -> None:
    """List the studies that ship, and say where to put your own."""
    for name in study_list_studies():
        found = read_study(name)
        OUT.print(f"[bold]{name}[/bold]{' (default)' if name == DEFAULT else ''}: {found.title}")
        OUT.print(f"  {found.about}", highlight=False)
    OUT.print(f"They lie in {locate_studies()}. Copy one anywhere, change it, and run it by its path:", soft_wrap=True)
    OUT.print("  geo-border run ./my-border.toml")
    OUT.print("Every key, with its default and a full example: docs/STUDIES.md of the project.")


@app.command()
def check(study: StudyArg = DEFAULT, root: Root = Path()) -> None:
    """Verify checksums, schemas and conservation of a run; exit code 1 if anything is off."""
    from geo_border import pipeline  # noqa: PLC0415

    for row in pipeline.check(study, root=root):
        limit = "" if row["limit"] is None else f" (limit {row['limit']:g})"
        OUT.print(f"[green]ok[/green] {row['name']}: {row['value']:.3g} {row['unit']}{limit}", soft_wrap=True)


@app.command()
def diff(
    run_a: Annotated[Path, typer.Argument(help="Folder of a run (or its run.json).")],
    run_b: Annotated[Path, typer.Argument(help="Folder of another run (or its run.json).")],
    limit: Annotated[int, typer.Option("--most", min=0, help="Figures to list; 0 = all.")] = 40,
) -> None:
    """Show what changed between two runs: inputs, how many figures of each measure, then the figures."""
    from geo_border import pipeline  # noqa: PLC0415
    from geo_border.diff import format_changes  # noqa: PLC0415

    for line in format_changes(pipeline.diff(run_a, run_b), limit):
        OUT.print(line, highlight=False, soft_wrap=True, markup=False)


@app.command()
def tabulate(
    context: typer.Context,
    raster: Annotated[list[Path], typer.Argument(help="A raster, or the tiles of one.")],
    zones: Annotated[Path, typer.Argument(help="Polygons: any file that GDAL opens, or .parquet.")],
    out: Annotated[Path, typer.Option("--out", help="Table to write: .csv or .parquet.")],
    zone_field: Annotated[
        str, typer.Option(help="Column that names the zone; rows of one name are one zone.")
    ] = "zone_id",
    mode: Annotated[Mode, typer.Option(help="class: km² by class; sum: counts.")] = Mode.CLASS,
    coverage: Annotated[Coverage, typer.Option(help="How edge cells count.")] = Coverage.EXACT,
    overlap: Annotated[Overlap, typer.Option(help="Whether zones may overlap.")] = Overlap.ALLOW,
    band: Annotated[int, typer.Option("--band", help="Band of the raster, from 1.")] = 1,
    engine: EngineName = "local",
    scheduler: Scheduler = "",
    workers: Workers = 0,
) -> None:
    """Area by class, or sum of counts, of any raster in any zones: exact, streamed, in bounded memory."""
    from geo_border import zonal  # noqa: PLC0415
    from geo_border.outputs import table  # noqa: PLC0415
    from geo_border.user_cache import open_user_cache  # noqa: PLC0415

    table.check_name(out)
    # Not beside the table: that folder may be shared, or a stranger's.
    cache_folder = open_user_cache("tabulate")
    with (
        ProgressBars(ERR, context.obj["quiet"]) as bars,
        _open_engine(engine, scheduler, workers, cache_folder) as running_engine,
    ):
        frame = zonal.tabulate(
            raster,
            zones,
            zone_field=zone_field,
            mode=mode.value,
            coverage=coverage.value,
            overlap=overlap.value,
            band=band,
            engine=running_engine,
            progress=lambda done, total: bars.show_stage("tabulate", done, total),
        )
        table.write_frame(frame, out)
        if running_engine.checkpoints is not None:
            running_engine.checkpoints.remove()
    OUT.print(f"{len(frame)} rows in {out}", soft_wrap=True, markup=False)


def _open_engine(name: str, scheduler: str, workers: int, folder: Path | None) -> AbstractContextManager[Any]:
    """Engine of a command, which keeps results so far in `folder`; None: nowhere."""
    from geo_border import passport  # noqa: PLC0415
    from geo_border.engine import open_checkpoints, open_engine  # noqa: PLC0415

    checkpoints = open_checkpoints(folder, passport.hash_code())
    return open_engine(name, scheduler=scheduler or None, workers=workers or None, checkpoints=checkpoints)


def _build_options(offline: bool, mirror: list[str]) -> Any:
    from geo_border.fetch.options import build_options  # noqa: PLC0415

    return build_options(offline, mirror)


def main() -> None:
    """Entry point: one clear line for every known error, and the exit codes of the contract."""
    forbid_network()
    # How much is said may stand before or after the command's name.
    said = [word for word in sys.argv[1:] if word in _GLOBAL_FLAGS]
    debug = "--debug" in said
    try:
        ended = app(said + [word for word in sys.argv[1:] if word not in _GLOBAL_FLAGS], standalone_mode=False)
    except GeoBorderError as error:
        if debug:
            raise
        ERR.print(f"[red]error:[/red] {_escape_markup(str(error))}", soft_wrap=True, highlight=False)
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.exit(_EXIT_INTERRUPTED)
    except _USAGE_ERROR as error:
        message = _escape_markup(error.format_message())
        if message:  # The help was printed instead where no command was named.
            ERR.print(f"[red]error:[/red] {message} See --help.", soft_wrap=True)
        sys.exit(2)
    # Typer makes an exit code of Ctrl-C and of its own Exit, and returns it.
    if ended == _EXIT_INTERRUPTED:
        ERR.print("interrupted: nothing is half-written; run the same command again to go on.")
    sys.exit(ended if isinstance(ended, int) else 0)


def _escape_markup(text: str) -> str:
    """Text with Rich's markup brackets shown as they are."""
    return text.replace("[", r"\[")
