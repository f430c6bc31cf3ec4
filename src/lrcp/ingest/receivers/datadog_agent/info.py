"""`GET /info`: what tracers ask first, and decide by.

Three answers matter most. Some endpoint must contain `/evp_proxy/v2`, or ddtrace sends LLM Observability to the public
internet. `client_drop_p0s` is false, or tracers drop unsampled traces before they send them. `span_meta_structs` is true,
or LLM Observability does not ride in the traces.
"""

from typing import Any, Final

import msgspec

ENDPOINTS: Final = (
    "/v0.3/traces",
    "/v0.3/services",
    "/v0.4/traces",
    "/v0.4/services",
    "/v0.5/traces",
    "/v0.7/traces",
    "/profiling/v1/input",
    "/telemetry/proxy/",
    "/v0.6/stats",
    "/v0.1/pipeline_stats",
    "/openlineage/api/v1/lineage",
    "/evp_proxy/v1/",
    "/evp_proxy/v2/",
    "/evp_proxy/v3/",
    "/evp_proxy/v4/",
    "/debugger/v1/input",
    "/debugger/v1/diagnostics",
    "/debugger/v2/input",
    "/symdb/v1/input",
    "/dogstatsd/v2/proxy",
    "/tracer_flare/v1",
    "/v0.7/config",
)
_EVP_HEADERS: Final = (
    "Content-Type",
    "Accept-Encoding",
    "Content-Encoding",
    "User-Agent",
    "DD-CI-PROVIDER-NAME",
)


def render_info(*, version: str, env: str, port: int, dogstatsd_port: int, max_body_bytes: int) -> bytes:
    """The body of `/info`. version: ours, behind a number that tracers compare with the agent's."""
    document: dict[str, Any] = {
        "version": f"7.75.0+lrcp.{version}",
        "git_commit": "",
        "endpoints": ENDPOINTS,
        "feature_flags": [],
        "client_drop_p0s": False,
        "span_meta_structs": True,
        "long_running_spans": False,
        "span_events": True,
        "evp_proxy_allowed_headers": _EVP_HEADERS,
        "config": _render_config(env, port, dogstatsd_port, max_body_bytes),
        "peer_tags": [],
        "span_kinds_stats_computed": [],
        "obfuscation_version": 0,
    }
    return msgspec.json.encode(document)


def _render_config(env: str, port: int, dogstatsd_port: int, max_body_bytes: int) -> dict[str, Any]:
    return {
        "default_env": env,
        "target_tps": 0,  # no limit: every trace is kept
        "max_eps": 0,
        "receiver_port": port,
        "receiver_socket": "",
        "connection_limit": 0,
        "receiver_timeout": 0,
        "max_request_bytes": max_body_bytes,
        "statsd_port": dogstatsd_port,
        "max_memory": 0,
        "max_cpu": 0,
        "analyzed_spans_by_service": {},
        "obfuscation": {},
    }
