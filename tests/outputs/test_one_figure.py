"""The same land and the same measure have one figure in every output of the finished default run."""

from __future__ import annotations

import copy
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from itertools import chain, combinations
from pathlib import Path

import pandas as pd
import pytest

from geo_border import study
from tests.outputs.figures_of.figure import OUTPUTS, Figure, agree, alter, alter_value, is_on_edge, read_number
from tests.outputs.figures_of.finished import Finished, figures_of, gather
from tests.outputs.figures_of.join import Joined, join, lands_of, pairs_of
from tests.outputs.figures_of.lands import Lands
from tests.outputs.webmap.decoding import list_rows

pytestmark = [pytest.mark.slow, pytest.mark.qgis, pytest.mark.xdist_group("default run")]


@pytest.fixture(scope="module")
def finished(default_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return gather(study.read_study(study.DEFAULT), default_root, tmp_path_factory.mktemp("qgis"))


@pytest.fixture(scope="module")
def figures(finished: Finished) -> dict[str, list[Figure]]:
    return {output: figures_of(output, finished) for output in OUTPUTS}


@pytest.fixture(scope="module")
def lands(figures: dict[str, list[Figure]]) -> Lands:
    return lands_of(figures["csv"])


@pytest.fixture(scope="module")
def joined(figures: dict[str, list[Figure]], lands: Lands) -> Joined:
    return join(chain.from_iterable(figures.values()), lands)


def test_every_land_and_measure_has_one_figure_in_all_outputs(joined: Joined) -> None:
    print(joined.describe())
    assert joined.compared.total() >= 2000
    assert not joined.unequal, joined.describe()
    # Two raw values that round alike by chance came by two roads all the same.
    assert not joined.apart, joined.describe()


def test_every_output_is_compared_with_every_other(joined: Joined) -> None:
    for pair in combinations(OUTPUTS, 2):
        # A console prints the whole by distance, a sheet of QGIS one segment: they share no land of this study.
        assert joined.compared[pair] > 0 or pair == ("console", "qgis"), pair


def test_a_figure_off_by_a_percent_or_a_step_disagrees_with_every_figure_that_it_agreed_with(
    figures: dict[str, list[Figure]], lands: Lands
) -> None:
    # Many pairs are of the same two values: each is tried once.
    pairs = {
        ((one.value, one.unit, one.printed), (other.value, other.unit, other.printed)): (one, other)
        for one, other in pairs_of(chain.from_iterable(figures.values()), lands)
        if one.value is not None and other.value is not None and agree(one, other)
    }
    # What stands in the middle between two steps, to the digits that an output gives, agrees with either.
    edged = {key for key, pair in pairs.items() if any(map(is_on_edge, pair))}
    print(f"{len(pairs) - len(edged)} pairs altered, {len(edged)} more stand on an edge")
    assert len(edged) < len(pairs) / 100
    for one, other in (pair for key, pair in pairs.items() if key not in edged):
        assert not agree(alter(one), other), (one, alter(one), other)
        assert not agree(one, alter(other)), (one, other, alter(other))
    assert len(pairs) > 2000


def _altered_text(text: str, pattern: str, unit: str) -> str:
    """A text with the first number that a pattern finds off by a percent or a step."""
    found = re.search(pattern, text)
    assert found, pattern
    value = alter_value(read_number(found.group(1)), unit, printed=True)
    return f"{text[: found.start(1)]}{value:,}{text[found.end(1) :]}"


def _altered_row(frame: pd.DataFrame) -> pd.DataFrame:
    """A table with the people of the first band of Finland off by a percent or a step."""
    out = frame.copy()
    row = out.index[(out["zone_id"] == "band|FI-RU|FI|0-1000") & (out["measure"] == "people")][0]
    out.loc[row, "value"] = alter_value(float(out.loc[row, "value"]), "persons", printed=False)
    return out


def _alter_console(finished: Finished, folder: Path) -> Finished:
    return replace(finished, console=_altered_text(finished.console, r"│ +1 km │ +([\d,]+) │", "km²"))


def _alter_csv(finished: Finished, folder: Path) -> Finished:
    _altered_row(pd.read_csv(finished.tables / "exposure.csv")).to_csv(folder / "exposure.csv", index=False)
    return replace(finished, tables=folder)


def _alter_parquet(finished: Finished, folder: Path) -> Finished:
    _altered_row(pd.read_parquet(finished.tables / "exposure.parquet")).to_parquet(folder / "exposure.parquet")
    return replace(finished, tables=folder)


def _alter_geopackage(sql: str) -> Callable[[Finished, Path], Finished]:
    def alter_it(finished: Finished, folder: Path) -> Finished:
        path = folder / "layers.gpkg"
        shutil.copy(finished.geopackage, path)
        with closing(sqlite3.connect(path)) as database, database:
            # They keep the index of geometry, by functions that only a GIS brings along.
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                database.execute(f"DROP TRIGGER {name}")
            assert database.execute(sql).rowcount == 1
        return replace(finished, geopackage=path)

    return alter_it


def _alter_sheet(finished: Finished, folder: Path) -> Finished:
    answer = copy.deepcopy(finished.qgis)
    labels = answer["labels"]["FI-RU"]
    labels["figures"] = _altered_text(labels["figures"], r"0–1 km: People ([\d,]+)", "persons")
    return replace(finished, qgis=answer)


def _alter_story(finished: Finished, folder: Path) -> Finished:
    page = copy.deepcopy(finished.page)
    tally = page["story"]["all"]["within"][0]
    tally["cover"]["tree"] = alter_value(tally["cover"]["tree"], "share", printed=True)
    return replace(finished, page=page)


def _alter_card(finished: Finished, folder: Path) -> Finished:
    page = copy.deepcopy(finished.page)
    row, shown = next((at, found["shown"]) for at, found in enumerate(list_rows(page)) if found["measure"] == "area")
    numbers = page["figures"]["numbers"]
    texts = numbers["shown"].split(",")
    texts[row] = str(alter_value(shown, "km²", printed=True))
    numbers["shown"] = ",".join(texts)
    return replace(finished, page=page)


def _alter_report(finished: Finished, folder: Path) -> Finished:
    return replace(finished, report=_altered_text(finished.report, r">([\d,]+) km²</td>", "km²"))


# An area of over a thousand km² by one percent, persons under a thousand by one step of ten.
_ONE_PERCENT = "UPDATE zones SET area_km2 = area_km2 * 1.01 WHERE zone_id = 'band|FI-RU|FI|0-1000'"
_ONE_STEP = (
    "UPDATE exposure SET value = value + 10 WHERE zone_id = 'band|FI-RU|FI|0-1000' AND measure = 'people'"
    " AND category = 'total'"
)


@pytest.mark.parametrize(
    ("output", "alter_it"),
    [
        pytest.param("console", _alter_console, id="console"),
        pytest.param("csv", _alter_csv, id="csv"),
        pytest.param("parquet", _alter_parquet, id="parquet"),
        pytest.param("geopackage", _alter_geopackage(_ONE_PERCENT), id="geopackage layer"),
        pytest.param("geopackage", _alter_geopackage(_ONE_STEP), id="geopackage table"),
        pytest.param("qgis", _alter_sheet, id="qgis sheet"),
        pytest.param("map", _alter_story, id="map story"),
        pytest.param("map", _alter_card, id="map card"),
        pytest.param("report", _alter_report, id="report"),
    ],
)
def test_one_printed_value_off_by_a_percent_or_a_step_is_found(
    output: str,
    alter_it: Callable[[Finished, Path], Finished],
    finished: Finished,
    figures: dict[str, list[Figure]],
    lands: Lands,
    tmp_path: Path,
) -> None:
    was, now = set(figures[output]), set(figures_of(output, alter_it(finished, tmp_path)))
    things = {(figure.measure, figure.category, figure.end) for figure in now - was}
    others = [
        figure
        for name in OUTPUTS
        for figure in figures[name]
        if name != output and (figure.measure, figure.category, figure.end) in things
    ]
    assert 1 <= len(now - was) < 10, "one value, and what a reader works out from it"
    before, after = (join([*figures, *others], lands).unequal for figures in (was - now, now - was))
    assert len(after) > len(before), "the altered value agrees with all others"
