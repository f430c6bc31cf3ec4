"""Which trace a request continues."""

import pytest

from lrcp.gateway.tracecontext import continue_trace

TRACE, SPAN = "640cfd8d00000000" + "1122334455667788", "00000000000000ab"
W3C = f"00-{TRACE}-{SPAN}-01".encode()
LOW = str(0x1122334455667788).encode()


def test_without_headers_a_new_trace_begins() -> None:
    one, two = continue_trace({}), continue_trace({})
    assert len(one.trace_id) == 32
    assert len(one.span_id) == 16
    assert one.parent_id == ""
    assert (one.trace_id, one.span_id) != (two.trace_id, two.span_id)


def test_traceparent_is_continued() -> None:
    trace = continue_trace({b"traceparent": W3C})
    assert (trace.trace_id, trace.parent_id, trace.reported) == (TRACE, SPAN, False)
    assert trace.traceparent() == f"00-{TRACE}-{trace.span_id}-01".encode()


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"nonsense",
        f"00-{'0' * 32}-{SPAN}-01".encode(),
        f"00-{TRACE}-{'0' * 16}-01".encode(),
        f"00-{TRACE.upper()}X-{SPAN}-01".encode(),
        f"00-{TRACE}-{SPAN}".encode(),
    ],
)
def test_a_traceparent_that_is_none_is_left_aside(value: bytes) -> None:
    trace = continue_trace({b"traceparent": value})
    assert (trace.parent_id, trace.trace_id != TRACE) == ("", True)


def test_datadogs_headers_give_all_128_bits() -> None:
    headers = {
        b"x-datadog-trace-id": LOW,
        b"x-datadog-parent-id": b"171",
        b"x-datadog-tags": b"_dd.p.tid=640cfd8d00000000",
    }
    trace = continue_trace(headers)
    assert (trace.trace_id, trace.parent_id) == (TRACE, SPAN)


def test_datadogs_64_bit_traces_are_filled_up_with_zeros() -> None:
    trace = continue_trace({b"x-datadog-trace-id": LOW, b"x-datadog-parent-id": b"171"})
    assert trace.trace_id == "0" * 16 + "1122334455667788"


@pytest.mark.parametrize("value", [b"0", b"-1", b"12x", b"9" * 40, str(1 << 64).encode()])
def test_a_datadog_id_that_is_none_begins_a_new_trace(value: bytes) -> None:
    assert continue_trace({b"x-datadog-trace-id": value, b"x-datadog-parent-id": b"171"}).parent_id == ""


@pytest.mark.parametrize(
    ("headers", "reported"),
    [
        ({b"x-datadog-tags": b"_dd.p.dm=-0,_dd.p.llmobs_parent_id=114056,_dd.p.llmobs_ml_app=shop"}, True),
        ({b"x-datadog-tags": b"_dd.p.llmobs_parent_id=undefined,_dd.p.llmobs_ml_app=shop"}, False),
        ({b"x-datadog-tags": b"_dd.p.llmobs_ml_app=shop"}, False),
        ({b"tracestate": b"ot=rv:1, dd=p:5e;s:1;t.dm:-0;t.llmobs_parent_id:114056"}, True),
        ({b"tracestate": b"dd=s:1;t.llmobs_parent_id:undefined"}, False),
        ({b"tracestate": b"other=t.llmobs_parent_id:114056"}, False),
        ({b"x-lrcp-instrumented": b"1"}, True),
        ({b"x-lrcp-instrumented": b"0", b"x-datadog-tags": b"_dd.p.llmobs_parent_id=114056"}, False),
        ({b"traceparent": W3C}, False),
    ],
)
def test_a_generation_is_a_hop_only_when_its_caller_reports_it(headers: dict[bytes, bytes], reported: bool) -> None:
    assert continue_trace(headers).reported is reported
