"""Land cover: what a legend says of each value, what is known, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from geo_border.catalog import Legend, find_entry
from geo_border.errors import RasterError
from geo_border.measures.cover import sum_classes
from tests import handmade
from tests.handmade import World


def world_of(legend: Legend, **changes: object) -> World:
    layer_entry = handmade.make_entry("cover", ["cover"], legend=legend, reader="raster", **changes)
    return World(handmade.make_ground(), handmade.swap(handmade.make_layers(), "cover", entry=layer_entry))


def test_a_value_that_the_legend_lacks_is_an_error() -> None:
    classes = {code: name for code, name in handmade.LEGEND.classes.items() if code != "6"}
    legend = Legend(canopy="10 %", classes=classes, names=classes, tree_low=[1], tree_high=[1, 2])
    with pytest.raises(RasterError, match="class 6, which its legend lacks: is it the dataset it is said to be"):
        world_of(legend)


def test_a_value_that_the_legend_lacks_is_an_error_in_tiles_too(tmp_path: Path) -> None:
    values = np.array(handmade.COVER, np.uint8)
    values[0, 0] = 77
    path = tmp_path / "tile.tif"
    transform = Affine(1e3, 0, handmade.X0 - 6e3, 0, -1e3, handmade.Y0 + 8e3)
    profile = {"driver": "GTiff", "width": 6, "height": 8, "count": 1, "dtype": "uint8", "crs": "EPSG:3035"}
    with rasterio.open(path, "w", **profile, transform=transform, nodata=255) as out:
        out.write(values, 1)
    units = handmade.make_world().land.units
    with pytest.raises(RasterError, match="class 77, which its legend lacks"):
        sum_classes([path], units.zones, len(units), handmade.LEGEND)


def test_tiles_give_what_the_grid_gives(tmp_path: Path) -> None:
    paths = []
    for name, columns in (("west", slice(0, 4)), ("east", slice(4, 6))):
        part = np.array(handmade.COVER, np.uint8)[:, columns]
        transform = Affine(1e3, 0, handmade.X0 - 6e3 + columns.start * 1e3, 0, -1e3, handmade.Y0 + 8e3)
        profile = {"driver": "GTiff", "width": part.shape[1], "height": 8, "count": 1, "dtype": "uint8"}
        with rasterio.open(
            tmp_path / f"{name}.tif", "w", **profile, crs="EPSG:3035", transform=transform, nodata=255
        ) as out:
            out.write(part, 1)
        paths.append(tmp_path / f"{name}.tif")
    units = handmade.make_world().land.units
    held = sum_classes(handmade.make_grid(handmade.COVER, "u1", 255), units.zones, len(units), handmade.LEGEND)
    np.testing.assert_allclose(sum_classes(paths, units.zones, len(units), handmade.LEGEND), held, atol=1e-9)
    found = {name: km2 for name, km2 in held.sum().round(6).items() if km2}
    assert found == {
        **{"tree": 22, "shrub": 3, "grass": 14, "crop": 7, "water": 1, "unknown": 1},
        **{"tree_low": 16, "tree_high": 25},
    }


def test_where_the_grid_ends_cover_is_unknown() -> None:
    half = handmade.make_grid(np.array(handmade.COVER)[:4], "u1", 255)
    world = World(handmade.make_ground(), handmade.swap(handmade.make_layers(), "cover", data=half))
    # The southern half of home has no pixels at all.
    assert world.get("within|BB|0-5000", "cover_area", "unknown")["value"] == pytest.approx(20)
    share = world.get("within|BB|0-5000", "cover_share", "tree")
    assert np.isnan([share["value"], share["low"], share["high"]]).all()
    assert share["note"].endswith("empty: the zone has nothing that the figure could be of")
    assert world.get("within|all|0-5000", "cover_share", "tree")["value"] == pytest.approx(10 / 18)


def test_nodata_is_unknown() -> None:
    empty = handmade.make_grid(np.full((8, 6), 255), "u1", 255)
    world = World(handmade.make_ground(), handmade.swap(handmade.make_layers(), "cover", data=empty))
    cover = world.table[(world.table["measure"] == "cover_area") & (world.table["zone_id"] == "within|all|0-5000")]
    assert cover.set_index("category")["value"].loc[lambda v: v > 0].to_dict() == {"unknown": pytest.approx(40)}
    # A corridor none of whose outlines has known cover has an empty share, and no range.
    shares = world.table[world.table["measure"] == "cover_share"]
    assert shares[["value", "low", "high"]].isna().all().all()
    assert shares["note"].notna().all()


def test_what_is_not_forest_is_known_where_the_dataset_tells_forest_only() -> None:
    legend = find_entry("copernicus-forest-type-2018").legend
    assert legend is not None
    assert legend.is_tree_only
    classes = {"0": "unknown", "1": "tree"}
    only = Legend(canopy="10 %", classes=classes, names=classes, tree_low=[1], tree_high=[1])
    forest = handmade.make_grid(np.isin(handmade.COVER, (1, 2)).astype(int), "u1", 255)
    layer_entry = handmade.make_entry("forest", ["cover"], legend=only, reader="raster")
    read = handmade.swap(handmade.make_layers(), "cover", entry=layer_entry, data=forest)
    world = World(handmade.make_ground(), read)
    # Of 40 km², all of it known.
    assert world.get("within|all|0-5000", "cover_share", "tree")["value"] == pytest.approx(16 / 40)
    assert set(world.table[world.table["measure"] == "cover_share"]["category"]) == {"tree"}


def test_a_full_legend_leaves_out_what_it_does_not_know() -> None:
    legend = find_entry("esa-worldcover-2021").legend
    assert legend is not None
    assert not legend.is_tree_only
    assert handmade.make_world().get("within|all|0-5000", "cover_share", "tree")["value"] == pytest.approx(16 / 38)
