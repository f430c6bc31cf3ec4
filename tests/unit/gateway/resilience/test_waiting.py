"""How long a provider asks to be left alone."""

import pytest

from lrcp.gateway.resilience.waiting import find_retry_after_s

NOW_S = 1_445_412_480.0  # Wed, 21 Oct 2015 07:28:00 GMT


@pytest.mark.parametrize(
    ("header", "value", "seconds"),
    [
        (b"retry-after", b"7", 7.0),
        (b"retry-after", b" 0.5 ", 0.5),
        (b"retry-after", b"0", 0.0),
        (b"retry-after", b"Wed, 21 Oct 2015 07:28:30 GMT", 30.0),
        (b"retry-after", b"Wed, 21 Oct 2015 07:27:00 GMT", 0.0),
        (b"retry-after", b"soon", None),
        (b"retry-after", b"-1", None),
        (b"retry-after", b"inf", None),
        (b"retry-after", b"nan", None),
        (b"retry-after", b"\xff", None),
        (b"retry-after", b"", None),
        (b"retry-after-ms", b"250", 0.25),
        (b"x-other", b"7", None),
    ],
)
def test_a_header_is_read_in_every_form_it_may_have(header: bytes, value: bytes, seconds: float | None) -> None:
    assert find_retry_after_s([(header, value)], b"", NOW_S) == seconds


def test_milliseconds_go_before_seconds() -> None:
    assert find_retry_after_s([(b"retry-after", b"2"), (b"retry-after-ms", b"1500")], b"", NOW_S) == 1.5
    assert find_retry_after_s([(b"retry-after", b"2"), (b"retry-after-ms", b"?")], b"", NOW_S) == 2.0


def test_geminis_word_for_it_in_the_body_is_read_where_no_header_is() -> None:
    body = b'{"error": {"code": 429, "details": [{"@type": "x/google.rpc.RetryInfo", "retryDelay": "31.5s"}]}}'
    assert find_retry_after_s([], body, NOW_S) == 31.5
    assert find_retry_after_s([(b"retry-after", b"3")], body, NOW_S) == 3.0


def test_only_the_beginning_of_a_body_is_looked_at() -> None:
    assert find_retry_after_s([], b" " * 70_000 + b'"retryDelay": "1s"', NOW_S) is None
