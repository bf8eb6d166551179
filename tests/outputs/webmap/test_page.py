"""The page in a real browser with no network: layers, legends, figures, finding, languages, hostile names."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geo_border import present
from geo_border.outputs import webmap
from geo_border.present import figures, labels, language
from geo_border.result import Result
from tests.synthetic import HOSTILE_NAMES

pytestmark = pytest.mark.browser
Visit = Callable[..., Any]


def test_the_same_result_gives_the_same_bytes(result: Result, page_file: Path, tmp_path: Path) -> None:
    assert webmap.write(result, tmp_path).read_bytes() == page_file.read_bytes()


def test_every_layer_toggles_and_its_legend_comes_and_goes_with_it(page_file: Path, visit: Visit) -> None:
    page = visit(page_file)
    page.click("#tab-layers")
    names = page.eval_on_selector_all(".layer input[type=checkbox]", "all => all.map((n) => n.id.slice(6))")
    assert set(names) == set(labels.LAYERS) - {"countries"}
    for name in names:
        box = page.locator(f"#layer-{name}")
        before = page.evaluate("GB.painter._container.toDataURL()")
        was = box.is_checked()
        box.click()
        assert box.is_checked() is not was
        if name != "basemap":
            assert page.locator(f'[data-legend="{name}"]').count() == int(not was)
        assert page.evaluate("GB.painter._container.toDataURL()") != before, f"{name} changes nothing on the map"
        box.click()
        assert page.evaluate("GB.painter._container.toDataURL()") == before, f"{name} leaves something behind"


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("Suwalki", "Suwałki"),
        ("Suwałki", "Suwałki"),
        ("Сувалки", "Suwałki"),
        ("salcininkai", "Šalčininkai"),
        ("Шальчининкай", "Šalčininkai"),
        ("Нарва", "Narva"),
        ("Даугавпилс", "Daugavpils"),
        ("Polva", "Põlva"),
        ("Пылва", "Põlva"),
        ("Сейны", "Sejny"),
        ("lieska", "Lieksa"),
    ],
)
def test_a_village_is_found_in_any_spelling(page_file: Path, visit: Visit, typed: str, wanted: str) -> None:
    page = visit(page_file)
    page.fill("#search", typed)
    assert page.inner_text("#found li:first-child b") == wanted
    page.press("#search", "Enter")
    assert page.inner_text("#panel-body .card.place h3") == wanted


def test_a_name_that_is_not_there_says_so(page_file: Path, visit: Visit) -> None:
    page = visit(page_file)
    page.fill("#search", "Timbuktu")
    assert page.inner_text("#found li") == "No settlement of that name in this study"


@pytest.mark.parametrize("code", present.LANGUAGES)
def test_every_figure_reads_as_present_writes_it(page_file: Path, visit: Visit, result: Result, code: str) -> None:
    page = visit(page_file)
    page.select_option("#language", code)
    words, rows = language(code), figures.shown_rows(result.exposure)
    read = page.evaluate(
        "Array.from({ length: GB.data.figures.value.length }, (_, i) => GB.row(i))"
        ".map((r) => [r.zone, r.measure, r.category,"
        " GB.number(r.shown), GB.spread(r.shownLow, r.shownHigh), GB.share(r.percent)])"
    )
    wanted = [
        [
            *(row.zone_id, row.measure, row.category),
            words.number(row.shown),
            words.spread(row.shown_low, row.shown_high),
            words.share(row.percent),
        ]
        for row in rows.itertuples()
    ]
    assert read == wanted


def test_the_panel_of_a_clicked_zone_tells_its_rows(page_file: Path, visit: Visit, result: Result) -> None:
    page = visit(page_file)
    zone_id = "band|LT-RU|LT|1000-5000"
    page.evaluate(
        """(id) => {
          const zone = GB.data.zones.findIndex((z) => z[0] === id);
          const box = GB.boxOf(GB.data.geometry.layers.bands.find((f) => f.z === zone));
          GB.select(GB.toLatLng((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), null);
        }""",
        zone_id,
    )
    card = page.locator(f'[data-zone="{zone_id}"]')
    rows = figures.shown_rows(result.exposure)
    own = rows[rows["zone_id"] == zone_id]
    words = language("en")
    people = own[own["measure"] == "people"].iloc[0]
    facts = dict(zip(card.locator("dt").all_inner_texts(), card.locator("dd").all_inner_texts(), strict=True))
    spread = words.spread(people["shown_low"], people["shown_high"])
    assert facts["People"].split() == [words.number(people["shown"]), "range", spread]
    cover = dict(zip(own["category"], own["percent"], strict=True))
    shares = card.locator(".cover li b").all_inner_texts()
    assert shares == [words.share(v) for k, v in cover.items() if k in labels.CLASSES["cover"] and v not in (0, None)]


@pytest.mark.parametrize("code", present.LANGUAGES)
def test_the_page_speaks_each_language(page_file: Path, visit: Visit, code: str) -> None:
    page = visit(page_file)
    page.select_option("#language", code)
    words = language(code)
    assert page.get_attribute("html", "lang") == code
    assert page.inner_text("#disclaimer") == words.text(present.disclaimer())
    assert page.is_visible("#review") is not words.reviewed
    for tab, title in (("layers", "Layers"), ("compare", "Compare"), ("table", "Table"), ("about", "Sources")):
        page.click(f"#tab-{tab}")
        assert page.inner_text(f"#tab-{tab}") == words.text(title)
    assert page.evaluate("[1, 2, 5, 11, 21].map((n) => GB.tn('{n} row', '{n} rows', n))") == [
        words.messages["{n} row"][int(_plural(words.plural_rule, n))].format(n=n)  # type: ignore[union-attr]
        for n in (1, 2, 5, 11, 21)
    ]


def _plural(rule: str, n: int) -> int:
    from gettext import c2py  # type: ignore[attr-defined]

    return int(c2py(rule)(n))


def test_hostile_names_stay_text(page_file: Path, visit: Visit) -> None:
    page = visit(page_file)
    names = page.evaluate("GB.data.settlements.name")
    assert set(HOSTILE_NAMES) <= set(names)
    for number, name in enumerate(names):
        page.evaluate("(i) => GB.goToPlace(i)", number)
        assert page.evaluate("document.querySelector('#panel-body .card.place h3').textContent") == name
    assert page.locator("#panel-body script, #panel-body img").count() == 0


def test_the_policy_runs_nothing_that_was_not_shipped(page_file: Path, browser: Any) -> None:
    context = browser.new_context(offline=True)
    page = context.new_page()
    # A browser on a busy machine may take long to start: what is held is what the page does.
    page.set_default_navigation_timeout(180_000)
    page.goto(page_file.as_uri())
    page.wait_for_selector("body[data-ready]")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), { textContent: 'ran = 1' }))")
    assert page.evaluate("window.ran") is None
    context.close()


def test_online_pictures_are_only_asked_for_when_switched_on(page_file: Path, browser: Any) -> None:
    context = browser.new_context(offline=True)
    asked: list[str] = []
    page = context.new_page()
    # A browser on a busy machine may take long to start: what is held is what the page does.
    page.set_default_navigation_timeout(180_000)
    page.on("request", lambda r: None if r.url.startswith("file:") else asked.append(r.url))
    page.goto(page_file.as_uri())
    page.wait_for_selector("body[data-ready]")
    page.click("#tab-layers")
    assert asked == []
    page.click("#online-OpenStreetMap")
    page.wait_for_timeout(300)
    assert asked
    assert all(url.startswith("https://tile.openstreetmap.org/") for url in asked)
    context.close()


def test_the_csv_holds_every_row_and_nobody_under_ten(page_file: Path, visit: Visit, result: Result) -> None:
    page = visit(page_file)
    page.click("#tab-table")
    with page.expect_download() as download:
        page.click("#csv")
    text = Path(download.value.path()).read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(result.exposure)
    for read, row in zip(rows, result.exposure.itertuples(), strict=True):
        assert (read["zone_id"], read["measure"], read["category"]) == (row.zone_id, row.measure, row.category)
        assert read["value"] == str(figures.raw_or_floor(row.value, row.unit))


def test_the_table_sorts_and_filters(page_file: Path, visit: Visit) -> None:
    page = visit(page_file)
    page.click("#tab-table")
    page.click("#sort-value")
    values = page.evaluate("GB.tableRows().map((r) => GB.cell('value', r))")
    assert values == sorted(values)
    page.click("#sort-value")
    assert page.evaluate("GB.tableRows().map((r) => GB.cell('value', r))") == values[::-1]
    assert page.get_attribute("th:has(#sort-value)", "aria-sort") == "descending"


def test_an_address_brings_back_place_language_and_layers(page_file: Path, visit: Visit) -> None:
    page = visit(page_file, "#9/54.2/23.1/pl/bands+frontier/54.2,23.1")
    assert page.input_value("#language") == "pl"
    assert page.evaluate("[...GB.painter.shown].sort()") == ["bands", "frontier"]
    assert page.evaluate("GB.map.getZoom()") == 9
    assert page.get_attribute("#tab-place", "aria-selected") == "true"


def test_the_distance_to_the_frontier_is_geodesic(page_file: Path, visit: Visit) -> None:
    # At 60 N on WGS 84, 0.1 degrees north are 11,141.2 m and 0.1 degrees east 5,580.0 m (pyproj.Geod).
    page = visit(page_file)
    metres = page.evaluate("[GB.metresPerUnit(60).north, GB.metresPerUnit(60).east, GB.data.plane.unit, GB.R]")
    tenth = math.radians(0.1) * metres[3] / metres[2]
    # Mercator stretches north by 1 / cos(60 degrees).
    north, east = metres[0] * tenth / 0.5, metres[1] * tenth
    assert north == pytest.approx(11_141.2, rel=2e-4)
    assert east == pytest.approx(5_580.0, rel=2e-4)


def test_it_works_at_390_pixels(page_file: Path, visit: Visit) -> None:
    page = visit(page_file, width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not page.is_visible("#panel")
    page.click("#fold")
    assert page.is_visible("#panel")
    page.fill("#search", "Suwalki")
    page.press("#search", "Enter")
    assert page.is_visible("#panel-body .card.place")


def test_it_prints_on_one_a4_sheet(page_file: Path, visit: Visit) -> None:
    page = visit(page_file)
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") == 1


def test_the_page_links_to_no_file_that_a_run_may_not_have_made(page_file: Path, visit: Visit) -> None:
    page = visit(page_file)
    page.click("#tab-about")
    links = page.eval_on_selector_all("#panel-body a", "all => all.map((a) => a.getAttribute('href'))")
    assert links
    assert all(link.startswith("https://") for link in links)
    told = page.inner_text("#panel-body")
    assert "report.html" in told
    assert "geo-border report" in told
