"""What GDAL may open: no file reaches a server or reads another file; sound files of every kind are read."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
from rasterio.errors import RasterioError

import geo_border
from geo_border.errors import FetchError, FileError, GeometryError, RasterError, SchemaError
from geo_border.fetch.local import build_local_raw
from geo_border.files import formats, network
from geo_border.files.raster import open_raster
from geo_border.files.vector import list_layers, read_geoparquet, read_parquet, read_vector
from geo_border.outputs import mosaic
from geo_border.read import read_admin, read_people, read_roads
from geo_border.zonal import tabulate
from tests.files.hostile import (
    CALLING_RASTERS,
    CALLING_VECTORS,
    REFUSED_RASTERS,
    REFUSED_VECTORS,
    SECRET,
    Make,
    external_storage,
    tiff,
    vrt,
    zones,
)

PACKAGE = Path(geo_border.__file__).parent
WINDOW = (-20.0, 30.0, 40.0, 75.0)


class Server:
    """A web server on loopback that counts connections."""

    def __init__(self, log: Path, port: int) -> None:
        self._log, self._port, self._count = log, port, 0

    @property
    def connections(self) -> int:
        return len(self._log.read_text().splitlines())

    def url(self) -> str:
        """An address that nobody has asked for: GDAL remembers those that failed."""
        self._count += 1
        return f"http://127.0.0.1:{self._port}/{self._count}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "connections"
    log.touch()
    script = Path(__file__).with_name("counting_server.py")
    with subprocess.Popen([sys.executable, str(script), str(log)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield Server(log, int(process.stdout.readline()))
        process.terminate()


def _use_raster(path: Path) -> None:
    """All that anyone asks of a raster."""
    with rasterio.open(path) as source:
        assert source.mask_flag_enums
        source.overviews(1)
        source.read(1, out_shape=(3, 3))
        source.read_masks(1)


def _use_vector(path: Path) -> None:
    layer = pyogrio.list_layers(path)[0][0]
    pyogrio.read_dataframe(path, layer=layer)


@pytest.fixture(autouse=True)
def _gdal_left_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that ran the command line in this process has closed the network for GDAL, which would hide a call."""
    for name in network.SETTINGS:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("kind", CALLING_RASTERS)
def test_a_raster_that_calls_a_server_is_refused_and_would_have_called(
    kind: str, tmp_path: Path, server: Server
) -> None:
    _refuses_raster(CALLING_RASTERS[kind], tmp_path, server)
    other = tmp_path / "again"
    other.mkdir()
    path = CALLING_RASTERS[kind](other, server.url())
    before = server.connections
    with suppress(RasterioError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _use_raster(path)
    assert server.connections > before, "GDAL left to itself does not call: the case shows nothing"


@pytest.mark.parametrize("kind", REFUSED_RASTERS)
def test_a_raster_of_a_kind_that_is_not_opened_is_refused(kind: str, tmp_path: Path, server: Server) -> None:
    _refuses_raster(REFUSED_RASTERS[kind], tmp_path, server)


def test_gdal_left_to_itself_reads_a_text_out_of_hdf5_and_out_of_a_raw_band(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why these are refused: were GDAL to stop, the cases would show nothing."""
    monkeypatch.chdir(tmp_path)
    raw = REFUSED_RASTERS["raw band of a text beside"](tmp_path, "")
    for path in (external_storage(tmp_path, ""), raw):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with rasterio.open(path) as source:
                assert b"somebody" in source.read(1).tobytes() + source.read(1)[::-1].tobytes()


def test_an_imagine_raster_with_its_own_large_file_is_read(tmp_path: Path) -> None:
    import rasterio.shutil

    rasterio.shutil.copy(tiff(tmp_path / "plain.tif", 5), tmp_path / "a.img", driver="HFA", USE_SPILL="YES")
    assert (tmp_path / "a.ige").exists()
    with open_raster(tmp_path / "a.img") as source:
        assert (source.read(1) == 5).all()


def _refuses_raster(make: Make, folder: Path, server: Server) -> None:
    path = make(folder, server.url())
    before = server.connections
    area = zones(folder.parent / f"{folder.name}-zones" / "z.gpkg")
    entries: list[Callable[[], object]] = [
        lambda: open_raster(path),
        lambda: open_raster(str(path)),
        lambda: tabulate(path, area),
        lambda: tabulate(path, area, mode="sum"),
    ]
    if path.is_file():
        entries.append(lambda: read_people(build_local_raw("people", path), WINDOW))
    for enter in entries:
        with pytest.raises(RasterError) as refused:
            enter()
        assert str(path) in str(refused.value)
        assert "\n" not in str(refused.value)
        assert SECRET not in str(refused.value)
        assert refused.value.exit_code == 2
    assert server.connections == before


@pytest.mark.parametrize("kind", CALLING_VECTORS)
def test_a_vector_file_that_calls_a_server_is_refused_and_would_have_called(
    kind: str, tmp_path: Path, server: Server
) -> None:
    _refuses_vector(CALLING_VECTORS[kind], tmp_path, server)
    other = tmp_path / "again"
    other.mkdir()
    path = CALLING_VECTORS[kind](other, server.url())
    before = server.connections
    with suppress(pyogrio.errors.DataSourceError, pyogrio.errors.CRSError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _use_vector(path)
    assert server.connections > before, "GDAL left to itself does not call: the case shows nothing"


@pytest.mark.parametrize("kind", REFUSED_VECTORS)
def test_a_vector_file_of_a_kind_that_is_not_opened_is_refused(kind: str, tmp_path: Path, server: Server) -> None:
    _refuses_vector(REFUSED_VECTORS[kind], tmp_path, server)


def _refuses_vector(make: Make, folder: Path, server: Server) -> None:
    path = make(folder, server.url())
    before = server.connections
    grid = tiff(folder.parent / f"{folder.name}-grid" / "g.tif")
    entries: list[Callable[[], object]] = [
        lambda: list_layers(path),
        lambda: read_vector(str(path)),
        lambda: tabulate(grid, path),
    ]
    if path.is_file():
        entries.append(lambda: read_admin(build_local_raw("admin", path), WINDOW))
        entries.append(lambda: read_roads(build_local_raw("roads", path), WINDOW))
    for enter in entries:
        with pytest.raises((FileError, SchemaError, GeometryError)) as refused:
            enter()
        assert str(path) in str(refused.value)
        assert "\n" not in str(refused.value)
        assert refused.value.exit_code == 2
    assert server.connections == before


NO_PATHS = (
    "{url}/a.tif",
    "/vsicurl/{url}/a.tif",
    "/vsicurl_streaming/{url}/a.tif",
    "/vsis3/bucket/a.tif",
    "/vsigs/bucket/a.tif",
    "/vsiaz/bucket/a.tif",
    "/vsiadls/bucket/a.tif",
    "/vsioss/bucket/a.tif",
    "/vsiswift/bucket/a.tif",
    "/vsihdfs/bucket/a.tif",
    "/vsiwebhdfs/{url}/a.tif",
    "/vsizip//vsicurl/{url}/a.zip/a.tif",
    "/vsizip/vsicurl/{url}/a.zip/a.tif",
    "/vsistdin/",
    "/vsisubfile/0_100,/etc/hosts",
    "/vsicached?file=/vsicurl/{url}/a.tif",
    "zip+{url}/a.zip!a.tif",
    "s3://bucket/a.tif",
    "ftp://127.0.0.1:1/a.tif",
    "WMS:{url}/wms",
    "WMTS:{url}/wmts",
    "WCS:{url}/wcs",
    "WFS:{url}/wfs",
    "OAPIF:{url}",
    "OGCAPI:{url}",
    "CSW:{url}",
    "ES:{url}",
    "STACIT:{url}/a.json",
    "PLMosaic:{url}",
    "PG:host=127.0.0.1 port=1 dbname=a",
    "MySQL:a,host=127.0.0.1,port=1",
    "NETCDF:a.nc:b",
    'HDF5:"a.h5"://b',
    "GTIFF_RAW:a.tif",
    "GTIFF_DIR:1:a.tif",
    'ZARR:"/vsicurl/{url}/a.zarr"',
    "vrt://{url}/a.tif",
    "DERIVED_SUBDATASET:LOGAMPLITUDE:/vsicurl/{url}/a.tif",
    "<VRTDataset/>",
    '{{"type": "FeatureCollection", "features": []}}',
    "a\0b.tif",
)


@pytest.mark.parametrize("text", NO_PATHS)
def test_what_is_no_path_is_refused(text: str, tmp_path: Path, server: Server) -> None:
    before = server.connections
    given = text.format(url=server.url())
    for raster in (given, Path(given)):
        with pytest.raises(RasterError):
            open_raster(raster)
        with pytest.raises(FileError):
            read_vector(raster)
    for read in (read_geoparquet, read_parquet):
        with pytest.raises(FileError):
            read(given)
    assert server.connections == before


def test_a_pipe_is_no_source_and_nobody_waits_for_it(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="a pipe or a device"):
        build_local_raw("people", REFUSED_RASTERS["a pipe"](tmp_path, ""))


def test_a_file_with_the_name_of_a_connection_string_is_that_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    monkeypatch.chdir(tmp_path)
    tiff(Path("NETCDF:a.tif"), 7)
    with open_raster("NETCDF:a.tif") as source:
        assert (source.read(1) == 7).all()


# What must be read as before.


@pytest.mark.parametrize("driver", [one.driver for one in formats.RASTERS if one.driver not in {"VRT", "AIG", "Zarr"}])
def test_every_raster_format_that_is_named_is_read(driver: str, tmp_path: Path) -> None:
    suffix = {"EHdr": ".bil", "HFA": ".img", "AAIGrid": ".asc", "XYZ": ".xyz", "SAGA": ".sdat", "netCDF": ".nc"}
    path = tmp_path / f"a{suffix.get(driver, '.grd')}"
    plain = tiff(tmp_path / "plain.tif", 5)
    if driver == "netCDF":
        # rasterio writes none.
        convert = ["gdal_translate", "-q", "-of", driver, str(plain), str(path)]
        subprocess.run(convert, check=True, capture_output=True)
    else:
        import rasterio.shutil

        rasterio.shutil.copy(plain, path, driver=driver)
    with open_raster(path) as source:
        assert source.driver == driver
        assert (source.read(1) == 5).all()


def test_a_zarr_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    path.mkdir()
    about = {"chunks": [2, 10], "compressor": None, "dtype": "|u1", "fill_value": None, "filters": None}
    (path / ".zarray").write_text(json.dumps(about | {"order": "C", "shape": [2, 10], "zarr_format": 2}))
    (path / "0.0").write_bytes(bytes(range(20)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with open_raster(path) as source:
            assert source.read(1).ravel().tolist() == list(range(20))


@pytest.mark.parametrize(
    ("suffix", "driver"),
    [
        (".gpkg", "GPKG"),
        (".fgb", "FlatGeobuf"),
        (".shp", "ESRI Shapefile"),
        (".geojson", "GeoJSON"),
        (".json", "GeoJSON"),
        (".geojsonl", "GeoJSONSeq"),
        (".gdb", "OpenFileGDB"),
        (".kml", "KML"),
        (".gpx", "GPX"),
    ],
)
def test_every_vector_format_that_is_named_is_read(suffix: str, driver: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    # No column: what the writer of GPX calls them differs between versions.
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy([20, 21], [50, 51]), crs=4326)
    frame.to_file(path, driver=driver)
    layer = list_layers(path)[0][0]
    assert len(read_vector(path, layer)) == 2


def test_text_with_coordinates_and_topologies_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('WKT,name\n"POINT (20 50)",one\n')
    assert read_vector(tmp_path / "a.csv")["name"].tolist() == ["one"]
    objects = {"a": {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 1]}]}}
    (tmp_path / "a.topojson").write_text(json.dumps({"type": "Topology", "objects": objects, "arcs": []}))
    assert len(read_vector(tmp_path / "a.topojson")) == 1


def test_a_crs_by_name_and_a_column_of_that_name_are_no_link(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"crs": ["crs", "link", None], "note": ["\u0105", "a", "b"]},
        geometry=gpd.points_from_xy([4e6] * 3, [3e6] * 3),
        crs=3035,
    )
    frame.to_file(tmp_path / "a.geojson")
    text = (tmp_path / "a.geojson").read_text("utf-8")
    assert '"type": "name"' in text
    (tmp_path / "a.geojson").write_text(text.replace("\u0105", "\\u0105").replace('"a"', '"\\u0061"'), "utf-8")
    read = read_vector(tmp_path / "a.geojson")
    assert read.crs == 3035
    assert read["note"].tolist() == ["\u0105", "a", "b"]


def test_shapefiles_in_a_zip_or_a_folder_are_read(tmp_path: Path) -> None:
    path = zones(tmp_path / "shapes" / "a.shp")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for part in path.parent.iterdir():
            archive.write(part, part.name)
    for given in (tmp_path / "a.zip", path.parent):
        assert read_vector(given)["zone_id"].tolist() == ["a"]
        assert tabulate(tiff(tmp_path / "g.tif"), given, mode="sum")["sum"].tolist() == [100.0]


def test_a_geojson_alone_in_a_zip_is_read(tmp_path: Path) -> None:
    path = zones(tmp_path / "a.geojson")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(path, "deep/a.geojson")
    assert len(read_vector(tmp_path / "a.zip")) == 1


def test_a_geotiff_in_a_zip_is_read(tmp_path: Path) -> None:
    path = tiff(tmp_path / "a.tif", 3)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(path, "deep/a.tif")
        archive.writestr("a.vrt", vrt("deep/a.tif", 1))
    with open_raster(f"/vsizip/{tmp_path}/a.zip/deep/a.tif") as source:
        assert (source.read(1) == 3).all()
    with pytest.raises(RasterError, match="unpack"):
        open_raster(f"/vsizip/{tmp_path}/a.zip/a.vrt")


def test_overviews_and_masks_outside_the_file_are_read(tmp_path: Path) -> None:
    path = tiff(tmp_path / "a.tif", 4)
    mask = np.full((10, 10), 255, np.uint8)
    mask[0] = 0
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(path, "r+") as source:
        source.write_mask(mask)
    subprocess.run(["gdaladdo", "-q", "-ro", str(path), "2"], check=True, capture_output=True)
    assert {"a.tif.ovr", "a.tif.msk"} <= {one.name for one in tmp_path.iterdir()}
    with open_raster(path) as source:
        assert source.overviews(1) == [2]
        assert source.read_masks(1).min() == 0


def test_a_link_to_a_raster_is_that_raster(tmp_path: Path) -> None:
    (tmp_path / "link.tif").symlink_to(tiff(tmp_path / "store" / "a.tif", 6))
    with open_raster(tmp_path / "link.tif") as source:
        assert (source.read(1) == 6).all()


def test_a_mosaic_beside_its_tiles_is_read_and_so_is_one_of_mosaics(tmp_path: Path) -> None:
    tiff(tmp_path / "tiles" / "a.tif", 2)
    (tmp_path / "a.vrt").write_text(vrt("tiles/a.tif", 1))
    (tmp_path / "b.vrt").write_text(vrt("a.vrt", 1))
    (tmp_path / "c.vrt").write_text(vrt(str(tmp_path / "tiles" / "a.tif")))
    for name in ("a.vrt", "b.vrt", "c.vrt"):
        assert tabulate(tmp_path / name, zones(tmp_path / "z.gpkg"), mode="sum")["sum"].tolist() == [200.0]


@pytest.mark.parametrize("tool", [["gdalbuildvrt", "-q"], ["gdal_translate", "-q", "-of", "VRT"]])
def test_what_gdals_own_tools_write_is_read(tool: list[str], tmp_path: Path) -> None:
    tile = tiff(tmp_path / "a.tif", 2, nodata=0)
    order = [tmp_path / "a.vrt", tile] if tool[0] == "gdalbuildvrt" else [tile, tmp_path / "a.vrt"]
    subprocess.run([*tool, *map(str, order)], check=True, capture_output=True)
    with open_raster(tmp_path / "a.vrt") as source:
        assert (source.read(1) == 2).all()


def test_the_mosaic_that_a_run_writes_over_its_raw_tiles_is_read(tmp_path: Path) -> None:
    from geo_border import catalog

    entry = catalog.find_entry("esa-worldcover-2021")
    folder = tmp_path / "data" / "processed" / "study"
    folder.mkdir(parents=True)
    inside = tiff(tmp_path / "data" / "raw" / "cover" / "1" / "a.tif", 10)
    with open_raster(mosaic.write([inside], entry, folder)) as source:
        assert (source.read(1) == 10).all()
    outside = tiff(tmp_path / "elsewhere" / "a.tif", 10)
    written = mosaic.write([outside], entry, folder)
    with pytest.raises(RasterError, match="outside its own folder"):
        open_raster(written)
    assert mosaic.read_mosaic_crs(written).to_epsg() == 3035


# The command line: one line, exit code 2, and nothing asked of the server.


def _command(*words: object) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PYTHONPATH": str(PACKAGE.parent), "COLUMNS": "400"}
    return subprocess.run(
        [sys.executable, "-m", "geo_border", *map(str, words)], capture_output=True, text=True, env=env, check=False
    )


def test_tabulate_says_in_one_line_that_a_text_is_not_read(tmp_path: Path, server: Server) -> None:
    path = REFUSED_RASTERS["raw band of a text beside"](tmp_path, server.url())
    done = _command("tabulate", path, zones(tmp_path / "z.gpkg"), "--out", tmp_path / "out.csv")
    assert done.returncode == 2
    assert done.stderr.strip().count("\n") == 0
    assert "gdal_translate a.vrt a.tif" in done.stderr
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("need", "make"),
    [("people", CALLING_RASTERS["vrt"]), ("admin", CALLING_VECTORS["CRS by link"])],
    ids=["people", "admin"],
)
def test_a_run_offline_opens_no_connection(need: str, make: Make, tmp_path: Path, server: Server) -> None:
    path = make(tmp_path, server.url())
    before = server.connections
    done = _command("run", "suwalki", "--root", tmp_path / "root", "--sources", f"{need}={path}", "--offline", "-q")
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert str(path) in done.stderr
    assert server.connections == before


def test_the_command_line_forbids_the_network_to_what_slips_through(server: Server, tmp_path: Path) -> None:
    """The second wall alone: GDAL left to itself in a process that has called `forbid_network`."""
    path = CALLING_RASTERS["vrt"](tmp_path, server.url())
    area = CALLING_VECTORS["CRS by link"](tmp_path, server.url())
    before = server.connections
    code = (
        "from geo_border.files.network import forbid_network; forbid_network(); import rasterio, pyogrio\n"
        f"try: rasterio.open({str(path)!r}).read(1)\nexcept rasterio.errors.RasterioError: pass\n"
        f"pyogrio.read_info({str(area)!r})"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=PACKAGE.parent)
    assert server.connections == before


# The door is the only one.

OPENERS = {
    "rasterio": {"open", "DatasetReader"},
    "pyogrio": {"read_dataframe", "read_info", "list_layers", "read_bounds", "open_arrow", "read_arrow"},
    "gpd": {"read_file", "read_parquet", "read_feather", "list_layers"},
    "geopandas": {"read_file", "read_parquet", "read_feather", "list_layers"},
    "pd": {"read_parquet", "read_excel", "read_json", "read_xml", "read_feather", "read_pickle", "read_html"},
    "pq": {"read_table", "read_schema", "read_metadata", "ParquetFile"},
}
# They take an open file, never a path: `files.text.open_text` gives it.
ON_HANDLES = {"pd": {"read_csv"}, "arrow_csv": {"read_csv", "open_csv"}}


def _openers(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if isinstance(node.func.value, ast.Name):
            module, name = node.func.value.id, node.func.attr
            handle = bool(node.args) and isinstance(node.args[0], ast.Name) and node.args[0].id == "handle"
            if name in OPENERS.get(module, ()) or (name in ON_HANDLES.get(module, ()) and not handle):
                yield f"{path.name}:{node.lineno}: {module}.{name}"


def _imported_openers(path: Path) -> Iterator[str]:
    names = set().union(*OPENERS.values(), *ON_HANDLES.values())
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and not str(node.module).startswith("geo_border"):
            yield from (f"{path.name}: {node.module}.{a.name}" for a in node.names if a.name in names - {"open"})


@pytest.mark.parametrize("find", [_openers, _imported_openers])
def test_nothing_else_opens_foreign_files(find: Callable[[Path], Iterator[str]]) -> None:
    modules = [path for path in PACKAGE.rglob("*.py") if "_embedded" not in path.parts]
    inside = [found for path in modules if path.parent.name == "files" for found in find(path)]
    assert inside, "the test finds not even the door"
    assert not [found for path in modules if path.parent.name != "files" for found in find(path)]


def test_every_driver_is_one_that_gdal_has() -> None:
    with rasterio.Env() as env:
        assert {one.driver for one in formats.RASTERS} <= set(env.drivers())
    readable = set(pyogrio.list_drivers(read=True))
    assert {one.driver for one in formats.VECTORS} <= readable


def test_the_documentation_lists_every_format() -> None:
    told = (PACKAGE.parent / "docs" / "DATA.md").read_text("utf-8")
    for one in (*formats.RASTERS, *formats.VECTORS):
        assert f"`{one.driver}`" in told, one.driver
