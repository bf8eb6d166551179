"""What a study needs on disk: boundaries first, for they tell where everything else is needed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from geo_border import fetchers, passport
from geo_border.errors import FetchError, StudyError
from geo_border.fetchers import Options
from geo_border.frontier import country_of, matched, polygons
from geo_border.pipeline import inputs
from geo_border.pipeline.inputs import OPTIONAL, Bounds, Inputs, Tell
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
    inputs
        With boundaries read, the rest not yet.
    territories
        The study's territories, polygons by name.
    lines
        The frontier matched, one line a segment, in EPSG:4326.
    needs
        Files of every other need; None where nothing serves it.
    """

    inputs: Inputs
    territories: Any
    lines: Any
    needs: dict[str, Raw | None]

    def rows(self) -> list[dict[str, Any]]:
        """Give the passport's rows of the inputs."""
        had = {**self.inputs.raw, **self.needs}
        return [passport.source_row(need, raw) for need, raw in had.items() if raw is not None]

    def window(self, question: Study) -> tuple[Bounds, Any]:
        """Give the bounds of the data, and the corridor in which tiles are needed."""
        return _window(question, self.lines)


def fetched(
    question: Study, chosen: dict[str, str], folders: Folders, options: Options, fallback: str | None, tell: Tell
) -> Fetched:
    """Have every need's files on disk, verified; what fails loses no other.

    Raises
    ------
    FetchError
        With all that is missing and how to go on.
    StudyError
        When the boundaries do not hold the study's territories.
    """
    options = _of_study(options, question)
    tell("fetch", 0, len(OPTIONAL) + 1)
    first = fetchers.gather(("boundaries",), chosen, folders, None, options, fallback)
    # Without boundaries there is no run, but what else it needs is fetched where the snapshot can tell which tiles.
    near = first if not first.failed else fetchers.gather(("boundaries",), {}, folders, None, options)
    try:
        got = inputs.boundaries(question, near)
        territories = polygons(got.boundaries, question)
        lines = matched(territories, question)
    except StudyError:
        inputs.had(first)
        raise
    window = _window(question, lines)[1]
    gathered = fetchers.Gathered(failed=first.failed)
    for done, need in enumerate(OPTIONAL, 1):
        tell("fetch", done, len(OPTIONAL) + 1)
        gathered = gathered.plus(fetchers.gather((need,), chosen, folders, window, options, fallback))
    tell("fetch", len(OPTIONAL) + 1, len(OPTIONAL) + 1)
    had = inputs.had(gathered)
    got.notes.extend(inputs.told(had))
    return Fetched(got, territories, lines, {need: had.raws.get(need) for need in OPTIONAL})


def planned(question: Study, chosen: dict[str, str], folders: Folders, options: Options) -> list[dict[str, Any]]:
    """List what a fetch would bring, opening no socket.

    Which tiles a dataset needs follows from the boundaries, those on disk or else the snapshot's.
    """
    options = replace(_of_study(options, question), offline=True)
    # Boundaries that are not here yet are near enough in the snapshot to tell which tiles a study needs.
    known = fetchers.gather(("boundaries",), chosen, folders, None, options, "embedded")
    window = None
    try:
        got = inputs.boundaries(question, known)
        window = _window(question, matched(polygons(got.boundaries, question), question))[1]
    except (FetchError, StudyError):
        LOG.info("which tiles it needs is known once the boundaries are here")
    return fetchers.planned(("boundaries", *OPTIONAL), chosen, folders, window, options)


def _of_study(options: Options, question: Study) -> Options:
    return replace(options, countries=_codes(question.home, question), facing=_codes(question.facing, question))


def _codes(names: Sequence[str], question: Study) -> tuple[str, ...]:
    """Countries of the study's territories, each once."""
    return tuple(dict.fromkeys(country_of(name, question) for name in names))


def _window(question: Study, lines: Any) -> tuple[Bounds, Any]:
    return inputs.window_of(list(lines.values()), question.widest_m + question.reach_m + _WINDOW_MARGIN_M)
