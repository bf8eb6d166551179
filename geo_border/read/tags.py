"""Tags of a table's rows, wherever a file keeps them: columns of any case or cut short, hstore, JSON, maps."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Hashable, Iterator, Mapping
from functools import lru_cache

import geopandas as gpd
import numpy as np
import pandas as pd

# GDAL keeps most tags in one hstore string, "key"=>"value","key"=>"value", with \" inside values.
_HSTORE = re.compile(r'"((?:[^"\\]|\\.)*)"\s*=>\s*"((?:[^"\\]|\\.)*)"')
# As people write tags into one field: key=value;key=value, or what Python prints of a dictionary.
_LOOSE = re.compile(r"""(?<![\w:.])([A-Za-z_][\w:.]*)['"]?\s*(?:=|:(?=\s*['"]))\s*['"]?([^'"=,;|{}]+)""")
_PREFIX = re.compile(r"^(?:(?:osm|tags?|other_tags|properties)_(?=[a-z])|is_(?=military))")
# A shapefile cuts names after so many letters.
_CUT = 10
# Fields of a struct whose value belongs to the struct's own name: {"primary": "hospital"} in `categories`.
_OF_PARENT = {"primary", "alternate", "main", "hierarchy", "value"}
# No table nests its tags deeper; a text that does would end in a traceback.
_MOST_BRACKETS = 200


def list_columns(table: pd.DataFrame) -> list[Hashable]:
    """Names of the columns that are no geometry."""
    return [name for name, dtype in table.dtypes.items() if not isinstance(dtype, gpd.array.GeometryDtype)]


@lru_cache(maxsize=10_000)
def tag_key(name: Hashable) -> str:
    """A column or key in one spelling: lower case, `_` for every sign, without a prefix that only says it is a tag.

    >>> tag_key("Operator:Type"), tag_key("tags.landuse"), tag_key("@military"), tag_key("tags")
    ('operator_type', 'landuse', 'military', 'tags')
    """
    return _PREFIX.sub("", re.sub(r"[\W_]+", "_", str(name).lower()).strip("_"))


def is_named(name: Hashable, key: str) -> bool:
    """Whether a column stands for a tag, also where a shapefile has cut its name.

    >>> is_named("OPERATOR_T", "operator_type"), is_named("operator", "operator_type")
    (True, False)
    """
    own = tag_key(name)
    return own == key or (len(str(name)) >= _CUT and len(own) > 4 and key.startswith(own))


def iterate_tags(key: str, value: object) -> Iterator[tuple[str, str]]:
    """Every tag in one cell: the cell itself under its column's key, and those packed in it, however deep.

    Parameters
    ----------
    key
        Key of the column (`tag_key`).
    value
        Text, number, list, or dictionary of a cell. Text may be hstore, JSON, `key=value` pairs.

    >>> list(iterate_tags("tags", {"Access": ["no", "military"]}))
    [('access', 'no'), ('access', 'military')]
    """
    if isinstance(value, str):
        packed = _unpack(value)
        yield from ((key, value),) if packed is None else iterate_tags(key, packed)
    elif isinstance(value, Mapping):
        # Parquet's maps come as {"key": ..., "value": ...} from some writers.
        items = [(value["key"], value["value"])] if set(value) == {"key", "value"} else value.items()
        for own, inner in items:
            yield from iterate_tags(key if own in _OF_PARENT else tag_key(own), inner)
    elif isinstance(value, list | tuple | np.ndarray):
        for item in value:
            pair = isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str)
            yield from iterate_tags(tag_key(item[0]), item[1]) if pair else iterate_tags(key, item)
    elif isinstance(value, bool | int | np.bool_ | np.number) or (isinstance(value, float) and not math.isnan(value)):
        yield key, str(value)


def parse_hstore(text: str) -> dict[str, str]:
    r"""Tags of an hstore string.

    >>> parse_hstore('"access"=>"private","name"=>"The \\"old\\" road"')
    {'access': 'private', 'name': 'The "old" road'}
    """
    return {_plain(key): _plain(value) for key, value in _HSTORE.findall(text)}


def read_tag(table: pd.DataFrame, key: str) -> list[str | None]:
    """What each row says under a key, from a column of its own or from packed tags; None where it says nothing."""
    found: list[str | None] = [None] * len(table)
    # A column of that name goes before tags that are packed in another.
    for name in sorted(list_columns(table), key=lambda name: not is_named(name, key)):
        own = key if is_named(name, key) else tag_key(name)
        known: dict[str, str | None] = {}
        for row, value in enumerate(table[name].astype(object)):
            if found[row] is not None or (isinstance(value, str) and own != key and key not in value.lower()):
                continue
            if not isinstance(value, str):
                found[row] = _first(own, value, key)
            else:
                if value not in known:
                    known[value] = _first(own, value, key)
                found[row] = known[value]
    return found


def _first(own: str, value: object, key: str) -> str | None:
    texts = (text.strip() for name, text in iterate_tags(own, value) if name == key)
    return next((text for text in texts if text), None)


def _unpack(text: str) -> object:
    """What a text holds, or None where it is no more than a text."""
    if "=>" in text:
        return parse_hstore(text) or None
    if text.lstrip()[:1] in {"{", "["}:
        try:
            # What begins so is a container, or no JSON.
            packed: object = json.loads(text) if text.count("[") + text.count("{") < _MOST_BRACKETS else None
        except ValueError:
            packed = None
        return packed or dict(_LOOSE.findall(text)) or None
    # Addresses on the web have the same signs.
    return dict(_LOOSE.findall(text)) or None if "=" in text and "://" not in text else None


def _plain(text: str) -> str:
    return text.replace('\\"', '"').replace("\\\\", "\\")
