"""Lists of metrics and of their tags. Source: OpenAPI 2.62.0, recordings."""

from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from lrcp.datadog.documents import Documents
from lrcp.datadog.errors import invalid, not_found
from lrcp.datadog.http import query_bool, query_int, reply
from lrcp.datadog.metric_settings.tags import render_tags
from lrcp.datadog.metrics_query.names import MAX_NAMES, MetricNames
from lrcp.kit.clock import Clock
from lrcp.model.resource import Resource
from lrcp.model.tags import normalize_tag
from lrcp.query.metric.ast import Scope
from lrcp.query.metric.parser import parse_scope

_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
_LATELY_S: Final = 30 * _DAY_S


class ListHandlers:
    """configurations: the tag configurations of metrics, which some lists are of."""

    def __init__(self, names: MetricNames, configurations: Documents, clock: Clock) -> None:
        self._names = names
        self._configurations = configurations
        self._clock = clock

    async def active(self, request: Request) -> Response:
        """GET /api/v1/metrics: names since `from`, of a host, with a tag filter."""
        if not request.query_params.get("from"):
            raise invalid("The parameter 'from' is required")
        since_s = query_int(request, "from", 0, most=10**11)
        host = request.query_params.get("host", "")
        metrics = await self._names.active(
            since_s, [normalize_tag(f"host:{host}")] if host else [], _scope(request.query_params.get("tag_filter", ""))
        )
        return reply({"from": str(since_s), "metrics": metrics})

    async def search(self, request: Request) -> Response:
        """GET /api/v1/search: names that hold what stands after `metrics:`."""
        text = request.query_params.get("q", "").strip()
        if not text:
            raise invalid("The parameter 'q' is required")
        found = await self._names.named(text.removeprefix("metrics:"), self._since_s(_LATELY_S))
        return reply({"results": {"metrics": found}})

    async def page(self, request: Request) -> Response:
        """GET /api/v2/metrics: by page, with filters; tag configurations where these are asked for."""
        size = query_int(request, "page[size]", 10_000, least=1, most=10_000)
        paged = "page[size]" in request.query_params or "page[cursor]" in request.query_params
        data = await self._entries(request)
        first = _read_cursor(request.query_params.get("page[cursor]", ""), [one["id"] for one in data])
        page = data[first : first + size]
        if not paged:
            return reply({"data": page})
        following = _cursor(page[-1]["id"]) if first + size < len(data) else None
        pagination = {
            "type": "cursor_limit",
            "limit": size,
            "cursor": request.query_params.get("page[cursor]") or None,
            "next_cursor": following,
        }
        return reply({"data": page, "meta": {"pagination": pagination}, "links": _links(request, size, following)})

    async def _entries(self, request: Request) -> list[dict[str, Any]]:
        configured = {one.id: one for one in await self._configurations.find_all()}
        window_s = query_int(request, "window[seconds]", _HOUR_S, least=1, most=_LATELY_S)
        if query_bool(request, "filter[configured]"):
            return [render_tags(one) for _, one in sorted(configured.items()) if _wanted(request, one)]
        names = await self._names.active(
            self._since_s(window_s), (), _scope(request.query_params.get("filter[tags]", ""))
        )
        if "filter[configured]" in request.query_params:
            names = [name for name in names if name not in configured]
        kind = request.query_params.get("filter[metric_type]")
        if kind:
            types = await self._names.types(names)
            names = [name for name in names if _kind(types.get(name, "")) == _kind(kind)]
        return [{"type": "metrics", "id": name} for name in names[:MAX_NAMES]]

    async def all_tags(self, request: Request) -> Response:
        """GET /api/v2/metrics/{name}/all-tags."""
        name = request.path_params["name"]
        tags, _ = await self._find(name, query_int(request, "window[seconds]", 4 * _HOUR_S, least=1, most=_LATELY_S))
        return reply({"data": {"type": "metrics", "id": name, "attributes": {"tags": tags}}})

    async def volumes(self, request: Request) -> Response:
        """GET /api/v2/metrics/{name}/volumes: series of the last hour; all that is stored can be asked for."""
        name = request.path_params["name"]
        _, series = await self._find(name, _HOUR_S)
        attributes = {"indexed_volume": series, "ingested_volume": series}
        return reply({"data": {"type": "metric_volumes", "id": name, "attributes": attributes}})

    async def _find(self, name: str, window_s: int) -> tuple[list[str], int]:
        """Tags and series of a metric in a window. Raises: Refusal - 404, it is not known at all."""
        found = await self._names.tags(name, self._since_s(window_s))
        if not found[1] and not (await self._names.types([name])) and await self._configurations.find(name) is None:
            raise not_found(f"{name[:200]} not found")
        return found

    def _since_s(self, window_s: int) -> int:
        return self._clock.now_ns() // 10**9 - window_s


def _scope(text: str) -> Scope | None:
    """A filter of tags; None for everything. Raises: QueryError."""
    return parse_scope(text) if text.strip() and text.strip() != "*" else None


def _kind(type: str) -> str:
    """Types as the filter knows them: distributions, and all others."""
    return "distribution" if type == "distribution" else "non_distribution"


def _wanted(request: Request, one: Resource) -> bool:
    """Whether a configuration passes the filters of lists of them."""
    document, parameters = one.document, request.query_params
    keys = [key for key in parameters.get("filter[tags_configured]", "").split(",") if key]
    percentiles = parameters.get("filter[include_percentiles]")
    kind = parameters.get("filter[metric_type]")
    return (
        (not keys or set(keys) <= set(document.get("tags") or ()))
        and (
            percentiles is None
            or query_bool(request, "filter[include_percentiles]") == bool(document.get("include_percentiles"))
        )
        and (not kind or _kind(str(document.get("metric_type"))) == _kind(kind))
    )


def _cursor(name: str) -> str:
    return name.encode().hex()


def _read_cursor(text: str, names: list[str]) -> int:
    """The place behind the name that a cursor holds. Raises: Refusal."""
    if not text:
        return 0
    try:
        name = bytes.fromhex(text).decode()
    except (ValueError, UnicodeDecodeError):
        raise invalid("The value provided for parameter 'page[cursor]' is invalid") from None
    return sum(one <= name for one in names)


def _links(request: Request, size: int, following: str | None) -> dict[str, Any]:
    base = f"{request.url.scheme}://{request.url.netloc}{request.url.path}"
    after = None if following is None else f"{base}?page[cursor]={quote(following)}&page[size]={size}"
    return {"self": str(request.url), "first": f"{base}?page[size]={size}", "prev": None, "next": after, "last": None}
