"""What a plan and a summary tell: whole names at 80 columns, each dataset's bytes once, each note once."""

from __future__ import annotations

import io
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from geo_border import catalog, pipeline
from geo_border.cli.console import WarningHandler, print_summary
from geo_border.cli.tables import build_plan_table, format_plan
from geo_border.present import figures
from geo_border.result import Result
from tests import synthetic


def shown(rows: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    Console(file=out, width=80).print(build_plan_table(rows))
    return out.getvalue()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return pipeline.plan("suwalki", root=tmp_path_factory.mktemp("plan"), sources=["live"])


def row(dataset: str, *needs: str, size: int | None = None) -> list[dict[str, Any]]:
    version = catalog.find_entry(dataset).version
    return [{"need": n, "dataset": dataset, "version": version, "files": [], "bytes": size} for n in needs]


def test_no_name_is_cut_and_no_number_broken_at_80_columns(live: list[dict[str, Any]]) -> None:
    told = shown(live)
    for one in live:
        assert one["dataset"] in told
        assert one["need"] in told
    assert "1.5 GB" in told
    longest = max(catalog.read_entries(), key=len)
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


def test_a_number_of_files_that_is_not_known_is_not_nought(live: list[dict[str, Any]], tmp_path: Path) -> None:
    (cover,) = [line for line in shown(live).splitlines() if "esa-worldcover" in line]
    assert "not known" in cover
    lines = "\n".join(format_plan(live))
    assert "how many is known once" in lines
    planned = pipeline.plan("suwalki", root=tmp_path, sources=["cover=corine-2018"])
    told = {
        name: line
        for line in shown(planned).splitlines()
        for name in ("corine-2018", "modelled-people")
        if name in line
    }
    assert "by hand" in told["corine-2018"]
    assert "none" in told["modelled-people"]


def test_what_was_warned_of_is_remembered_word_for_word() -> None:
    handler = WarningHandler(Console(file=io.StringIO()))
    handler.emit(logging.makeLogRecord({"msg": "%s", "args": ("people: 5 % are absent.",), "levelno": 30}))
    assert handler.messages == {"people: 5 % are absent."}


def test_a_gap_is_said_once_by_a_run_abroad(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from geo_border import cli

    data = Path(__file__).parents[1] / "data"
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


def _summarise(made: Result, root: Path) -> str:
    out = io.StringIO()
    print_summary(Console(file=out, width=80), made, root)
    return out.getvalue()


def test_the_summary_shows_rows_of_the_table_rounded_as_maps_round_them(tmp_path: Path) -> None:
    made = synthetic.build()
    told = _summarise(made, tmp_path)
    shown = figures.add_rounded_columns(made.exposure)
    rows = {(row.zone_id, row.measure, row.category): row for row in shown.fillna({"category": ""}).itertuples()}
    for _, to_m in made.study.bands:
        (line,) = [one for one in told.splitlines() if one.startswith("│") and f" {to_m / 1000:g} km " in one]
        cells = [cell.strip() for cell in line.strip("│").split("│")]
        zone_id = f"within|all|0-{to_m:g}"
        area, people = rows[zone_id, "area", ""], rows[zone_id, "people", "total"]
        assert cells[1:] == [
            f"{area.shown:,}",
            f"{people.shown:,}",
            f"{people.shown_low:,}–{people.shown_high:,}",
            f"{rows[zone_id, 'cover_share', 'tree'].shown}%",
            f"{rows[zone_id, 'settlements', ''].shown:,}",
        ]
    assert "tree: share of known cover without water" in " ".join(told.split())
    assert "not shown" not in told


def test_the_summary_says_why_it_shows_a_dash(tmp_path: Path) -> None:
    made = synthetic.build()
    rows = made.exposure.copy()
    rows.loc[(rows["zone_id"] == "within|all|0-1000") & rows["measure"].isin(["people", "cover_share"]), "pixels"] = (
        29.0
    )
    told = _summarise(replace(made, exposure=rows), tmp_path)
    (line,) = [one for one in told.splitlines() if " 1 km " in one]
    assert line.count("-†") == 2
    assert "† not shown: fewer than 30 of the data's pixels" in told


@pytest.mark.parametrize(("km", "text"), [(49.27, "197.1 km"), (321.44, "1,286 km"), (0.004, "<0.1 km")])
def test_the_summary_rounds_lengths_as_every_output_does(tmp_path: Path, km: float, text: str) -> None:
    made = synthetic.build()
    rows = made.exposure.copy()
    line = (rows["measure"] == "frontier_length") & (rows["zone_kind"] == "segment")
    rows.loc[line, "value"] = km * (rows.loc[line, "category"] == "land").astype(float)
    segments = made.layers["segments"].assign(sea_km=km)
    told = _summarise(replace(made, exposure=rows, layers={**made.layers, "segments": segments}), tmp_path)
    assert f"Frontier: {text} on land, rivers and lakes; {text} at sea." in told
