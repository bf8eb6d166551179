"""A certificate that is not trusted ends the fetch; one of the user's own authority is honoured."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from geo_border.catalog import Entry
from geo_border.errors import UnreachableError
from geo_border.fetch.gather import fetch_dataset
from geo_border.fetch.options import Options
from geo_border.store import Folders, compute_sha256
from tests.fetch.conftest import standing, write_tiff
from tests.worldserver.server import serve

trustme = pytest.importorskip("trustme", reason="trustme makes the certificates")


def test_a_bad_certificate_is_refused_and_the_users_own_authority_honoured(
    tmp_path: Path, folders: Folders, entry: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    served = tmp_path / "served"
    write_tiff(served / "data.example" / "tile.tif")
    with serve(served, tls=tls) as world:
        options = Options(mirrors=(world.mirror,), tries=2, pause_s=0.01)
        with pytest.raises(UnreachableError, match=r"certificate is not trusted.*SSL_CERT_FILE"):
            fetch_dataset(entry(), folders, None, options)
        assert standing(folders) == {}
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        fetch_dataset(entry(), folders, None, replace(options, tries=1))
    assert standing(folders) == {"tile.tif": compute_sha256(served / "data.example" / "tile.tif")}


def test_a_redirect_to_a_server_whose_certificate_is_not_trusted_is_refused(
    tmp_path: Path, folders: Folders, entry: Callable[..., Entry]
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    write_tiff(tmp_path / "secure" / "data.example" / "tile.tif")
    moved = tmp_path / "served" / "data.example" / "tile.tif.redirect"
    moved.parent.mkdir(parents=True)
    with serve(tmp_path / "secure", tls=tls) as secure, serve(tmp_path / "served") as world:
        moved.write_text(f"{secure.url}/data.example/tile.tif")
        with pytest.raises(UnreachableError, match=r"certificate is not trusted.*SSL_CERT_FILE"):
            fetch_dataset(entry(), folders, None, Options(mirrors=(("https://data.", f"{world.url}/data."),), tries=2))
        # Refused once and for all, not tried again.
        assert len(world.asked()) == 1
        assert secure.asked() == []
    assert standing(folders) == {}


def test_a_proxy_of_the_environment_is_used(
    tmp_path: Path, folders: Folders, entry: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A plain HTTP proxy is asked for the whole URL; the world server takes the path out of it, host and all.
    write_tiff(tmp_path / "served" / "http:" / "data.example" / "tile.tif")
    with serve(tmp_path / "served") as world:
        monkeypatch.setenv("HTTP_PROXY", world.url)
        monkeypatch.setenv("NO_PROXY", "")
        fetch_dataset(entry(download={"url": "http://data.example/tile.tif"}), folders, None, Options(tries=1))
        assert world.asked() == ["GET http://data.example/tile.tif"]
    assert list(standing(folders)) == ["tile.tif"]


def test_what_no_proxy_names_is_asked_without_one(
    tmp_path: Path, folders: Folders, entry: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tiff(tmp_path / "served" / "data.example" / "tile.tif")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    with serve(tmp_path / "served") as world:
        fetch_dataset(entry(), folders, None, Options(mirrors=(world.mirror,), tries=1))
    assert list(standing(folders)) == ["tile.tif"]


def test_a_proxy_that_asks_who_we_are_is_told(
    tmp_path: Path, folders: Folders, entry: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tiff(tmp_path / "tile.tif")
    body = (tmp_path / "tile.tif").read_bytes()
    asked: list[bytes] = []

    def answer(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            asked.append(connection.recv(65_536))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        proxy = threading.Thread(target=answer, args=(listening,))
        proxy.start()
        monkeypatch.setenv("HTTP_PROXY", f"http://mara:p%40ss@127.0.0.1:{listening.getsockname()[1]}")
        monkeypatch.setenv("NO_PROXY", "")
        fetch_dataset(entry(download={"url": "http://data.example/tile.tif"}), folders, None, Options(tries=1))
        proxy.join(10)
    assert asked[0].startswith(b"GET http://data.example/tile.tif HTTP/1.1")
    assert b"Basic " + base64.b64encode(b"mara:p@ss") in asked[0]
