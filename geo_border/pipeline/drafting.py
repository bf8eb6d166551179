"""The `[[dataset]]` entry of a file, to be copied: what the file says is filled in, the rest is a question mark."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

from geo_border.catalog.rules import list_columns
from geo_border.files.describe import LayerFacts, RasterFacts
from geo_border.schemas import COVER_CLASSES, LINES, NEEDS, POINTS, RASTER, UNKNOWN

# How other files call the columns that ours are read from, in lower case; our own name goes before.
_SYNONYMS = {
    "name": ("nazwa", "nimi", "nosaukums", "pavadinimas", "navn", "naam", "nom", "sitename", "lau_name", "nuts_name"),
    "name_en": ("name:en", "nameascii", "asciiname"),
    "country": ("iso_a2", "iso_a2_eh", "iso2", "cntr_code", "cntr_id", "shapegroup", "iso_a3", "iso3", "adm0_a3"),
    "admin_id": ("nuts_id", "gisco_id", "lau_id", "shapeid", "iso_3166_2", "code", "kod", "id"),
    "kind": ("type", "fclass", "highway", "amenity", "class", "category", "sitetype", "desig_eng"),
    "people": ("population", "pop", "ludnosc", "pop_total"),
    "cell": ("grd_id", "grid_id", "cellcode"),
    "total": ("t", "obs_value_t", "tot_p", "population", "pop"),
}
# What a reader does without.
_OPTIONAL = {"name_en", "people", "source_id", "water_id", "area_km2", "perimeter_km", "under_15", "15_64", "over_64"}
_MOST_CLASSES = 100
_CODES_OF_SETTLEMENT = {0, 10, 11, 12, 13, 21, 22, 23, 30}


def guess_raster_need(facts: RasterFacts) -> str:
    """What a raster is taken for by the values that it holds."""
    codes = facts.values.codes
    if codes and set(codes) <= _CODES_OF_SETTLEMENT and len(codes) > 2:
        return "settlement_class"
    few = codes is not None and len(codes) <= _MOST_CLASSES
    return "cover" if few and "int" in facts.bands[0] and not facts.values.negative else "people"


def guess_layer_need(facts: LayerFacts) -> str:
    """What a layer of a vector file is taken for by its geometry and columns."""
    kind = (facts.geometry or "").lower()
    columns = {name.lower() for name in facts.columns}
    if "line" in kind:
        return "roads"
    if "point" in kind:
        return "facilities" if columns & {"amenity", "healthcare"} or "kind" in columns else "places"
    if columns & {"sitename", "sitecode", "desig_eng", "wdpaid"}:
        return "protected"
    return "admin" if columns & {"admin_id", "nuts_id", "gisco_id", "lau_id"} else "boundaries"


def guess_columns(need: str, facts: LayerFacts) -> dict[str, str]:
    """Our names of the columns that a need is read from, and the file's own of those that it has."""
    by_lower = {name.lower(): name for name in facts.columns}
    found = {}
    for column in list_columns(need):
        for name in (column, *_SYNONYMS.get(column, ())):
            if name in by_lower:
                found[column] = by_lower[name]
                break
    return found


def list_missing_columns(need: str, found: Mapping[str, str]) -> list[str]:
    """Our names of columns that a need cannot do without, and that no column of the file is known as."""
    optional = set(_OPTIONAL)
    if NEEDS[need] == POINTS:
        # A place needs a name, a facility a kind.
        optional |= {"country", "kind" if need == "places" else "name"}
    if NEEDS[need] == LINES or need in ("water", "boundaries"):
        optional |= {"kind", "name"}
    return [column for column in list_columns(need) if column not in found and column not in optional]


def draft_raster(path: Path, need: str, facts: RasterFacts, areas_km2: Mapping[int, float]) -> str:
    """The entry of a raster.

    Parameters
    ----------
    path
        The file.
    need
        What it is taken for.
    facts
        What it says of itself.
    areas_km2
        Area of each code in the study, where that is known.
    """
    lines = _draft_head(path, need, stated_crs=facts.crs is not None)
    if len(facts.bands) > 1:
        named = "; ".join(f"{i} {text}".strip() for i, text in enumerate(facts.descriptions, 1))
        lines.append(f"band = 1  # of {len(facts.bands)}: {_shorten(named)}")
    if facts.nodata is None:
        lines.append("# nodata = 255  # the value that stands for no data; the file names none")
    if need == "people":
        lines += [
            '# counts = "all"  # "all": a cell counts everyone who lives in it; "home": only residents of one side',
            "# density = true  # where cells hold persons per km², not persons",
        ]
    if need == "cover":
        lines += _draft_legend(facts, areas_km2)
    return "\n".join(lines) + "\n"


def draft_layer(path: Path, need: str, facts: LayerFacts, layers: int, kinds: Iterable[str] = ()) -> str:
    """The entry of a layer of a vector file.

    Parameters
    ----------
    path
        The file.
    need
        What it is taken for.
    facts
        What the layer says of itself.
    layers
        How many layers with geometry the file has.
    kinds
        Kinds in it that are none of ours.
    """
    lines = _draft_head(path, need, stated_crs=facts.crs is not None or need == "people")
    if need == "people":
        lines.append('reader = "census-grid"')
    if layers > 1:
        lines.append(f"layer = {_quote(facts.name)}")
    found = guess_columns(need, facts)
    named = {column: name for column, name in found.items() if column != name}
    named |= dict.fromkeys(list_missing_columns(need, found), "?")
    if named:
        told = ", ".join(f"{_quote_key(column)} = {_quote(name)}" for column, name in named.items())
        lines.append(f"columns = {{ {told} }}")
    told = ", ".join(f"{_quote_key(kind)} = {_quote('?')}" for kind in kinds)
    if told:
        lines.append(f"# kinds = {{ {told} }}")
    return "\n".join(lines) + "\n"


def draft_extract(path: Path, need: str) -> str:
    """The entry of an OpenStreetMap extract."""
    return "\n".join(_draft_head(path, need, stated_crs=True)) + "\n"


def _draft_head(path: Path, need: str, *, stated_crs: bool) -> list[str]:
    lines = [
        "[[dataset]]",
        f"name = {_quote(build_name(path))}",
        f"needs = [{_quote(need)}]",
        f"file = {_quote(path.name)}  # beside the file that this entry stands in",
        '# title = "What it is"',
        '# vintage = "2024"',
        '# licence = "CC BY 4.0"',
        '# attribution = "Whom outputs are to name"',
    ]
    return lines if stated_crs else [*lines, 'crs = "?"  # such as EPSG:4326; the file states none']


def _draft_legend(facts: RasterFacts, areas_km2: Mapping[int, float]) -> list[str]:
    lines = [
        "",
        "[dataset.legend]",
        'canopy = "?"  # from which canopy cover on a value counts as tree, such as "tree cover of 10 % and more"',
        "tree_low = []  # values that are tree by the strictest reading",
        "tree_high = []  # and by the loosest",
        "",
        f"# Each is one of {', '.join((*COVER_CLASSES, UNKNOWN))}.",
        "[dataset.legend.classes]",
    ]
    for code, count in (facts.values.codes or {}).items():
        share = f"{100 * count / max(facts.values.known, 1):.2g} % of the cells"
        here = f", {areas_km2[code]:,.0f} km² in the study" if code in areas_km2 else ""
        lines.append(f'{code} = "?"  # {share}{here}')
    return lines


def build_name(path: Path) -> str:
    """A name for the dataset of a file: its own in plain letters.

    >>> build_name(Path("Gęstość zaludnienia (2021).tif"))
    'gestosc-zaludnienia-2021'
    """
    plain = unicodedata.normalize("NFKD", path.name.split(".")[0]).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9._]+", "-", plain.lower()).strip("-._") or "my-dataset"


def is_raster_need(need: str) -> bool:
    """Whether a need is served by rasters."""
    return NEEDS[need] == RASTER


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _quote_key(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else _quote(text)


def _shorten(text: str, most: int = 120) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 3]}..."
