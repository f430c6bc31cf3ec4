"""The paths of LLM Observability, without a prefix. The agent receiver mounts them a second time below `/evp_proxy/`."""

from lrcp.ingest.http import Decoder, Route
from lrcp.ingest.receivers.llmobs.evaluations import decode_evaluations
from lrcp.ingest.receivers.llmobs.spans import decode_events, decode_public_spans

LLMOBS_DECODERS: dict[str, Decoder] = {
    "/api/v2/llmobs": decode_events,
    "/api/intake/llm-obs/v1/trace/spans": decode_public_spans,
    "/api/unstable/llm-obs/v1/trace/spans": decode_public_spans,
    "/api/intake/llm-obs/v1/eval-metric": decode_evaluations,
    "/api/intake/llm-obs/v2/eval-metric": decode_evaluations,
    "/api/unstable/llm-obs/v1/eval-metric": decode_evaluations,
    "/api/unstable/llm-obs/v2/eval-metric": decode_evaluations,
}
"""`unstable` is where older SDKs send the same bodies."""


def llmobs_routes() -> dict[str, Route]:
    """The routes for a receiver that takes LLM Observability directly, as Datadog's intake does."""
    return {path: Route(decode) for path, decode in LLMOBS_DECODERS.items()}
