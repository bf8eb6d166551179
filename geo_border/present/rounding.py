"""Rounding: what a raw figure becomes before anyone sees it, and the floor under which people are never shown."""

from __future__ import annotations

import math

PEOPLE_FLOOR = 10
# The same areas added up in another order differ by less than this part of them.
NOISE = 1e-9
# Shown in place of a number that is known but too small to tell.
RoundedValue = float | int | str | None


def round_people(value: float | None) -> RoundedValue:
    """Persons to the nearest 10, 100 or 1,000; under 10 only that it is under 10.

    >>> [round_people(v) for v in (0, 3.2, 12, 994, 1040, 52_310, None)]
    ['<10', '<10', 10, 990, 1000, 52000, None]

    Parameters
    ----------
    value
        Persons; None or NaN where not known.
    """
    if _is_missing(value):
        return None
    assert value is not None
    if value < PEOPLE_FLOOR:
        return f"<{PEOPLE_FLOOR}"
    step = 10 if value < 1_000 else 100 if value < 10_000 else 1_000
    return int(_round_to_step(value, step))


def round_area_km2(value: float | None) -> RoundedValue:
    """Area to 0.1 km² below 10, then to the nearest 1, 10 and 100 km².

    >>> [round_area_km2(v) for v in (0.04, 3.26, 812.4, 3_489.0, 68_421.0)]
    ['<0.1', 3.3, 812, 3490, 68400]

    Parameters
    ----------
    value
        Area in km²; None or NaN where not known.
    """
    if _is_missing(value):
        return None
    assert value is not None
    if 0 < value < 0.05:
        return "<0.1"
    step = 0.1 if value < 10 else 1 if value < 1_000 else 10 if value < 10_000 else 100
    return _round_to_step(value, step)


def round_people_per_km2(value: float | None) -> RoundedValue:
    """Density to 0.1 below 10 persons per km², then to the nearest 1.

    >>> [round_people_per_km2(v) for v in (3.44, 119.29)]
    [3.4, 119]
    """
    if _is_missing(value):
        return None
    assert value is not None
    return _round_to_step(value, 0.1 if value < 10 else 1)


def round_length_km(value: float | None) -> RoundedValue:
    """Length to 0.1 km below 1,000 km, then to the nearest 1 km.

    >>> [round_length_km(v) for v in (0.04, 65.43, 1271.84)]
    ['<0.1', 65.4, 1272]

    Parameters
    ----------
    value
        Length in km; None or NaN where not known.
    """
    if _is_missing(value):
        return None
    assert value is not None
    if 0 < value < 0.05:
        return "<0.1"
    return _round_to_step(value, 0.1 if value < 1_000 else 1)


def round_distance_km(value_m: float | None) -> RoundedValue:
    """Distance in km to 0.1 below 10 km, then to the nearest 1 km.

    >>> [round_distance_km(v) for v in (40, 1_234, 23_456)]
    ['<0.1', 1.2, 23]

    Parameters
    ----------
    value_m
        Distance in m; None or NaN where not known.
    """
    if _is_missing(value_m):
        return None
    assert value_m is not None
    if value_m < 50:
        return "<0.1"
    return _round_to_step(value_m / 1_000, 0.1 if value_m < 10_000 else 1)


def round_percent(share: float | None) -> RoundedValue:
    """Share 0..1 as whole percent; a trace is `<1`, and all but a trace is not 100 (but for the noise of a division).

    >>> [round_percent(v) for v in (0, 0.002, 0.456, 0.998, 1)]
    [0, '<1', 46, 99, 100]

    Parameters
    ----------
    share
        0 to 1; None or NaN where not known.
    """
    if _is_missing(share):
        return None
    assert share is not None
    if 0 < share < 0.005:
        return "<1"
    if 0.995 <= share < 1 - NOISE:
        return 99
    return int(_round_to_step(share * 100, 1))


def round_count(value: float | None) -> RoundedValue:
    """Count things exactly."""
    return None if _is_missing(value) else int(_round_to_step(value or 0.0, 1))


def round_by_unit(value: float | None, unit: str) -> RoundedValue:
    """Round a row of the exposure table by its unit; a share becomes whole percent.

    >>> round_by_unit(1234.0, "persons"), round_by_unit(7.0, "count")
    (1200, 7)
    >>> round_by_unit(0.456, "share"), round_by_unit(0.123456, "else")
    (46, 0.123)
    """
    rule = _RULES.get(unit)
    if rule is not None:
        return rule(value)
    return None if _is_missing(value) else float(f"{value:.3g}")


_RULES = {
    "persons": round_people,
    "persons/km²": round_people_per_km2,
    "km²": round_area_km2,
    "km": round_length_km,
    "count": round_count,
    "share": round_percent,
}


def _is_missing(value: float | None) -> bool:
    # pandas hands over NaN and NA for empty.
    return value is None or value != value or (isinstance(value, float) and math.isinf(value))  # noqa: PLR0124


def _round_to_step(value: float, step: float) -> float | int:
    # Half away from zero, as people round; Python's own rounding is half to even.
    whole = math.floor(value / step + 0.5)
    return int(whole * step) if step >= 1 else round(whole * step, 1)
