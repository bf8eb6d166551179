"""What all tests share: a closed network, cases that are drawn the same each time, one run of the default study."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tests.drawing import register_profiles

# Run by the distribution's Python, which has QGIS; ours only looks for doctests in it.
collect_ignore = ["outputs/qgis_session.py"]
_LOOPBACK = ("127.", "::1", "localhost")

register_profiles()


class NetworkClosedError(RuntimeError):
    """A test tried to leave this machine."""


def _open_to(address: Any) -> bool:
    # AF_UNIX addresses are paths, those of the internet tuples.
    return (
        not isinstance(address, tuple) or str(address[0]).startswith(_LOOPBACK) or address[0] in ("", "0.0.0.0", "::")
    )


def _guarded(call: Any) -> Any:
    def guard(self: socket.socket, address: Any, *rest: Any) -> Any:
        if not _open_to(address):
            if self.type & socket.SOCK_DGRAM:
                # Connecting a datagram socket is how programs ask for their own address: they cope without an answer.
                raise OSError(f"the network is closed in tests: {address!r}")
            raise NetworkClosedError(f"tests may not reach {address!r}; use tests.worldserver on loopback")
        return call(self, address, *rest)

    return guard


@pytest.fixture(scope="session", autouse=True)
def _closed_network() -> Iterator[None]:
    look_up = socket.getaddrinfo

    def look_up_here(host: Any, *rest: Any, **named: Any) -> Any:
        if host is not None and not str(host).startswith(_LOOPBACK) and host != "0.0.0.0":
            raise NetworkClosedError(f"tests may not look up {host!r}; use tests.worldserver on loopback")
        return look_up(host, *rest, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _guarded(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", _guarded(socket.socket.connect_ex))
        patch.setattr(socket, "getaddrinfo", look_up_here)
        # Nothing a child process fetches either.
        patch.setenv("PIP_NO_INDEX", "1")
        yield


@pytest.fixture(autouse=True)
def _plain_log() -> None:
    """A command that ran in this process took the package's log for the console: the next test has it as it was."""
    logger = logging.getLogger("geo_border")
    logger.handlers, logger.propagate = [], True
    logger.setLevel(logging.NOTSET)


def _shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A temporary folder that all test processes see."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def run_root(tmp_path_factory: pytest.TempPathFactory, _closed_network: None) -> Callable[[str], Path]:
    """Give the root in which a study was run once, from the embedded data, for all tests and test processes."""
    import geo_border

    def run_once(study: str) -> Path:
        root = _shared(tmp_path_factory) / f"run-of-{study}"
        with FileLock(f"{root}.lock"):
            if not (root / "done").exists():
                geo_border.run(study, root=root)
                (root / "done").touch()
        return root

    return run_once


@pytest.fixture(scope="session")
def default_root(run_root: Callable[[str], Path]) -> Path:
    """A root in which the default study was run once, for all tests and test processes."""
    return run_root("finland-poland")


@pytest.fixture(scope="session")
def world_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the world server serves, built once for all tests and test processes; no test changes it."""
    from tests.worldserver.world import build

    folder = _shared(tmp_path_factory) / "world"
    with FileLock(f"{folder}.lock"):
        return build(folder)
