"""One figure as one output gives it, what `present` makes of it, and whether two outputs say the same."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from geo_border.present import rounding
from geo_border.present.rounding import RoundedValue

OUTPUTS = ("console", "csv", "parquet", "geopackage", "qgis", "map", "report")
# Sums of the same land in another order, and areas of parts beside the area of the whole.
RELATIVE = 1e-6
# A row of the table, whatever file or view holds it: but for the last digits that a rounding may see otherwise.
EXACT = 1e-12
# In the figure's own unit: what is left of a large number by subtraction.
TINY = 1e-6
# The map's table gives six digits.
SIX_DIGITS = 5e-6


@dataclass(frozen=True)
class Figure:
    """A figure: of which zone, of what, and which end of its range; `value` is None where the output leaves it blank.

    `printed` says that it is rounded already, `presented` that it is not but leaves out what is not shown; `withheld`
    that a table holds it and `present` would not show it. `derived` is a figure that the output does not hold itself:
    what a reader adds up from its rows. `within` is the relative error of a raw value as it stands.
    """

    output: str
    place: str
    zone_id: str
    measure: str
    category: str
    unit: str
    value: RoundedValue
    end: str = "value"
    printed: bool = False
    derived: bool = False
    within: float = RELATIVE
    presented: bool = False
    withheld: bool = False

    @property
    def where(self) -> str:
        """The output, the place in it and the words that the figure stands under, for a message."""
        return f"{self.output}:{self.place} {self.zone_id} {self.measure} {self.category} {self.end}"

    @property
    def shown(self) -> RoundedValue:
        """The figure as people see it."""
        return self.value if self.printed else show(self.value, self.unit)


def show(value: RoundedValue, unit: str) -> RoundedValue:
    """Round by the rules of `present`; what is a trace already (`<10`) stays one.

    >>> show(1234.0, "persons"), show(0.456, "share"), show("<10", "persons"), show(12.3456, "persons/km²")
    (1200, 46, '<10', 12)
    """
    if value is None or isinstance(value, str):
        return value
    rules: dict[str, Callable[[float], RoundedValue]] = {
        "share": rounding.round_percent,
        "persons/km²": rounding.round_people_per_km2,
    }
    return rules[unit](value) if unit in rules else rounding.round_by_unit(value, unit)


def agree(one: Figure, other: Figure) -> bool:
    """Whether two figures of the same thing are equal after `present`.

    A raw value may come to stand on the other side of the middle between two steps by its last digits; it agrees with
    what it is rounded to on either side.
    """
    as_shown = any(figure.printed or figure.presented for figure in (one, other))
    blank, other_blank = (figure.value is None or (as_shown and figure.withheld) for figure in (one, other))
    if blank or other_blank:
        return blank == other_blank
    error = max((figure.within for figure in (one, other) if not figure.printed), default=0.0)
    return bool(_readings(one, error) & _readings(other, error))


def is_on_edge(figure: Figure) -> bool:
    """Whether a raw value stands so near the middle between two steps that its last digits leave both open."""
    return len(_readings(figure, figure.within)) > 1


def same_value(one: Figure, other: Figure) -> bool:
    """Whether two raw values are one but for the order of their sums; what is printed cannot say."""
    values = [f.value for f in (one, other) if not f.printed and isinstance(f.value, int | float)]
    if len(values) < 2:
        return True
    return abs(values[0] - values[1]) <= max(one.within, other.within) * max(map(abs, values)) + TINY


def _readings(figure: Figure, error: float) -> set[RoundedValue]:
    if figure.printed or figure.value is None or isinstance(figure.value, str):
        return {_comparable(figure.shown)}
    if figure.unit == "share" and figure.value > 1 - rounding.NOISE:
        # The whole, less the noise of a division, is no sum that falls short of it.
        return {100}
    around = (figure.value * (1 - error), figure.value, figure.value * (1 + error))
    return {_comparable(show(value, figure.unit)) for value in around}


def _comparable(shown: RoundedValue) -> RoundedValue:
    # 3 and 3.0 are one number in print.
    return shown if shown is None or isinstance(shown, str) else round(float(shown), 6)


def alter(figure: Figure) -> Figure:
    """The figure off by one percent or one rounding step, whichever is more."""
    value = alter_value(figure.value, figure.unit, figure.printed)
    # In a table of raw values a trace alone is rounded.
    return replace(figure, value=value, printed=figure.printed or isinstance(figure.value, str))


def alter_value(value: RoundedValue, unit: str, printed: bool) -> RoundedValue:
    """A value off by one percent or one rounding step, whichever is more; a trace becomes a number.

    >>> alter_value(3490, "km²", printed=True), alter_value(62, "share", printed=True)
    (3525, 61)
    >>> alter_value(0.25, "share", printed=False), alter_value("<10", "persons", printed=True)
    (0.26001, 10.0)
    """
    assert value is not None, "a blank has no value to alter"
    if isinstance(value, str):
        # The least that is told as a number.
        return float(value.removeprefix("<"))
    if unit == "share":
        # Away from the end, where 99 % stands for all that is not quite the whole.
        share = value / 100 if printed else value
        moved = share - (0.015 if share > 0.985 else 0.01) if share > 0.5 else share + 0.01
        return show(moved, unit) if printed else moved + math.copysign(_HAIR * 0.01, moved - share)
    step = _step(value, unit)
    # Past the limit to a coarser step it takes one of those.
    step = max(step, _step(value + max(step, 0.01 * value), unit))
    moved = value + max(step, 0.01 * value)
    if not printed:
        return moved + _HAIR * step
    return round(moved, 1) if step < 1 else round(moved)


# So that an altered value does not come to stand on the very limit between two figures.
_HAIR = 1e-3


def _step(value: float, unit: str) -> float:
    """The step that `present` rounds a value of a unit to."""
    rules = {
        "persons": ((1_000, 10), (10_000, 100), (math.inf, 1_000)),
        "km²": ((10, 0.1), (1_000, 1), (10_000, 10), (math.inf, 100)),
        "km": ((1_000, 0.1), (math.inf, 1)),
        "persons/km²": ((10, 0.1), (math.inf, 1)),
        "count": ((math.inf, 1),),
    }
    return next(step for below, step in rules[unit] if value < below)


_NUMBER = r"(?:under |<)?[\d,.\u202f\u00a0]*\d"


def read_number(text: str) -> RoundedValue:
    """A printed figure: a number, `<n` for a trace, None for a dash.

    >>> [read_number(t) for t in ("58,000*", "under 0.1", "–", "3.0 km", "62%*", "under 1%", "<10")]
    [58000, '<0.1', None, 3, 62, '<1', '<10']
    """
    found = re.search(_NUMBER, text)
    if found is None:
        assert text.strip(" *†") in ("", "–", "-"), f"neither a number nor a dash: {text!r}"
        return None
    digits = re.sub(r"[^\d.]", "", found.group())
    value = float(digits)
    whole = int(value) if value.is_integer() else value
    return f"<{digits}" if found.group().startswith(("under", "<")) else whole


def read_range(text: str) -> tuple[RoundedValue, RoundedValue] | None:
    """The range of a printed figure, or None where it has none.

    >>> read_range("42,000 (28,000 – 64,000)"), read_range("25,000–133,000"), read_range("under 10 (under 10–40)")
    ((28000, 64000), (25000, 133000), ('<10', 40))
    >>> read_range("12"), read_range("-")
    (None, None)
    """
    found = re.search(rf"({_NUMBER})\s*–\s*({_NUMBER})", text)
    return (read_number(found.group(1)), read_number(found.group(2))) if found else None
