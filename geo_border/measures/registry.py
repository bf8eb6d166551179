"""Every measure, registered once: labels, units and what a study may ask for are held against this list."""

from __future__ import annotations

from typing import Any

from geo_border.errors import SchemaError
from geo_border.measures import area, cover, lines, people, points, sites
from geo_border.measures.base import Measure, Ratio
from geo_border.present import labels
from geo_border.schemas import NEEDS

# In the order in which they stand in the table.
MEASURES: tuple[Measure[Any], ...] = (
    *area.MEASURES,
    *cover.MEASURES,
    *people.MEASURES,
    *points.MEASURES,
    *lines.MEASURES,
    *sites.MEASURES,
)
RATIOS: tuple[Ratio[Any], ...] = (*cover.RATIOS, *people.RATIOS)


def list_names() -> list[str]:
    """Names of all measures, each ratio after the measure that it is of."""
    names = []
    for measure in MEASURES:
        names += [measure.name, *(ratio.name for ratio in RATIOS if ratio.of == measure.name)]
    return names


def check_registered() -> None:
    """Fail where a measure lacks its label, asks for a need that no study has, or is of no measure.

    Raises
    ------
    SchemaError
        With what is forgotten, and where it belongs.
    """
    unlabelled = [name for name in list_names() if name not in labels.MEASURES]
    if unlabelled:
        raise SchemaError(f"measures without a label: {', '.join(unlabelled)}. Add them to present/labels.py.")
    unknown = sorted({need for measure in MEASURES for need in measure.needs} - set(NEEDS))
    if unknown:
        raise SchemaError(f"measures ask for unknown needs: {', '.join(unknown)}. Add them to model.NEEDS.")
    orphans = sorted({ratio.of for ratio in RATIOS} - {measure.name for measure in MEASURES})
    if orphans:
        raise SchemaError(f"ratios are of measures that are not registered: {', '.join(orphans)}.")
    twice = {name for name in list_names() if list_names().count(name) > 1}
    if twice:
        raise SchemaError(f"measures registered twice: {', '.join(sorted(twice))}.")


check_registered()
