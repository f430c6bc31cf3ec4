"""The simulate_ parameters: failures that a caller asks for, which the gateway then injects where its policy allows it."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Depends, Query

from lrcp.reference.settings import SERVICE

FAULT_HEADER: Final = "x-lrcp-fault"
TAGS_HEADER: Final = "x-lrcp-tags"
FAULTS: Final[Mapping[str, str]] = {
    "simulate_latency": "latency;latency_ms=2500",
    "simulate_retry": "error;status=503;attempts=1",
    "simulate_bad_prompt": "off_topic",
    "simulate_long_context": "inflated_tokens;factor=20",
}
"""A slow answer; a first try that fails; an answer to something else; the bill of a context twenty times as long."""


def find_fault_headers(
    simulate_latency: Annotated[bool, Query(description="The model answers 2.5 s late")] = False,
    simulate_retry: Annotated[bool, Query(description="The first try fails, and the gateway makes another")] = False,
    simulate_bad_prompt: Annotated[bool, Query(description="The answer is about something else")] = False,
    simulate_long_context: Annotated[bool, Query(description="Tokens and cost are twenty times as high")] = False,
) -> dict[str, str]:
    """The headers for the gateway; none when nothing is asked for."""
    asked = {
        "simulate_latency": simulate_latency,
        "simulate_retry": simulate_retry,
        "simulate_bad_prompt": simulate_bad_prompt,
        "simulate_long_context": simulate_long_context,
    }
    faults = [FAULTS[name] for name, wanted in asked.items() if wanted]
    return {FAULT_HEADER: ", ".join(faults), TAGS_HEADER: f"service:{SERVICE}"} if faults else {}


FaultHeaders = Annotated[dict[str, str], Depends(find_fault_headers)]
