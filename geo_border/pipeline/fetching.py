"""What a study needs on disk: boundaries first, for they tell where everything else is needed."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import shapely

from geo_border import passport
from geo_border.catalog.resolve import PRESET, Sources
from geo_border.errors import FetchError, StudyError, UnreachableError
from geo_border.fetch.gather import FetchOutcome, fetch_needs
from geo_border.fetch.options import Options
from geo_border.fetch.plan import plan_fetch
from geo_border.fetch.retry import Hosts
from geo_border.frontier import build_territories, find_country, match_borders, match_own_line
from geo_border.geo.types import LonLatPolygonal
from geo_border.layers import Layer
from geo_border.pipeline import inputs
from geo_border.pipeline.inputs import OPTIONAL, Bounds, StageProgress
from geo_border.schemas import LINE_NEEDS, NEEDS
from geo_border.store import Folders, Raw
from geo_border.study import Study

LOG = logging.getLogger("geo_border")
# The window of the data is this much wider than the widest band and its reach.
_WINDOW_MARGIN_M = 5_000.0


@dataclass(frozen=True)
class TracedFrontier:
    """Where the frontier runs.

    Attributes
    ----------
    boundaries, own_line
        The boundary layer, and a user's own line or None, read.
    territories
        The study's territories, polygons by name.
    lines
        The frontier by home and facing territory, one line a segment, in EPSG:4326.
    notes
        What of a user's own line is not counted.
    """

    boundaries: Layer
    own_line: Layer | None
    territories: dict[str, LonLatPolygonal]
    lines: dict[tuple[str, str], shapely.MultiLineString]
    notes: list[str]


@dataclass(frozen=True)
class FetchResult:
    """All files of a run on disk, and where its frontier runs.

    Attributes
    ----------
    raws
        Files of every need that something serves.
    notes
        What stands in for what, what is left out, what came through a mirror, what of a line is not counted.
    """

    traced: TracedFrontier
    raws: dict[str, Raw]
    notes: list[str]

    def list_source_rows(self) -> list[dict[str, Any]]:
        """Give the passport's rows of the inputs."""
        return [passport.build_source_row(need, raw) for need, raw in self.raws.items()]

    def compute_window(self, study: Study) -> tuple[Bounds, Any]:
        """Give the bounds of the data, and the corridor in which tiles are needed."""
        return _compute_window(study, self.traced.lines)


def fetch_inputs(
    study: Study,
    sources: Sources,
    folders: Folders,
    options: Options,
    fallback: str | None,
    progress: StageProgress,
) -> FetchResult:
    """Have every need's files on disk, verified; what fails loses no other, and with a fallback ends no run.

    Parameters
    ----------
    sources
        The datasets there are, and which are chosen.
    fallback
        A preset that stands in for what cannot be had.

    Raises
    ------
    FetchError
        With all that is missing and how to go on.
    StudyError
        When the boundaries do not hold the study's territories.
    """
    options = _complete_options(options, study)
    progress("fetch", 0, len(OPTIONAL) + 1)
    _require_line(study, sources)
    first = fetch_needs(LINE_NEEDS, sources, folders, None, options, fallback)
    # Without boundaries there is no run, but what else it needs is fetched where the snapshot can tell which tiles.
    near = first
    if first.failures:
        near = fetch_needs(LINE_NEEDS, sources.choose_only("own_line"), folders, None, options)
    try:
        traced = _trace_frontier(study, _raise_if_missing(near, options))
    except StudyError:
        _raise_if_missing(first, options)
        raise
    window = _compute_window(study, traced.lines)[1]
    gathered = first
    for done, need in enumerate(OPTIONAL, 1):
        progress("fetch", done, len(OPTIONAL) + 1)
        gathered = gathered.combine_with(fetch_needs((need,), sources, folders, window, options, fallback))
    progress("fetch", len(OPTIONAL) + 1, len(OPTIONAL) + 1)
    found = {**near.raws, **_raise_if_missing(gathered, options).raws}
    raws = {need: found[need] for need in NEEDS if need in found}
    notes = [
        inputs.note(sentence) for sentence in (*_describe_substitutions(gathered, sources, folders), *traced.notes)
    ]
    return FetchResult(traced, raws, notes)


def _require_line(study: Study, sources: Sources) -> None:
    """Fail where the study names neither whom the line is with nor the line itself, or both."""
    where = f"study {study.name}"
    if "own_line" not in sources.choices:
        if not study.facing:
            raise StudyError(
                f"{where}: facing names no territory. Name those that the line is with, or give the line itself: "
                "--sources own_line=PATH."
            )
        return
    if study.facing:
        raise StudyError(
            f"{where}: own_line: facing names {', '.join(study.facing)}, and a line of your own faces none. Write "
            "facing = [], or leave own_line out."
        )
    if len(study.home) > 1:
        raise StudyError(
            f"{where}: own_line: home names {', '.join(study.home)}, and a line of your own lies on the edge of one "
            "territory. Name that one."
        )


def _trace_frontier(study: Study, near: FetchOutcome) -> TracedFrontier:
    """The frontier as the boundaries have it, or a user's own line on the edge of them."""
    boundaries = inputs.read_boundaries(study, near.raws.get("boundaries"))
    territories = build_territories(boundaries.data, study)
    own_line = inputs.read_own_line(near.raws.get("own_line"))
    if own_line is None:
        return TracedFrontier(boundaries, None, territories, match_borders(territories, study), [])
    lines, notes = match_own_line(own_line.data, territories, study, own_line.entry.name)
    return TracedFrontier(boundaries, own_line, territories, lines, notes)


def _raise_if_missing(outcome: FetchOutcome, options: Options) -> FetchOutcome:
    """What was gathered, unless something is missing that nothing was to stand in for."""
    if outcome.failures:
        raise UnreachableError(outcome.describe_failures(offline=options.offline))
    return outcome


def _describe_substitutions(outcome: FetchOutcome, sources: Sources, folders: Folders) -> list[str]:
    """Sentences for every output: what stands in, what is left out for want of that, what came through a mirror."""
    out = [
        f"{need}: {outcome.raws[need].entry.title} stands in for the dataset asked for, which could not be had. {why}"
        for need, why in outcome.fallbacks.items()
    ] + [
        f"{need}: not in the snapshot: left out, for the dataset asked for could not be had. {why}"
        for need, why in outcome.omissions.items()
    ]
    # Outputs are passed on: they name files, not where these lay on this machine.
    own = [Path(value.rpartition("@")[2]).parent for need, value in sources.choices.items() if need != PRESET]
    own += [one.entry.file.parent for one in sources.catalogue if one.entry.file is not None]
    for folder in (folders.root, *(folder for folder in own if folder.is_absolute())):
        out = [line.replace(f"{folder}{os.sep}", "") for line in out]
    return [*out, *describe_mirrors(outcome.raws.values())]


def describe_mirrors(raws: Iterable[Raw]) -> list[str]:
    """A sentence that names the inputs which came through a mirror; none if all came from their publishers."""
    by_name = {raw.entry.name: raw.mirror for raw in raws if raw.mirror is not None}
    if not by_name:
        return []
    hosts, names = ", ".join(sorted(set(by_name.values()))), ", ".join(sorted(by_name))
    count, whose = "1 input was", "its publisher"
    if len(by_name) > 1:
        count, whose = f"{len(by_name)} inputs were", "their publishers"
    return [f"{count} fetched through a mirror ({hosts}), not from {whose}: {names}."]


def plan_inputs(study: Study, sources: Sources, folders: Folders, options: Options) -> list[dict[str, Any]]:
    """List what a fetch would bring, opening no socket.

    Which tiles a dataset needs follows from the boundaries, those on disk or else the snapshot's.
    """
    options = replace(_complete_options(options, study), offline=True)
    _require_line(study, sources)
    window = None
    try:
        window = _compute_window(study, trace_on_disk(study, sources, folders, options).lines)[1]
    except (FetchError, StudyError):
        LOG.info("which tiles it needs is known once the boundaries are here")
    return plan_fetch(tuple(NEEDS), sources, folders, window, options)


def trace_on_disk(study: Study, sources: Sources, folders: Folders, options: Options | None = None) -> TracedFrontier:
    """Where the frontier runs by what is on disk; by the snapshot's boundaries where those chosen are not here yet.

    Parameters
    ----------
    study
        Whose frontier.
    sources
        The datasets there are, and which are chosen.
    folders
        Where fetched files are.
    options
        Networks, mirrors and limits; no connection is opened.

    Raises
    ------
    FetchError
        When neither is there.
    StudyError
        When they do not hold the study's territories, or it names no line.
    """
    _require_line(study, sources)
    offline = replace(_complete_options(options or Options(), study), offline=True)
    # For where a study lies and which tiles it needs the snapshot is near enough.
    known = fetch_needs(LINE_NEEDS, sources, folders, None, offline, "embedded")
    return _trace_frontier(study, _raise_if_missing(known, offline))


def _complete_options(options: Options, study: Study) -> Options:
    """Options of one run: which hosts answer is found out anew."""
    home, facing = list_countries(study.home, study), list_countries(study.facing, study)
    return replace(options, countries=home, facing=facing, hosts=Hosts())


def list_countries(names: Sequence[str], study: Study) -> tuple[str, ...]:
    """Countries of the study's territories, each once."""
    return tuple(dict.fromkeys(find_country(name, study) for name in names))


def _compute_window(study: Study, lines: Any) -> tuple[Bounds, Any]:
    return inputs.compute_window(list(lines.values()), study.widest_m + study.reach_m + _WINDOW_MARGIN_M)
