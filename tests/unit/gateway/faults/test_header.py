"""What a request may ask for by header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.gateway.faults.header import MAX_FAULTS, read_faults
from lrcp.model.policy.faults import FAULT_KINDS, FaultsByHeader

ALLOWED = FaultsByHeader(kinds=("latency", "error", "model_swap"), max_latency_ms=3000)


def test_members_are_read_with_their_types() -> None:
    [latency, error], ignored = read_faults(b"latency;latency_ms=250, error; status=503 ;attempts=1", ALLOWED)
    assert (latency.kind, latency.latency_ms, latency.name) == ("latency", 250, "header:latency")
    assert (error.status, error.attempts, ignored) == (503, 1, "")


def test_a_wait_is_bounded_by_the_policy() -> None:
    [fault], _ = read_faults(b"latency;latency_ms=999999", ALLOWED)
    assert fault.latency_ms == 3000


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"timeout", "not_allowed"),
        (b"model_swap;to=openai/gpt-5", "not_allowed"),
        (b"meteor", "unknown"),
        (b"", "malformed"),
        (b"latency;latency_ms=soon", "malformed"),
        (b"latency;latency_ms=-1", "malformed"),
        (b"error;status=200", "malformed"),
        (b"error;text=hello", "malformed"),
        (b"latency;" + b"x" * 500, "too_many"),
        (b",".join([b"error"] * 5), "too_many"),
    ],
)
def test_what_is_not_allowed_or_not_understood_is_ignored_with_the_reason(raw: bytes, why: str) -> None:
    faults, ignored = read_faults(raw, ALLOWED)
    assert ignored == why
    assert len(faults) == (MAX_FAULTS if raw.startswith(b"error,") else 0)


@given(st.binary(max_size=600))
def test_no_header_fails(raw: bytes) -> None:
    faults, _ = read_faults(raw, FaultsByHeader(kinds=FAULT_KINDS))  # type: ignore[arg-type]
    assert len(faults) <= MAX_FAULTS
