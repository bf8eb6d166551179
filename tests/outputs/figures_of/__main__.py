"""Print the join of a finished run's outputs: `python -m tests.outputs.figures_of STUDY ROOT`."""

from __future__ import annotations

import sys
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from geo_border import study
from tests.outputs.figures_of.figure import OUTPUTS
from tests.outputs.figures_of.finished import figures_of, gather
from tests.outputs.figures_of.join import join, lands_of

name, root = sys.argv[1:]
with TemporaryDirectory() as folder:
    finished = gather(study.read_study(name), Path(root), Path(folder))
    figures = list(chain.from_iterable(figures_of(output, finished) for output in OUTPUTS))
print(join(figures, lands_of(figures)).describe(most=1000))
