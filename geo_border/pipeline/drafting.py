"""The `[[dataset]]` entry of a file, to be copied: what the file says is filled in, the rest is a question mark."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from geo_border.catalog.rules import list_columns
from geo_border.files.describe import LayerFacts, RasterFacts
from geo_border.read.osm_tags import FACILITY_KINDS
from geo_border.schemas import COVER_CLASSES, LINES, NEEDS, POINTS, RASTER, UNKNOWN

# What is left to whoever copies an entry.
OPEN = "?"
# How other files call the columns that ours are read from, in lower case; our own name goes before.
_SYNONYMS = {
    "name": ("nazwa", "nimi", "nosaukums", "pavadinimas", "navn", "naam", "nom", "sitename", "lau_name", "nuts_name"),
    "name_en": ("name:en", "nameascii", "asciiname"),
    "country": ("iso_a2", "iso_a2_eh", "iso2", "cntr_code", "cntr_id", "shapegroup", "iso_a3", "iso3", "adm0_a3"),
    "admin_id": ("nuts_id", "gisco_id", "lau_id", "shapeid", "iso_3166_2", "code", "kod", "id"),
    "people": ("population", "pop", "ludnosc", "pop_total"),
    "cell": ("grd_id", "grid_id", "cellcode"),
    "total": ("t", "obs_value_t", "tot_p", "population", "pop"),
}
# Kinds are other things for other needs; of roads the reader finds the column by itself.
_KIND_SYNONYMS = {
    "places": ("place", "fclass"),
    "facilities": ("amenity", "healthcare", "fclass", "type"),
    "protected": ("sitetype", "desig_eng"),
}
# What a reader does without.
_OPTIONAL = {"name_en", "people", "source_id", "water_id", "area_km2", "perimeter_km", "under_15", "15_64", "over_64"}
_MOST_CLASSES = 100
_CODES_OF_SETTLEMENT = {0, 10, 11, 12, 13, 21, 22, 23, 30}
# Letters that are no plain letter with a mark.
_PLAIN_LETTERS = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "æ": "ae", "ß": "ss", "đ": "d", "ð": "d"})


def guess_raster_need(facts: RasterFacts) -> str:
    """What a raster is taken for by the values that it holds.

    Parameters
    ----------
    facts
        What it says of itself.
    """
    codes = facts.values.codes
    if codes and set(codes) <= _CODES_OF_SETTLEMENT and len(codes) > 2:
        return "settlement_class"
    few = codes is not None and len(codes) <= _MOST_CLASSES
    return "cover" if few and "int" in facts.dtype and not facts.values.negative else "people"


def guess_layer_need(facts: LayerFacts) -> str:
    """What a layer of a vector file is taken for by its geometry and columns.

    Parameters
    ----------
    facts
        What it says of itself.
    """
    kind = (facts.geometry or "").lower()
    columns = {name.lower() for name in facts.columns}
    if facts.geometry is None:
        return "people"
    if "line" in kind:
        return "roads"
    if "point" in kind:
        return "facilities" if columns & {"amenity", "healthcare", "kind"} else "places"
    if columns & {"sitename", "sitecode", "desig_eng", "wdpaid"}:
        return "protected"
    return "admin" if columns & {"admin_id", "nuts_id", "gisco_id", "lau_id"} else "boundaries"


def guess_columns(need: str, facts: LayerFacts) -> dict[str, str]:
    """Our names of the columns that a need is read from, and the file's own of those that it has.

    Parameters
    ----------
    need
        One of `schemas.NEEDS`.
    facts
        What the layer says of itself.
    """
    by_lower = {name.lower(): name for name in facts.columns}
    found = {}
    for column in list_columns(need):
        others = _KIND_SYNONYMS.get(need, ()) if column == "kind" else _SYNONYMS.get(column, ())
        name = next((one for one in (column, *others) if one in by_lower), None)
        if name is not None:
            found[column] = by_lower[name]
    return found


def list_missing_columns(need: str, found: Mapping[str, str]) -> list[str]:
    """Our names of columns that a need cannot do without, and that no column of the file is known as.

    Parameters
    ----------
    need
        One of `schemas.NEEDS`.
    found
        The file's columns by our names.
    """
    optional = set(_OPTIONAL)
    if NEEDS[need] == POINTS:
        # A place needs a name, a facility a kind.
        optional |= {"country", "kind" if need == "places" else "name"}
    if NEEDS[need] == LINES or need in ("water", "boundaries", "own_zones"):
        optional |= {"id", "kind", "name"}
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
        What it says of itself, and of the band that is meant.
    areas_km2
        Area of each code in the study, where that is known.
    """
    lines = _draft_head(path, need, stated_crs=facts.crs is not None)
    if len(facts.bands) > 1:
        names = "; ".join(f"{number} {text}".strip() for number, text in enumerate(facts.descriptions, 1))
        lines.append(f"band = {facts.band}  # of {len(facts.bands)}: {_shorten(names)}")
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


def draft_layer(path: Path, need: str, facts: LayerFacts, layers: int) -> str:
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
    """
    lines = _draft_head(path, need, stated_crs=facts.crs is not None or need == "people")
    if need == "people":
        lines.append('reader = "census-grid"')
    if layers > 1:
        lines.append(f"layer = {_quote(facts.name)}")
    found = guess_columns(need, facts)
    # What is called by our name is found without being named, but a census names every column.
    columns = {column: name for column, name in found.items() if column != name or need == "people"}
    columns |= dict.fromkeys(list_missing_columns(need, found), OPEN)
    if columns:
        listed = ", ".join(f"{_quote_key(column)} = {_quote(name)}" for column, name in columns.items())
        lines.append(f"columns = {{ {listed} }}  # our names = those of the file")
    if need == "facilities":
        lines.append(f'# kinds = {{ "szkoła" = "school" }}  # its kinds in our words: {", ".join(FACILITY_KINDS)}')
    if need == "roads":
        lines.append('# kinds = { "droga powiatowa" = "tertiary" }  # its classes in the words of OpenStreetMap')
    return "\n".join(lines) + "\n"


def draft_extract(path: Path, need: str) -> str:
    """The entry of an OpenStreetMap extract.

    Parameters
    ----------
    path
        The file.
    need
        What it is taken for.
    """
    return "\n".join(_draft_head(path, need, stated_crs=True)) + "\n"


def build_name(path: Path) -> str:
    """A name for the dataset of a file: its own in plain letters.

    >>> build_name(Path("Gęstość załudnienia (2021).tif"))
    'gestosc-zaludnienia-2021'
    """
    letters = path.name.split(".")[0].translate(_PLAIN_LETTERS)
    plain = unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9._]+", "-", plain.lower()).strip("-._")[:80] or "my-dataset"


def is_raster_need(need: str) -> bool:
    """Whether a need is served by rasters."""
    return NEEDS[need] == RASTER


def _draft_head(path: Path, need: str, *, stated_crs: bool) -> list[str]:
    lines = [
        "[[dataset]]",
        f"name = {_quote(build_name(path))}",
        f"needs = [{_quote(need)}]",
        f"file = {_quote(path.name)}  # beside the file that this entry stands in, or its path from there",
        '# title = "What it is"',
        '# vintage = "2024"',
        '# licence = "CC BY 4.0"',
        '# attribution = "Whom outputs are to name"',
    ]
    return lines if stated_crs else [*lines, f"crs = {_quote(OPEN)}  # such as EPSG:4326; the file states none"]


def _draft_legend(facts: RasterFacts, areas_km2: Mapping[int, float]) -> list[str]:
    lines = [
        "",
        "[dataset.legend]",
        f'canopy = "{OPEN}"  # from which canopy cover on a value counts as tree, such as "10 % and more"',
        "tree_low = []  # values that are tree by the strictest reading",
        "tree_high = []  # and by the loosest",
        "",
        f"# Each is one of {', '.join((*COVER_CLASSES, UNKNOWN))}.",
        "[dataset.legend.classes]",
    ]
    for code, count in (facts.values.codes or {}).items():
        share = f"{100 * count / max(facts.values.known, 1):.2g} % of the cells"
        here = f", {areas_km2[code]:,.0f} km² in the study" if code in areas_km2 else ""
        lines.append(f"{code} = {_quote(OPEN)}  # {share}{here}")
    return lines


def _quote(text: str) -> str:
    # JSON escapes what TOML does, but for one control character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _quote_key(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else _quote(text)


def _shorten(text: str, most: int = 120) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 3]}..."
