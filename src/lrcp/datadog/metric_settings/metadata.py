"""`/api/v1/metrics/{name}`: what people are told of a metric. Source: OpenAPI 2.62.0 (MetricMetadata)."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from lrcp.datadog.documents import Documents
from lrcp.datadog.errors import invalid, not_found
from lrcp.datadog.http import read_object, reply
from lrcp.datadog.metric_settings.ports import KnownMetrics

MEMBERS: Final = ("type", "unit", "per_unit", "description", "short_name", "statsd_interval", "integration")
TYPES: Final = ("gauge", "count", "rate", "distribution")
_MAX_CHARS: Final = 400


class MetadataHandlers:
    """GET and PUT."""

    def __init__(self, settings: Documents, metrics: KnownMetrics) -> None:
        self._settings = settings
        self._metrics = metrics

    async def get(self, request: Request) -> Response:
        return reply(await self._read(request.path_params["name"]))

    async def update(self, request: Request) -> Response:
        """The members that are given take the place of those that were there."""
        name = request.path_params["name"]
        given = parse_metadata(await read_object(request))
        document = await self._read(name) | given
        if await self._settings.update(name, document) is None:
            await self._settings.create(document, name)
        return reply(document)

    async def _read(self, name: str) -> dict[str, Any]:
        kept = await self._settings.find(name)
        type_name = await self._metrics.find_type(name)
        if kept is None and type_name is None:
            raise not_found(f"{name[:200]} not found")
        empty = dict.fromkeys(MEMBERS) | {"type": "gauge" if type_name == "set" else type_name}
        return empty | (kept.document if kept else {})


def parse_metadata(given: dict[str, Any]) -> dict[str, Any]:
    """The members that are kept. Raises: Refusal."""
    for member in ("type", "unit", "per_unit", "description", "short_name"):
        value = given.get(member)
        if value is not None and (not isinstance(value, str) or len(value) > _MAX_CHARS):
            raise invalid(f"The value provided for parameter '{member}' is invalid: at most {_MAX_CHARS} characters")
    if given.get("type") is not None and given["type"] not in TYPES:
        raise invalid(f"The value provided for parameter 'type' is invalid: one of {', '.join(TYPES)}")
    interval = given.get("statsd_interval")
    if interval is not None and (type(interval) is not int or not 0 <= interval < 2**31):
        raise invalid("The value provided for parameter 'statsd_interval' is invalid: a number of seconds")
    return {member: given[member] for member in MEMBERS if member in given and member != "integration"}
