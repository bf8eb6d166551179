"""Which dataset serves a need: a preset, another dataset, or the user's own file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from geo_border.catalog import THE_USER, Entry, find_entry, read_entries, read_presets
from geo_border.errors import CatalogError, FetchError
from geo_border.schemas import NEEDS
from geo_border.store import Raw, compute_sha256

PRESET = "preset"
# Serves where the chosen preset's dataset does not cover the study; not itself chosen.
WORLD_PRESET = "world"
CHOICES = "embedded|live|NEED=DATASET|NEED=PATH|NEED=DATASET@PATH"


def choose(words: Sequence[str], study: Mapping[str, str] | None = None, fallback: str | None = None) -> dict[str, str]:
    """Lay what `--sources` says over what the study says: {"preset": ..., NEED: DATASET, PATH or DATASET@PATH}.

    Parameters
    ----------
    words
        What `--sources` was given: a preset, `NEED=DATASET`, `NEED=PATH` or `NEED=DATASET@PATH`.
    study
        The same by need, as the study file says; `preset` among its keys.
    fallback
        Preset whose datasets replace those that cannot be fetched.

    Raises
    ------
    CatalogError
        When a word is neither a preset nor NEED=..., the need is unknown, what is named is not there, or `fallback`
        is no preset.
    """
    chosen = {PRESET: "embedded", **(study or {})}
    _check_preset(chosen[PRESET], "[sources] preset =")
    if fallback is not None:
        _check_preset(fallback, "--fallback")
    for word in words:
        need, equals, value = word.partition("=")
        if not equals:
            chosen[PRESET] = _check_preset(word, "--sources", f" Expected {CHOICES}.")
        else:
            chosen[need] = value
    for need, value in chosen.items():
        if need != PRESET:
            # Before anything is fetched, so that a slip of the pen does not show after an hour.
            _parse_choice(need, value)
    return chosen


def _check_preset(name: str, option: str, expected: str = "") -> str:
    """Give a preset's name back, or say of the option that it was given to that there is none."""
    able = [one for one in read_presets() if one != WORLD_PRESET]
    if name not in able:
        raise CatalogError(f"{option} {name}: not one of {', '.join(able)}.{expected}")
    return name


def resolve(need: str, sources: Mapping[str, str], countries: Sequence[str] = ()) -> Entry | Raw | None:
    """Find the dataset that serves a need, or the user's own file; None where the preset has nothing for it.

    Where the preset's dataset does not cover the home countries, the one that preset `world` names takes its place.

    Raises
    ------
    CatalogError
        When the name is neither a dataset for this need nor a file.
    """
    value = sources.get(need) or _find_in_preset(need, sources.get(PRESET, "embedded"), countries)
    if value is None:
        return None
    dataset, path = _parse_choice(need, value)
    if path is not None:
        return build_local_raw(need, path, dataset)
    return dataset


def _parse_choice(need: str, value: str) -> tuple[Entry | None, Path | None]:
    """What DATASET, PATH or DATASET@PATH names: a dataset, a path, or both."""
    option = f"--sources {need}={value}"
    if need not in NEEDS:
        raise CatalogError(f"{option}: {need!r} is not a need. Needs: {', '.join(NEEDS)}.")
    able = ", ".join(name for name, one in read_entries().items() if need in one.needs)
    name, at, path = value.partition("@")
    if name not in read_entries():
        if value and Path(value).exists():
            return None, Path(value)
        what = "neither a file nor a dataset" if value else "names no file and no dataset"
        raise CatalogError(f"{option}: {what} for {need}. Datasets: {able}.")
    found = find_entry(name)
    if need not in found.needs:
        raise CatalogError(
            f"{option}: {name} serves {', '.join(found.needs)}, not {need}. Datasets that serve {need}: {able}."
        )
    if not at:
        return found, None
    # An empty path would mean the folder one happens to be in.
    if not path or not Path(path).exists():
        raise CatalogError(
            f"{option}: no file at {path!r}. Give the path of a file, or of a folder of tiles, after the @."
        )
    return found, Path(path)


def _find_in_preset(need: str, preset: str, countries: Sequence[str]) -> str | None:
    value = read_presets().get(preset, {}).get(need)
    if value is None or preset == "embedded":
        return value
    covered = find_entry(value).countries
    return value if not covered or set(countries) <= set(covered) else read_presets().get(WORLD_PRESET, {}).get(need)


def build_local_raw(need: str, path: Path, entry: Entry | None = None) -> Raw:
    """Take a user's own file, or folder of tiles, as a dataset; as `entry` where that names the one it is from.

    Raises
    ------
    FetchError
        When the file is not there or cannot be read.
    """
    if path.exists() and not (path.is_dir() or path.is_file()):
        raise FetchError(f"{path}: is neither a file nor a folder (a pipe or a device); save it to a file first.")
    paths = tuple(sorted(p for p in path.iterdir() if p.is_file())) if path.is_dir() else (path,)
    try:
        sums = {one.name: compute_sha256(one) for one in paths}
    except OSError as error:
        raise FetchError(f"{path}: cannot be read ({error.strerror}). Check --sources {need}=PATH.") from error
    if not paths:
        raise FetchError(f"{path}: an empty folder. Give a file, or a folder of tiles, to --sources {need}=PATH.")
    version = next(iter(sums.values()))[:12]
    if entry is not None:
        return Raw(entry.model_copy(update={"source": "local"}), paths, sums)
    return Raw(_build_local_entry(need, path.name, version), paths, sums)


def _build_local_entry(need: str, filename: str, version: str) -> Entry:
    return Entry(
        name=filename,
        needs=[need],
        source="local",
        title=f"{filename} (the user's own file)",
        publisher=THE_USER,
        version=version,
        vintage="as given",
        licence="as given by its owner",
        licence_url="",
        attribution=f"{filename}: the user's own file",
        citation="",
        homepage="",
        documentation="",
        reader="vector" if need not in {"cover", "people", "settlement_class"} else "raster",
        resolution="as given",
        crs="as given",
    )
