"""What can be made to go wrong with a file, by name."""

from __future__ import annotations

from dataclasses import dataclass, field

KINDS = (
    "404",
    "403",
    "429",
    "500",
    "503",
    "hang",
    "drip",
    "drip_head",
    "endless",
    "cut",
    "too_long",
    "too_short",
    "html",
    "changed",
    "changed_rudely",
    "changed_silently",
    "no_range",
    "redirect_loop",
    "wrong_bytes",
    "remark",
    "timeout_504",
    "garbage_json",
)


@dataclass
class Fault:
    """One fault: `times` requests suffer it (-1: all); `wait_s` is what Retry-After asks or a hang lasts.

    `changed_rudely` sends the tail of another version for a resume; `changed_silently` also leaves out what tells it.
    """

    kind: str
    times: int = -1
    wait_s: float = 1.0
    at_bytes: int = 1000
    largest_deg: float = 0.3
    seen: int = 0


@dataclass
class Faults:
    """Faults by a part of the path; the first that fits strikes."""

    by_path: dict[str, Fault] = field(default_factory=dict)

    def of(self, path: str) -> Fault | None:
        """The fault that strikes this request, counted."""
        for part, fault in self.by_path.items():
            if part in path and (fault.times < 0 or fault.seen < fault.times):
                fault.seen += 1
                return fault
        return None
