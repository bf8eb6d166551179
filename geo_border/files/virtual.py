"""GDAL virtual rasters: only plain mosaics, and only over files of their own folder or of the same root's raw data."""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath
from xml.etree import ElementTree as ET

from geo_border.errors import FileError
from geo_border.files.local import find_file

# A mosaic of 100,000 tiles has about 60 MB.
_MOST_BYTES = 1 << 28
# Names in lower case, as GDAL compares them without regard to case; it takes an attribute for an element too.
_PLAIN = frozenset(
    """
    vrtdataset srs dataaxistosrsaxismapping coordinateepoch geotransform metadata mdi key domain format gcplist gcp
    vrtrasterband datatype band subclass blockxsize blockysize nodatavalue nodata hidenodatavalue colorinterp
    colortable entry c1 c2 c3 c4 description unittype offset scale categorynames category histograms histitem
    histmin histmax bucketcount includeoutofrange approximate histcounts gdalrasterattributetable tabletype row0min
    binsize fielddefn index name type usage row f simplesource complexsource averagedsource resampling
    sourcefilename relativetovrt shared sourceband sourceproperties rasterxsize rasterysize srcrect dstrect xoff
    yoff xsize ysize scaleoffset scaleratio lut usemaskband maskband overviewlist overview
    """.split()  # noqa: SIM905 - a list of words
)
_SOURCED = {"", "vrtsourcedrasterband"}
_ADVICE = "Write it as a raster of its own (gdal_translate {name} {stem}.tif) and give that."


def list_sources(real: Path, given: str) -> list[Path]:
    """Files that a virtual raster reads, every one of them allowed.

    Parameters
    ----------
    real
        The virtual raster, links followed.
    given
        How messages call it.

    Raises
    ------
    FileError
        When it does more than lay rasters beside one another (raw, derived, warped and pansharpened bands), or names
        what is no file in its own folder or in the same root's `data/raw`.
    """
    root = _parse(real, given)
    allowed = _allowed_folders(real)
    found = []
    for element in root.iter():
        _forbid_unusual(element, real, given)
        if _name(element) == "sourcefilename":
            found.append(_find_source(element, real, given, allowed))
    return found


def _parse(real: Path, given: str) -> ET.Element:
    try:
        if real.stat().st_size > _MOST_BYTES:
            raise FileError(f"{given}: a virtual raster of more than 256 MB. {_advise(real)}")
        text = real.read_text("utf-8-sig")
        # Two parsers read this text: what they may understand differently is refused.
        if "<!" in text or "<?" in text[1:]:
            raise FileError(f"{given}: a virtual raster with comments or a document type. {_advise(real)}")
        root = ET.fromstring(text)
    except (OSError, UnicodeDecodeError, ET.ParseError, ValueError) as error:
        raise FileError(f"{given}: a virtual raster that cannot be read as XML in UTF-8 ({error}).") from error
    if _name(root) != "vrtdataset":
        raise FileError(f"{given}: not a plain virtual raster (it begins with {root.tag:.40}). {_advise(real)}")
    return root


def _forbid_unusual(element: ET.Element, real: Path, given: str) -> None:
    """Refuse what a plain mosaic does not have."""
    values = {key.casefold(): value for key, value in element.attrib.items()}
    odd = {_name(element), *values} - _PLAIN
    kind = values.get("subclass", "").casefold()
    if odd or kind not in _SOURCED:
        what = values.get("subclass") or ", ".join(sorted(odd))
        raise FileError(f"{given}: a virtual raster that is no plain mosaic of tiles ({what:.80}). {_advise(real)}")
    if "sourcefilename" in values or ("relativetovrt" in values and _name(element) != "sourcefilename"):
        raise FileError(f"{given}: a virtual raster that names its sources in an unusual place. {_advise(real)}")
    if values.get("domain", "").casefold() == "overviews":
        raise FileError(f"{given}: names another file as its overviews. {_advise(real)}")


def _find_source(element: ET.Element, real: Path, given: str, allowed: list[Path]) -> Path:
    name = (element.text or "").strip()
    relative = element.get("relativeToVRT", "0")
    if relative not in ("0", "1") or len(element) or name != (element.text or ""):
        raise FileError(f"{given}: a virtual raster that names a source in an unusual way. {_advise(real)}")
    # Looked at as a word first: to resolve a network name opens a connection on Windows.
    if name.startswith(("//", "\\\\", "/vsi")) or not _is_plain(name):
        raise FileError(f"{given}: points to {name!r:.120}, which is no file beside it. {_advise(real)}")
    source = find_file(real.parent / name if relative == "1" else Path(name))
    if not any(source.is_relative_to(folder) for folder in allowed):
        raise FileError(
            f"{given}: points to {name!r:.120}, outside its own folder. Put the tiles beside it, or: "
            f"gdal_translate {real.name} {real.stem}.tif."
        )
    return source


def _is_plain(name: str) -> bool:
    """Whether a name is a path on every system: no address, no connection string, no text."""
    if PureWindowsPath(name).drive and not PurePosixPath(name).is_absolute():
        return len(PureWindowsPath(name).drive) == 2
    return bool(name) and ":" not in name and not name.startswith(("<", "{", "["))


def _allowed_folders(real: Path) -> list[Path]:
    """The folder of a virtual raster, and the raw data of the root that it lies in."""
    raw = [folder / "raw" for folder in real.parents if folder.name == "data"]
    return [real.parent, *(folder.resolve() for folder in raw if folder.is_dir())]


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2].casefold() if isinstance(element.tag, str) else ""


def _advise(real: Path) -> str:
    return _ADVICE.format(name=real.name, stem=real.stem)
