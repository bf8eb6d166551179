"""One question, frozen: territories, bands, strips, corridor and thresholds, read from a TOML file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from geo_border.catalog.catalogue import Declared
from geo_border.catalog.declared import Entry
from geo_border.catalog.rules import list_faults, list_own_faults
from geo_border.catalog.user import DATASET, parse_tables
from geo_border.errors import CatalogError, CRSError, FileError, StudyError
from geo_border.files.toml import read_toml
from geo_border.geo.crs import is_equal_area, parse_crs
from geo_border.schemas import OWN_LINE

DEFAULT = "finland-poland"
# Distances are checked exact to here.
_MAX_DISTANCE_M = 100_000
_Point = tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]]


class _FrozenModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Territory(_FrozenModel):
    """The named part of a country that holds a point (lon, lat in degrees)."""

    country: str
    point: _Point


class Corridor(_FrozenModel):
    """Home land p with d(p, A) + d(p, B) <= k x gap, A and B the two facing territories."""

    id: str
    name: str
    between: tuple[str, str]
    k: float = 1.25
    k_low: float = 1.1
    k_high: float = Field(1.5, le=10)

    @model_validator(mode="after")
    def _check_order(self) -> Corridor:
        if not 1 < self.k_low <= self.k <= self.k_high:
            raise ValueError("expected 1 < k_low <= k <= k_high")
        _require_distinct("between", self.between)
        return self


class ReferenceLine(_FrozenModel):
    """A border between two home countries whose length is given beside the corridor."""

    name: str
    between: tuple[str, str]


class Lagoon(_FrozenModel):
    """A coastal lagoon, treated as sea: its name and a point in it (lon, lat in degrees)."""

    name: str
    point: _Point


class Thresholds(_FrozenModel):
    """The study's own choices in classing cells (DESIGN section 5)."""

    forested_tree_share: float = Field(default=0.5, gt=0, le=1)
    livelihood_share: float = Field(default=0.5, gt=0, le=1)
    livelihood_reach_people: float = Field(default=50.0, ge=0, le=1e9)


class BoundaryFields(_FrozenModel):
    """Where the user's own boundary file keeps the country and its name."""

    country: str = "country"
    name: str = "name"


class Study(_FrozenModel):
    """A study; every length in metres.

    `home` and `facing` are ISO 3166-1 alpha-2 codes (or names in `territories`); segments are the adjacent pairs, in
    the order of `home` then `facing`; `neighbours` are other countries that its tripoints are named by. `bands_m` are
    outer edges of the bands, from 0; `strips_m` are depths everywhere, `depths_m` those of one home country or segment
    by its id. `facing` is empty where the line is a user's own. `sources` chooses a dataset, or several, for a need;
    `dataset` describes datasets of the study's own.
    """

    name: str
    title: str
    about: str = ""
    home: tuple[str, ...] = Field(min_length=1)
    facing: tuple[str, ...]
    bands_m: tuple[float, ...] = Field(min_length=1)
    strips_m: tuple[float, ...] = ()
    depths_m: dict[str, tuple[float, ...]] = {}
    reach_m: float = Field(5_000, gt=0, le=_MAX_DISTANCE_M)
    crs: str | None = None
    match_tolerance_m: float = Field(2.0, gt=0, le=1_000)
    coast_tolerance_m: float = Field(60.0, ge=0, le=10_000)
    river_width_m: float = Field(200.0, gt=0, le=10_000)
    boundaries: BoundaryFields = BoundaryFields()
    thresholds: Thresholds = Thresholds()
    territories: dict[str, Territory] = {}
    corridors: tuple[Corridor, ...] = ()
    reference_lines: tuple[ReferenceLine, ...] = ()
    lagoons: tuple[Lagoon, ...] = ()
    neighbours: tuple[str, ...] = ()
    sources: dict[str, str | tuple[str, ...]] = {}
    dataset: tuple[Entry, ...] = ()

    @field_validator("name")
    @classmethod
    def _check_name(cls, value: str) -> str:
        # The name becomes folder and file names on three operating systems.
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,60}", value):
            raise ValueError("expected small letters, digits and hyphens (it names folders)")
        return value

    @field_validator("depths_m")
    @classmethod
    def _rising_depths(cls, value: dict[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
        for key, depths in value.items():
            if not depths:
                raise ValueError(f"expected distances for {key}, got none")
            try:
                cls._check_rising(depths)
            except ValueError as error:
                raise ValueError(f"{key}: {error}") from error
        return value

    @field_validator("bands_m", "strips_m")
    @classmethod
    def _check_rising(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(edge <= 0 for edge in value):
            raise ValueError(f"expected distances above 0 in metres, got {list(value)}")
        if list(value) != sorted(set(value)):
            raise ValueError(f"expected distances sorted from near to far, each once, got {list(value)}")
        if value and value[-1] > _MAX_DISTANCE_M:
            raise ValueError(f"expected at most {_MAX_DISTANCE_M} m: distances are checked exact to there")
        return value

    @field_validator("crs")
    @classmethod
    def _check_crs(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            plane = parse_crs(value, "crs")
        except CRSError as error:
            raise ValueError(f"expected a coordinate reference system such as EPSG:3035, got {value!r}") from error
        if not is_equal_area(plane):
            raise ValueError(
                f"expected an equal-area plane such as EPSG:3035, because areas are measured in it, got {value!r}"
            )
        return value

    @field_validator("dataset")
    @classmethod
    def _check_datasets(cls, value: tuple[Entry, ...]) -> tuple[Entry, ...]:
        for entry in value:
            for fault in (*list_own_faults(entry), *list_faults(entry)):
                raise ValueError(f"{entry.name}: {fault}")
        return value

    @model_validator(mode="after")
    def _check_consistent(self) -> Study:
        for key, named in self._list_names().items():
            _require_distinct(key, named)
        both = set(self.home) & set(self.facing)
        if both:
            raise ValueError(f"home and facing both name {sorted(both)}")
        for name in (*self.home, *self.facing):
            whole = self.territories[name].country if name in self.territories else None
            if whole in (*self.home, *self.facing):
                raise ValueError(
                    f"home and facing name {whole} and {name}, which is part of it: their frontier would count twice. "
                    "Name the rest as a territory too"
                )
        for corridor in self.corridors:
            missing = [t for t in corridor.between if t not in self.territories and t not in self.facing]
            if missing:
                raise ValueError(f"corridor {corridor.id}: {missing} is neither in territories nor in facing")
        if self.strips_m and self.strips_m[-1] > self.bands_m[-1]:
            raise ValueError("strips reach beyond the widest band")
        self._check_depths()
        return self

    def _check_depths(self) -> None:
        countries = [self.territories[name].country if name in self.territories else name for name in self.home]
        segments = [f"{home}-{facing}" for home in self.home for facing in self.facing or (OWN_LINE,)]
        known = list(dict.fromkeys([*countries, *segments]))
        for name, depths in self.depths_m.items():
            if name not in known:
                raise ValueError(
                    f"depths_m: {name} is neither a home country nor a segment; expected one of {', '.join(known)}"
                )
            if depths[-1] > self.bands_m[-1]:
                raise ValueError(
                    f"depths_m: {name}: {depths[-1]:g} m reaches beyond the widest band, {self.bands_m[-1]:g} m"
                )

    def _list_names(self) -> dict[str, list[str]]:
        """Every list of names in which each must stand once, by its key."""
        return {
            "home": list(self.home),
            "facing": list(self.facing),
            "neighbours": list(self.neighbours),
            "corridors.id": [corridor.id for corridor in self.corridors],
            "reference_lines.name": [line.name for line in self.reference_lines],
            "lagoons.name": [lagoon.name for lagoon in self.lagoons],
            **{f"between of reference line {line.name}": list(line.between) for line in self.reference_lines},
        }

    @property
    def datasets(self) -> tuple[Declared, ...]:
        """The datasets that the study describes, and that it does."""
        origin = f"study {self.name}"
        return tuple(
            Declared(entry, origin, f"{origin}: [[dataset]] {number} ({entry.name})")
            for number, entry in enumerate(self.dataset, 1)
        )

    @property
    def widest_m(self) -> float:
        """Outer edge of the widest band."""
        return self.bands_m[-1]

    @property
    def edges_m(self) -> tuple[float, ...]:
        """Every distance at which a zone ends, sorted."""
        own = (depth for depths in self.depths_m.values() for depth in depths)
        return tuple(sorted({*self.common_edges_m, *own}))

    @property
    def common_edges_m(self) -> tuple[float, ...]:
        """Distances at which a zone of every segment and country ends, sorted."""
        return tuple(sorted({*self.bands_m, *self.strips_m}))

    @property
    def depths(self) -> tuple[float, ...]:
        """Every depth of a hypothetical strip, of all or of some, sorted."""
        return tuple(sorted({*self.strips_m, *(depth for depths in self.depths_m.values() for depth in depths)}))

    def find_country_of_segment(self, segment: str) -> str | None:
        """The home country of a segment by its id; None where it is no segment."""
        for name in self.home:
            if segment in {f"{name}-{facing}" for facing in self.facing or (OWN_LINE,)}:
                return self.territories[name].country if name in self.territories else name
        return None

    def list_depths(self, name: str) -> tuple[float, ...]:
        """Depths of the hypothetical strips of a country or segment, sorted: those of all, and its own."""
        return tuple(sorted({*self.strips_m, *self.depths_m.get(name, ())}))

    @property
    def bands(self) -> tuple[tuple[float, float], ...]:
        """(from_m, to_m) of each band.

        >>> Study(name="s", title="", home=("FI",), facing=("RU",), bands_m=(1000, 5000)).bands
        ((0.0, 1000.0), (1000.0, 5000.0))
        """
        return tuple(zip((0.0, *self.bands_m[:-1]), self.bands_m, strict=True))


def _require_distinct(key: str, names: Iterable[str]) -> None:
    listed = list(names)
    repeated = sorted({name for name in listed if listed.count(name) > 1})
    if repeated:
        raise ValueError(f"{key} names {', '.join(repeated)} more than once")


def list_studies() -> list[str]:
    """The studies that ship, the default first."""
    names = sorted(p.name.removesuffix(".toml") for p in _locate_shipped().iterdir() if p.name.endswith(".toml"))
    return sorted(names, key=lambda name: name != DEFAULT)


def read_study(name_or_path: str | Path) -> Study:
    """A study by the name of one that ships, or by the path of a .toml file.

    Parameters
    ----------
    name_or_path
        Name of a study that ships ("suwalki"), or path of a .toml file.

    Raises
    ------
    StudyError
        With the file, the key and what was expected there.
    """
    found, path = _read_keys(str(name_or_path))
    where = str(path)
    try:
        # Apart, because a file in them counts from the folder of the study, and their errors name their own keys.
        own = parse_tables(found.pop(DATASET, []), where, path.name, path.parent).require()
        return Study.model_validate({**found, DATASET: tuple(one.entry for one in own)})
    except CatalogError as error:
        raise StudyError(str(error)) from error
    except ValidationError as error:
        raise StudyError(_explain_error(where, error)) from error


def _locate_shipped() -> resources.abc.Traversable:
    return resources.files("geo_border").joinpath("studies")


def _read_keys(name_or_path: str) -> tuple[dict[str, Any], Path]:
    """What a study says, and the file that says it."""
    if name_or_path in list_studies():
        text = _locate_shipped().joinpath(f"{name_or_path}.toml").read_text("utf-8")
        return tomllib.loads(text), Path(f"{name_or_path}.toml")
    path = Path(name_or_path)
    if path.suffix != ".toml":
        raise StudyError(
            f"no study named {name_or_path!r}. There are: {', '.join(list_studies())}; or give the path of a "
            ".toml file."
        )
    try:
        return read_toml(path, "See `geo-border studies` for one to copy."), path
    except FileError as error:
        raise StudyError(str(error)) from error


def _explain_error(where: str, error: ValidationError) -> str:
    errors = error.errors()
    first, key = errors[0], _format_key(errors[0]["loc"])
    if first["type"] == "extra_forbidden":
        known = ", ".join(sorted(Study.model_fields))
        return f"{where}: unknown key {key!r}. Known at the top: {known}."
    message = f"{where}: {key}: {first['msg'].removeprefix('Value error, ')}."
    # A required key that is misspelt is missing and unknown at once; the second says why.
    unknown = [repr(_format_key(other["loc"])) for other in errors if other["type"] == "extra_forbidden"]
    if first["type"] == "missing" and unknown:
        message += f" Unknown there: {', '.join(unknown)}."
    return message


def _format_key(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "(whole file)"


def locate_studies() -> Path:
    """Where the studies that ship lie."""
    return Path(str(_locate_shipped()))
