"""How every layer and class is drawn: `palette.toml` read once and checked, for web map, pictures and QGIS alike."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geo_border.errors import CatalogError

Pattern = Literal["none", "diagonal", "diagonal_back", "cross", "dots", "horizontal"]
Symbol = Literal["none", "circle", "square", "triangle", "diamond", "cross", "pentagon"]
_HEX = r"^#[0-9a-f]{6}$"
# CSS defines 96 pixels to the inch; QGIS measures in millimetres.
MM_PER_PX = 25.4 / 96


class Style(BaseModel):
    """How one class of one layer is drawn; sizes in CSS pixels, opacities 0..1, colours `#rrggbb`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fill: str = Field("#000000", pattern=_HEX)
    fill_opacity: float = Field(1.0, ge=0, le=1)
    line: str = Field("#000000", pattern=_HEX)
    line_opacity: float = Field(1.0, ge=0, le=1)
    width: float = Field(1.0, ge=0)
    dash: tuple[float, ...] = ()
    pattern: Pattern = "none"
    pattern_colour: str = Field("#000000", pattern=_HEX)
    symbol: Symbol = "none"
    size: float = Field(0.0, ge=0)

    @property
    def width_mm(self) -> float:
        """Line width in millimetres."""
        return self.width * MM_PER_PX


class Ramp(BaseModel):
    """Ordered colours; `breaks` are the values at which one class ends and the next begins (one fewer than stops)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stops: tuple[str, ...] = Field(min_length=2)
    breaks: tuple[float, ...] = ()


def get_style(layer: str, class_name: str | None = None) -> Style:
    """How a class of a layer is drawn, or the layer as a whole where no class is given.

    >>> get_style("frontier", "river").dash
    (9.0, 4.0)

    Parameters
    ----------
    layer
        A layer of `palette.toml`.
    class_name
        A class of that layer; None for the layer itself.

    Raises
    ------
    CatalogError
        When the palette has no such layer or class.
    """
    layers = _read_palette()["layer"]
    try:
        found: Style = layers[layer][class_name or ""]
    except KeyError:
        known = list(layers) if layer not in layers else [c for c in layers[layer] if c]
        raise CatalogError(
            f"palette.toml: nothing for layer {layer!r} class {class_name!r}; there are {known}."
        ) from None
    return found


def list_classes(layer: str) -> list[str]:
    """Classes of a layer in the order of its legend.

    >>> list_classes("frontier")
    ['land', 'river', 'lake']

    Parameters
    ----------
    layer
        A layer of `palette.toml`.
    """
    get_style(layer)
    return [name for name in _read_palette()["layer"][layer] if name]


def get_ramp(name: str) -> Ramp:
    """Colours in order, with the breaks between them.

    Parameters
    ----------
    name
        A ramp of `palette.toml`.

    Raises
    ------
    CatalogError
        When the palette has none of that name.
    """
    try:
        found: Ramp = _read_palette()["ramp"][name]
    except KeyError:
        raise CatalogError(f"palette.toml: no ramp {name!r}; there are {list(_read_palette()['ramp'])}.") from None
    return found


def interpolate_colours(name: str, count: int) -> list[str]:
    """`count` colours spread evenly over a ramp, in its order; for bands: nearest first.

    >>> interpolate_colours("bands", 2)
    ['#4b1d66', '#ebe0f0']

    Parameters
    ----------
    name
        A ramp of `palette.toml`.
    count
        How many colours.
    """
    stops = [_parse_hex(colour) for colour in get_ramp(name).stops]
    if count == 1:
        return [_format_hex(stops[0])]
    colours = []
    for place in range(count):
        at = place * (len(stops) - 1) / (count - 1)
        left = min(int(at), len(stops) - 2)
        part = at - left
        colours.append(_format_hex([a + (b - a) * part for a, b in zip(stops[left], stops[left + 1], strict=True)]))
    return colours


def compute_contrast(first: str, second: str) -> float:
    """WCAG 2 contrast ratio of two colours, 1 to 21.

    >>> compute_contrast("#ffffff", "#000000")
    21.0
    """
    bright, dark = sorted((_compute_luminance(first), _compute_luminance(second)), reverse=True)
    return round((bright + 0.05) / (dark + 0.05), 2)


def blend_colours(colour: str, opacity: float, background: str) -> str:
    """Opaque colour seen where `colour` lies with `opacity` over `background`.

    >>> blend_colours("#000000", 0.5, "#ffffff")
    '#808080'

    Parameters
    ----------
    colour
        `#rrggbb`, on top.
    opacity
        0 (only the background) to 1.
    background
        `#rrggbb`, opaque.
    """
    pairs = zip(_parse_hex(colour), _parse_hex(background), strict=True)
    return _format_hex([top * opacity + under * (1 - opacity) for top, under in pairs])


@lru_cache(maxsize=1)
def _read_palette() -> dict[str, dict[str, Any]]:
    text = resources.files(__package__).joinpath("palette.toml").read_text("utf-8")
    raw = tomllib.loads(text)
    layers: dict[str, dict[str, Style]] = {}
    try:
        for name, entry in raw["layer"].items():
            defaults = {key: value for key, value in entry.items() if key != "classes"}
            layers[name] = {"": Style.model_validate(defaults)}
            for cls, own in entry.get("classes", {}).items():
                layers[name][cls] = Style.model_validate({**defaults, **own})
        ramps = {name: Ramp.model_validate(entry) for name, entry in raw["ramp"].items()}
    except ValidationError as error:
        first = error.errors()[0]
        raise CatalogError(f"palette.toml: {name}: {first['loc']}: {first['msg']}.") from error
    return {"layer": layers, "ramp": ramps}


def _parse_hex(colour: str) -> list[float]:
    return [float(int(colour[at : at + 2], 16)) for at in (1, 3, 5)]


def _format_hex(rgb: list[float]) -> str:
    return "#" + "".join(f"{int(part + 0.5):02x}" for part in rgb)


def _compute_luminance(colour: str) -> float:
    # Relative luminance, WCAG 2.2.
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in _parse_hex(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
