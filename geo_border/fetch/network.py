"""The connection: one pool, our name on it, mirrors on every hop, few requests at once to each host."""

from __future__ import annotations

import re
import socket
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib import metadata
from types import TracebackType
from typing import Any
from urllib.parse import urlencode, urljoin

import urllib3
from urllib3 import exceptions as failures
from urllib3.connection import HTTPConnection
from urllib3.util import parse_url

from geo_border.errors import UnreachableError
from geo_border.fetch.options import Options
from geo_border.fetch.pools import Pools
from geo_border.fetch.retry import build_transient_error, find_permanent_error

Response = urllib3.BaseHTTPResponse
_MAX_REDIRECTS = 8
# A server that is there takes a connection at once; its answer may need longer.
_CONNECT_S = 10.0


@lru_cache(maxsize=1)
def build_user_agent() -> str:
    """Who asks: services such as Overpass refuse clients that do not say."""
    try:
        version = metadata.version("geo-border")
    except metadata.PackageNotFoundError:
        version = "0"
    return f"geo_border/{version} (open-data exposure maps of borders; urllib3)"


class Network:
    """A pool of connections for one run; closing it or `stop` ends every wait and transfer at once."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.stop = threading.Event()
        self._host_slots: dict[str, threading.Semaphore] = {}
        self._last_request_s: dict[str, float] = {}
        self._connections: weakref.WeakSet[HTTPConnection] = weakref.WeakSet()
        self._state_lock = threading.Lock()
        self._requests_by_thread: dict[int, HTTPConnection] = {}
        # By thread, the host to which no connection stands yet.
        self._pending_hosts: dict[int, str] = {}
        self._mirrors: dict[str, str | None] = {}
        self._pools = Pools(options.connections, self._on_connect, self._on_request)

    def __enter__(self) -> Network:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop.set()
        self._pools.clear()

    def abort(self) -> None:
        """End every wait and transfer now, those too in which a server is silent: Ctrl-C waits for no timeout."""
        self.stop.set()
        with self._state_lock:
            held = [connection.sock for connection in self._connections]
        for one in held:
            if one is not None:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def _on_connect(self, connection: HTTPConnection) -> None:
        """Remember a connection, the only way to wake a thread that reads from it; none is begun once stopped."""
        self._pending_hosts.pop(threading.get_ident(), None)
        with self._state_lock:
            self._connections.add(connection)
        self._raise_if_stopped()

    def _on_request(self, connection: HTTPConnection) -> None:
        self._requests_by_thread[threading.get_ident()] = connection

    @contextmanager
    def _cut_after(self, seconds: float) -> Iterator[None]:
        """Cut a connection whose headers have not come by then: a server that drips them is never silent."""
        timer = threading.Timer(seconds, self._cut_connection, [threading.get_ident()])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            self._requests_by_thread.pop(threading.get_ident(), None)

    def _cut_connection(self, thread: int) -> None:
        connection = self._requests_by_thread.get(thread)
        if connection is not None and connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _raise_if_stopped(self) -> None:
        if self.stop.is_set():
            raise UnreachableError("stopped. Run again to go on from here.")

    def pause(self, seconds: float) -> None:
        """Wait, unless the run is being stopped.

        Raises
        ------
        UnreachableError
            When it is.
        """
        self.stop.wait(seconds)
        self._raise_if_stopped()

    @contextmanager
    def open_response(
        self,
        url: str,
        *,
        per_host: int,
        spacing_s: float = 0.0,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[Response]:
        """Open a response, body not yet read; redirects are followed and mirrored, one by one.

        A `form` is posted. The body comes as the server sends it, never decoded.

        Raises
        ------
        Again
            When the network failed in a way that may pass.
        UnreachableError
            When it failed in one that will not.
        """
        there = self.options.rewrite(url)
        if not there.startswith(("http://", "https://")):
            raise UnreachableError(f"{url}: becomes {there}, which is no web address. Check the --mirror prefix.")
        # Spacing is a courtesy to a shared service; a mirror is the user's own.
        spacing_s = spacing_s if there == url else 0.0
        with self._translate_errors(url), self._wait_turn(there, per_host, spacing_s):
            response = self._follow_redirects(url, dict(headers or {}), form, timeout_s or self.options.timeout_s)
            try:
                yield response
            finally:
                # One that was read to its end is back in the pool; any other is cut, not read on.
                response.close()

    def resolve_address(self, url: str) -> str:
        """The address that is asked for `url`, as it may be written down: a mirror's may carry a password."""
        there = self.options.rewrite(url)
        return url if there == url else _strip_login(there)

    def find_mirror(self, url: str) -> str | None:
        """The address at which a mirror gave what `url` names; None if its publisher gave it."""
        if url in self._mirrors:
            return self._mirrors[url]
        # A file of which nothing was left to ask for came from the address that its part was begun at.
        there = self.resolve_address(url)
        return None if there == url else there

    def _follow_redirects(
        self, url: str, headers: dict[str, str], form: Mapping[str, str] | None, timeout_s: float
    ) -> Response:
        address, body = url, None
        headers |= {"User-Agent": build_user_agent(), "Accept-Encoding": "identity"}
        if form is not None:
            body = urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        arguments: dict[str, Any] = {"headers": headers, "preload_content": False, "decode_content": False}
        connect_s = min(self.options.timeout_s, _CONNECT_S)
        arguments["timeout"] = urllib3.Timeout(connect=connect_s, read=timeout_s)
        through = None
        for _ in range(_MAX_REDIRECTS):
            there = self.options.rewrite(address)
            through = _strip_login(there) if there != address else through
            response = self._request(there, body, arguments, self.options.timeout_s + timeout_s)
            location = response.get_redirect_location()
            if not location:
                self._mirrors[url] = through
                return response
            response.close()
            address = _join_redirect(url, there, location)
            body = body if response.status in {307, 308} else None
        raise UnreachableError(f"{url}: redirects without end. The server is at fault: try later, or use --mirror.")

    def _request(self, address: str, body: str | None, arguments: dict[str, Any], max_s: float) -> Response:
        """Ask one host, unless the run has given it up."""
        self._raise_if_stopped()
        host = parse_url(address).netloc or ""
        self.options.hosts.raise_if_given_up(host)
        self._pending_hosts[threading.get_ident()] = host
        method = "GET" if body is None else "POST"
        with self._cut_after(max_s):
            response = self._pools.get_pool(address).urlopen(
                method, address, redirect=False, retries=False, body=body, **arguments
            )
        self.options.hosts.mark_reached(host)
        return response

    @contextmanager
    def _translate_errors(self, url: str) -> Iterator[None]:
        """Transport failures sorted into those that may pass and those that will not."""
        try:
            yield
        except failures.HTTPError as error:
            host = self._pending_hosts.get(threading.get_ident())
            if host is not None:
                self.options.hosts.mark_unreached(host)
            raise find_permanent_error(url, error) or build_transient_error(error, host) from error
        finally:
            self._pending_hosts.pop(threading.get_ident(), None)

    @contextmanager
    def _wait_turn(self, address: str, per_host: int, spacing_s: float) -> Iterator[None]:
        host = parse_url(address).netloc or ""
        with self._state_lock:
            turn = self._host_slots.setdefault(host, threading.Semaphore(per_host))
        with turn:
            # Before the courtesy of spacing, which a host that was given up does not need.
            self.options.hosts.raise_if_given_up(host)
            if spacing_s:
                with self._state_lock:
                    at = max(time.monotonic(), self._last_request_s.get(host, 0.0) + spacing_s)
                    self._last_request_s[host] = at
                self.pause(max(0.0, at - time.monotonic()))
            yield


def _join_redirect(url: str, base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError as error:
        raise UnreachableError(f"{url}: redirects to what is no address ({location!r}). Use --mirror.") from error


def _strip_login(address: str) -> str:
    """An address without the name and password that may stand in it."""
    return re.sub(r"^([a-z]+://)[^/@]*@", r"\1", address)
