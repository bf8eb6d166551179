"""Connections kept open, by way of the proxy and the certificates that the user's machine names."""

from __future__ import annotations

import os
import ssl
import threading
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import make_headers, parse_url

# Hosts whose connections are kept open; a dataset has one or two.
_MAX_HOSTS = 32
ConnectionCallback = Callable[[HTTPConnection], None]


class Pools:
    """One pool of connections for each proxy, with encryption and without.

    `on_connect` is called with every connection once it is open, `on_request` with each before a request.
    """

    def __init__(self, connections: int, on_connect: ConnectionCallback, on_request: ConnectionCallback) -> None:
        self._connections = connections
        self._classes = _build_pool_classes(on_connect, on_request)
        self._guard = threading.Lock()
        self._pools: dict[tuple[str, bool], urllib3.PoolManager] = {}
        # What the environment names (on macOS and Windows the system too) is the user's, and is honoured.
        self._proxies = urllib.request.getproxies()

    def get_pool(self, url: str) -> urllib3.PoolManager:
        """Give the connections for a URL: by way of the proxy that the environment names for it, if any."""
        proxy, secure = self._find_proxy(url), url.startswith("https")
        with self._guard:
            if (proxy, secure) not in self._pools:
                self._pools[proxy, secure] = self._build_pool(proxy, secure)
            return self._pools[proxy, secure]

    def clear(self) -> None:
        """Close what is open and not in use."""
        for pool in self._pools.values():
            pool.clear()

    def _find_proxy(self, url: str) -> str:
        parts = parse_url(url)
        proxy = self._proxies.get(parts.scheme or "") or self._proxies.get("all") or ""
        if not proxy or urllib.request.proxy_bypass(parts.netloc or ""):
            return ""
        return proxy if "://" in proxy else f"http://{proxy}"

    def _build_pool(self, proxy: str, secure: bool) -> urllib3.PoolManager:
        options: dict[str, Any] = {"num_pools": _MAX_HOSTS, "maxsize": self._connections}
        if secure or proxy.startswith("https"):
            options["ssl_context"] = _build_ssl_context()
        if proxy:
            auth = parse_url(proxy).auth
            login = make_headers(proxy_basic_auth=unquote(auth)) if auth else None
            context = options.get("ssl_context")
            pool: urllib3.PoolManager = urllib3.ProxyManager(
                proxy, proxy_headers=login, proxy_ssl_context=context, **options
            )
        else:
            pool = urllib3.PoolManager(**options)
        pool.pool_classes_by_scheme = self._classes
        return pool


def _build_pool_classes(on_connect: ConnectionCallback, on_request: ConnectionCallback) -> dict[str, Any]:
    """Pools whose connections report when they are open and when a request begins."""

    class WatchedConnection(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            on_connect(self)

        def request(self, *args: Any, **named: Any) -> None:
            on_request(self)
            super().request(*args, **named)

    # An HTTPSConnection is an HTTPConnection: what is watched stands before both in the order of calls.
    class WatchedSecureConnection(WatchedConnection, HTTPSConnection):
        pass

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = WatchedConnection

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = WatchedSecureConnection

    return {"http": PlainPool, "https": SecurePool}


def _build_ssl_context() -> ssl.SSLContext:
    """Which certificates are believed: those of SSL_CERT_FILE or SSL_CERT_DIR, else the system's and certifi's."""
    context = ssl.create_default_context()
    if not (os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")):
        context.load_verify_locations(certifi.where())
    return context
