"""The web map: one HTML file with everything in it, that opens from a USB stick with no network."""

from __future__ import annotations

from pathlib import Path

from geo_border import store
from geo_border.outputs.webmap.page import draw_page
from geo_border.result import Result

FILE = "index.html"


def write(result: Result, folder: Path) -> Path:
    """Write the map of a result.

    Parameters
    ----------
    result
        Layers in the study's CRS, the exposure table with raw values, the passport.
    folder
        Usually `maps/<study>`; made where it is missing.

    Returns
    -------
    Path
        `folder/index.html`. The same result gives the same bytes.

    Raises
    ------
    StoreError
        When the folder cannot be written.
    """
    final = folder / FILE
    store.write_text(final, draw_page(result))
    return final
