"""`/api/v2/monitor/policy`: which tags a monitor must have, and with which values. Source: recordings."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from lrcp.datadog.documents import Documents, is_uuid
from lrcp.datadog.errors import Refusal, invalid, not_found
from lrcp.datadog.http import no_content, read_json, reply
from lrcp.datadog.shapes import take_attributes, take_object, take_text, take_texts
from lrcp.model.resource import Resource
from lrcp.store.state.resources import new_id

TYPE: Final = "monitor-config-policy"


class PolicyHandlers:
    """CRUD of tag policies."""

    def __init__(self, policies: Documents) -> None:
        self._policies = policies

    async def create(self, request: Request) -> Response:
        document = parse_policy(take_attributes(await read_json(request), TYPE))
        return reply({"data": _render(await self._policies.create(document, new_id()))})

    async def get(self, request: Request) -> Response:
        return reply({"data": _render(await self._get(request))})

    async def update(self, request: Request) -> Response:
        before = await self._get(request)
        body = await read_json(request)
        document = parse_policy(take_attributes(body, TYPE))
        if body["data"].get("id") != before.id:
            raise Refusal(422, "Policy id in request body does not match id in URL param")
        after = await self._policies.update(before.id, document)
        if after is None:
            raise not_found("Monitor configuration policy not found")
        return reply({"data": _render(after)})

    async def delete(self, request: Request) -> Response:
        if not await self._policies.delete([_id_of(request)]):
            raise not_found("Monitor config policy not found")
        return no_content()

    async def list_all(self, request: Request) -> Response:
        return reply({"data": [_render(one) for one in await self._policies.find_all()]})

    async def _get(self, request: Request) -> Resource:
        found = await self._policies.find(_id_of(request))
        if found is None:
            raise not_found("Monitor configuration policy not found")
        return found


def _id_of(request: Request) -> str:
    id = str(request.path_params["id"])
    if not is_uuid(id):
        raise invalid("Invalid URL param: policy_id must be an uuid")
    return id


def parse_policy(given: dict[str, Any]) -> dict[str, Any]:
    """The document that is kept. Raises: Refusal."""
    if given.get("policy_type") != "tag":
        raise invalid("Value of parameter 'policy_type' should be any of these ['tag']")
    policy = take_object(given, "policy")
    required = policy.get("tag_key_required")
    if not isinstance(required, bool):
        raise invalid("Invalid payload: 'policy.tag_key_required' must be a boolean")
    kept = {
        "tag_key": take_text(policy, "tag_key", path="policy", most=255),
        "tag_key_required": required,
        "valid_tag_values": take_texts(policy, "valid_tag_values", path="policy"),
    }
    return {"policy_type": "tag", "policy": kept}


def _render(policy: Resource) -> dict[str, Any]:
    return {"type": TYPE, "id": policy.id, "attributes": policy.document}
