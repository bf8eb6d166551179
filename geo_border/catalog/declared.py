"""What a catalogue entry declares, checked as it is read."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from geo_border.schemas import COVER_CLASSES, NEEDS, UNKNOWN

# Publisher of a file that a user gives without saying which dataset it is from.
THE_USER = "the user"


class FrozenModel(BaseModel):
    """A table of a TOML file: nothing in it that is not known, nothing changed once read."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class File(FrozenModel):
    """One file of a dataset: its name under the dataset's folder, and how its bytes are known to be right."""

    name: str
    sha256: str | None = None
    bytes: int | None = None


class Legend(FrozenModel):
    """How a raster's values become the common cover classes.

    `classes` maps each value of the file (as text) to a class of `schemas.COVER_CLASSES` or `unknown`; `tree_low` and
    `tree_high` name the values that count as tree at the strictest and the loosest reading.
    """

    canopy: str
    classes: dict[str, str]
    names: dict[str, str]
    tree_low: list[int]
    tree_high: list[int]

    @property
    def is_tree_only(self) -> bool:
        """Whether the dataset tells only tree from what is not."""
        return set(self.classes.values()) <= {"tree", UNKNOWN}

    @model_validator(mode="after")
    def _check_classes(self) -> Legend:
        bad = set(self.classes.values()) - set(COVER_CLASSES) - {UNKNOWN}
        if bad:
            raise ValueError(f"classes not in the common legend: {sorted(bad)}")
        if set(self.names) != set(self.classes):
            raise ValueError("names and classes must have the same keys")
        return self


class Tiles(FrozenModel):
    """How a dataset is cut, so that only the pieces a study touches are fetched.

    `one`: one file for all. `country`: one file a home country, with `facing` also one a facing one. `index`: the
    tiles that a published GeoJSON at `index_url` lists under `field`. `rowcol`: squares of `step` degrees counted
    from `west` and `north`, from 1. `degrees`: squares of `step` degrees named by their corner (for queries).
    """

    scheme: Literal["one", "country", "index", "rowcol", "degrees"] = "one"
    step: float | None = None
    west: float | None = None
    north: float | None = None
    index_url: str | None = None
    field: str | None = None
    facing: bool = False

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
    values for one more placeholder, {part}. `kind` is what the file must turn out to be. `member` is the pattern of
    the one file wanted out of a zip, kept under `name` with `member_kind`. `absent` says what a 404 for one tile
    means; without it a 404 is an error. `md5_suffix` is added to the URL to have a published checksum.
    `seen_in` is a public use of the URL pattern; `documentation` the page that states it.
    """

    url: str
    name: str
    kind: Literal["tiff", "zip", "gpkg", "geojson", "text", "pbf", "overpass"]
    documentation: str
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
    per_host: int = 4
    spacing_s: float = 0.0

    @model_validator(mode="after")
    def _check_pairs(self) -> Download:
        if (self.member is None) != (self.member_kind is None):
            raise ValueError("member and member_kind go together")
        if (self.kind == "overpass") != (self.query is not None):
            raise ValueError("a query belongs to kind overpass, and only there")
        return self


class Entry(FrozenModel):
    """A dataset: what it is, whose it is, on what terms, how it is read, and what to beware of.

    `counts` (people only): "all" if a cell counts everyone who lives in it, "home" if only residents of one side.
    `pixel_m` is the nominal cell size in metres of a raster. `locates_people_per_km2` is the density from which the
    dataset can say where people are. `columns` maps our column names to the file's. `citation` names the source.
    `countries` are those it covers (alpha-2); empty means the world.
    """

    name: str
    needs: list[str] = Field(min_length=1)
    source: Literal["embedded", "http", "overpass", "local"]
    title: str
    publisher: str
    version: str
    vintage: str
    licence: str
    licence_url: str
    attribution: str
    citation: str
    homepage: str
    documentation: str
    reader: str
    resolution: str
    crs: str
    terms: str = ""
    traps: list[str] = []
    files: list[File] = []
    columns: dict[str, str] = {}
    approx_bytes: int | None = None
    pixel_m: float | None = None
    legend: Legend | None = None
    counts: Literal["all", "home"] | None = None
    locates_people_per_km2: float | None = None
    options: dict[str, Any] = {}
    download: Download | None = None
    countries: list[str] = []

    @model_validator(mode="after")
    def _check_download(self) -> Entry:
        if (self.source in {"http", "overpass"}) != (self.download is not None):
            raise ValueError(f"source {self.source} and [download] do not go together")
        return self

    @model_validator(mode="after")
    def _check_needs(self) -> Entry:
        bad = set(self.needs) - set(NEEDS)
        if bad:
            raise ValueError(f"unknown needs {sorted(bad)}; known: {', '.join(NEEDS)}")
        return self

    @property
    def is_users_own(self) -> bool:
        """Whether it is a user's own file, of no dataset that the catalogue has."""
        return self.publisher == THE_USER

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
