"""How a connection fails: what may pass, what will not, and which hosts a run has given up."""

from __future__ import annotations

import ssl
import threading
from collections import Counter

from urllib3 import exceptions as failures

from geo_border.errors import UnreachableError


class TransientError(Exception):
    """Something that may pass: why, and how long the server asked to wait.

    Attributes
    ----------
    host
        The host where not even a connection stood; None where the failure came later.
    counts_twice
        Whether a try of that kind tells as much as two: the name could not be resolved, or nothing came for long.
    """

    def __init__(
        self, reason: str, wait_s: float | None = None, host: str | None = None, counts_twice: bool = False
    ) -> None:
        super().__init__(reason)
        self.wait_s, self.host, self.counts_twice = wait_s, host, counts_twice

    def limit_tries(self, tries: int) -> int:
        """How many tries in a row it is worth: a name that is not known now is hardly known in half a minute."""
        return -(-tries // 2) if self.counts_twice else tries


class Hosts:
    """What a run knows of hosts, shared by its datasets: one that nobody can reach is not tried for every file."""

    def __init__(self) -> None:
        self._state_lock = threading.Lock()
        self._unreached: Counter[str] = Counter()
        self._given_up: dict[str, str] = {}

    def raise_if_given_up(self, host: str) -> None:
        """Let a request pass, unless the host was given up.

        Raises
        ------
        UnreachableError
            When it was.
        """
        why = self._given_up.get(host)
        if why is not None:
            raise UnreachableError(f"{host}: {why}")

    def mark_reached(self, host: str) -> None:
        """Note that a host is there: what failed before was the line's fault."""
        with self._state_lock:
            self._unreached.pop(host, None)

    def mark_unreached(self, host: str) -> None:
        """Note that no connection to a host stood."""
        with self._state_lock:
            self._unreached[host] += 1

    def give_up(self, host: str, tries: int, reason: str) -> None:
        """Give a host up for all its files after so many tries for one, if it has answered nobody meanwhile."""
        with self._state_lock:
            if self._unreached[host] >= tries:
                self._given_up.setdefault(host, f"given up after {tries} tries for another file ({reason}).")


def find_permanent_error(url: str, error: failures.HTTPError) -> UnreachableError | None:
    """Tell what of a transport failure will not pass; None for one that may."""
    if isinstance(error, failures.LocationValueError):
        return UnreachableError(f"{url}: {error}. Check the --mirror prefix.")
    if _is_certificate_error(error):
        return UnreachableError(
            f"{url}: its certificate is not trusted ({_describe_root_cause(error)}). If your network has a "
            "certificate authority of its own, name its file in SSL_CERT_FILE."
        )
    return None


def build_transient_error(error: failures.HTTPError, host: str | None) -> TransientError:
    """Ask for another try after a transport failure; `host` is the one that it did not reach, if any."""
    cause = _describe_root_cause(error)
    silent = isinstance(error, failures.TimeoutError) and not isinstance(error, failures.NewConnectionError)
    why = f"no answer in time ({type(error).__name__})" if silent else f"the connection failed ({cause})"
    return TransientError(why, host=host, counts_twice=host is not None and (silent or _is_name_error(error)))


def _list_causes(error: BaseException) -> list[BaseException]:
    """Unwrap a failure, outermost first: urllib3 wraps what the system said in what it was doing."""
    found = [error]
    while inner := next((arg for arg in error.args if isinstance(arg, BaseException)), error.__cause__):
        found.append(error := inner)
    return found


def _describe_root_cause(error: BaseException) -> str:
    last = _list_causes(error)[-1]
    return str(last) or type(last).__name__


def _is_name_error(error: BaseException) -> bool:
    return any(isinstance(one, failures.NameResolutionError) for one in _list_causes(error))


def _is_certificate_error(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return "CERTIFICATE_VERIFY_FAILED" in str(error)
