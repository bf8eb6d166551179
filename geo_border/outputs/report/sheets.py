"""The report and its factsheets: one A4 a segment and a country, in every language, from the same totals as the map."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any

import jinja2

from geo_border import present
from geo_border.present import Language, labels, read_language, rounding
from geo_border.present.rounding import RoundedValue
from geo_border.present.totals import QUOTED_COVER
from geo_border.present.withholding import LEAST_PIXELS
from geo_border.result import Result

# Persons as they are shown: the value, low and high.
People = tuple[RoundedValue, RoundedValue, RoundedValue]

_ENVIRONMENT = jinja2.Environment(
    autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def render_report(result: Result, code: str, totals: dict[str, Any], pictures: set[str]) -> str:
    """Write the report in one language.

    Parameters
    ----------
    code
        A language of `present.LANGUAGES`.
    totals
        What `present.totals` says of the result.
    pictures
        Names of the picture files that stand beside the report.
    """
    words = read_language(code)
    text = resources.files(__package__).joinpath("report.html.j2").read_text("utf-8")
    return _ENVIRONMENT.from_string(text).render(
        w=words,
        t=words.translate,
        study=result.study,
        all=totals["all"],
        corridors=totals["corridor"],
        own=totals["own"],
        sheets=_build_sheets(result, totals, words, pictures),
        overview="overview.svg" if "overview.svg" in pictures else None,
        sources=result.passport.get("sources", []),
        notes=result.passport.get("notes", []),
        version=result.passport.get("geo_border", ""),
        disclaimer=words.translate(present.read_disclaimer()),
        languages=[(c, read_language(c).name, build_file_name(c)) for c in present.LANGUAGES],
        far=_build_distance_formatter(words),
        people=_build_people_formatter(words),
        quoted=QUOTED_COVER,
        least_pixels=LEAST_PIXELS,
        bases=_list_bases(totals["basis"], words),
        class_name=lambda layer, name: words.translate(labels.get_class_label(layer, name)),
    )


def build_file_name(code: str) -> str:
    """Name the report's file in a language; English is `report.html`."""
    return "report.html" if code == "en" else f"report.{code}.html"


def _build_sheets(
    result: Result, totals: dict[str, Any], language: Language, pictures: set[str]
) -> list[dict[str, Any]]:
    sheets = []
    segments = result.layers["segments"]
    for row in segments.itertuples():
        picture = f"{row.segment}.svg"
        sheets.append(
            {
                "id": row.segment,
                "title": f"{_translate_country(language, row.country)} – {_name_facing(language, row.facing)}",
                "picture": picture if picture in pictures else None,
                "official": rounding.round_length_km(row.official_km),
                "official_source": row.official_source,
                **totals[row.segment],
            }
        )
    for country in dict.fromkeys(segments["country"]):
        own = segments.loc[segments["country"] == country, "segment"]
        shown = [f"{segment}.svg" for segment in own if f"{segment}.svg" in pictures]
        title = _translate_country(language, country)
        sheets.append({"id": country, "title": title, "picture": shown[0] if shown else None, **totals[country]})
    return sheets


def _list_bases(basis: dict[str, str], words: Language) -> str:
    """What percentages are shares of, each with the classes that it holds for."""
    texts = []
    for one in dict.fromkeys(basis[name] for name in QUOTED_COVER if name in basis):
        classes = [words.translate(labels.get_class_label("cover", n)) for n in QUOTED_COVER if basis.get(n) == one]
        texts.append(f"{words.translate(one)} ({', '.join(classes)})")
    return "; ".join(texts)


def _name_facing(language: Language, facing: str | float | None) -> str:
    return _translate_country(language, facing) if isinstance(facing, str) else language.translate("own line")


def _translate_country(language: Language, code: str) -> str:
    return language.translate_country(code) or code


def _build_distance_formatter(language: Language) -> Callable[[float], str]:
    def format_distance(metres: float) -> str:
        value, unit = (metres, "m") if metres < 1_000 else (metres / 1_000, "km")
        return f"{language.format_number(value)}\u00a0{language.translate(unit)}"

    return format_distance


def _build_people_formatter(language: Language) -> Callable[[People | None], str]:
    def format_people(people: People | None) -> str:
        if people is None:
            return "–"
        spread = language.format_range(people[1], people[2])
        return language.format_number(people[0]) + (f" ({spread})" if spread else "")

    return format_people
