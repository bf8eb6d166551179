"""Serves a folder laid out as <host>/<path>, with ranges, ETags, redirects, Overpass, a request log, and faults."""

from __future__ import annotations

import hashlib
import http.server
import os
import re
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

from tests.worldserver.faults import Fault, Faults

# They take no heed of If-Range.
RUDE = ("changed_rudely", "changed_silently")
PAGE = b"<!DOCTYPE html><html><body>Please log in to this network</body></html>" * 40
Answer = Callable[[str, Fault | None], bytes]


@dataclass
class World:
    """A running server: where it is, what it was asked, and what goes wrong."""

    root: Path
    url: str = ""
    log: list[str] = field(default_factory=list)
    sent: int = 0
    connections: int = 0
    faults: Faults = field(default_factory=Faults)
    overpass: Answer | None = None
    bytes_per_s: float | None = None
    closing: threading.Event = field(default_factory=threading.Event)

    def asked(self, part: str = "") -> list[str]:
        """Requests whose line holds `part`."""
        return [line for line in self.log if part in line]

    @property
    def mirror(self) -> tuple[str, str]:
        """The mirror that sends every https URL here, host by host."""
        return ("https://", f"{self.url}/")


@contextmanager
def serve(
    root: Path, port: int = 0, overpass: Answer | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[World]:
    """Serve until the block ends."""
    world = World(root, overpass=overpass)
    handler = type("Handler", (_Handler,), {"world": world})
    server = _Server(("127.0.0.1", port), handler)
    server.world = world
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    world.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield world
    finally:
        world.closing.set()
        server.shutdown()
        server.server_close()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    world: World

    def process_request(self, request: Any, client_address: Any) -> None:
        """Count every connection, of those too that ask nothing."""
        self.world.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that leave are part of the tests."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    world: World

    def log_message(self, *_args: object) -> None:
        """Requests are kept in `world.log` instead."""

    def do_GET(self) -> None:
        path = urllib.parse.unquote(self.path.split("?")[0])
        self.world.log.append(f"GET {path} {self.headers.get('Range', '')}".strip())
        fault = self.world.faults.of(path)
        if fault is None or not self._plain_fault(fault):
            self._file(self.world.root / path.lstrip("/"), fault)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        query = urllib.parse.parse_qs(body).get("data", [""])[0]
        self.world.log.append(f"POST {self.path} {query}")
        fault = self.world.faults.of(self.path)
        if fault is not None and self._plain_fault(fault):
            return
        if self.world.overpass is None or not self.headers.get("User-Agent", "").startswith("geo_border/"):
            self._whole(406, b"who are you?")
        else:
            answer = self.world.overpass(query, fault)
            if fault is not None and fault.kind == "drip":
                self._whole(200, b"", {"Content-Type": "application/json"}, len(answer))
                self._drip(answer[: int(fault.wait_s / 0.05)])
                return
            self._whole(504 if answer == b"504" else 200, answer, {"Content-Type": "application/json"})

    def _plain_fault(self, fault: Fault) -> bool:
        """Answer with a fault that needs no file; False if it is of another kind."""
        kind = fault.kind
        if kind in {"404", "403", "500"}:
            self._whole(int(kind), PAGE)
        elif kind in {"429", "503"}:
            self._whole(int(kind), b"slowly", {"Retry-After": f"{fault.wait_s:.0f}"})
        elif kind == "hang":
            self.world.closing.wait(fault.wait_s)
            self.close_connection = True
        elif kind == "drip_head":
            self._drip(b"HTTP/1.1 200 OK\r\nX-Slowly: " + b"x" * int(fault.wait_s / 0.05))
        elif kind == "endless":
            self._endless()
        elif kind == "html":
            self._whole(200, PAGE, {"Content-Type": "text/html"})
        elif kind == "redirect_loop":
            self._whole(302, b"", {"Location": self.path})
        else:
            return False
        return True

    def _whole(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, announced: int | None = None
    ) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body) if announced is None else announced))
        self.end_headers()
        self.wfile.write(body)

    def _file(self, path: Path, fault: Fault | None) -> None:
        kind = fault.kind if fault else ""
        moved = path.with_name(path.name + ".redirect")
        if moved.exists():
            self._whole(302, b"", {"Location": moved.read_text().strip()})
            return
        if not path.is_file():
            self._whole(404, PAGE)
            return
        stat = path.stat()
        size = stat.st_size
        etag = '"' + hashlib.md5(f"{path}{stat.st_mtime_ns}{size}".encode()).hexdigest() + '"'
        if self.headers.get("If-None-Match") == etag:
            self._whole(304, b"")
            return
        start = self._start(etag, kind, size)
        if start >= size > 0:
            self._whole(416, b"", {"Content-Range": f"bytes */{size}"})
            return
        self.send_response(206 if start else 200)
        if not (start and kind == "changed_silently"):
            self.send_header("ETag", etag)
            self.send_header("Last-Modified", formatdate(stat.st_mtime, usegmt=True))
        self.send_header("Accept-Ranges", "bytes")
        if start:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        length = {"too_long": size + 500, "too_short": max(size // 2, 1)}.get(kind, size - start)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self._body(path, start, length, fault)

    def _start(self, etag: str, kind: str, size: int) -> int:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked is None or kind == "no_range":
            return 0
        unchanged = self.headers.get("If-Range") in {etag, None}
        # A rude server takes no heed of If-Range and sends the tail of another version.
        return int(asked.group(1)) if unchanged or kind in RUDE else 0

    def _body(self, path: Path, start: int, length: int, fault: Fault | None) -> None:
        kind = fault.kind if fault else ""
        with path.open("rb") as source:
            source.seek(start)
            if fault is not None and (kind in {"cut", "changed"} or (kind in RUDE and not start)):
                self.wfile.write(source.read(fault.at_bytes))
                self.wfile.flush()
                self.world.sent += fault.at_bytes
                if kind != "cut":
                    _change(path)
                self.close_connection = True
                self.connection.close()
            elif fault is not None and kind == "drip":
                self._drip(source.read(int(fault.wait_s / 0.05)))
            elif kind == "wrong_bytes":
                body = bytearray(source.read())
                body[len(body) // 2] ^= 0xFF
                self.wfile.write(bytes(body))
            else:
                self._send(source.fileno(), start, length)
            if kind == "too_long":
                self.close_connection = True

    def _endless(self) -> None:
        """Bytes of a TIFF without a length and without an end."""
        self.send_response(200)
        self.send_header("ETag", '"endless"')
        self.end_headers()
        self.close_connection = True
        self.wfile.write(b"II*\0")
        while not self.world.closing.is_set():
            self.wfile.write(bytes(65_536))
            self.world.sent += 65_536

    def _drip(self, body: bytes) -> None:
        for at in range(len(body)):
            self.wfile.write(body[at : at + 1])
            time.sleep(0.05)
        self.close_connection = True

    def _send(self, descriptor: int, start: int, length: int) -> None:
        """Send by the kernel where the line is plain; pieces with pauses where it is given a speed."""
        pace, sent, since = self.world.bytes_per_s, 0, time.monotonic()
        block = length if pace is None else max(4096, int(pace / 50))
        while sent < length:
            if isinstance(self.connection, ssl.SSLSocket):
                os.lseek(descriptor, start + sent, os.SEEK_SET)
                done = self.wfile.write(os.read(descriptor, 65536))
            else:
                done = os.sendfile(self.connection.fileno(), descriptor, start + sent, min(block, length - sent))
            if not done:
                break
            sent += done
            self.world.sent += done
            if pace is not None:
                time.sleep(max(0.0, since + sent / pace - time.monotonic()))


def _change(path: Path) -> None:
    """Publish another version of a file: same length, other bytes near its beginning and at its end."""
    body = bytearray(path.read_bytes())
    for at in (len(body) // 8, -1):
        body[at] ^= 0x01
    path.write_bytes(bytes(body))
    later = path.stat().st_mtime + 2
    os.utime(path, (later, later))
