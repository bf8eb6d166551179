"""Settings under which GDAL and PROJ reach no server, whatever a file asks of them."""

from __future__ import annotations

import os

# A proxy that cannot exist: what asks for a server all the same fails on this machine, without a name being looked up.
SETTINGS = {
    "GDAL_HTTP_PROXY": "127.0.0.1:0",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "PROJ_NETWORK": "OFF",
}


def forbid_network() -> None:
    """Set them for this process and those that it starts.

    A second wall behind the checks of `raster` and `vector`. Only the command line puts it up: a program that
    imports the package may read addresses with GDAL itself.
    """
    os.environ.update(SETTINGS)
