"""The one place where rasters are opened: allowed drivers, no network, no file that points elsewhere."""

from __future__ import annotations

import re
import warnings
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from rasterio.env import env_ctx_if_needed
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader

from geo_border.errors import FileError, RasterError
from geo_border.files.formats import POINTERS, RASTERS
from geo_border.files.local import find_file, find_pointer, forbid_links_outward, list_siblings, read_head
from geo_border.files.virtual import list_sources

# What GDAL opens by itself, as part of another raster, must be of a kind that no other driver takes.
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_IMAGINE = b"EHFA_HEADER_TAG\0"
_VRT = b"<VRTDataset"
_FOLDER_DRIVERS = ["AIG", "Zarr"]
# Classic netCDF, which names no other file. HDF5 may take its values from any file of this machine.
_NETCDF = (b"CDF\x01", b"CDF\x02", b"CDF\x05")
_HDF5 = b"\x89HDF\r\n\x1a\n"
_PLAIN_DRIVERS = [one.driver for one in RASTERS if one.driver not in {"VRT", "Zarr", "netCDF"}]
_DEEPEST = 8
_IN_ZIP = re.compile(r"/vsizip/(?P<archive>.*?\.zip)/(?P<member>.+)", re.IGNORECASE)
# A raster as the gate hands it on: other rooms name its type, and open none themselves.
OpenRaster: TypeAlias = DatasetReader


def open_raster(path: str | Path) -> DatasetReader:
    """Open a local raster for reading.

    Every raster that the project did not make in memory is opened here: a user's, a fetched one, tiles, results of a
    former run. Workers of a cluster open theirs here too.

    Parameters
    ----------
    path
        A file, a folder that is one raster (Zarr, Esri grid), or `/vsizip/ARCHIVE.zip/MEMBER` of a GeoTIFF.

    Returns
    -------
    DatasetReader
        To be closed by the caller; a context manager.

    Raises
    ------
    RasterError
        When it cannot be opened, is of a kind that is not opened here (`formats.toml`), or points to another file or
        to a server.
    """
    inside = _IN_ZIP.fullmatch(str(path).replace("\\", "/"))
    try:
        if inside and not Path(str(path)).exists():
            return _open_checked(_find_member(inside["archive"], inside["member"]), str(path), ["GTiff"])
        real = find_file(path)
        return _open_checked(str(real), str(path), _choose_drivers(real, str(path)))
    except FileError as error:
        raise RasterError(str(error)) from error
    except (RasterioError, UnicodeEncodeError) as error:
        reason = " ".join(str(error).split())
        raise RasterError(
            f"{path!s:.300}: cannot be opened as a raster ({reason:.300}). If it is one of another kind, convert it: "
            "gdal_translate FILE file.tif."
        ) from error


def _choose_drivers(real: Path, given: str) -> list[str]:
    """Drivers that may open a file, after everything that it would make GDAL open has been looked at."""
    if real.is_dir():
        _check_folder(real)
        return _FOLDER_DRIVERS
    if real.suffix.casefold() == ".adf":
        # A file of an Esri binary grid stands for its folder.
        forbid_links_outward(real.parent)
    _check_attached(real, given)
    head = read_head(real)
    if head.startswith(_NETCDF):
        return ["netCDF"]
    if head.startswith(_HDF5):
        raise FileError(
            f"{given}: is HDF5 (netCDF-4), which may take its values from any file of this machine. If you trust it: "
            f"gdal_translate {real.name} {real.stem}.tif, and give that."
        )
    word = find_pointer(head)
    if word == _VRT:
        state = real.stat()
        _check_mosaic(real, given, (state.st_mtime_ns, state.st_size, state.st_ino))
        return ["VRT"]
    if word is not None:
        raise FileError(f"{given}: is {POINTERS[word]}, not a raster; save what it shows as a GeoTIFF and give that.")
    return _PLAIN_DRIVERS


def _open_checked(name: str, given: str, drivers: list[str]) -> DatasetReader:
    # `rasterio.open` takes one driver only.
    with env_ctx_if_needed():
        source = DatasetReader(name, driver=drivers)
    # GDAL asks for this very item when it looks for overviews, in the file's own tags and in .aux.xml.
    named = source.get_tag_item("OVERVIEW_FILE", "OVERVIEWS")
    if named is not None and not _is_absent_inside(Path(named), Path(name)):
        source.close()
        raise FileError(
            f"{given}: names another file as its overviews. Delete its .aux.xml, or take the tag out of it "
            "(gdal_edit.py -unsetmd FILE)."
        )
    if source.driver == "HFA":
        _forbid_foreign_blocks(source, Path(name), given)
    return source


def _forbid_foreign_blocks(source: DatasetReader, real: Path, given: str) -> None:
    """Refuse an Imagine raster whose cells lie in a file that is no part of it, which it may name with any path."""
    for one in map(Path, source.files):
        if one.resolve().parent != real.parent or not one.name.casefold().startswith(real.stem.casefold()):
            source.close()
            raise FileError(f"{given}: takes its cells from {one.name}, which is no part of it. Give a GeoTIFF.")


def _is_absent_inside(named: Path, folder: Path) -> bool:
    """Whether a name is one that GDAL gives the overviews of a Zarr by itself, where there are none."""
    return named.is_relative_to(folder) and not named.exists()


def _check_folder(real: Path) -> None:
    forbid_links_outward(real)
    # Such a Zarr is a list of byte ranges of other files, often on servers.
    listed = real / ".zmetadata"
    if listed.is_file() and b"record_size" in listed.read_bytes():
        raise FileError(f"{real}: holds references to other files (kerchunk), no data. Write it out as a GeoTIFF.")


def _check_attached(real: Path, given: str) -> None:
    """Refuse external overviews and masks that are no TIFF: GDAL would open whatever they are."""
    for name in list_siblings(real):
        _check_part(find_file(real.parent / name), f"{given}: {name} beside it", (_TIFF,), 0)


@lru_cache(maxsize=256)
def _check_mosaic(real: Path, given: str, _state: tuple[int, int, int], depth: int = 0) -> None:
    """Look at each file that a virtual raster reads, once for all threads as long as it stays the same."""
    if depth > _DEEPEST:
        raise FileError(f"{given}: virtual rasters nested more than {_DEEPEST} deep, or in a circle.")
    for source in dict.fromkeys(list_sources(real, given)):
        _check_part(source, f"{given}: its source {source.name}", (_TIFF, (_IMAGINE,)), depth)


def _check_part(real: Path, given: str, kinds: tuple[tuple[bytes, ...], ...], depth: int) -> None:
    """Refuse a file that GDAL would open unasked, unless it is of some kinds and points nowhere itself."""
    head = read_head(real)
    if find_pointer(head) == _VRT and len(kinds) > 1:
        state = real.stat()
        _check_mosaic(real, given, (state.st_mtime_ns, state.st_size, state.st_ino), depth + 1)
        drivers = ["VRT"]
    elif any(head.startswith(kind) for kind in kinds):
        drivers = ["GTiff", "HFA"]
    else:
        raise FileError(f"{given} is no GeoTIFF. Convert it (gdal_translate FILE file.tif) or delete it.")
    if len(kinds) > 1:
        _check_attached(real, given)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        _open_checked(str(real), given, drivers).close()


def _find_member(archive: str, member: str) -> str:
    """GDAL's path of a GeoTIFF in a zip of this machine; other kinds are to be unpacked."""
    real = find_file(archive)
    try:
        with zipfile.ZipFile(real) as opened:
            names = [name.casefold() for name in opened.namelist()]
            with opened.open(member) as handle:
                head = handle.read(16)
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError) as error:
        raise FileError(f"{archive}: has no readable member {member} ({error}).") from error
    attached = [name for name in names if name.startswith(f"{member.casefold()}.") and name.endswith((".ovr", ".msk"))]
    if not head.startswith(_TIFF) or attached:
        raise FileError(f"{archive}: {member} is no GeoTIFF that stands alone; unpack the archive and give the file.")
    return f"/vsizip/{real.as_posix()}/{member}"
