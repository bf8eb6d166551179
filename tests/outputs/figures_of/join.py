"""The join of all outputs by land and measure: every pair of places that give the same figure, and which disagree."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from tests.outputs.figures_of.figure import OUTPUTS, Figure, agree, same_value
from tests.outputs.figures_of.lands import Lands

Key = tuple[str, str, str, str]
Pair = tuple[Figure, Figure]


@dataclass
class Joined:
    """Pairs of figures of one land, measure, category and end of the range.

    `compared` counts pairs by their two outputs, those within one output (two of its places) too; `blank` counts pairs
    of which neither gives a number. `apart` are raw values that `present` rounds to one figure, though they are two.
    """

    compared: Counter[tuple[str, str]] = field(default_factory=Counter)
    blank: int = 0
    unequal: list[Pair] = field(default_factory=list)
    apart: list[Pair] = field(default_factory=list)

    def describe(self, most: int = 40) -> str:
        """How many pairs, how many unequal, by output; then the unequal ones by their places, with examples."""
        off = Counter(_outputs(pair) for pair in self.unequal)
        lines = [
            f"{self.compared.total()} pairs compared, {len(self.unequal)} unequal after present;"
            f" {len(self.apart)} more are two raw values that are shown as one; {self.blank} are blank in both"
        ]
        lines += [f"  {a} and {b}: {n} pairs, {off[a, b]} unequal" for (a, b), n in sorted(self.compared.items())]
        lines += ["unequal after present:", *_examples(self.unequal, most)] if self.unequal else []
        lines += ["two raw values that are shown as one:", *_examples(self.apart, most)] if self.apart else []
        return "\n".join(lines)


def _examples(found: list[Pair], most: int) -> list[str]:
    """How often two places disagree on a measure, most often first, each with its first pair."""
    groups: dict[tuple[str, ...], list[Pair]] = defaultdict(list)
    for one, other in found:
        groups[f"{one.output}:{one.place}", f"{other.output}:{other.place}", one.measure, one.end].append((one, other))
    lines = []
    for (a, b, measure, end), pairs in sorted(groups.items(), key=lambda item: -len(item[1]))[:most]:
        lines.append(f"  {len(pairs)} x {a} and {b}: {measure} {end}, such as")
        lines += [f"      {_told(figure)}" for figure in pairs[0]]
    return lines


def _told(figure: Figure) -> str:
    value = f"{figure.value:,.6g}" if isinstance(figure.value, float) else figure.value
    return f"{value} ({figure.shown} {figure.unit}) {figure.where}"


def _outputs(pair: Pair) -> tuple[str, str]:
    one, other = sorted((figure.output for figure in pair), key=OUTPUTS.index)
    return one, other


def lands_of(figures: Iterable[Figure]) -> Lands:
    """The lands of a run, by the bands of its table."""
    return Lands({figure.zone_id for figure in figures if figure.output == "csv"})


def join(figures: Iterable[Figure], lands: Lands) -> Joined:
    """Compare every pair of places that give the same figure."""
    joined = Joined()
    for one, other in pairs_of(figures, lands):
        if one.value is None and other.value is None:
            joined.blank += 1
            continue
        joined.compared[_outputs((one, other))] += 1
        if not agree(one, other):
            joined.unequal.append((one, other))
        elif not same_value(one, other):
            joined.apart.append((one, other))
    return joined


def pairs_of(figures: Iterable[Figure], lands: Lands) -> Iterator[Pair]:
    """Every two places that give the figure of one land, measure, category and end of the range.

    What a reader adds up counts only where no row of the table says it.
    """
    held = list(figures)
    names = {zone_id: lands.same_land(zone_id) for zone_id in {figure.zone_id for figure in held}}
    by_key: dict[Key, dict[tuple[str, str, str], Figure]] = defaultdict(dict)
    for figure in held:
        key = (names[figure.zone_id], figure.measure, figure.category, figure.end)
        by_key[key].setdefault((figure.output, figure.place, figure.zone_id), figure)
    for same in by_key.values():
        yield from combinations(_stated(list(same.values())), 2)


def _stated(same: list[Figure]) -> list[Figure]:
    """What outputs state of one thing; and what a reader adds up, once, if no table states it."""
    derived = [figure for figure in same if figure.derived]
    if not derived:
        return same
    stated = [figure for figure in same if not figure.derived]
    if any(figure.output == derived[0].output for figure in stated):
        return stated
    # Of several sums over the same land those without a blank part.
    return [*stated, next((figure for figure in derived if figure.value is not None), derived[0])]
