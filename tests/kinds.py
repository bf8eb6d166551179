"""A kind of result for tests of engines and checkpoints: one whole number a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_border.engine import Arrays

# Stands for the secret of whoever runs the tests.
KEY = bytes(range(32))


class NumberKind:
    """A whole number as an array of one."""

    name = "number"

    @property
    def arrays(self) -> Mapping[str, tuple[str, int]]:
        return {"number": ("<i8", 1)}

    def encode(self, result: int) -> dict[str, NDArray[Any]]:
        return {"number": np.array([result])}

    def decode(self, arrays: Arrays, tasks: Sequence[int]) -> int:
        (number,) = arrays["number"].tolist()
        return number


NUMBER = NumberKind()
