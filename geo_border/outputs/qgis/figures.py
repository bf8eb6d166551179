"""The figures of a sheet, as expressions that QGIS works out over the zones: lengths, people, tree cover."""

from __future__ import annotations

from geo_border.outputs.cog import legend_of
from geo_border.outputs.qgis.words import Say, literal, shown_people, shown_percent
from geo_border.outputs.qgis.xml import layer_id
from geo_border.outputs.questions import WIDE
from geo_border.result import Result


def text(result: Result, say: Say) -> str:
    """Write the figures of a sheet as expressions over the zones' figures, rounded as everywhere.

    One line a band edge: people from the line to there with their range, and the share of tree cover where cover is
    known; a figure that is not known for a tenth of the land or more is a dash.
    """
    official, sea = literal(say("Official length")), literal(say("Length at sea"))
    lines = [
        say("Measured length") + ' [% format_number("length_km", 1) %] km'
        f"[% if(\"official_km\" IS NULL, '', '; ' || {official} || ' ' ||"
        " format_number(\"official_km\", 1) || ' km') %]"
        f"[% if(\"sea_km\" > 0, '; ' || {sea} || ' ' || format_number(\"sea_km\", 1) || ' km', '') %]"
    ]
    there = set(result.exposure.measure + "|" + result.exposure.category.fillna(""))
    for edge in result.study.bands_m:
        parts = []
        if "people|total" in there:
            people, low, high = (_total(f"people_total{end}", edge) for end in ("", "_low", "_high"))
            spread = f"' (' || {_rounded('@low', say)} || ' – ' || {_rounded('@high', say)} || ')'"
            told = f"if(@low IS NULL OR @high IS NULL, '', {spread})"
            told = f"with_variable('low', {low}, with_variable('high', {high}, {told}))"
            parts.append(f"{say('People')} [% with_variable('v', {people}, {_rounded('@v', say)}) %][% {told} %]")
        if "cover_area|tree" in there:
            share = f"({_total('cover_area_tree_km2', edge)}) / ({_known_area('cover_area_tree_km2', edge)})"
            parts.append(f"{say('Tree cover')} [% with_variable('v', {share}, {shown_percent('@v', say)}) %]")
        lines.append(f"0–{edge / 1000:g} km: " + "; ".join(parts))
    lines += [f"{say('Tree cover')}: {canopy}." for canopy in _canopy(result)]
    lines.append(say("A range is a spread over datasets and stated choices, not a confidence interval."))
    return "\n".join(lines)


def _canopy(result: Result) -> list[str]:
    """Say what counts as tree: a share of tree cover is never shown without it."""
    covers = [source for source in result.passport.get("sources", []) if source.get("need") == "cover"]
    return [legend.canopy for legend in map(legend_of, covers) if legend]


def _total(column: str, edge_m: float) -> str:
    """Write the sum of a figure from the line to an edge; nothing where it is not known for a tenth of the land."""
    figure = _sum(column, _nearer(edge_m))
    return (
        f"if(coalesce({_known_area(column, edge_m)}, 0) >= 0.9 * {_sum('area_km2', _nearer(edge_m))}, {figure}, NULL)"
    )


def _known_area(column: str, edge_m: float) -> str:
    return _sum("area_km2", f'{_nearer(edge_m)} AND "{column}" IS NOT NULL')


def _sum(column: str, rows: str) -> str:
    return f"aggregate('{layer_id(WIDE)}', 'sum', \"{column}\", {rows})"


def _nearer(edge_m: float) -> str:
    return f'"zone_kind" = \'band\' AND "to_m" <= {edge_m:g} AND "segment" = attribute(@atlas_feature, \'segment\')'


def _rounded(value: str, say: Say) -> str:
    return f"({shown_people(value, say)})"
