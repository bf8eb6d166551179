"""Everything the project holds, topmost first, and which style is a table's own."""

from __future__ import annotations

from geo_border.outputs.qgis import features, zones
from geo_border.outputs.qgis.drawn import TABLES, Drawn, Say
from geo_border.outputs.questions import QUESTIONS
from geo_border.study import Study


def layers(study: Study, say: Say) -> list[Drawn]:
    """List the layers and tables of the schema, and the zones with figures."""
    return [
        *features.lines(say),
        *features.places(say),
        *features.areas(say),
        *zones.zones(study, say),
        *features.background(say),
        *features.tables(say),
    ]


def answers(say: Say) -> list[Drawn]:
    """List what is there only to be asked: the question views, the sources, and the pages of the sheets."""
    views = [Drawn(q.view, say(q.title), q.view, TABLES, None, q.about, expanded=False) for q in QUESTIONS]
    about = "Every dataset used, its licence and attribution."
    sources = Drawn("sources", say("Sources and licences"), "sources", TABLES, None, about, expanded=False)
    return [zones.sheets(say), *views, sources]


def for_table(table: str, study: Study, say: Say) -> Drawn:
    """Give the layer whose style is the default of a table."""
    return next(layer for layer in layers(study, say) if layer.id == table)
