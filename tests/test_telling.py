"""What a plan and a summary tell: whole names at 80 columns, each dataset's bytes once, each note once."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from geo_border import catalog, pipeline
from geo_border.listing import plan_lines, plan_table
from geo_border.telling import Warnings


def shown(rows: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    Console(file=out, width=80).print(plan_table(rows))
    return out.getvalue()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return pipeline.plan("suwalki", root=tmp_path_factory.mktemp("plan"), sources=["live"])


def row(dataset: str, *needs: str, size: int | None = None) -> list[dict[str, Any]]:
    version = catalog.entry(dataset).version
    return [{"need": n, "dataset": dataset, "version": version, "files": [], "bytes": size} for n in needs]


def test_no_name_is_cut_and_no_number_broken_at_80_columns(live: list[dict[str, Any]]) -> None:
    told = shown(live)
    for one in live:
        assert one["dataset"] in told
        assert one["need"] in told
    assert "1.5 GB" in told
    longest = max(catalog.entries(), key=len)
    told = shown(row(longest, "cover") + row("osm-extracts", "facilities", "roads", "places", size=3_300_000_000))
    assert longest in told
    assert "3.3 GB │" in told
    assert all(len(line) <= 80 for line in told.splitlines())


def test_a_dataset_that_serves_two_needs_is_one_row_and_counted_once(live: list[dict[str, Any]]) -> None:
    told = shown(live)
    assert told.count("geoboundaries-cgaz") == 1
    assert "boundaries, land" in told
    sizes = {one["dataset"]: one["bytes"] for one in live}
    assert f"{sum(sizes.values()) / 1e9:.1f} GB" in told.splitlines()[-2]


def test_two_files_of_one_name_are_two_datasets() -> None:
    rows = [
        {"need": need, "dataset": "grid.tif", "version": version, "files": [{"name": "grid.tif", "bytes": 2_000_000}]}
        for need, version in (("people", "a1"), ("cover", "b2"))
    ]
    assert "4.0 MB" in shown(rows).splitlines()[-2]


def test_a_number_of_files_that_is_not_known_is_not_nought(live: list[dict[str, Any]]) -> None:
    (cover,) = [line for line in shown(live).splitlines() if "esa-worldcover" in line]
    assert "not known" in cover
    lines = "\n".join(plan_lines(live))
    assert "how many is known once" in lines
    assert "by hand" in shown(row("corine-2018", "cover"))
    assert "none" in shown(row("modelled-people", "people"))


def test_what_was_warned_of_is_remembered_word_for_word() -> None:
    handler = Warnings(Console(file=io.StringIO()))
    handler.emit(logging.makeLogRecord({"msg": "%s", "args": ("people: 5 % are absent.",), "levelno": 30}))
    assert handler.said == {"people: 5 % are absent."}


def test_a_gap_is_said_once_by_a_run_abroad(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from geo_border import cli

    data = Path(__file__).parent / "data"
    boundaries = f"boundaries={data / 'us_mx_natural_earth_10m.geojson'}"
    words = ["run", str(data / "us-mx.toml"), "--root", str(tmp_path), "--sources", boundaries]
    monkeypatch.setattr("sys.argv", ["geo-border", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    captured = capsys.readouterr()
    told = " ".join((captured.out + captured.err).split())
    for gap in ("no land where the study is", "no administrative units where", "people: modelled from settlement"):
        assert told.count(gap) == 1, gap
