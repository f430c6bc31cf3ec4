"""`x-lrcp-fault`: faults that a request asks for itself, where the policy lets it."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from lrcp.model.policy.faults import FAULT_KINDS, Fault, FaultsByHeader

HEADER: Final = b"x-lrcp-fault"
NOTE: Final = "fault_ignored"
MAX_FAULTS: Final = 4
_MAX_BYTES: Final = 500
_MEMBERS: Final = frozenset(
    {"latency_ms", "status", "retry_after_s", "after_tokens", "factor", "attempts", "probability", "seed"}
)
_PREFIX: Final = "header:"


def read_faults(raw: bytes, allowed: FaultsByHeader) -> tuple[list[Fault], str]:
    """The faults of a header: `kind;member=value;..., kind`.

    Returns: those that are allowed, at most MAX_FAULTS, and why any other is ignored: '', `malformed`, `unknown`,
    `not_allowed` or `too_many`. A header never fails a request.
    """
    if len(raw) > _MAX_BYTES:
        return [], "too_many"
    faults: list[Fault] = []
    ignored = ""
    for fault, why in _each(raw.decode("latin-1"), allowed):
        if fault is None:
            ignored = why
        elif len(faults) < MAX_FAULTS:
            faults.append(fault)
        else:
            ignored = "too_many"
    return faults, ignored


def _each(text: str, allowed: FaultsByHeader) -> Iterator[tuple[Fault | None, str]]:
    for item in text.split(","):
        kind, *members = (part.strip() for part in item.split(";"))
        if kind not in FAULT_KINDS:
            yield None, "unknown" if kind else "malformed"
        elif kind not in allowed.kinds or kind == "model_swap":
            yield None, "not_allowed"
        else:
            fault = _make(kind, members, allowed.max_latency_ms)
            yield fault, "malformed"


def _make(kind: str, members: list[str], max_latency_ms: int) -> Fault | None:
    """None for a member that a header may not give, or a value that the policy would not take."""
    given: dict[str, Any] = dict(_split(member) for member in members if member)
    if not given.keys() <= _MEMBERS:
        return None
    try:
        fault = msgspec.convert({"name": f"{_PREFIX}{kind}", "kind": kind, **given}, Fault, strict=False)
    except msgspec.ValidationError:
        return None
    return msgspec.structs.replace(fault, latency_ms=min(fault.latency_ms, max_latency_ms))


def _split(member: str) -> tuple[str, str]:
    name, _, value = member.partition("=")
    return name.strip(), value.strip()
