"""The Datadog trace agent's HTTP API (port 8126): traces of every version, stats, discovery, and LLM Observability."""

from lrcp.ingest.receivers.datadog_agent.receiver import receiver

__all__ = ["receiver"]
