"""Which dataset serves a need: a preset's, another of the catalogue, or the user's own file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from geo_border.catalog.catalogue import PACKAGE, Catalogue, Declared
from geo_border.catalog.package import read_presets
from geo_border.errors import CatalogError
from geo_border.schemas import NEEDS

PRESET = "preset"
# Serves where the chosen preset's dataset does not cover the study; not itself chosen.
WORLD_PRESET = "world"
CHOICES = "embedded|live|NEED=DATASET|NEED=PATH|NEED=DATASET@PATH"


@dataclass(frozen=True)
class Choice:
    """What serves a need: a dataset of the catalogue, a file, or a file that is read as a dataset.

    Attributes
    ----------
    declared
        The dataset; None for a file of which no entry says anything.
    path
        The file, or folder of tiles; None where the dataset is fetched or ships.
    """

    declared: Declared | None
    path: Path | None = None


@dataclass(frozen=True)
class Sources:
    """The datasets there are, and what is chosen among them.

    Attributes
    ----------
    catalogue
        All datasets of a run: the package's and the user's.
    choices
        {"preset": ..., NEED: DATASET, PATH or DATASET@PATH}.
    """

    catalogue: Catalogue
    choices: Mapping[str, str]

    def choose_preset(self, preset: str | None = None) -> Sources:
        """The same datasets with nothing chosen but a preset (`embedded` when None)."""
        return replace(self, choices={} if preset is None else {PRESET: preset})

    def choose_only(self, need: str) -> Sources:
        """The same datasets with what is chosen for one need, and the embedded preset for every other."""
        return replace(self, choices={key: value for key, value in self.choices.items() if key == need})

    def list_idle_origins(self, countries: Sequence[str]) -> list[str]:
        """Files and studies that describe datasets of which none serves any need.

        Parameters
        ----------
        countries
            Home countries (alpha-2).
        """
        chosen = [resolve(need, self, countries) for need in NEEDS]
        used = {one.declared.origin for one in chosen if one is not None and one.declared is not None}
        return [origin for origin in dict.fromkeys(one.origin for one in self.catalogue) if origin not in used]


def choose(
    words: Sequence[str],
    catalogue: Catalogue,
    study: Mapping[str, str | Sequence[str]] | None = None,
    fallback: str | None = None,
) -> Sources:
    """Lay what `--sources` says over what the study says.

    Parameters
    ----------
    words
        As `--sources`.
    catalogue
        The datasets there are.
    study
        The study's `[sources]`.
    fallback
        A preset that stands in for what cannot be had.

    Raises
    ------
    CatalogError
        When a word is neither a preset nor NEED=..., the need is unknown, what is named is not there, several datasets
        are named for one need, or `fallback` is no preset.
    """
    chosen = {PRESET: "embedded"}
    for key, value in (study or {}).items():
        names = [value] if isinstance(value, str) else list(value)
        chosen[key] = _take_one(f"[sources] {key}", names)
    _check_preset(chosen[PRESET], "[sources] preset =")
    if fallback is not None:
        _check_preset(fallback, "--fallback")
    given: dict[str, list[str]] = {}
    for word in words:
        need, equals, value = word.partition("=")
        if not equals:
            chosen[PRESET] = _check_preset(word, "--sources", f" Expected {CHOICES}.")
        else:
            given.setdefault(need, []).extend(_split_names(value, catalogue))
    chosen |= {need: _take_one(f"--sources {need}", names) for need, names in given.items()}
    for need, value in chosen.items():
        if need != PRESET:
            # Before anything is fetched, so that a slip of the pen does not show after an hour.
            _parse_choice(need, value, catalogue)
    return Sources(catalogue, chosen)


def resolve(need: str, sources: Sources, countries: Sequence[str] = ()) -> Choice | None:
    """Find what serves a need; None where the preset has nothing for it.

    Where the preset's dataset does not cover the home countries, the one that preset `world` names takes its place.

    Parameters
    ----------
    countries
        Home countries (alpha-2).

    Raises
    ------
    CatalogError
        When the name is neither a dataset for this need nor a file.
    """
    value = sources.choices.get(need) or _find_in_preset(need, sources, countries)
    return None if value is None else _parse_choice(need, value, sources.catalogue)


def _take_one(option: str, names: Sequence[str]) -> str:
    """The one dataset of a need, since figures of several are not set against each other yet."""
    if len(names) != 1:
        listed = ", ".join(names)
        raise CatalogError(
            f"{option}: expected one dataset, got {listed or 'none'}: a range over several is not computed yet."
        )
    return names[0]


def _split_names(value: str, catalogue: Catalogue) -> list[str]:
    """Names parted by commas; a path may hold commas, so it is not parted."""
    names = value.split(",")
    return names if len(names) > 1 and all(name in catalogue.by_name for name in names) else [value]


def _check_preset(name: str, option: str, expected: str = "") -> str:
    """Give a preset's name back, or say of the option that it was given to that there is none."""
    able = [one for one in read_presets() if one != WORLD_PRESET]
    if name not in able:
        raise CatalogError(f"{option} {name}: not one of {', '.join(able)}.{expected}")
    return name


def _parse_choice(need: str, value: str, catalogue: Catalogue) -> Choice:
    """What DATASET, PATH or DATASET@PATH names."""
    asked = f"--sources {need}={value}"
    if need not in NEEDS:
        raise CatalogError(f"{asked}: {need!r} is not a need. Needs: {', '.join(NEEDS)}.")
    able = ", ".join(catalogue.list_names(need))
    name, at, path = value.partition("@")
    if name not in catalogue.by_name:
        if value and Path(value).exists():
            return Choice(None, Path(value))
        what = "neither a file nor a dataset" if value else "names no file and no dataset"
        raise CatalogError(f"{asked}: {what} for {need}. Datasets: {able}.")
    found = catalogue.find(name)
    if need not in found.entry.needs:
        raise CatalogError(
            f"{asked}: {name} serves {', '.join(found.entry.needs)}, not {need}. Datasets that serve {need}: {able}."
        )
    if not at:
        return _find_own_file(need, found)
    # An empty path would mean the folder one happens to be in.
    if not path or not Path(path).exists():
        raise CatalogError(
            f"{asked}: no file at {path!r}. Give the path of a file, or of a folder of tiles, after the @."
        )
    # What the entry says of the CRS of its own file says nothing of another.
    return Choice(replace(found, entry=found.entry.model_copy(update={"file": None})), Path(path))


def _find_own_file(need: str, declared: Declared) -> Choice:
    """A dataset, with its file where its entry names one."""
    entry = declared.entry
    if entry.file is not None and not entry.file.exists():
        raise CatalogError(f"{declared.place}: file: no file at {str(entry.file)!r}. Mend the path.")
    if entry.file is None and entry.source == "local" and declared.origin != PACKAGE:
        raise CatalogError(
            f"{declared.place}: names no file and no url. Add one, or give its file with --sources "
            f"{need}={entry.name}@PATH."
        )
    return Choice(declared, entry.file)


def _find_in_preset(need: str, sources: Sources, countries: Sequence[str]) -> str | None:
    preset = sources.choices.get(PRESET, "embedded")
    value = read_presets().get(preset, {}).get(need)
    if value is None or preset == "embedded":
        return value
    covered = sources.catalogue.find(value).entry.countries
    return value if not covered or set(countries) <= set(covered) else read_presets().get(WORLD_PRESET, {}).get(need)
