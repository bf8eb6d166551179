"""The report and its factsheets: one A4 a segment and a country, in every language, from the same totals as the map."""

from __future__ import annotations

from importlib import resources
from typing import Any

import jinja2

from geo_border import present
from geo_border.present import Language, labels, language, rounding
from geo_border.present.totals import QUOTED_COVER
from geo_border.present.withholding import LEAST_PIXELS
from geo_border.result import Result

_ENVIRONMENT = jinja2.Environment(
    autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def sheet(result: Result, code: str, found: dict[str, Any], pictures: set[str]) -> str:
    """Write the report in one language.

    Parameters
    ----------
    code
        A language of `present.LANGUAGES`.
    found
        What `present.totals` says of the result.
    pictures
        Names of the picture files that stand beside the report.
    """
    words = language(code)
    text = resources.files(__package__).joinpath("report.html.j2").read_text("utf-8")
    return _ENVIRONMENT.from_string(text).render(
        w=words,
        t=words.text,
        study=result.study,
        all=found["all"],
        corridors=found["corridor"],
        sheets=_sheets(result, found, words, pictures),
        overview="overview.svg" if "overview.svg" in pictures else None,
        sources=result.passport.get("sources", []),
        notes=result.passport.get("notes", []),
        version=result.passport.get("geo_border", ""),
        disclaimer=words.text(present.disclaimer()),
        languages=[(c, language(c).name, file_of(c)) for c in present.LANGUAGES],
        far=_far(words),
        people=_people(words),
        quoted=QUOTED_COVER,
        least_pixels=LEAST_PIXELS,
        bases=_list_bases(found["basis"], words),
        class_name=lambda layer, name: words.text(labels.class_label(layer, name)),
    )


def file_of(code: str) -> str:
    """Name the report's file in a language; English is `report.html`."""
    return "report.html" if code == "en" else f"report.{code}.html"


def _sheets(result: Result, found: dict[str, Any], words: Language, pictures: set[str]) -> list[dict[str, Any]]:
    sheets = []
    segments = result.layers["segments"]
    for row in segments.itertuples():
        picture = f"{row.segment}.svg"
        sheets.append(
            {
                "id": row.segment,
                "title": f"{_country(words, row.country)} – {_country(words, row.facing)}",
                "picture": picture if picture in pictures else None,
                "official": rounding.length_km(row.official_km),
                "official_source": row.official_source,
                **found[row.segment],
            }
        )
    for country in dict.fromkeys(segments["country"]):
        own = segments.loc[segments["country"] == country, "segment"]
        shown = [f"{segment}.svg" for segment in own if f"{segment}.svg" in pictures]
        title = _country(words, country)
        sheets.append({"id": country, "title": title, "picture": shown[0] if shown else None, **found[country]})
    return sheets


def _list_bases(basis: dict[str, str], words: Language) -> str:
    """What percentages are shares of, each with the classes that it holds for."""
    texts = []
    for one in dict.fromkeys(basis[name] for name in QUOTED_COVER if name in basis):
        classes = [words.text(labels.class_label("cover", n)) for n in QUOTED_COVER if basis.get(n) == one]
        texts.append(f"{words.text(one)} ({', '.join(classes)})")
    return "; ".join(texts)


def _country(words: Language, code: str) -> str:
    return words.country(code) or code


def _far(words: Language) -> Any:
    def write(metres: float) -> str:
        value, unit = (metres, "m") if metres < 1_000 else (metres / 1_000, "km")
        return f"{words.number(value)}\u00a0{words.text(unit)}"

    return write


def _people(words: Language) -> Any:
    def write(shown: tuple[Any, Any, Any] | None) -> str:
        if shown is None:
            return "–"
        spread = words.spread(shown[1], shown[2])
        return words.number(shown[0]) + (f" ({spread})" if spread else "")

    return write
