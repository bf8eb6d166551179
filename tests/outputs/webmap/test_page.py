"""The page in a real browser with no network: layers, legends, figures, finding, languages, hostile names."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from geo_border import present
from geo_border.outputs import webmap
from geo_border.present import figures, labels, read_language
from geo_border.result import Result
from geo_border.schemas import COVER_CLASSES, UNKNOWN
from tests import synthetic
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
    words, rows = read_language(code), figures.add_rounded_columns(result.exposure)
    read = page.evaluate(
        "Array.from({ length: GB.rowCount }, (_, i) => GB.row(i)).map((r) => [r.zone_id, r.measure, r.category,"
        " GB.figure(r.shown, r.unit), GB.spread(r.shown_low, r.shown_high, r.unit), r.withheld])"
    )
    wanted = [
        [
            *(row.zone_id, row.measure, None if pd.isna(row.category) else row.category),
            words.figure(row.shown, row.unit),
            words.format_range(row.shown_low, row.shown_high, row.unit),
            row.withheld,
        ]
        for row in rows.itertuples()
    ]
    assert read == wanted


def _open_card(page: Any, zone_id: str) -> Any:
    """Look up the middle of a drawn zone, and open its card."""
    page.evaluate(
        """(id) => {
          const number = GB.zones.findIndex((zone) => zone.zone_id === id);
          const feature = Object.values(GB.data.geometry.layers).flat().find((f) => f.z === number);
          const box = GB.boxOf(feature);
          GB.painter.shown.add("strips");
          GB.select(GB.toLatLng((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), null);
        }""",
        zone_id,
    )
    card = page.locator(f'[data-zone="{zone_id}"]')
    card.evaluate("card => { card.open = true; }")
    return card


def _read_facts(card: Any) -> dict[str, str]:
    terms, values = card.locator("dt").all_inner_texts(), card.locator("dd").all_inner_texts()
    return {term: " ".join(value.split()) for term, value in zip(terms, values, strict=True)}


def test_the_panel_of_a_clicked_zone_tells_its_rows(page_file: Path, visit: Visit, result: Result) -> None:
    page = visit(page_file)
    card = _open_card(page, "band|LT-RU|LT|1000-5000")
    rows = figures.add_rounded_columns(result.exposure)
    own = rows[rows["zone_id"] == "band|LT-RU|LT|1000-5000"]
    words, facts = read_language("en"), _read_facts(card)
    for measure, name in (("people", "People"), ("people_per_km2", "People per km²")):
        row = own[own["measure"] == measure].iloc[0]
        assert (
            facts[name]
            == f"{words.format_number(row['shown'])} range {words.format_range(row['shown_low'], row['shown_high'])}"
        )
    assert facts["Area"] == f"{words.format_number(own[own['measure'] == 'area']['shown'].iloc[0])} km²"
    shares, areas = (
        own[own["measure"] == measure].set_index("category")["shown"] for measure in ("cover_share", "cover_area")
    )
    order = [name for name in (*COVER_CLASSES, UNKNOWN) if areas[name] not in (0, None)]
    names, percents, sizes = (card.locator(f".cover li {tag}").all_inner_texts() for tag in ("span", "b", "small"))
    assert names == [labels.CLASSES["cover"][name] for name in order]
    # What is not known has an area and is no share of what is known.
    assert percents == ["" if name == UNKNOWN else words.format_share(shares[name]) for name in order]
    assert sizes == [f"{words.format_number(areas[name])}\xa0km²" for name in order]
    assert UNKNOWN in order


def test_a_card_says_what_its_percentages_are_of(page_file: Path, visit: Visit) -> None:
    page = visit(page_file)
    told = _open_card(page, "band|LT-RU|LT|1000-5000").locator(".cover p").inner_text()
    land, water = told.removeprefix("Percentages are shares of: ").removesuffix(".").split("; ")
    assert land.startswith("known cover without water (Trees, ")
    assert water == "known cover (Water)"


def test_a_figure_that_too_few_pixels_carry_is_a_dash_with_its_reason(page_file: Path, visit: Visit) -> None:
    page = visit(page_file)
    card = _open_card(page, "strip|LT-RU|LT|0-500")
    facts = _read_facts(card)
    for name in ("People", "People per km²", "Land cover"):
        assert facts[name] == "– Not shown: fewer than 30 of the data's pixels."
    assert facts["Area"].endswith(" km²")
    assert card.locator(".cover").count() == 0
    page.evaluate(
        "GB.tableState = { kind: 'strip', measure: 'people', sort: 'value', down: false, page: 0 }; GB.show('table')"
    )
    cells = page.eval_on_selector_all(
        "#figures tbody tr", "rows => rows.map((r) => [...r.cells].map((c) => c.textContent))"
    )
    dashed = [row for row in cells if row[3] == "–"]
    assert dashed
    assert all("fewer than 30 of the data's pixels" in row[-1] for row in dashed)


def test_the_story_marks_what_is_not_shown_and_says_why_below(result: Result, tmp_path: Path, visit: Visit) -> None:
    rows = result.exposure.copy()
    rows.loc[(rows["zone_id"] == "within|all|0-1000") & rows["measure"].isin(["people", "cover_share"]), "pixels"] = 3.0
    page = visit(webmap.write(replace(result, exposure=rows), tmp_path))
    for caption in ("Land cover by distance", "People by distance"):
        section = page.locator(".story", has=page.get_by_text(caption, exact=True))
        assert "–†" in section.inner_text()
        assert "† Not shown: fewer than 30 of the data's pixels." in section.inner_text()
    assert "†" not in page.locator(".story", has=page.get_by_text("Length by segment", exact=True)).inner_text()


def test_a_whole_country_without_a_total_is_a_dash_with_its_reason(page_file: Path, visit: Visit) -> None:
    page = visit(page_file)
    section = page.locator(".story", has=page.get_by_text("Within 10 km of the line, beside the whole country"))
    cells = section.locator("tbody tr").first.locator("td").all_inner_texts()
    assert cells[1] == "–"
    assert cells[3] == "40"
    assert "no total of a whole country ships with them" in section.inner_text()


@pytest.mark.parametrize("code", present.LANGUAGES)
def test_the_page_speaks_each_language(page_file: Path, visit: Visit, code: str) -> None:
    page = visit(page_file)
    page.select_option("#language", code)
    words = read_language(code)
    assert page.get_attribute("html", "lang") == code
    assert page.inner_text("#disclaimer") == words.translate(present.read_disclaimer())
    assert page.is_visible("#review") is not words.reviewed
    for tab, title in (("layers", "Layers"), ("compare", "Compare"), ("table", "Table"), ("about", "Sources")):
        page.click(f"#tab-{tab}")
        assert page.inner_text(f"#tab-{tab}") == words.translate(title)
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
    shown = figures.add_rounded_columns(result.exposure)
    assert len(rows) == len(shown)
    texts = (
        "zone_kind",
        "zone_id",
        "zone_name",
        "segment",
        "country",
        "part_of",
        "measure",
        "category",
        "unit",
        "basis",
        "note",
    )
    for read, row in zip(rows, shown.to_dict("records"), strict=True):
        assert [read[name] for name in texts] == ["" if pd.isna(row[name]) else row[name] for name in texts]
        for name in ("value", "low", "high"):
            raw = figures.apply_people_floor(row[name], row["unit"])
            assert read[name] == ("" if raw is None else str(raw))


def test_the_table_sorts_and_filters(page_file: Path, visit: Visit) -> None:
    page = visit(page_file)
    page.click("#tab-table")
    page.click("#sort-value")
    values = page.evaluate("GB.tableRows().map((r) => GB.cell('value', r))")
    known = [value for value in values if value is not None]
    # What is not shown comes last, whichever way the rest is sorted.
    assert values == sorted(known) + [None] * (len(values) - len(known))
    page.click("#sort-value")
    turned = page.evaluate("GB.tableRows().map((r) => GB.cell('value', r))")
    assert turned == sorted(known, reverse=True) + [None] * (len(values) - len(known))
    assert page.get_attribute("th:has(#sort-value)", "aria-sort") == "descending"


def test_the_table_offers_every_kind_of_zone_that_has_figures(page_file: Path, visit: Visit, result: Result) -> None:
    page = visit(page_file)
    page.click("#tab-table")
    kinds = page.eval_on_selector_all("#table-kind option", "all => all.map((option) => option.value)")
    assert set(kinds) == {"", *result.exposure["zone_kind"]}
    measures = page.eval_on_selector_all("#table-measure option", "all => all.map((option) => option.value)")
    assert set(measures) == {"", *result.exposure["measure"]}
    for kind, rows in result.exposure.groupby("zone_kind"):
        page.select_option("#table-kind", kind)
        page.select_option("#table-measure", "")
        ids = page.evaluate("GB.tableRows().map((row) => GB.cell('zone_id', row))")
        assert sorted(ids) == sorted(rows["zone_id"])


def test_every_zone_has_a_name_in_the_readers_language(page_file: Path, visit: Visit) -> None:
    page = visit(page_file)
    page.select_option("#language", "fi")
    names = dict(page.evaluate("GB.zones.map((zone) => [zone.zone_id, GB.zoneName(zone)])"))
    assert names["segment|LT-RU"] == "Liettua – Venäjä"
    assert names["band|LT-RU|LT|1000-5000"] == "Liettua – Venäjä: 1–5\xa0km rajasta"
    assert names["strip|LT-RU|LT|0-500"] == "Liettua – Venäjä: hypoteettinen kaistale, syvyys 500\xa0m"
    assert names["strip|all|0-500"] == "Koko raja: hypoteettinen kaistale, syvyys 500\xa0m"
    assert names["within|PL|0-5000"] == "Puola: enintään 5\xa0km rajasta"
    assert names["within|all|0-10000"] == "Koko raja: enintään 10\xa0km rajasta"
    assert names["corridor|suwalki|PL"] == "Käytävä Suwałki, Puola"
    assert names["corridor|suwalki|all"] == "Käytävä Suwałki, kokonaan"
    assert names["admin|LT-20|1000-5000"] == f"{synthetic.UNITS['LT-20']} (LT-20): 1–5\xa0km"
    assert names["admin|PL-20|within-5000"] == f"{synthetic.UNITS['PL-20']} (PL-20): enintään 5\xa0km rajasta"
    assert names["admin|PL-20|PL-BY"] == f"{synthetic.UNITS['PL-20']} (PL-20): Puola – Valko-Venäjä"
    assert names["country|PL"] == "Puola: koko maa"
    assert len(set(names.values())) == len(names)


def test_the_page_reads_columns_of_a_zone_and_never_its_id(result: Result, tmp_path: Path, visit: Visit) -> None:
    """Ids are replaced by numbers: what is drawn, named and filtered stays, wherever a layer names the zone's place."""
    ids = {zone_id: f"#{number}" for number, zone_id in enumerate(result.exposure["zone_id"].unique())}
    zones = result.layers["zones"]
    layers = {**result.layers, "zones": zones.assign(zone_id=zones["zone_id"].map(ids))}
    hidden = replace(
        result, layers=layers, exposure=result.exposure.assign(zone_id=result.exposure["zone_id"].map(ids))
    )
    named = (
        set(zones["zone_id"]) | {f"segment|{segment}" for segment in synthetic.SEGMENTS} | {"country|LT", "country|PL"}
    )
    tell = """() => [Object.fromEntries(GB.zones.map((zone) => [zone.zone_id, GB.zoneName(zone)])),
      Object.values(GB.data.geometry.layers).flat().filter((f) => f.z !== undefined).map((f) => GB.zones[f.z].zone_id),
      ["within", "admin", "strip"].map((kind) => { GB.tableState.kind = kind; return GB.tableRows().length; }),
      GB.segmentCard("LT-RU").textContent]"""
    (before, drawn, counts, card), (after, drawn_hidden, counts_hidden, card_hidden) = (
        visit(webmap.write(one, tmp_path / str(number))).evaluate(tell) for number, one in enumerate((result, hidden))
    )
    assert {ids[zone_id]: before[zone_id] for zone_id in named} == {
        ids[zone_id]: after[ids[zone_id]] for zone_id in named
    }
    assert [ids[zone_id] for zone_id in drawn] == drawn_hidden
    assert counts == counts_hidden
    # Totals are looked up by the ids that they are documented under: the card's own rows are not.
    assert card.split("Source, year")[1] == card_hidden.split("Source, year")[1]


def test_only_zones_that_are_no_union_of_others_are_drawn_and_looked_up(
    page_file: Path, visit: Visit, result: Result
) -> None:
    page = visit(page_file)
    features = page.evaluate("Object.values(GB.data.geometry.layers).flat().map((feature) => feature.z ?? null)")
    ids = page.evaluate("GB.zones.map((zone) => zone.zone_id)")
    drawn = [ids[number] for number in features if number is not None]
    zones = result.layers["zones"]
    alone = zones[
        zones["zone_kind"].isin(["band", "admin", "own"]) | (zones["zone_kind"] == "strip") & zones["segment"].notna()
    ]
    parts = zones[(zones["zone_kind"] == "corridor") & zones["country"].notna()]
    assert sorted(drawn) == sorted([*alone["zone_id"], *parts["zone_id"]])
    assert (zones["zone_kind"] == "within").any()
    _open_card(page, "band|LT-RU|LT|1000-5000")
    cards = page.eval_on_selector_all("[data-zone]", "all => all.map((card) => card.dataset.zone)")
    assert cards[0] == "band|LT-RU|LT|1000-5000"
    assert len(set(cards)) == len(cards)
    assert set(cards) <= set(drawn)


def test_a_settlement_says_its_region(page_file: Path, visit: Visit, result: Result) -> None:
    page = visit(page_file)
    settlements = result.layers["settlements"]
    for number in (0, len(settlements) - 2, len(settlements) - 1):
        page.evaluate("(i) => GB.goToPlace(i)", number)
        region = settlements["admin_name"].iloc[number]
        facts = _read_facts(page.locator(".card.place"))
        assert facts.get("Region") == (None if pd.isna(region) else region)
    assert settlements["admin_name"].iloc[-2:].isna().sum() == 1


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
