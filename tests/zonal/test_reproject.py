"""Points are numbered so that each number stands for one point, and no two numbers for the same."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geo_border.zonal.reproject import find_distinct

# Few values, so that points meet; both zeros, which are equal but not bit by bit.
values = arrays(np.float64, st.integers(0, 60), elements=st.sampled_from([-0.0, 0.0, 1.0, 1.0 + 2**-52, -180.0, 1e300]))


@given(values, st.randoms())
def test_every_point_is_found_again_under_its_number_and_no_number_is_idle(x: np.ndarray, random: object) -> None:
    y = x.copy()
    random.shuffle(y)  # type: ignore[attr-defined]
    number, first = find_distinct(x, y)
    assert (x[first][number].view(np.uint64) == x.view(np.uint64)).all()
    assert (y[first][number].view(np.uint64) == y.view(np.uint64)).all()
    points = {(a, b) for a, b in zip(x.view(np.uint64).tolist(), y.view(np.uint64).tolist(), strict=True)}
    assert len(first) == len(points)
    assert sorted(set(number.tolist())) == list(range(len(first)))
