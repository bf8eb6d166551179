"""Files that make GDAL open something else than themselves, each written into a folder of its own."""

from __future__ import annotations

import json
import os
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from affine import Affine

SECRET = "the key of somebody's bank, 42"
AT = Affine(1000, 0, 4_000_000, 0, -1000, 3_010_000)
FEATURES = [
    {
        "type": "Feature",
        "properties": {"zone_id": "a"},
        "geometry": {"type": "Polygon", "coordinates": [[[20, 50], [21, 50], [21, 51], [20, 50]]]},
    }
]


def tiff(path: Path, value: int = 1, **more: object) -> Path:
    """A GeoTIFF of 10 x 10 cells of 1 km in EPSG:3035."""
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {"driver": "GTiff", "width": 10, "height": 10, "count": 1, "dtype": "uint8", "crs": "EPSG:3035"}
    with rasterio.open(path, "w", **(profile | {"transform": AT} | more)) as file:
        file.write(np.full((10, 10), value, np.uint8), 1)
    return path


def zones(path: Path, **more: object) -> Path:
    """One polygon in the file's format, over the cells of `tiff`."""
    frame = gpd.GeoDataFrame({"zone_id": ["a"]}, geometry=[shapely.box(4e6, 3e6, 4.01e6, 3.01e6)], crs=3035)
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_file(path, **more)
    return path


def vrt(source: str, relative: int = 0, band: str = "", dataset: str = "", inside: str = "") -> str:
    """A virtual raster over one source."""
    return (
        f'<VRTDataset rasterXSize="10" rasterYSize="10"{dataset}><SRS>EPSG:3035</SRS>'
        f"<GeoTransform>4000000, 1000, 0, 3010000, 0, -1000</GeoTransform>{inside}"
        f'<VRTRasterBand dataType="Byte" band="1"{band}><SimpleSource>'
        f'<SourceFilename relativeToVRT="{relative}">{source}</SourceFilename><SourceBand>1</SourceBand>'
        '<SrcRect xOff="0" yOff="0" xSize="10" ySize="10"/><DstRect xOff="0" yOff="0" xSize="10" ySize="10"/>'
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )


def raw_band(source: str, relative: int) -> str:
    """A virtual raster whose bytes are those of any file."""
    return (
        '<VRTDataset rasterXSize="10" rasterYSize="2"><SRS>EPSG:3035</SRS>'
        "<GeoTransform>4000000, 1000, 0, 3010000, 0, -1000</GeoTransform>"
        '<VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand">'
        f'<SourceFilename relativeToVRT="{relative}">{source}</SourceFilename>'
        "<ImageOffset>0</ImageOffset><PixelOffset>1</PixelOffset><LineOffset>10</LineOffset>"
        "</VRTRasterBand></VRTDataset>"
    )


Make = Callable[[Path, str], Path]


def _write(name: str, text: Callable[[str], str]) -> Make:
    def make(folder: Path, url: str) -> Path:
        (folder / name).write_text(text(url))
        return folder / name

    return make


def _beside(name: str, text: Callable[[str], str], **tiff_options: object) -> Make:
    """A sound GeoTIFF, and a file beside it that GDAL opens with it."""

    def make(folder: Path, url: str) -> Path:
        path = tiff(folder / "a.tif", **tiff_options)
        (folder / name).write_text(text(url))
        return path

    return make


def _tagged(folder: Path, url: str) -> Path:
    path = tiff(folder / "a.tif")
    with rasterio.open(path, "r+") as file:
        file.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=f"/vsicurl/{url}/o.tif")
    return path


def _tagged_tile(folder: Path, url: str) -> Path:
    _tagged(folder, url)
    (folder / "v.vrt").write_text(vrt("a.tif", 1))
    return folder / "v.vrt"


def _nested(folder: Path, url: str) -> Path:
    (folder / "inner.vrt").write_text(vrt(f"/vsicurl/{url}/x.tif"))
    (folder / "outer.vrt").write_text(vrt("inner.vrt", 1))
    return folder / "outer.vrt"


def _linked(folder: Path, url: str) -> Path:
    """A link with a harmless name to a virtual raster elsewhere."""
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "x.vrt").write_text(vrt(f"/vsicurl/{url}/x.tif"))
    (folder / "tile.tif").symlink_to(folder / "elsewhere" / "x.vrt")
    return folder / "tile.tif"


_WMS = (
    '<GDAL_WMS><Service name="TMS"><ServerUrl>{url}/${{z}}/${{x}}/${{y}}.png</ServerUrl></Service><DataWindow>'
    "<UpperLeftX>0</UpperLeftX><UpperLeftY>10</UpperLeftY><LowerRightX>10</LowerRightX><LowerRightY>0</LowerRightY>"
    "<TileLevel>0</TileLevel><SizeX>10</SizeX><SizeY>10</SizeY></DataWindow><Projection>EPSG:3035</Projection>"
    "<BandsCount>3</BandsCount></GDAL_WMS>"
)
_PAM = (
    '<PAMDataset><Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">/vsicurl/{url}/o.tif</MDI></Metadata>'
    "</PAMDataset>"
)
_WARPED = (
    '<VRTDataset rasterXSize="10" rasterYSize="10" subClass="VRTWarpedDataset"><SRS>EPSG:3035</SRS>'
    '<VRTRasterBand dataType="Byte" band="1" subClass="VRTWarpedRasterBand"/><GDALWarpOptions>'
    "<SourceDataset>/vsicurl/{url}/x.tif</SourceDataset></GDALWarpOptions></VRTDataset>"
)

# Rasters that open a connection when GDAL is left to itself.
CALLING_RASTERS: dict[str, Make] = {
    "vrt": _write("a.vrt", lambda url: vrt(f"/vsicurl/{url}/x.tif")),
    "vrt under another name": _write("people.tif", lambda url: vrt(f"/vsicurl/{url}/x.tif")),
    "vrt after a remark": _write("a.vrt", lambda url: f"<!-- tiles -->{vrt(f'/vsicurl/{url}/x.tif')}"),
    "vrt, streamed": _write("a.vrt", lambda url: vrt(f"/vsicurl_streaming/{url}/x.tif")),
    "vrt, in a zip on a server": _write("a.vrt", lambda url: vrt(f"/vsizip//vsicurl/{url}/x.zip/x.tif")),
    "vrt, source in an attribute": _write(
        "a.vrt",
        lambda url: vrt("").replace(
            '<SimpleSource><SourceFilename relativeToVRT="0"></SourceFilename>',
            f'<SimpleSource SourceFilename="/vsicurl/{url}/x.tif">',
        ),
    ),
    "vrt in a vrt": _nested,
    "vrt behind a link": _linked,
    "vrt of a text that is one": _write(
        "a.vrt", lambda url: vrt(vrt(f"/vsicurl/{url}/x.tif").replace("<", "&lt;").replace('"', "&quot;"))
    ),
    "vrt over a tile that names overviews": _tagged_tile,
    "external overviews": _beside("a.tif.ovr", lambda url: vrt(f"/vsicurl/{url}/x.tif")),
    "external mask": _beside(
        "a.tif.msk",
        lambda url: vrt(
            f"/vsicurl/{url}/x.tif", inside='<Metadata><MDI key="INTERNAL_MASK_FLAGS_1">2</MDI></Metadata>'
        ),
    ),
    "overviews named in .aux.xml": _beside("a.tif.aux.xml", lambda url: _PAM.format(url=url)),
    "overviews named in a tag": _tagged,
    "web map": _write("a.xml", lambda url: _WMS.format(url=url)),
    "web map under another name": _write("a.tif", lambda url: _WMS.format(url=url)),
    "web map tiles": _write(
        "a.xml", lambda url: f"<GDAL_WMTS><GetCapabilitiesUrl>{url}/wmts</GetCapabilitiesUrl></GDAL_WMTS>"
    ),
    "web coverage": _write(
        "a.xml",
        lambda url: f"<WCS_GDAL><ServiceURL>{url}/?</ServiceURL><CoverageName>a</CoverageName></WCS_GDAL>",
    ),
    "tile index": _write(
        "a.gti",
        lambda url: f"<GDALTileIndexDataset><IndexDataset>/vsicurl/{url}/i.gpkg</IndexDataset></GDALTileIndexDataset>",
    ),
}


def _secret(folder: Path) -> Path:
    """A text of the user's, outside the folder that was handed over."""
    path = folder.parent / f"{folder.name}-home" / "secret.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text(SECRET)
    return path


def _raw_outside(folder: Path, url: str) -> Path:
    (folder / "a.vrt").write_text(raw_band(str(_secret(folder)), 0))
    return folder / "a.vrt"


def _raw_above(folder: Path, url: str) -> Path:
    _secret(folder)
    (folder / "a.vrt").write_text(raw_band(f"../{folder.name}-home/secret.txt", 1))
    return folder / "a.vrt"


def _raw_beside(folder: Path, url: str) -> Path:
    (folder / "notes.txt").write_text(SECRET)
    (folder / "a.vrt").write_text(raw_band("notes.txt", 1))
    return folder / "a.vrt"


def _raw_linked(folder: Path, url: str) -> Path:
    """The header of a raw raster beside a link to a text elsewhere."""
    (folder / "a.bil").symlink_to(_secret(folder))
    (folder / "a.hdr").write_text("nrows 2\nncols 10\nnbands 1\nnbits 8\nlayout bil\nulxmap 4000500\nulymap 3009500\n")
    (folder / "a.prj").write_text(rasterio.crs.CRS.from_epsg(3035).to_wkt())
    return folder / "a.bil"


def _tile_outside(folder: Path, url: str) -> Path:
    tile = tiff(_secret(folder).with_name("other.tif"))
    (folder / "a.vrt").write_text(vrt(str(tile)))
    return folder / "a.vrt"


def _tile_linked(folder: Path, url: str) -> Path:
    (folder / "tile.tif").symlink_to(tiff(_secret(folder).with_name("other.tif")))
    (folder / "a.vrt").write_text(vrt("tile.tif", 1))
    return folder / "a.vrt"


def _text_tile(folder: Path, url: str) -> Path:
    (folder / "tile.asc").write_text("ncols 1\nnrows 1\nxllcorner 0\nyllcorner 0\ncellsize 1\n7\n")
    (folder / "a.vrt").write_text(vrt("tile.asc", 1))
    return folder / "a.vrt"


def _split_name(folder: Path, url: str) -> Path:
    """A name that a parser which reads on past a remark takes for another one."""
    tiff(folder / "tile.tif")
    (folder / "a.vrt").write_text(vrt("tile<!-- -->.tif", 1))
    return folder / "a.vrt"


def _derived(folder: Path, url: str) -> Path:
    tiff(folder / "tile.tif")
    code = "<PixelFunctionType>f</PixelFunctionType><PixelFunctionLanguage>Python</PixelFunctionLanguage>"
    text = vrt("tile.tif", 1, band=' subClass="VRTDerivedRasterBand"').replace(
        "<SimpleSource>", f"{code}<SimpleSource>"
    )
    (folder / "a.vrt").write_text(text)
    return folder / "a.vrt"


def _pansharpened(folder: Path, url: str) -> Path:
    tiff(folder / "tile.tif")
    (folder / "a.vrt").write_text(
        '<VRTDataset subClass="VRTPansharpenedDataset"><PansharpeningOptions><PanchroBand>'
        '<SourceFilename relativeToVRT="1">tile.tif</SourceFilename><SourceBand>1</SourceBand></PanchroBand>'
        "</PansharpeningOptions></VRTDataset>"
    )
    return folder / "a.vrt"


def _circle(folder: Path, url: str) -> Path:
    for one, other in (("a.vrt", "b.vrt"), ("b.vrt", "a.vrt")):
        (folder / one).write_text(vrt(other, 1))
    return folder / "a.vrt"


def _zarr(folder: Path) -> Path:
    path = folder / "a.zarr"
    path.mkdir()
    about = {"chunks": [2, 10], "compressor": None, "dtype": "|u1", "fill_value": None, "filters": None}
    (path / ".zarray").write_text(json.dumps(about | {"order": "C", "shape": [2, 10], "zarr_format": 2}))
    return path


def _zarr_linked(folder: Path, url: str) -> Path:
    path = _zarr(folder)
    (path / "0.0").symlink_to(_secret(folder))
    return path


def _zarr_references(folder: Path, url: str) -> Path:
    path = _zarr(folder)
    (path / ".zmetadata").write_text(json.dumps({"metadata": {}, "record_size": 10}))
    return path


def _geopackage_raster(folder: Path, url: str) -> Path:
    return tiff(folder / "a.gpkg", driver="GPKG", crs="EPSG:3857")


def _pipe(folder: Path, url: str) -> Path:
    os.mkfifo(folder / "a.tif")
    return folder / "a.tif"


# Rasters that read what they should not, or are of a kind that is not opened.
REFUSED_RASTERS: dict[str, Make] = {
    "raw band of a text outside": _raw_outside,
    "raw band of a text above": _raw_above,
    "raw band of a text beside": _raw_beside,
    "raw raster that links outside": _raw_linked,
    "warped": _write("a.vrt", lambda url: _WARPED.format(url=url)),
    "tile outside": _tile_outside,
    "tile that links outside": _tile_linked,
    "tile of text": _text_tile,
    "name with a remark inside": _split_name,
    "derived band": _derived,
    "pansharpened": _pansharpened,
    "vrts in a circle": _circle,
    "document type": _write("a.vrt", lambda url: f'<!DOCTYPE a SYSTEM "{url}/a.dtd">{vrt("a.tif", 1)}'),
    "source of a connection string": _write("a.vrt", lambda url: vrt('NETCDF:"a.nc":b', 1)),
    "source on a database": _write("a.vrt", lambda url: vrt("PG:host=127.0.0.1 dbname=a")),
    "source on a share": _write("a.vrt", lambda url: vrt("//127.0.0.1/share/a.tif")),
    "source on a share of Windows": _write("a.vrt", lambda url: vrt("\\\\127.0.0.1\\share\\a.tif")),
    "vrt that is no XML": _write("a.vrt", lambda url: "<VRTDataset"),
    "list of addresses": _write(
        "a.json",
        lambda url: json.dumps(
            {
                "type": "FeatureCollection",
                "stac_version": "1.0.0",
                "features": [{"assets": {"a": {"href": f"{url}/x.tif"}}}],
            }
        ),
    ),
    "zarr that links outside": _zarr_linked,
    "zarr of references": _zarr_references,
    "raster in a GeoPackage": _geopackage_raster,
    "a pipe": _pipe,
}


def _json(name: str, **members: object) -> Make:
    def make(folder: Path, url: str) -> Path:
        text = json.dumps({"type": "FeatureCollection", "features": FEATURES} | members)
        (folder / name).write_text(text.replace("URL", url))
        return folder / name

    return make


def _link(kind: str = "link", key: str = "href") -> dict[str, object]:
    return {"type": kind, "properties": {key: "URL/crs"}}


def _spelt(folder: Path, url: str) -> Path:
    path = _json("a.geojson", crs=_link())(folder, url)
    path.write_text(path.read_text().replace('"crs"', '"\\u0063rs"').replace('"link"', '"l\\u0069nk"'))
    return path


def _zipped(folder: Path, url: str) -> Path:
    path = _json("a.geojson", crs=_link())(folder, url)
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.write(path, "a.geojson")
    return folder / "a.zip"


def _zipped_virtual(folder: Path, url: str) -> Path:
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("a.shp", _OGR_VRT.format(url=url))
    return folder / "a.zip"


_OGR_VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/vsicurl/{url}/x.geojson</SrcDataSource></OGRVRTLayer>'
    "</OGRVRTDataSource>"
)
_PIPELINE = {"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read /vsicurl/URL/x.geojson"}
_GML = (
    '<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs" xmlns:gml="http://www.opengis.net/gml" '
    'xmlns:t="http://t" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://t '
    '{url}/wfs?service=WFS&amp;version=1.1.0&amp;request=DescribeFeatureType&amp;typename=t:a"><gml:featureMember>'
    "<t:a><t:geom><gml:Point><gml:pos>0 0</gml:pos></gml:Point></t:geom></t:a></gml:featureMember>"
    "</wfs:FeatureCollection>"
)

# Vector files that open a connection when GDAL is left to itself.
CALLING_VECTORS: dict[str, Make] = {
    "ogr vrt": _write("a.vrt", lambda url: _OGR_VRT.format(url=url)),
    "ogr vrt as a GeoPackage": _write("a.gpkg", lambda url: _OGR_VRT.format(url=url)),
    "ogr vrt as KML": _write("a.kml", lambda url: f"<!--<kml>-->{_OGR_VRT.format(url=url)}"),
    "ogr vrt as CSV": _write("a.csv", lambda url: f"\n{_OGR_VRT.format(url=url)}"),
    "ogr vrt in a zip": _zipped_virtual,
    "web features": _write("a.xml", lambda url: f"<OGRWFSDataSource><URL>{url}/wfs</URL></OGRWFSDataSource>"),
    "GML that names a schema": _write("a.gml", lambda url: _GML.format(url=url)),
    "CRS by link": _json("a.geojson", crs=_link()),
    "CRS by url": _json("a.geojson", crs=_link("url", "url")),
    "CRS by link in capitals": _json("a.json", CRS=_link("LINK", "HREF")),
    "CRS by link of a geometry": _json(
        "a.geojson",
        features=[{**FEATURES[0], "geometry": {"type": "Point", "crs": _link(), "coordinates": [20, 50]}}],
    ),
    "CRS by link in numbers of letters": _spelt,
    "CRS by link in a zip": _zipped,
    "CRS by link of a topology": _json(
        "a.topojson",
        type="Topology",
        crs=_link(),
        objects={"a": {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 1]}]}},
        arcs=[],
    ),
}


def _virtual_table(folder: Path, url: str) -> Path:
    path = zones(folder / "a.gpkg", layer="a")
    base = sqlite3.connect(path)
    # Written into the list of tables, as this SQLite has no such module.
    base.execute("PRAGMA writable_schema = 1")
    sql = "CREATE VIRTUAL TABLE t USING VirtualOGR('/etc/hosts')"
    base.execute("INSERT INTO sqlite_master VALUES ('table', 't', 't', 0, ?)", (sql,))
    base.commit()
    base.close()
    return path


def _geodatabase_linked(folder: Path, url: str) -> Path:
    path = folder / "a.gdb"
    path.mkdir()
    (path / "a00000001.gdbtable").symlink_to(_secret(folder))
    return path


def _many_zipped(folder: Path, url: str) -> Path:
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("a.vrt", _OGR_VRT.format(url=url))
        archive.writestr("b.txt", "b")
    return folder / "a.zip"


# Vector files that read what they should not, or are of a kind that is not opened.
REFUSED_VECTORS: dict[str, Make] = {
    "pipeline": _json("a.gdalg.json", **_PIPELINE),
    "pipeline under another name": _json("a.geojson", **_PIPELINE),
    "tables of another file": _virtual_table,
    "geodatabase that links outside": _geodatabase_linked,
    "zip of several files": _many_zipped,
    "KML with a document type": _write(
        "a.kml", lambda url: f'<!DOCTYPE kml SYSTEM "{url}/a"><kml xmlns="http://www.opengis.net/kml/2.2"/>'
    ),
    "unknown ending": _write("a.mdb", lambda url: "anything"),
    "text that is no GeoJSON": _write("a.geojson", lambda url: "anything"),
    "SQLite of another kind": lambda folder, url: zones(folder / "a.sqlite", driver="SQLite"),
}
