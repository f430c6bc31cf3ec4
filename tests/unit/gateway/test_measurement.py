"""What a measurement makes of an answer, beyond its cost (tests/spec/test_money.py)."""

import json

import pytest

from lrcp.evaluators.cost import PriceBook
from lrcp.gateway.measurement import Measurement
from tests.support.money_rows import MoneyRow, make_row_exchange


@pytest.mark.parametrize(
    ("provider", "format", "error", "kind"),
    [
        ("gemini", "gemini.generate", {"code": 503, "status": "UNAVAILABLE", "message": "busy"}, "UNAVAILABLE"),
        ("openai", "openai.chat", {"type": "server_error", "code": None, "message": "busy"}, "server_error"),
        ("mistral", "openai.chat", {"code": "busy", "status": 503, "message": "busy"}, "busy"),
        ("mistral", "openai.chat", {"code": 503, "message": "busy"}, "503"),
    ],
)
def test_an_error_in_a_stream_has_the_name_that_its_provider_gives_it(
    provider: str, format: str, error: dict[str, object], kind: str
) -> None:
    row = MoneyRow("", provider, "m", "2026-06-01", format, {}, "none", None, "", events=["{}"])
    measurement = Measurement(make_row_exchange(row), PriceBook(()), 100)
    measurement.add_event(b"data: " + json.dumps({"error": error}).encode() + b"\n\n", 1)
    span, outcome = measurement.finish()
    assert (span.status, span.error_type, span.error_message) == ("error", kind, "busy")
    assert outcome.error == kind
