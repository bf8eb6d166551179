"""Languages: gettext catalogues read with Babel, number formats and plural rules."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from io import BytesIO
from typing import Any

from babel import Locale
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from geo_border.errors import CatalogError
from geo_border.present.rounding import RoundedValue

SOURCE_LANGUAGE = "en"
# In the order of the language menu; a language is one folder in `locale/` and one code here.
LANGUAGES = ("en", "fi", "sv", "et", "lv", "lt", "pl", "ru", "nb")
_DOMAIN = "geo_border"


@dataclass(frozen=True)
class Language:
    """A language: its own name, whether a native reader has reviewed it, its messages, numbers and plural rule.

    `messages` maps an English text to its translation; a text with plural forms maps to a list of them.
    `plural_rule` is the gettext expression in `n` (valid C and JavaScript).
    """

    code: str
    name: str
    reviewed: bool
    messages: dict[str, str | list[str]]
    decimal: str
    group: str
    percent: str
    plural_rule: str

    def translate(self, message: str, **values: object) -> str:
        """Translate a text and put values in its `{places}`.

        >>> read_language("en").translate("{n} km", n=3)
        '3 km'
        """
        found = self.messages.get(message, message)
        return (found if isinstance(found, str) else found[0]).format(**values) if values else str(found)

    def format_number(self, value: RoundedValue) -> str:
        r"""Write a rounded figure; a trace reads "fewer than" or "under", an unknown one a dash.

        >>> english = read_language("en")
        >>> read_language("fi").format_number(12500), english.format_number("<10"), english.format_number(None)
        ('12\xa0500', 'under 10', '–')
        """
        if value is None:
            return "–"
        if isinstance(value, str):
            return self.translate("under {n}", n=self._format_decimal(float(value[1:])))
        return self._format_decimal(value)

    def format_share(self, value: RoundedValue) -> str:
        r"""Write a rounded percentage.

        >>> read_language("en").format_share(46), read_language("fi").format_share("<1")
        ('46%', 'alle 1\xa0%')
        """
        if value is None:
            return "–"
        if isinstance(value, str):
            return self.translate("under {n}", n=self.percent.replace("#", self._format_decimal(float(value[1:]))))
        return self.percent.replace("#", self._format_decimal(value))

    def translate_country(self, code: str) -> str | None:
        """Name a country (ISO 3166-1 alpha-2), or None where the language has no name for it.

        >>> read_language("fi").translate_country("EE"), read_language("en").translate_country("KGD")
        ('Viro', None)
        """
        found = Locale.parse(self.code).territories.get(code)
        return None if found is None else str(found)

    def figure(self, shown: RoundedValue, unit: str) -> str:
        r"""Write a rounded figure of the exposure table without its unit; a share as a percentage.

        >>> read_language("fi").figure(46, "share"), read_language("en").figure(46, "km²")
        ('46\xa0%', '46')
        """
        return self.format_share(shown) if unit == "share" else self.format_number(shown)

    def format_range(self, low: RoundedValue, high: RoundedValue, unit: str = "") -> str:
        """Write a range, or nothing where there is none."""
        if low is None or high is None or low == high:
            return ""
        return f"{self.figure(low, unit)}–{self.figure(high, unit)}"

    def _format_decimal(self, value: float) -> str:
        return str(format_decimal(value, format="#,##0.###", locale=self.code))


@lru_cache(maxsize=len(LANGUAGES))
def read_language(code: str) -> Language:
    """Read a language's catalogue from `locale/<code>/LC_MESSAGES/geo_border.po`.

    Parameters
    ----------
    code
        One of `LANGUAGES`.

    Raises
    ------
    CatalogError
        When the language is not among `LANGUAGES`, or its catalogue is missing.
    """
    if code not in LANGUAGES:
        raise CatalogError(f"no language {code!r}; there are {', '.join(LANGUAGES)}.")
    text = _read_catalogue(code)
    catalogue: Any = read_po(BytesIO(text), locale=code)
    locale = Locale.parse(code)
    symbols = locale.number_symbols.get("latn", locale.number_symbols)
    return Language(
        code=code,
        name=str(locale.get_display_name(code)),
        # Babel drops headers of others.
        reviewed=b"X-Native-Review: yes" in text,
        messages={_get_key(entry): _get_translation(entry) for entry in catalogue if entry.id},
        decimal=symbols["decimal"],
        group=symbols["group"],
        percent=str(locale.percent_formats[None].pattern).replace("#,##0", "#"),
        plural_rule=catalogue.plural_expr,
    )


def _read_catalogue(code: str) -> bytes:
    path = resources.files("geo_border") / "locale" / code / "LC_MESSAGES" / f"{_DOMAIN}.po"
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise CatalogError(f"locale/{code}: no {_DOMAIN}.po. See docs/languages.md.") from error


def _get_key(entry: Message) -> str:
    return str(entry.id[0] if isinstance(entry.id, tuple) else entry.id)


def _get_translation(entry: Message) -> str | list[str]:
    if isinstance(entry.id, tuple):
        # Babel reads as many texts as the catalogue has forms of the plural.
        assert entry.string is not None
        return [str(text) for text in entry.string]
    return str(entry.string)
