"""`/api/v2/monitor/template`: definitions to start from, in versions. Source: recordings.

Kept: the attributes of the newest version, and `versions`, all of them, the oldest first.
"""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from lrcp.datadog.documents import Documents
from lrcp.datadog.errors import Refusal, invalid, not_found
from lrcp.datadog.http import no_content, read_json, reply
from lrcp.datadog.identity import USER_UUID
from lrcp.datadog.monitors.checks import check_definition
from lrcp.datadog.monitors.definition import new_definition
from lrcp.datadog.shapes import take_attributes, take_list, take_object, take_text, take_texts
from lrcp.datadog.times import iso_time
from lrcp.model.resource import Resource
from lrcp.store.state.resources import new_id

TYPE: Final = "monitor-user-template"
MAX_VERSIONS: Final = 100
_INVALID: Final = "Invalid monitor_definition or template variables"


class TemplateHandlers:
    """CRUD and checks of templates."""

    def __init__(self, templates: Documents) -> None:
        self._templates = templates

    async def create(self, request: Request) -> Response:
        attributes = parse_template(take_attributes(await read_json(request), TYPE))
        id = new_id()
        first = attributes | {"version": 0, "id": id, "created": iso_time(self._templates.now_ns())}
        return reply({"data": _render(await self._templates.create(attributes | {"versions": [first]}, id))})

    async def get(self, request: Request) -> Response:
        found = await self._get(request)
        document = _render(found)
        if request.query_params.get("with_all_versions", "").lower() == "true":
            document["attributes"]["versions"] = found.document["versions"]
        return reply({"data": document})

    async def update(self, request: Request) -> Response:
        """A new version."""
        before = await self._get(request)
        attributes = parse_template(take_attributes(await read_json(request), TYPE))
        versions = before.document["versions"]
        new = {"version": versions[-1]["version"] + 1, "id": new_id(), "created": iso_time(self._templates.now_ns())}
        versions = [*versions, attributes | new][-MAX_VERSIONS:]
        after = await self._templates.update(before.id, attributes | {"versions": versions})
        if after is None:
            raise _missing()
        document = _render(after)
        document["attributes"]["versions"] = versions
        return reply({"data": document})

    async def validate(self, request: Request) -> Response:
        parse_template(take_attributes(await read_json(request), TYPE))
        return no_content()

    async def validate_existing(self, request: Request) -> Response:
        await self._get(request)
        return await self.validate(request)

    async def delete(self, request: Request) -> Response:
        if not await self._templates.delete([request.path_params["id"]]):
            raise _missing()
        return no_content()

    async def list_all(self, request: Request) -> Response:
        return reply({"data": [_render(one) for one in await self._templates.find_all()]})

    async def _get(self, request: Request) -> Resource:
        found = await self._templates.find(request.path_params["id"])
        if found is None:
            raise _missing()
        return found


def parse_template(given: dict[str, Any]) -> dict[str, Any]:
    """The attributes of a version. Raises: Refusal."""
    definition = take_object(given, "monitor_definition")
    if not definition:
        raise invalid(f"{_INVALID}: Monitor definition cannot be empty.")
    variables = take_list(given, "template_variables", most=100)
    if not all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in variables):
        raise invalid(f"{_INVALID}: a template variable must have a name")
    _check(definition, variables)
    return {
        "title": take_text(given, "title", most=1_000),
        "description": given.get("description"),
        "tags": take_texts(given, "tags"),
        "monitor_definition": definition,
        "template_variables": variables,
    }


def _check(definition: dict[str, Any], variables: list[dict[str, Any]]) -> None:
    """A definition that names template variables cannot be read before they have values."""
    if any(f"${variable['name']}" in str(definition.get("query")) for variable in variables):
        return
    try:
        check_definition(new_definition(definition))
    except Refusal as refusal:
        raise invalid(f"{_INVALID}: {refusal}") from None


def _render(template: Resource) -> dict[str, Any]:
    document = {name: value for name, value in template.document.items() if name != "versions"}
    attributes = document | {
        "version": template.document["versions"][-1]["version"],
        "created": iso_time(template.created_ns),
        "modified": iso_time(template.modified_ns),
        "creator_uuid": USER_UUID,
    }
    return {"type": TYPE, "id": template.id, "attributes": attributes}


def _missing() -> Refusal:
    return not_found("Monitor template not found")
