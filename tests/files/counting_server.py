"""A web server on loopback that writes a line for each connection; a process of its own, as GDAL may hold the lock."""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    """Finds nothing."""

    def setup(self) -> None:
        """Note the connection before anything is asked."""
        with Path(sys.argv[1]).open("a") as log:
            log.write("connection\n")
        super().setup()

    def do_GET(self) -> None:
        """Answer 404."""
        self.send_error(404)

    def do_HEAD(self) -> None:
        """Answer 404."""
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()
