"""Datadog LLM Observability: its span events, its public span API and its evaluation metrics; and the mapping to `Span`.

The same decoders are mounted behind the agent's `/evp_proxy/` (port 8126) and directly (ports 8126 and 8000).
"""

from lrcp.ingest.receivers.llmobs.routes import llmobs_routes

__all__ = ["llmobs_routes"]
