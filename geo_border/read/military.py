"""The door: rows that are military, or a control of the border, are dropped from every table before it is read."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection
from typing import TypeVar

import numpy as np
import pandas as pd

from geo_border.read.tags import is_named, iterate_tags, list_columns, tag_key

LOG = logging.getLogger("geo_border")
Table = TypeVar("Table", bound=pd.DataFrame)

# What a field of a military row says where the row is not military.
_NO = {
    *("", "no", "n", "none", "null", "nan", "na", "n/a", "false", "f", "0", "0.0", "-", "not", "civil", "civilian"),
    *("ei", "ne", "nē", "nej", "nein", "nie", "non", "нет"),
}
_YES = {"yes", "y", "true", "t"}
# Parts of a key that make its value a class. Under such a key a longer value counts as well: "joint military".
_CLASS_PARTS = {
    *("kind", "type", "typ", "class", "fclass", "subclass", "subtype", "category", "categories", "featurecla"),
}
_CLASS_KEYS = {
    *("landuse", "access", "use", "usage", "function", "building"),
    *("amenity", "service", "aeroway", "aerodrome"),
    *("highway", "healthcare", "barrier", "office", "government", "designation", "desig", "ownership", "feature"),
}
# Free text names things after the military (Military Road) that are not.
_TEXT = re.compile(
    r"names?|name_.*|.*_names?|title|label|desc.*|notes?|comments?|remarks?|addr.*|street.*|city|in|is_in.*|url|website|"
    r"wiki.*|sources?|source_(?!tags?$).*|image|email"
)
_MILITARY = re.compile(
    r"(?<![a-z])(?<!non_)(?<!not_)military(?![a-z])(?!_(?:surplus|museum|cemetery|grave|memorial|monument|history))"
)
# Values that mean the military under a key of class, and those that mean the control of a border.
_CLASSES = {
    *("barracks", "bunker", "army", "army_base", "navy"),
    *("naval_base", "air_force", "airbase", "air_base", "armed_forces"),
    *("defence", "defense", "danger_area", "nuclear_explosion_site", "ammunition", "munitions"),
    *("border_control", "border_crossing", "border_post", "border_checkpoint", "border_guard", "border_patrol"),
    *("checkpoint", "customs", "customs_office", "customs_post", "customs_house"),
}
# Feature codes of GeoNames (geonames.org/export/codes.html): military base, naval base, manoeuvre area, artillery
# range, airbase, military installation, barracks, munitions plant, military school, fort; posts of the border, of
# customs, of patrols; coast guard, customs house, inspection.
_FEATURE_CODES = {
    *("milb", "nvb", "mva", "rnga", "airb", "insm", "brks", "mfgm", "schm", "ft"),
    *("pstb", "pstc", "pstp", "stnc", "cstm", "stni"),
}
_FEATURE_KEYS = {"feature_code", "feature_co", "featurecode", "featurecod", "fcode", "dsg", "kind"}
# A look at a text that costs little, before it is taken apart: whatever means either has one of these in it.
_STEMS = {"milit", *(max(word.split("_"), key=len) for word in _CLASSES)}


def drop_military(table: Table, where: str) -> Table:
    """Return the rows of a table that are neither military nor a control of the border, and log how many are left out.

    A row is military by its tags, wherever the file keeps them (`tags.iterate_tags`) and in any case:

    - `military` or `military:...`, unless its value is `no` or the like; `disused:military` is another key;
    - the value `military`, alone or in a list, under any key but a name or a free text: `landuse`, `operator:type`;
    - under a key of class (`kind`, `type`, `building`, `subtype`, ...) also a longer one (`military base`), barracks,
      bunkers and the like;
    - a feature code of GeoNames for such a place.

    A control of the border is one by its class: `barrier=border_control`, `amenity=customs`.

    Parameters
    ----------
    table
        Any table, before columns are chosen from it; every column but the geometry is asked.
    where
        What the message names: a file, never a feature or a place.

    >>> drop_military(pd.DataFrame({"Access": ["yes;Military", "yes"], "MILITARY": [None, "no"]}), "roads.csv")
      Access MILITARY
    1    yes       no
    """
    dropped = np.zeros(len(table), dtype=bool)
    for name in list_columns(table):
        dropped |= _find_in_column(table[name], str(name))
    if dropped.any():
        LOG.warning("%s: %d of %d rows left out: military or border control.", where, int(dropped.sum()), len(table))
    return table[~dropped]


def _find_in_column(column: pd.Series, name: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    key = "military" if is_named(name, "military") else tag_key(name)
    always = key.startswith("military") or key in _FEATURE_KEYS
    found = np.zeros(len(column), dtype=bool)
    if not always and (_is_text(key) or pd.api.types.is_numeric_dtype(column.dtype)):
        return found
    values = [value.tolist() if isinstance(value, np.ndarray) else value for value in column.astype(object)]
    texts = [value if isinstance(value, str) else repr(value) for value in values]
    stems = _find_stems("\n".join(texts), _STEMS)
    # Texts of a column repeat: each is taken apart once.
    known: dict[str, bool] = {}
    for row, (value, text) in enumerate(zip(values, texts, strict=True)):
        if text not in known:
            known[text] = (always or bool(_find_stems(text, stems))) and _is_any_military(key, value)
        found[row] = known[text]
    return found


def _find_stems(text: str, stems: Collection[str]) -> list[str]:
    lower = text.lower()
    return [stem for stem in stems if stem in lower]


def _is_any_military(key: str, value: object) -> bool:
    return any(_is_military(own, text) for own, text in iterate_tags(key, value))


def _is_military(key: str, text: str) -> bool:
    """Whether one tag says military or border control."""
    values = [re.sub(r"[\s-]+", "_", part.strip().lower()) or "" for part in re.split(r"[;,|]", text)]
    if key == "military":
        return any(value not in _NO for value in values)
    if key.startswith("military_"):
        # Text alone: a number may be a distance.
        return any(value in _YES or (value not in _NO and value[0].isalpha()) for value in values)
    if _is_text(key):
        return False
    if key in _FEATURE_KEYS and any(value.rpartition(".")[2] in _FEATURE_CODES for value in values):
        return True
    if _is_class(key):
        return any(value in _CLASSES or _MILITARY.search(value) is not None for value in values)
    return "military" in values


def _is_class(key: str) -> bool:
    parts = set(key.split("_"))
    if _CLASS_PARTS & parts or key.startswith("operator_t"):
        return True
    return bool(_CLASS_KEYS & parts) and not _is_text(key)


def _is_text(key: str) -> bool:
    return _TEXT.fullmatch(key) is not None and _CLASS_PARTS.isdisjoint(key.split("_"))
