"""POST /api/policy/dry-run: what a policy would have changed about the traffic of a while."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from lrcp.api.problems import ApiError
from lrcp.api.reader import TelemetryReader, query_dicts
from lrcp.api.timerange import TimeRange, iso_time
from lrcp.evaluators.cost import PriceBook, TokenUsage
from lrcp.gateway.replay.compare import compare_policies
from lrcp.gateway.replay.past import PastRequest
from lrcp.model.errors import InputError
from lrcp.model.policy.document import Policy

MAX_REQUESTS: Final = 20_000

_IN_RANGE: Final = (
    "start_time >= fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC')"
    " AND start_time < fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC')"
)
_THROUGH_GATEWAY: Final = (
    "source = 'gateway' AND NOT mapContains(tags, 'attempt') AND NOT mapContains(tags, 'shadow')"
    " AND NOT mapContains(tags, 'gateway.purpose')"
)
"""Calls of applications: not their single tries, nor what the gateway asks for itself."""
_GENERATIONS: Final = "kind IN ('llm', 'embedding')"


async def load_requests(reader: TelemetryReader, within: TimeRange) -> tuple[list[PastRequest], int, str]:
    """The newest MAX_REQUESTS requests in the order of their start, how many there were, and which: `gateway`, or
    `generations` of any source where none went through a gateway."""
    for condition, source in ((_THROUGH_GATEWAY, "gateway"), (_GENERATIONS, "generations")):
        parameters = {"from_ns": within.from_ns, "to_ns": within.to_ns}
        counted = await query_dicts(
            reader, f"SELECT count() AS requests FROM spans WHERE {_IN_RANGE} AND {condition}", parameters
        )
        total = counted[0]["requests"] if counted else 0
        if total or source == "generations":
            break
    rows = await query_dicts(reader, _select(condition), parameters | {"limit": MAX_REQUESTS})
    return [_as_request(row) for row in reversed(rows)], total, source


def _select(condition: str) -> str:
    return f"""
        SELECT trace_id, span_id, toUnixTimestamp64Nano(start_time) AS start_ns, duration_ns, service, kind, provider,
               model, session_id, user_id, input_tokens, output_tokens, cached_input_tokens, cache_write_tokens,
               reasoning_tokens, cost_nusd, route, cache, cityHash64(input) AS question, status, tags
        FROM spans WHERE {_IN_RANGE} AND {condition}
        ORDER BY start_time DESC, trace_id, span_id LIMIT {{limit:UInt32}}"""


_COUNTS: Final = ("input_tokens", "output_tokens", "cached_input_tokens", "cache_write_tokens", "reasoning_tokens")


def _as_request(row: Mapping[str, Any]) -> PastRequest:
    return PastRequest(
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        start_ns=row["start_ns"],
        duration_ns=row["duration_ns"],
        service=row["service"],
        kind=row["kind"],
        provider=row["provider"],
        model=row["model"],
        session=row["session_id"],
        user=row["user_id"],
        usage=TokenUsage(**{name: row[name] for name in _COUNTS}),
        cost_nusd=row["cost_nusd"],
        route=row["route"],
        cache=row["cache"],
        question=row["question"],
        failed=row["status"] == "error",
        tags=row["tags"],
    )


async def dry_run(
    reader: TelemetryReader, within: TimeRange, before: Policy, after: Policy, book: PriceBook
) -> dict[str, Any]:
    """As DryRunResult. Raises: ApiError 422 - a policy that cannot be made ready."""
    requests, total, source = await load_requests(reader, within)
    try:
        compared = await asyncio.to_thread(compare_policies, requests, before, after, book)
    except InputError as error:
        raise ApiError(422, str(error)) from error
    answer: dict[str, Any] = msgspec.to_builtins(compared)
    for example in answer["examples"]:
        example["start_time"] = iso_time(example.pop("start_ns"))
    return {
        "from": iso_time(within.from_ns),
        "to": iso_time(within.to_ns),
        "requests": total,
        "looked_at": len(requests),
        "traffic": source,
        "cost_difference_nusd": compared.after.cost_nusd - compared.before.cost_nusd,
        **answer,
    }
