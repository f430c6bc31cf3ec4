"""`/api/v2/metrics/{name}/tags`: which tags of a metric one may ask by, and whether it has percentiles. Source: recordings.

It is kept and answered; it does not take tags away from what is stored.
"""

import re
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from lrcp.datadog.documents import Documents
from lrcp.datadog.errors import Refusal, invalid, not_found
from lrcp.datadog.http import no_content, read_json, reply
from lrcp.datadog.shapes import take_attributes, take_list, take_texts
from lrcp.datadog.times import iso_time
from lrcp.model.resource import Resource

TYPE: Final = "manage_tags"
TYPES: Final = ("gauge", "count", "rate", "distribution")
MAX_TAGS: Final = 100
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,199}")
_DEFAULTS: Final = {"gauge": "avg", "count": "sum", "rate": "sum"}
"""How a type is aggregated when nothing else is set, in space and time."""


class TagHandlers:
    """CRUD of tag configurations; their id is the metric's name."""

    def __init__(self, configurations: Documents) -> None:
        self._configurations = configurations

    async def create(self, request: Request) -> Response:
        name = _name_of(request)
        document = parse_tags(take_attributes(await read_json(request), TYPE))
        if await self._configurations.find(name) is not None:
            raise Refusal(409, f"{name} already has a tag configuration")
        # One that was deleted may come again: its document is replaced.
        if await self._configurations.restore([name]):
            made = await self._configurations.update(name, document)
        else:
            made = await self._configurations.create(document, name)
        return reply({"data": render_tags(made)} if made else {}, 201)

    async def get(self, request: Request) -> Response:
        return reply({"data": render_tags(await self._get(request))})

    async def update(self, request: Request) -> Response:
        before = await self._get(request)
        given = take_attributes(await read_json(request), TYPE)
        after = await self._configurations.update(before.id, parse_tags(before.document | given))
        if after is None:
            raise _missing(before.id)
        return reply({"data": render_tags(after)})

    async def delete(self, request: Request) -> Response:
        name = _name_of(request)
        if not await self._configurations.delete([name]):
            raise _missing(name)
        return no_content()

    async def _get(self, request: Request) -> Resource:
        found = await self._configurations.find(_name_of(request))
        if found is None:
            raise _missing(request.path_params["name"])
        return found


def _name_of(request: Request) -> str:
    name = str(request.path_params["name"])
    if _NAME.fullmatch(name) is None:
        raise invalid(
            "Invalid metric name: metric name must start with a letter and only contain letters, numbers, dots, and"
            " underscores"
        )
    return name


def parse_tags(given: dict[str, Any]) -> dict[str, Any]:
    """The document that is kept. Raises: Refusal."""
    kind = given.get("metric_type")
    if kind not in TYPES:
        raise invalid(f"metric_type must be one of {', '.join(TYPES)}")
    document: dict[str, Any] = {"tags": take_texts(given, "tags", most=MAX_TAGS), "metric_type": kind}
    if kind == "distribution":
        document["include_percentiles"] = bool(given.get("include_percentiles"))
    elif given.get("include_percentiles"):
        raise invalid("include_percentiles is for distributions only")
    else:
        document["aggregations"] = take_list(given, "aggregations", most=100) or [
            {"space": _DEFAULTS[kind], "time": _DEFAULTS[kind]}
        ]
    if given.get("exclude_tags_mode") is not None:
        document["exclude_tags_mode"] = bool(given["exclude_tags_mode"])
    return document


def render_tags(configuration: Resource) -> dict[str, Any]:
    """One configuration."""
    times = {"created_at": iso_time(configuration.created_ns), "modified_at": iso_time(configuration.modified_ns)}
    return {"type": TYPE, "id": configuration.id, "attributes": configuration.document | times}


def _missing(name: str) -> Refusal:
    return not_found(f"{name[:200]} not found")
