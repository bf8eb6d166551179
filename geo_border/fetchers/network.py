"""The connection: one pool, our name on it, mirrors on every hop, few requests at once to each host."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib import metadata
from types import TracebackType
from typing import Any

import httpx

from geo_border.errors import UnreachableError
from geo_border.fetchers.options import Options

_MOST_REDIRECTS = 8


@lru_cache(maxsize=1)
def user_agent() -> str:
    """Who asks: services such as Overpass refuse clients that do not say."""
    try:
        version = metadata.version("geo-border")
    except metadata.PackageNotFoundError:
        version = "0"
    return f"geo_border/{version} (open-data exposure maps of borders; httpx)"


class Again(Exception):  # noqa: N818 - not an error but a request to try again, never seen outside fetchers
    """Something that may pass: why, and how long the server asked to wait."""

    def __init__(self, why: str, wait_s: float | None = None) -> None:
        super().__init__(why)
        self.wait_s = wait_s


class Network:
    """A pool of connections for one run; closing it or `stop` ends every wait and transfer at once."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.stop = threading.Event()
        self._hosts: dict[str, threading.Semaphore] = {}
        self._last: dict[str, float] = {}
        self._sockets: list[socket.socket] = []
        self._guard = threading.Lock()
        limits = httpx.Limits(max_connections=options.connections, max_keepalive_connections=options.connections)
        # trust_env: proxies and CA files set in the environment are the user's, and are honoured.
        self._client = httpx.Client(
            timeout=httpx.Timeout(options.timeout_s, pool=None),
            limits=limits,
            headers={"User-Agent": user_agent(), "Accept-Encoding": "identity"},
            trust_env=True,
        )

    def __enter__(self) -> Network:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop.set()
        self._client.close()

    def abort(self) -> None:
        """End every wait and transfer now, those too in which a server is silent: Ctrl-C waits for no timeout."""
        self.stop.set()
        with self._guard:
            for held in self._sockets:
                with suppress(OSError):
                    held.shutdown(socket.SHUT_RDWR)

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        """Remember the sockets that are opened, which is the only way to wake a thread that reads from one."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            with self._guard:
                self._sockets.append(info["return_value"].get_extra_info("socket"))

    def pause(self, seconds: float) -> None:
        """Wait, unless the run is being stopped.

        Raises
        ------
        UnreachableError
            When it is.
        """
        if self.stop.wait(seconds):
            raise UnreachableError("stopped. Run again to go on from here.")

    @contextmanager
    def open(self, url: str, *, per_host: int, spacing_s: float = 0.0, **request: Any) -> Iterator[httpx.Response]:
        """Open a response, body not yet read; redirects are followed and mirrored, one by one.

        Raises
        ------
        Again
            When the network failed in a way that may pass.
        UnreachableError
            When it failed in one that will not.
        """
        there = self.options.rewrite(url)
        # Spacing is a courtesy to a shared service; a mirror is the user's own.
        with self._turn(httpx.URL(there).host, per_host, spacing_s if there == url else 0.0), _told(url):
            response = self._follow(url, request)
            try:
                yield response
            finally:
                response.close()

    def _follow(self, url: str, request: dict[str, Any]) -> httpx.Response:
        method = "POST" if "data" in request else "GET"
        asked = self._client.build_request(method, self.options.rewrite(url), **request)
        asked.extensions["trace"] = self._trace
        for _ in range(_MOST_REDIRECTS):
            response = self._client.send(asked, stream=True, follow_redirects=False)
            if response.next_request is None:
                return response
            response.close()
            asked = response.next_request
            asked.url = httpx.URL(self.options.rewrite(str(asked.url)))
            asked.headers["Host"] = asked.url.netloc.decode("ascii")
        raise UnreachableError(f"{url}: redirects without end. The server is at fault: try later, or use --mirror.")

    @contextmanager
    def _turn(self, host: str, per_host: int, spacing_s: float) -> Iterator[None]:
        with self._guard:
            turn = self._hosts.setdefault(host, threading.Semaphore(per_host))
        with turn:
            if spacing_s:
                with self._guard:
                    at = max(time.monotonic(), self._last.get(host, 0.0) + spacing_s)
                    self._last[host] = at
                self.pause(max(0.0, at - time.monotonic()))
            yield


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Transport failures sorted into those that may pass and those that will not."""
    try:
        yield
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.TooManyRedirects) as error:
        raise UnreachableError(f"{url}: {error}. Check the --mirror prefix.") from error
    except httpx.TimeoutException as error:
        raise Again(f"no answer in time ({type(error).__name__})") from error
    except httpx.TransportError as error:
        if _is_certificate(error):
            raise UnreachableError(
                f"{url}: its certificate is not trusted ({error}). If your network has a certificate authority of its "
                "own, name its file in SSL_CERT_FILE."
            ) from error
        raise Again(f"the connection failed ({error or type(error).__name__})") from error


def _is_certificate(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return "CERTIFICATE_VERIFY_FAILED" in str(error)
