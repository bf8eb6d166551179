"""What an entry of a catalogue declares, checked as it is read."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from string import Formatter
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_serializer, field_validator, model_validator

from geo_border.schemas import COVER_CLASSES, NEEDS, RASTER, UNKNOWN

# What is said where a user says nothing of a file.
AS_GIVEN = "as given"
Reader = Literal[
    "raster",
    "vector",
    "age-rasters",
    "census-grid",
    "geonames",
    "modelled",
    "osm",
    "osm-boundaries",
    "osm-pbf",
]
FileKind = Literal["tiff", "zip", "gpkg", "geojson", "text", "pbf"]
_KIND_BY_SUFFIX: dict[str, FileKind] = {
    ".tif": "tiff",
    ".tiff": "tiff",
    ".zip": "zip",
    ".gpkg": "gpkg",
    ".geojson": "geojson",
    ".json": "geojson",
    ".csv": "text",
    ".pbf": "pbf",
}
# What a URL or a name may leave open, by the scheme of the tiles.
_PLACEHOLDERS = {
    "one": {"part"},
    "country": {"part", "iso2", "iso3", "iso3_lower", "country_name"},
    "index": {"part", "tile"},
    "rowcol": {"part", "row", "column", "tile"},
    "degrees": {"part", "row", "column", "tile"},
}
_CODE = re.compile(r"0|-?[1-9][0-9]{0,17}")

# Publisher of a file that a user gives without saying which dataset it is from.
THE_USER = "the user"


class FrozenModel(BaseModel):
    """A table of a TOML file: nothing in it that is not known, nothing changed once read."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class File(FrozenModel):
    """One file of a dataset: its name under the dataset's folder, and how its bytes are known to be right."""

    name: str
    sha256: str | None = None
    bytes: int | None = None


class Legend(FrozenModel):
    """How a raster's values become the common cover classes.

    `classes` maps each value of the file (as text) to a class of `schemas.COVER_CLASSES` or `unknown`; `names` gives
    the publisher's own name of each, the class where there is none. `canopy` says from which canopy on a value counts
    as tree; `tree_low` and `tree_high` list the values that count as tree at the strictest and the loosest reading.
    """

    classes: dict[str, str] = Field(min_length=1)
    canopy: str = ""
    names: dict[str, str]
    tree_low: list[int] = []
    tree_high: list[int] = []

    @property
    def is_tree_only(self) -> bool:
        """Whether the dataset tells only tree from what is not."""
        return set(self.classes.values()) <= {"tree", UNKNOWN}

    @model_validator(mode="before")
    @classmethod
    def _name_classes(cls, data: Any) -> Any:
        """Call each value by its class where the legend has no names."""
        if isinstance(data, dict) and "names" not in data and isinstance(data.get("classes"), dict):
            return {**data, "names": {value: str(name) for value, name in data["classes"].items()}}
        return data

    @model_validator(mode="after")
    def _check_classes(self) -> Legend:
        bad = set(self.classes.values()) - set(COVER_CLASSES) - {UNKNOWN}
        if bad:
            raise ValueError(
                f"classes not in the common legend: {sorted(bad)}; expected {', '.join((*COVER_CLASSES, UNKNOWN))}"
            )
        strange = [value for value in self.classes if not _CODE.fullmatch(value)]
        if strange:
            raise ValueError(f"classes: {strange[0]!r} is no whole number, as the values of a raster of classes are")
        if set(self.names) != set(self.classes):
            raise ValueError("names and classes must have the same keys")
        return self

    @model_validator(mode="after")
    def _check_tree(self) -> Legend:
        low, high = set(self.tree_low), set(self.tree_high)
        tree = {int(value) for value, name in self.classes.items() if name == "tree"}
        if tree and not (self.canopy.strip(" ?") and low and high):
            raise ValueError(
                "a class is tree: expected canopy (text: the least canopy cover of it, in percent), tree_low and "
                "tree_high (the values that are tree by the strictest and by the loosest reading)"
            )
        if not low <= tree <= high or not high <= set(map(int, self.classes)):
            raise ValueError(
                "expected every value of tree_low among those that are tree, those in tree_high, and these in classes"
            )
        return self


class Tiles(FrozenModel):
    """How a dataset is cut, so that only the pieces a study touches are fetched.

    `one`: one file for all. `country`: one file a home country, with `facing` also one a facing one. `index`: the
    tiles that a published GeoJSON at `index_url` lists under `field`. `rowcol`: squares of `step` degrees counted
    from `west` and `north`, from 1. `degrees`: squares of `step` degrees named by their corner (for queries).
    """

    scheme: Literal["one", "country", "index", "rowcol", "degrees"] = "one"
    step: float | None = Field(default=None, ge=0.01)
    west: float | None = None
    north: float | None = None
    index_url: str | None = None
    field: str | None = None
    facing: bool = False

    @field_validator("index_url")
    @classmethod
    def _check_url(cls, value: str | None) -> str | None:
        return value if value is None else check_url(value)

    @model_validator(mode="after")
    def _check_scheme(self) -> Tiles:
        asked = {"index": ("index_url", "field"), "rowcol": ("step", "west", "north"), "degrees": ("step",)}
        missing = [key for key in asked.get(self.scheme, ()) if getattr(self, key) is None]
        if missing:
            raise ValueError(f"scheme {self.scheme} needs {', '.join(missing)}")
        return self


class Download(FrozenModel):
    """Where a dataset's files are and how a whole, right one is told from a wrong one.

    `url` and `name` may hold {tile}, {row}, {column}, {iso2}, {iso3}, {iso3_lower} and each of `each`, which lists
    values for one more placeholder, {part}. `kind` is what the file must turn out to be; it and `name` follow from the
    URL where they are not stated. `member` is the pattern of the one file wanted out of a zip, kept under `name` with
    `member_kind`. `absent` says what a 404 for one tile means; without it a 404 is an error. `md5_suffix` is added to
    the URL to have a published checksum. `seen_in` is a public use of the URL pattern; `documentation` the page that
    states it.
    """

    url: str
    name: str
    kind: Literal[FileKind, "overpass"]
    documentation: str = ""
    tiles: Tiles = Tiles()
    each: list[str] = [""]
    member: str | None = None
    member_kind: Literal["tiff", "gpkg", "text"] | None = None
    largest_bytes: int = 8_000_000_000
    approx_bytes: int | None = None
    absent: str | None = None
    md5_suffix: str | None = None
    seen_in: list[str] = []
    query: str | None = None
    per_host: int = Field(4, ge=1)
    spacing_s: float = 0.0

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, data: Any) -> Any:
        """Name and kind of a file by its address."""
        if not isinstance(data, dict) or not isinstance(data.get("url"), str):
            return data
        name = re.split("[?#]", data["url"])[0].rpartition("/")[2]
        kind = _KIND_BY_SUFFIX.get(PurePosixPath(name).suffix.casefold())
        return {"name": name, **({} if kind is None else {"kind": kind}), **data}

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: str) -> str:
        return check_url(value)

    @field_validator("name", "each")
    @classmethod
    def _check_names(cls, value: str | list[str]) -> str | list[str]:
        # They become part of a path: nothing may lead out of the dataset's folder.
        for name in [value] if isinstance(value, str) else value:
            if re.search(r'[\\/:*?"<>|\x00-\x1f]', name) or name.startswith("."):
                raise ValueError(f"expected the name of a file without its folder, got {name!r:.60}")
        return value

    @model_validator(mode="after")
    def _check_pairs(self) -> Download:
        if (self.member is None) != (self.member_kind is None):
            raise ValueError("member and member_kind go together")
        if (self.kind == "overpass") != (self.query is not None):
            raise ValueError("a query belongs to kind overpass, and only there")
        if not self.name:
            raise ValueError("name: expected the name of the file, which the url does not tell")
        for key, pattern in (("url", self.url), ("name", self.name)):
            _check_placeholders(key, pattern, _PLACEHOLDERS[self.tiles.scheme])
        return self


class Entry(FrozenModel):
    """A dataset: what it is, whose it is, on what terms, how it is read, and what to beware of.

    Where it lies: `file` (a file of the user's, or a folder of tiles), `url` (short for a `download` of one file) or
    `download`; with none of them it is the description of a file that is given with --sources NEED=NAME@PATH.

    How it is read: `layer` names the layer of a file that has several; `columns` maps our column names to the file's,
    `kinds` the file's kinds of roads, facilities, places, waters or sites to ours; `band` is the band of a raster, from
    1; `nodata` the value that stands for no data, in place of what the file says; `legend` is that of a land cover.
    `crs` is the CRS: it overrules that of `file`, and serves where any other file has none. `counts` (people only):
    "all" if a cell counts everyone who lives in it, "home" if only residents of one side; with `density` cells hold
    persons per km², not persons. `pixel_m` is the nominal cell size in metres of a raster. `locates_people_per_km2` is
    the density from which the dataset can say where people are.

    `countries` are those it covers (alpha-2); empty means the world. `replaces` says that it takes the place of the
    dataset of that name, which is its own.
    """

    model_config = ConfigDict(coerce_numbers_to_str=True)

    name: str = Field(min_length=1)
    needs: list[str] = Field(min_length=1)
    replaces: str | None = None
    source: Literal["embedded", "http", "overpass", "local"]
    reader: Reader
    file: Path | None = None
    download: Download | None = None
    title: str
    publisher: str = THE_USER
    version: str = AS_GIVEN
    vintage: str = AS_GIVEN
    licence: str = "as given by its owner"
    licence_url: str = ""
    attribution: str
    citation: str = ""
    homepage: str = ""
    documentation: str = ""
    resolution: str = AS_GIVEN
    crs: str = AS_GIVEN
    terms: str = ""
    traps: list[str] = []
    files: list[File] = []
    layer: str | None = None
    columns: dict[str, str] = {}
    kinds: dict[str, str] = {}
    band: int = Field(1, ge=1)
    nodata: float | None = None
    pixel_m: float | None = Field(None, gt=0)
    legend: Legend | None = None
    counts: Literal["all", "home"] | None = None
    density: bool = False
    locates_people_per_km2: float | None = Field(None, ge=0)
    approx_bytes: int | None = None
    options: dict[str, Any] = {}
    countries: list[str] = []

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, data: Any) -> Any:
        """What follows from the rest where it is not stated."""
        if not isinstance(data, dict):
            return data
        out = dict(data)
        if "url" in out:
            if "download" in out:
                raise ValueError("url and [download] say the same: expected one of them")
            out["download"] = {"url": out.pop("url"), "documentation": out.get("documentation", "")}
        download = out.get("download")
        kind = download.get("kind") if isinstance(download, dict) else getattr(download, "kind", None)
        out.setdefault("source", "local" if download is None else "overpass" if kind == "overpass" else "http")
        out.setdefault("reader", _choose_reader(out.get("needs"), str(out.get("file") or "")))
        if download is not None:
            # It names a folder.
            out.setdefault("version", "current")
        out.setdefault("title", out.get("name", ""))
        out.setdefault("attribution", out["title"])
        return out

    @field_validator("file")
    @classmethod
    def _check_file(cls, value: Path | None) -> Path | None:
        return None if value is None else check_path(value)

    @field_serializer("file")
    def _strip_folder(self, value: Path | None) -> str | None:
        # Where a file lies on this machine is told in no output.
        return None if value is None else value.name

    @model_validator(mode="after")
    def _check_download(self) -> Entry:
        if (self.source in {"http", "overpass"}) != (self.download is not None):
            raise ValueError(f"source {self.source} and [download] do not go together")
        if self.file is not None and self.source != "local":
            raise ValueError("file is a file of this machine, url and [download] one that is fetched: expected one")
        return self

    @model_validator(mode="after")
    def _check_needs(self) -> Entry:
        bad = set(self.needs) - set(NEEDS)
        if bad:
            raise ValueError(f"unknown needs {sorted(bad)}; known: {', '.join(NEEDS)}")
        return self

    @property
    def is_users_own(self) -> bool:
        """Whether it is a user's own file, which no publisher stands for."""
        return self.publisher == THE_USER or not self.homepage

    @property
    def ruling_crs(self) -> str | None:
        """The CRS that its own file is in, whatever that says of itself."""
        return None if self.file is None else self.expected_crs

    @property
    def expected_crs(self) -> str | None:
        """The CRS of its files where they state none."""
        return None if self.crs == AS_GIVEN else self.crs

    def describe_source(self) -> dict[str, Any]:
        """What is written wherever the dataset is used: whose it is, which version, on what terms."""
        return {
            "dataset": self.name,
            "title": self.title,
            "publisher": self.publisher,
            "version": self.version,
            "vintage": self.vintage,
            "licence": self.licence,
            "licence_url": self.licence_url,
            "attribution": self.attribution,
            "citation": self.citation,
        }


def check_url(url: str) -> str:
    """Give an address on the web back.

    Raises
    ------
    ValueError
        When it is anything else.
    """
    try:
        parts = urlsplit(url)
        there = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        there = False
    if not there or re.search(r"\s", url):
        raise ValueError(f"expected an address that begins with https:// or http://, got {url!r:.80}")
    return url


def check_path(path: Path) -> Path:
    """Give the path of a file of this machine back; it need not be there.

    Raises
    ------
    ValueError
        When it is an address, a connection string of GDAL or a folder of another machine.
    """
    text = path.as_posix()
    # Two letters at the least before the colon: `C:` is a drive.
    if re.match(r"[A-Za-z][A-Za-z0-9+._\-]+:", text) or text.startswith(("/vsi", "//")) or "\0" in text:
        raise ValueError(
            f"expected the path of a file of this machine, got {text!r:.80}; the address of a file to fetch is a url"
        )
    return path


def _check_placeholders(key: str, pattern: str, known: set[str]) -> None:
    try:
        parts = [part for part in Formatter().parse(pattern) if part[1] is not None]
    except ValueError as error:
        raise ValueError(f"{key}: {error}; write {{{{ for a brace") from error
    for _, field, spec, conversion in parts:
        if field not in known or spec or conversion:
            raise ValueError(f"{key}: unknown placeholder {{{field}}}; known: {', '.join(sorted(known))}")


def _choose_reader(needs: Any, file: str) -> str:
    """The reader of files that no entry says more of."""
    if file.endswith(".osm.pbf"):
        return "osm-pbf"
    rasters = [NEEDS.get(str(need)) == RASTER for need in needs] if isinstance(needs, list) else []
    return "raster" if rasters and all(rasters) else "vector"
