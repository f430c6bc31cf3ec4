"""Instrumentation, before anything that is instrumented is imported.

`ddtrace-run` would do the same from outside; doing it here makes one command start the application. This module must
be imported, and `start_tracing` called, before fastapi and openai are.
"""

import os
from collections.abc import MutableMapping

from lrcp.reference.settings import SERVICE, VERSION


def set_tracing_defaults(environ: MutableMapping[str, str]) -> None:
    """Fill in the variables of Datadog's tracer that are not set; those that are stay as they are."""
    agent_port = environ.get("LRCP_AGENT_PORT") or "8126"
    for name, value in {
        "DD_SERVICE": SERVICE,
        "DD_VERSION": VERSION,
        "DD_ENV": environ.get("LRCP_ENV") or "local",
        "DD_LLMOBS_ML_APP": SERVICE,
        "DD_TRACE_AGENT_URL": f"http://127.0.0.1:{agent_port}",
        # The agent here is a local process: what it does not answer to is noise, not news.
        "DD_REMOTE_CONFIGURATION_ENABLED": "false",
        "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
        # Idle tracers hold a connection back; a second is what a person who watches will wait.
        "DD_TRACE_WRITER_INTERVAL_SECONDS": "1.0",
    }.items():
        environ.setdefault(name, value)


def start_tracing() -> None:
    """Patch the libraries that the application uses and turn LLM Observability on, by way of the agent.

    The agent is stated, not probed for: it may start after the application.
    """
    set_tracing_defaults(os.environ)
    import ddtrace
    from ddtrace.llmobs import LLMObs
    from ddtrace.trace import tracer

    from lrcp.reference.quiet import WithoutHealth

    tracer.configure(trace_processors=[WithoutHealth()])
    ddtrace.patch(fastapi=True, starlette=True, openai=True, httpx2=True, raise_errors=False)
    LLMObs.enable(agentless_enabled=False, integrations_enabled=False)


def stop_tracing() -> None:
    """Send what is still buffered; called once, when the application stops."""
    from ddtrace.llmobs import LLMObs
    from ddtrace.trace import tracer

    LLMObs.flush()
    LLMObs.disable()
    tracer.flush()  # type: ignore[no-untyped-call]
    tracer.shutdown(timeout=5)
