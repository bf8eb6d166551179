"""Everything the page needs, as one JSON value: study, figures, places, geometry, styles, languages, sources."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from geo_border import facts, present
from geo_border.outputs.webmap.drawing import choose_view, encode_grids, encode_layers, encode_places
from geo_border.outputs.webmap.rows import encode_rows, encode_zones, list_zones
from geo_border.outputs.webmap.topology import TOLERANCES, UNIT_M
from geo_border.present import labels, palette, rounding
from geo_border.present.credit import list_holders
from geo_border.present.totals import compute_totals
from geo_border.present.withholding import LEAST_PIXELS
from geo_border.result import Result
from geo_border.schemas import COVER_CLASSES, UNKNOWN

_STYLE_LAYERS = (
    *(
        "frontier",
        "frontier_sea",
        "bands",
        "strips",
        "corridor",
        "corridor_axis",
        "admin",
        "own",
        "forested",
        "populated",
    ),
    *("civilian_exposure", "settlements", "facilities", "cover", "countries", "basemap"),
)


def build_payload(result: Result, finest_tolerance: float = TOLERANCES[0]) -> dict[str, Any]:
    """Gather the page's data, geometry to a finest detail in units; the same result gives the same value."""
    plane, window = choose_view(result)
    study = result.study
    zones = list_zones(result.exposure, result.layers["zones"], study)
    return {
        "study": {
            "name": study.name,
            "title": study.title,
            "about": study.about,
            "bands": study.bands,
            "strips": study.depths,
            "reach_km": rounding.round_distance_km(study.reach_m),
            "home": study.home,
            "facing": study.facing,
            "forested_share": rounding.round_percent(study.thresholds.forested_tree_share),
        },
        "plane": {"x": plane.origin_x, "y": plane.origin_y, "unit": UNIT_M, "tolerances": TOLERANCES},
        "geometry": encode_layers(result, plane, window, finest_tolerance, zones["zone_id"]),
        "grids": encode_grids(result, plane),
        "zones": encode_zones(zones),
        "segments": _list_segments(result.layers["segments"]),
        "figures": encode_rows(result.exposure, zones),
        "least_pixels": LEAST_PIXELS,
        "story": compute_totals(study, result.layers, result.exposure),
        "settlements": encode_places(result.layers["settlements"], plane),
        "facilities": encode_places(result.layers["facilities"], plane),
        "treaty": _list_treaties(result.layers["countries"]),
        "sources": [_select_source_fields(source) for source in result.passport.get("sources", [])],
        "credits": list_holders(result.passport.get("sources", [])),
        "notes": result.passport.get("notes", []),
        "version": result.passport.get("geo_border", ""),
        "styles": _collect_styles(len(study.bands)),
        "labels": {
            "layers": labels.LAYERS,
            "classes": labels.CLASSES,
            "measures": labels.MEASURES,
            "ages": labels.AGES,
            "units": labels.UNITS,
            "kinds": labels.ZONE_KINDS,
            "degurba": labels.DEGURBA,
        },
        "cover_classes": [*COVER_CLASSES, UNKNOWN],
        "disclaimer": present.read_disclaimer(),
    }


def collect_languages(countries: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Gather every language's messages, number format and names of countries for the page."""
    codes = sorted(set(countries))
    return {
        code: {
            "name": found.name,
            "reviewed": found.reviewed,
            "decimal": found.decimal,
            "group": found.group,
            "percent": found.percent,
            "countries": {
                country: found.translate_country(country) for country in codes if found.translate_country(country)
            },
            # English texts are their own keys.
            "messages": {k: v for k, v in found.messages.items() if k != v},
        }
        for code, found in ((code, present.read_language(code)) for code in present.LANGUAGES)
    }


def format_json(value: object) -> str:
    """Write JSON that can stand inside a script element: no text in it can end the element or open a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _list_segments(segments: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "segment": row["segment"],
            "country": row["country"],
            "facing": _convert_scalar(row["facing"]),
            "length": rounding.round_length_km(_convert_scalar(row["length_km"])),
            "sea": rounding.round_length_km(_convert_scalar(row["sea_km"])),
            "official": rounding.round_length_km(_convert_scalar(row["official_km"])),
            "official_source": _convert_scalar(row["official_source"]),
            "note": _convert_scalar(row["note"]),
        }
        for _, row in segments.iterrows()
    ]


def _list_treaties(countries: pd.DataFrame) -> dict[str, dict[str, Any]]:
    columns = ("name", "treaty_status", "treaty_notified", "treaty_effective", "treaty_source")
    treaties = {
        row["country"]: {c.removeprefix("treaty_"): _convert_scalar(row[c]) for c in columns}
        for _, row in countries.iterrows()
    }
    for code, row in treaties.items():
        # The layer has no room for an address; the fact that it was made from has one.
        fact = facts.read_treaty().get(code, {})
        row["url"] = fact.get("source_url") if fact.get("source") == row["source"] else None
    return treaties


def _select_source_fields(source: Mapping[str, object]) -> dict[str, Any]:
    keys = ("need", "dataset", "title", "publisher", "version", "vintage", "licence", "licence_url", "attribution")
    return {key: source.get(key, "") for key in (*keys, "citation", "homepage")}


def _collect_styles(bands: int) -> dict[str, Any]:
    layers = {
        name: {
            "": _dump_style(palette.get_style(name)),
            **{cls: _dump_style(palette.get_style(name, cls)) for cls in palette.list_classes(name)},
        }
        for name in _STYLE_LAYERS
    }
    ramps = {
        "bands": {"colours": palette.interpolate_colours("bands", bands)},
        "people": {"colours": palette.get_ramp("people").stops, "breaks": palette.get_ramp("people").breaks},
    }
    return {"layers": layers, "ramps": ramps}


def _dump_style(style: palette.Style) -> dict[str, Any]:
    return style.model_dump(exclude_defaults=True)


def _convert_scalar(value: str | float | None) -> Any:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    return value.item() if hasattr(value, "item") else value
