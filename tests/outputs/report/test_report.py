"""The report: one A4 a segment and a country in every language, figures as present writes them, text escaped."""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from geo_border import present
from geo_border.outputs import report
from geo_border.present import Language, figures, read_language
from geo_border.present.totals import QUOTED_COVER
from geo_border.result import Result
from tests import synthetic


@pytest.fixture(scope="module")
def result() -> Result:
    return synthetic.build()


@pytest.fixture(scope="module")
def folder(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report")
    report.write(result, out)
    return out


def test_everything_is_written_and_told(result: Result, folder: Path) -> None:
    pictures = {f"{name}{suffix}" for name in ("overview", *synthetic.SEGMENTS) for suffix in (".png", ".svg")}
    sheets = {"report.html", *(f"report.{code}.html" for code in present.LANGUAGES if code != "en")}
    assert {path.name for path in folder.iterdir()} == pictures | sheets


def test_the_same_result_gives_the_same_bytes(result: Result, folder: Path, tmp_path: Path) -> None:
    for path in report.write(result, tmp_path):
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name


def _read_rows(text: str, ident: str) -> dict[str, list[str]]:
    """Rows of a sheet's tables: the first cell to the others; `all` is what stands before the sheets."""
    start = 0 if ident == "all" else text.index(f'<article class="sheet" id="{ident}"')
    sheet = text[start : text.index("<article" if ident == "all" else "</article>", start)]
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', sheet)
    return {
        unescape(head): [unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", rest)] for head, rest in rows
    }


def _write_range(words: Language, row: pd.Series[Any]) -> str:
    spread = words.format_range(row["shown_low"], row["shown_high"])
    return words.format_number(row["shown"]) + (f" ({spread})" if spread else "")


@pytest.mark.parametrize("code", present.LANGUAGES)
def test_figures_read_as_present_writes_them(result: Result, folder: Path, code: str) -> None:
    text = (folder / report.build_file_name(code)).read_text("utf-8")
    words, shown = read_language(code), figures.add_rounded_columns(result.exposure)
    far = {to_m: f"{words.format_number(to_m / 1000)}\u00a0{words.translate('km')}" for _, to_m in result.study.bands}
    for key in ("all", *synthetic.SEGMENTS, "LT", "PL"):
        read = _read_rows(text, key)
        for to_m, distance in far.items():
            own = shown[shown["zone_id"] == f"within|{key}|0-{to_m:g}"]
            rows = {
                (m, None if pd.isna(c) else c): row
                for m, c, (_, row) in zip(own["measure"], own["category"], own.iterrows(), strict=True)
            }
            assert read[words.translate("Within {distance}", distance=distance)] == [
                f"{words.format_number(rows['area', None]['shown'])} {words.translate('km²')}",
                _write_range(words, rows["people", "total"]),
                *(words.format_share(rows["cover_share", name]["shown"]) for name in QUOTED_COVER),
                words.format_number(rows["settlements", None]["shown"]),
            ]
    assert words.translate("Hypothetical strips") in text
    assert words.translate(present.read_disclaimer()) in text


def test_what_too_few_pixels_carry_is_a_dash_with_its_reason_on_the_sheet(folder: Path) -> None:
    text = (folder / "report.html").read_text("utf-8")
    # Half a kilometre of one segment's land holds fewer than 30 pixels of either dataset, that of all segments more.
    assert _read_rows(text, "LT-RU")["500\u00a0m"][1:] == ["–†"] * 4
    assert "–†" not in "".join(_read_rows(text, "all")["500\u00a0m"])
    reason = "† Not shown: fewer than 30 of the data&#39;s pixels."
    sheets = len(synthetic.SEGMENTS) + 2
    assert text.count(reason) == sheets + 1
    for part in text.split("<article")[1:]:
        assert reason in part.split("</article>")[0]


def test_each_class_of_cover_has_its_own_column_and_says_what_its_share_is_of(folder: Path) -> None:
    text = (folder / "report.html").read_text("utf-8")
    heads = re.findall(r'<th scope="col">(.*?)</th>', text.split("<tbody>")[0])
    assert heads[3:-1] == ["Trees", "Crops", "Grass", "Water", "Wetland", "Built-up"]
    assert "known cover without water (Trees, Crops, Grass, Wetland, Built-up); known cover (Water)" in text


def test_an_official_length_is_rounded_as_a_measured_one_is(result: Result, tmp_path: Path) -> None:
    segments = result.layers["segments"].assign(official_km=1_343.64)
    report.write(replace(result, layers={**result.layers, "segments": segments}), tmp_path)
    text = (tmp_path / "report.html").read_text("utf-8")
    assert text.count("<b>1,344 km</b>Official length") == len(synthetic.SEGMENTS)


def test_text_from_outside_is_escaped(folder: Path) -> None:
    text = (folder / "report.html").read_text("utf-8")
    assert "&lt;b&gt;more&lt;/b&gt;" in text
    assert "<b>more" not in text


def test_pictures_are_of_their_kind_and_not_blank(folder: Path) -> None:
    for path in folder.glob("*.png"):
        width, height = struct.unpack(">II", path.read_bytes()[16:24])
        assert max(width, height) == 1_400
        assert path.stat().st_size > 10_000
    for path in folder.glob("*.svg"):
        text = path.read_text("utf-8")
        assert "<script" not in text
        assert len(re.findall(r"<path", text)) > 10


@pytest.mark.browser
def test_each_sheet_prints_on_one_a4(folder: Path, browser: Any) -> None:
    page = browser.new_context(offline=True).new_page()
    page.set_default_navigation_timeout(180_000)
    page.goto((folder / "report.fi.html").as_uri())
    sheets = page.locator(".sheet").count()
    pdf = page.pdf(prefer_css_page_size=True)
    page.context.close()
    assert sheets == len(synthetic.SEGMENTS) + 2 + 1
    assert pdf.count(b"/Type /Page\n") == sheets + 1
