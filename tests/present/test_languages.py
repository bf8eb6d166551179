"""Laws of languages: every text in every language, places kept, plurals whole, numbers as Babel writes them."""

from __future__ import annotations

import re

import pytest

from geo_border import present
from geo_border.errors import CatalogError
from geo_border.present import Language, read_language
from tests import synthetic
from tests.present import messages

TEXTS = messages.every()
PLURALS = messages.plurals()
OTHERS = [code for code in present.LANGUAGES if code != "en"]
# Texts that are rightly the same in another language: units, a word borrowed, a name.
SAME = {
    "under {n}",
    "Under 15",
    "Over 64",
    "km",
    "km²",
    "m",
    "Panel",
    "Segment",
    "Region",
    "Suwałki",
    "Source: {source}",
    "Legend",
    "Dataset",
    "Map",
}


def _forms(words: Language, text: str) -> list[str]:
    found = words.messages[text]
    return found if isinstance(found, list) else [found]


def test_there_are_texts_and_plurals_to_look_at() -> None:
    assert len(TEXTS) > 150
    assert PLURALS
    assert {"Frontier", "Story", "Legend", "under {n}", present.read_disclaimer()} <= set(TEXTS)


@pytest.mark.parametrize("code", present.LANGUAGES)
def test_no_text_is_missing_or_left_over(code: str) -> None:
    words = read_language(code)
    assert set(words.messages) == set(TEXTS)
    assert all(form.strip() for text in TEXTS for form in _forms(words, text))


@pytest.mark.parametrize("code", OTHERS)
def test_no_text_is_left_in_english(code: str) -> None:
    words = read_language(code)
    same = {text for text in TEXTS if _forms(words, text)[0] == text} - SAME
    assert not same


@pytest.mark.parametrize("code", OTHERS)
def test_places_for_values_are_kept(code: str) -> None:
    words = read_language(code)
    for text in TEXTS:
        wanted = set(re.findall(r"\{\w+\}", text))
        for form in _forms(words, text):
            assert set(re.findall(r"\{\w+\}", form)) == wanted, (code, text)


@pytest.mark.parametrize("code", present.LANGUAGES)
def test_a_text_with_a_plural_has_every_form_of_its_language(code: str) -> None:
    words = read_language(code)
    wanted = {"lv": 3, "lt": 3, "pl": 3, "ru": 3}.get(code, 2)
    for text in PLURALS:
        assert len(_forms(words, text)) == wanted


def test_only_a_reviewed_language_goes_without_its_warning() -> None:
    assert [code for code in present.LANGUAGES if read_language(code).reviewed] == ["en"]


@pytest.mark.parametrize(
    ("code", "number", "share", "trace"),
    [
        ("en", "12,500.5", "46%", "under 10"),
        ("fi", "12\xa0500,5", "46\xa0%", "alle 10"),
        ("pl", "12\xa0500,5", "46%", "poniżej 10"),
        ("ru", "12\xa0500,5", "46\xa0%", "менее 10"),
    ],
)
def test_numbers_are_written_as_the_language_does(code: str, number: str, share: str, trace: str) -> None:
    words = read_language(code)
    assert (words.format_number(12_500.5), words.format_share(46), words.format_number("<10")) == (number, share, trace)


def test_a_figure_is_a_percentage_where_its_unit_is_a_share() -> None:
    words = read_language("fi")
    assert (words.figure(46, "share"), words.figure(46, "km²"), words.figure(None, "share")) == ("46\xa0%", "46", "–")
    assert words.format_range(31, "<1", "share") == "31\xa0%–alle 1\xa0%"
    assert words.format_range(31, None, "share") == words.format_range(31, 31, "share") == ""


def test_what_shares_and_densities_are_of_can_be_said_in_every_language() -> None:
    told = set(synthetic.build().exposure["basis"].dropna()) | {"total area, inland water included"}
    assert told
    for code in present.LANGUAGES:
        assert told <= set(read_language(code).messages)


def test_an_unknown_language_names_those_there_are() -> None:
    with pytest.raises(CatalogError, match="en, fi, sv, et, lv, lt, pl, ru, nb"):
        read_language("tlh")
