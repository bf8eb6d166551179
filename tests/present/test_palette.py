"""Laws of colour: ordered ramps, lines and text that can be seen, classes told apart without colour."""

from __future__ import annotations

import itertools

import pytest

from geo_border.errors import CatalogError
from geo_border.present import labels, palette
from geo_border.schemas import COVER_CLASSES, LAYERS, MEDIA, UNKNOWN

LAND = palette.get_style("basemap", "land").fill


def _lightness(colour: str) -> float:
    return palette.compute_contrast(colour, "#000000")


@pytest.mark.parametrize("layer", ["populated", "civilian_exposure", "forested"])
def test_every_class_of_the_schema_has_its_style_and_label(layer: str) -> None:
    wanted = next(column.allowed_values for column in LAYERS[layer].columns if column.name == "class")
    assert set(palette.list_classes(layer)) == set(wanted) == set(labels.CLASSES[layer])


def test_cover_and_media_are_complete() -> None:
    assert palette.list_classes("cover") == [*COVER_CLASSES, UNKNOWN] == list(labels.CLASSES["cover"])
    assert set(palette.list_classes("frontier")) == set(MEDIA)


@pytest.mark.parametrize("name", ["bands", "people", "tree_share"])
def test_a_ramp_runs_one_way_in_lightness(name: str) -> None:
    light = [_lightness(colour) for colour in palette.get_ramp(name).stops]
    assert light in (sorted(light), sorted(light, reverse=True))
    assert all(abs(a - b) > 0.5 for a, b in itertools.pairwise(light))


@pytest.mark.parametrize("count", range(1, 9))
def test_a_ramp_gives_as_many_different_colours_as_asked(count: int) -> None:
    assert len(set(palette.interpolate_colours("bands", count))) == count


@pytest.mark.parametrize("layer", ["frontier", "frontier_sea", "corridor", "corridor_axis", "strips", "bands"])
def test_lines_stand_out_from_the_land(layer: str) -> None:
    assert palette.compute_contrast(palette.get_style(layer).line, LAND) >= 3


@pytest.mark.parametrize("cls", ["label", "label_quiet"])
def test_names_can_be_read(cls: str) -> None:
    for ground in (palette.get_style("basemap", part).fill for part in ("land", "sea", "facing", "water")):
        assert palette.compute_contrast(palette.get_style("basemap", cls).fill, ground) >= 4.5


def test_media_differ_by_dash_and_strips_by_pattern_not_by_colour_alone() -> None:
    assert len({palette.get_style("frontier", medium).dash for medium in MEDIA}) == len(MEDIA)
    assert palette.get_style("strips").pattern != "none"
    assert palette.get_style("strips").fill_opacity == 0


@pytest.mark.parametrize("layer", ["populated", "civilian_exposure"])
def test_classes_differ_in_lightness_or_pattern(layer: str) -> None:
    for a, b in itertools.combinations(palette.list_classes(layer), 2):
        first, second = palette.get_style(layer, a), palette.get_style(layer, b)
        assert palette.compute_contrast(first.fill, second.fill) >= 1.15 or first.pattern != second.pattern, (a, b)


def test_facilities_differ_by_symbol() -> None:
    symbols = [palette.get_style("facilities", cls).symbol for cls in palette.list_classes("facilities")]
    assert len(set(symbols)) == len(symbols)


def test_an_unknown_class_names_those_there_are() -> None:
    with pytest.raises(CatalogError, match="land"):
        palette.get_style("frontier", "canal")
