"""What a study needs on disk: boundaries first, for they tell where everything else is needed."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geo_border import passport
from geo_border.errors import FetchError, StudyError, UnreachableError
from geo_border.fetch.choose import PRESET
from geo_border.fetch.gather import Gathered, gather
from geo_border.fetch.options import Options
from geo_border.fetch.plan import planned as fetch_planned
from geo_border.fetch.retry import Hosts
from geo_border.frontier import country_of, matched, polygons
from geo_border.layers import Layer
from geo_border.pipeline import inputs
from geo_border.pipeline.inputs import OPTIONAL, Bounds, Tell
from geo_border.store import Folders, Raw
from geo_border.study import Study

LOG = logging.getLogger("geo_border")
# The window of the data is this much wider than the widest band and its reach.
_WINDOW_MARGIN_M = 5_000.0


@dataclass(frozen=True)
class Fetched:
    """All files of a run on disk, and what follows from its boundaries.

    Attributes
    ----------
    boundaries
        The boundary layer, read.
    raws
        Files of every need that something serves.
    territories
        The study's territories, polygons by name.
    lines
        The frontier matched, one line a segment, in EPSG:4326.
    notes
        What stands in for what, what is left out, what came through a mirror.
    """

    boundaries: Layer
    raws: dict[str, Raw]
    territories: Any
    lines: Any
    notes: list[str]

    def rows(self) -> list[dict[str, Any]]:
        """Give the passport's rows of the inputs."""
        return [passport.source_row(need, raw) for need, raw in self.raws.items()]

    def window(self, question: Study) -> tuple[Bounds, Any]:
        """Give the bounds of the data, and the corridor in which tiles are needed."""
        return _window(question, self.lines)


def fetched(
    question: Study, chosen: dict[str, str], folders: Folders, options: Options, fallback: str | None, tell: Tell
) -> Fetched:
    """Have every need's files on disk, verified; what fails loses no other, and with a fallback ends no run.

    Raises
    ------
    FetchError
        With all that is missing and how to go on.
    StudyError
        When the boundaries do not hold the study's territories.
    """
    options = _of_study(options, question)
    tell("fetch", 0, len(OPTIONAL) + 1)
    first = gather(("boundaries",), chosen, folders, None, options, fallback)
    # Without boundaries there is no run, but what else it needs is fetched where the snapshot can tell which tiles.
    near = first if not first.failed else gather(("boundaries",), {}, folders, None, options)
    try:
        raw = _had(near, options).raws.get("boundaries")
        boundaries = inputs.read_boundaries(question, raw)
        territories = polygons(boundaries.data, question)
        lines = matched(territories, question)
    except StudyError:
        _had(first, options)
        raise
    window = _window(question, lines)[1]
    gathered = first
    for done, need in enumerate(OPTIONAL, 1):
        tell("fetch", done, len(OPTIONAL) + 1)
        gathered = gathered.plus(gather((need,), chosen, folders, window, options, fallback))
    tell("fetch", len(OPTIONAL) + 1, len(OPTIONAL) + 1)
    found = {**near.raws, **_had(gathered, options).raws}
    raws = {need: found[need] for need in ("boundaries", *OPTIONAL) if need in found}
    notes = [inputs.note(sentence) for sentence in _told(gathered, chosen, folders)]
    return Fetched(boundaries, raws, territories, lines, notes)


def _had(gathered: Gathered, options: Options) -> Gathered:
    """What was gathered, unless something is missing that nothing was to stand in for."""
    if gathered.failed:
        raise UnreachableError(gathered.report(offline=options.offline))
    return gathered


def _told(gathered: Gathered, chosen: dict[str, str], folders: Folders) -> list[str]:
    """Sentences for every output: what stands in, what is left out for want of that, what came through a mirror."""
    out = [
        f"{need}: {gathered.raws[need].entry.title} stands in for the dataset asked for, which could not be had. {why}"
        for need, why in gathered.fallbacks.items()
    ] + [
        f"{need}: not in the snapshot: left out, for the dataset asked for could not be had. {why}"
        for need, why in gathered.left_out.items()
    ]
    # Outputs are passed on: they name files, not where these lay on this machine.
    own = [Path(value.rpartition("@")[2]).parent for need, value in chosen.items() if need != PRESET]
    for folder in (folders.root, *(folder for folder in own if folder.is_absolute())):
        out = [line.replace(f"{folder}{os.sep}", "") for line in out]
    return [*out, *mirrored(gathered.raws.values())]


def mirrored(raws: Iterable[Raw]) -> list[str]:
    """A sentence that names the inputs which came through a mirror; none if all came from their publishers."""
    by_name = {raw.entry.name: raw.mirror for raw in raws if raw.mirror is not None}
    if not by_name:
        return []
    hosts, names = ", ".join(sorted(set(by_name.values()))), ", ".join(sorted(by_name))
    count, whose = "1 input was", "its publisher"
    if len(by_name) > 1:
        count, whose = f"{len(by_name)} inputs were", "their publishers"
    return [f"{count} fetched through a mirror ({hosts}), not from {whose}: {names}."]


def planned(question: Study, chosen: dict[str, str], folders: Folders, options: Options) -> list[dict[str, Any]]:
    """List what a fetch would bring, opening no socket.

    Which tiles a dataset needs follows from the boundaries, those on disk or else the snapshot's.
    """
    options = replace(_of_study(options, question), offline=True)
    # Boundaries that are not here yet are near enough in the snapshot to tell which tiles a study needs.
    known = gather(("boundaries",), chosen, folders, None, options, "embedded")
    window = None
    try:
        boundaries = inputs.read_boundaries(question, _had(known, options).raws.get("boundaries"))
        window = _window(question, matched(polygons(boundaries.data, question), question))[1]
    except (FetchError, StudyError):
        LOG.info("which tiles it needs is known once the boundaries are here")
    return fetch_planned(("boundaries", *OPTIONAL), chosen, folders, window, options)


def _of_study(options: Options, question: Study) -> Options:
    """Options of one run: which hosts answer is found out anew."""
    home, facing = codes(question.home, question), codes(question.facing, question)
    return replace(options, countries=home, facing=facing, hosts=Hosts())


def codes(names: Sequence[str], question: Study) -> tuple[str, ...]:
    """Countries of the study's territories, each once."""
    return tuple(dict.fromkeys(country_of(name, question) for name in names))


def _window(question: Study, lines: Any) -> tuple[Bounds, Any]:
    return inputs.window_of(list(lines.values()), question.widest_m + question.reach_m + _WINDOW_MARGIN_M)
