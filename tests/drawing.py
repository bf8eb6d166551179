"""How many cases a property test draws: a fixed number in `make test`, many more in `make fuzz`."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase

# What a test draws that names no number of its own.
DRAWN = 30
SEARCHED = 600
TEST, SEARCH = "test", "search"
# What a search found that fails is tried first by the next one; git ignores the folder.
FOUND = Path(__file__).resolve().parents[1] / ".hypothesis" / "examples"


def register_profiles() -> None:
    """Profile `test`, which draws the same cases each time, and `search`, which draws new ones; the first is in use.

    `pytest --hypothesis-profile=search --hypothesis-seed=N` takes the other.
    """
    settings.register_profile(
        TEST, deadline=None, max_examples=DRAWN, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.register_profile(
        SEARCH,
        settings.get_profile(TEST),
        derandomize=False,
        database=DirectoryBasedExampleDatabase(FOUND),
        max_examples=SEARCHED,
        print_blob=True,
    )
    settings.load_profile(TEST)


def drawn(count: int) -> settings:
    """Decorator for a test that takes longer, or needs more cases, than others: `count` of them, more in a search."""
    return settings(max_examples=count * settings().max_examples // DRAWN)
