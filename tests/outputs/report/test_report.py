"""The report: one A4 a segment and a country in every language, figures as present writes them, text escaped."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any

import pytest

from geo_border import present
from geo_border.outputs import report
from geo_border.present import figures, language
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


@pytest.mark.parametrize("code", present.LANGUAGES)
def test_figures_read_as_present_writes_them(result: Result, folder: Path, code: str) -> None:
    text = (folder / report.file_of(code)).read_text("utf-8")
    words = language(code)
    for segment in synthetic.SEGMENTS:
        sheet = text.split(f'id="{segment}"')[1].split("</article>")[0]
        for _, to_m in result.study.bands:
            near = result.within[(result.within["of"] == segment) & (result.within["to_m"] == to_m)]
            people = figures.total(near, "people", ["total"])
            assert people is not None
            value, low, high = people.shown()
            assert f"<td>{words.number(value)} ({words.spread(low, high)})</td>" in sheet
    assert words.text("Hypothetical strips") in text
    assert words.text(present.disclaimer()) in text


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
