"""What a server's answer means: whether it may pass, how long to wait, and what its headers say."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from geo_border.errors import UnreachableError
from geo_border.fetch.network import Network, Response
from geo_border.fetch.retry import TransientError

# No more digits than a length or a wait can have; str.isdigit() also takes "²" for one.
_NUMBER = re.compile(r"[0-9]{1,18}")


class AbsentError(UnreachableError):
    """The server has no such file (404)."""


def wait_before_retry(net: Network, url: str, error: TransientError, failures: int) -> None:
    """Pause before the next try, as long as the server asked or longer each time, with jitter.

    Raises
    ------
    UnreachableError
        When there have been too many tries, or the server asks for a wait beyond our patience.
    """
    options = net.options
    if failures >= error.limit_tries(options.tries):
        if error.host is not None:
            options.hosts.give_up(error.host, failures, str(error))
        raise UnreachableError(f"{url}: {error}, {failures} times in a row.")
    if error.wait_s is not None and error.wait_s > options.max_wait_s:
        raise UnreachableError(
            f"{url}: {error}; the server asks to wait {error.wait_s:.0f} s before it is asked again."
        )
    pause_s = min(60.0, options.pause_s * 2 ** (failures - 1)) * random.uniform(0.5, 1.0)
    net.pause(max(pause_s, error.wait_s or 0.0))


def raise_for_status(response: Response, url: str) -> None:
    """Sort a status that is not success into what may pass and what will not.

    Raises
    ------
    Again
        On 408, 425, 429 and 5xx.
    AbsentError, UnreachableError
        On every other.
    """
    status = response.status
    if status in {408, 425, 429} or status >= 500:
        raise TransientError(f"the server answered {status} {response.reason}", parse_retry_after_s(response))
    if status in {404, 410}:
        raise AbsentError(f"{url}: not there ({status}). The publisher may have moved it: see `geo-border sources`.")
    if status in {401, 403, 406, 451}:
        raise UnreachableError(
            f"{url}: refused ({status} {response.reason}). It may need an account, or block this network; "
            "fetch it by hand and give it with --sources NEED=DATASET@PATH, or choose another dataset."
        )
    raise UnreachableError(f"{url}: the server answered {status} {response.reason}.")


def parse_integer(text: str | None) -> int | None:
    """Read a header's number; None for none, and for what is no number."""
    return int(text) if text and _NUMBER.fullmatch(text) else None


def parse_content_range(text: str) -> tuple[int | None, int | None]:
    """Read from a Content-Range the first byte and the size of the whole file.

    >>> parse_content_range("bytes 100-199/200")
    (100, 200)
    """
    unit, _, rest = text.partition(" ")
    span, _, total = rest.partition("/")
    first = span.partition("-")[0]
    return (parse_integer(first) if unit == "bytes" else None), parse_integer(total)


def parse_retry_after_s(response: Response) -> float | None:
    """How long the server asks to wait, in seconds; None if it does not say."""
    text = response.headers.get("Retry-After")
    if text is None:
        return None
    if _NUMBER.fullmatch(text.strip()):
        return float(text)
    # By the server's own clock, where it tells it: ours may be wrong by hours.
    now, until = _parse_date(response.headers.get("Date")) or datetime.now(UTC), _parse_date(text)
    return max(0.0, (until - now).total_seconds()) if until else None


def _parse_date(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
