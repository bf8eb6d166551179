"""The figures of a sheet, as expressions that pick rows of the zones' figures: lengths, people, tree cover."""

from __future__ import annotations

from geo_border.outputs.cog import find_legend
from geo_border.outputs.qgis.expressions import (
    Translate,
    build_people_expr,
    build_percent_expr,
    quote_literal,
    shown_length,
    shown_spread,
)
from geo_border.outputs.qgis.xml import build_layer_id
from geo_border.outputs.questions import WIDE_VIEW
from geo_border.result import Result

_PEOPLE, _TREES = ("people", "total"), ("cover_share", "tree")


def write_figures(result: Result, say: Translate) -> list[str]:
    """Write the figures of a sheet, a text a line, as expressions over the zones' figures, rounded as everywhere.

    The lengths of the segment; then one line a band edge, from the row of all land of the segment to there: people with
    their range, and the share of tree cover; a dash where the row has no figure or too few pixels carry it.
    """

    def show(value: str) -> str:
        return build_people_expr(value, say)

    there, lines = _list_figures(result), [_write_lengths(say)]
    for edge_m in result.study.bands_m:
        parts = []
        if _PEOPLE in there:
            people, low, high = (_pick(f"people_total{end}", edge_m) for end in ("", "_low", "_high"))
            figure = f"with_variable('v', {people}, {show('@v')})"
            parts.append(f"{say('People')} [% {figure} %][% {shown_spread(low, high, show)} %]")
        if _TREES in there:
            figure = f"with_variable('v', {_pick('cover_share_tree', edge_m)}, {build_percent_expr('@v', say)})"
            parts.append(f"{say('Tree cover')} [% {figure} %]")
        lines.append(f"0–{edge_m / 1000:g} km: " + "; ".join(parts))
    return lines


def write_notes(result: Result, say: Translate) -> str:
    """Write what to know before the figures of a sheet are quoted."""
    notes = []
    if _TREES in _list_figures(result):
        notes += [f"{say('Tree cover')}: {canopy}." for canopy in _list_canopy_definitions(result)]
        notes.append(say("Percentages are shares of: {bases}.", bases=_name_bases(result, say)))
    notes.append(say("A dash: not known, or too few of the data's pixels to show."))
    notes.append(say("A range is a spread over datasets and stated choices, not a confidence interval."))
    return " ".join(notes)


def _name_bases(result: Result, say: Translate) -> str:
    """What the share of trees is a share of, as its rows say."""
    table = result.exposure
    rows = table[(table["zone_kind"] == "within") & (table["measure"] == _TREES[0]) & (table["category"] == _TREES[1])]
    return ", ".join(say(basis) for basis in rows["basis"].dropna().unique())


def _list_figures(result: Result) -> set[tuple[str, str]]:
    table = result.exposure
    return set(zip(table["measure"], table["category"].fillna(""), strict=True))


def _write_lengths(say: Translate) -> str:
    """Measured, official and sea length of the page's segment, those that it has."""
    official, sea = quote_literal(say("Official length")), quote_literal(say("Length at sea"))
    measured, published, at_sea = (shown_length(f'"{name}"', say) for name in ("length_km", "official_km", "sea_km"))
    return (
        f"{say('Measured length')} [% {measured} %]"
        f"[% if(\"official_km\" IS NULL, '', '; ' || {official} || ' ' || {published}) %]"
        f"[% if(\"sea_km\" > 0, '; ' || {sea} || ' ' || {at_sea}, '') %]"
    )


def _list_canopy_definitions(result: Result) -> list[str]:
    """Say what counts as tree: a share of tree cover is never shown without it."""
    covers = [source for source in result.passport.get("sources", []) if source.get("need") == "cover"]
    return [legend.canopy for legend in map(find_legend, covers) if legend]


def _pick(column: str, to_m: float) -> str:
    """Write the expression for a figure of the one zone that is all land of the page's segment to a distance."""
    row = f'"zone_kind" = \'within\' AND "to_m" = {to_m!r} AND "segment" = attribute(@atlas_feature, \'segment\')'
    return f"aggregate('{build_layer_id(WIDE_VIEW)}', 'max', \"{column}\", {row})"
