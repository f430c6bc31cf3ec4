"""`/api/v2/query/timeseries`, `/api/v2/query/scalar` and `/api/v1/query`."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from lrcp.datadog.errors import invalid
from lrcp.datadog.http import query_int, read_json, reply
from lrcp.datadog.metrics_query.answers import make_scalars, make_timeseries, plan_scalars, plan_timeseries
from lrcp.datadog.metrics_query.asked import read_asked
from lrcp.datadog.metrics_query.ranges import read_range
from lrcp.datadog.metrics_query.replies import render_older, render_scalars, render_timeseries
from lrcp.kit.clock import Clock
from lrcp.query.compute.evaluate import evaluate_expression
from lrcp.query.compute.plan import plan_scans
from lrcp.query.metric.parser import parse_expression
from lrcp.query.scan.source import Source

_MAX_QUERY_CHARS: Final = 20_000
_MAX_QUERIES: Final = 50


class QueryHandlers:
    """Asks the source once a request."""

    def __init__(self, source: Source, clock: Clock) -> None:
        self._source = source
        self._clock = clock

    async def timeseries(self, request: Request) -> Response:
        asked = read_asked(await read_json(request), "timeseries_request", self._now_s())
        answers = await self._source.fetch(plan_timeseries(asked))
        return reply(render_timeseries(make_timeseries(asked, answers)))

    async def scalar(self, request: Request) -> Response:
        asked = read_asked(await read_json(request), "scalar_request", self._now_s())
        answers = await self._source.fetch(plan_scalars(asked))
        return reply(render_scalars(asked, make_scalars(asked, answers)))

    async def older(self, request: Request) -> Response:
        """GET with from, to (Unix seconds) and a query, or several with commas between."""
        text = request.query_params.get("query", "")
        if not text.strip() or len(text) > _MAX_QUERY_CHARS:
            raise invalid("The parameter 'query' is required")
        since_s, until_s = (_required(request, name) for name in ("from", "to"))
        grid = read_range(since_s, until_s, self._now_s()).grid()
        expressions = [parse_expression(one) for one in split_queries(text)]
        scans = frozenset().union(*(plan_scans(one, grid) for one in expressions))
        answers = await self._source.fetch(scans)
        series: list[dict[str, Any]] = []
        keys: tuple[str, ...] = ()
        for place, expression in enumerate(expressions):
            found = evaluate_expression(expression, grid, answers)
            keys = max(keys, found.keys, key=len)
            series += render_older(place, expression, found)
        return reply(
            {
                "status": "ok",
                "res_type": "time_series",
                "resp_version": 1,
                "query": text,
                "from_date": since_s * 1000,
                "to_date": until_s * 1000,
                "series": series,
                "values": [],
                "times": [],
                "message": "",
                "group_by": list(keys),
            }
        )

    def _now_s(self) -> float:
        return self._clock.now_ns() / 1e9


def _required(request: Request, name: str) -> int:
    if not request.query_params.get(name):
        raise invalid(f"The parameter '{name}' is required")
    return query_int(request, name, 0)


def split_queries(text: str) -> list[str]:
    """Queries at the commas that stand outside of brackets and quotes. Raises: Refusal - too many."""
    found, depth, start, quote = [], 0, 0, ""
    for place, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "({[":
            depth += 1
        elif char in ")}]":
            depth -= 1
        elif char == "," and depth == 0:
            found.append(text[start:place])
            start = place + 1
    found.append(text[start:])
    if len(found) > _MAX_QUERIES:
        raise invalid(f"At most {_MAX_QUERIES} queries")
    return [one.strip() for one in found]
