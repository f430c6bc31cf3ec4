"""`/api/v2/monitor/notification_rule`: who else is told of monitors with certain tags. Source: recordings, OpenAPI.

Kept: the attributes as they were sent: name, filter {tags} or {scope}, recipients, conditional_recipients, bundle_config.
"""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from lrcp.datadog.documents import Documents
from lrcp.datadog.errors import invalid, not_found
from lrcp.datadog.http import no_content, query_int, read_json, reply
from lrcp.datadog.identity import INCLUDED_USER, USER_LINK
from lrcp.datadog.shapes import take_attributes, take_list, take_object, take_text, take_texts
from lrcp.datadog.times import iso_time
from lrcp.model.errors import InputError
from lrcp.model.resource import Resource
from lrcp.monitors.downtime.scope import parse_downtime_scope
from lrcp.monitors.rules.definition import parse_rule as parse_notification_rule
from lrcp.query.errors import QueryError
from lrcp.store.state.resources import new_id

TYPE: Final = "monitor-notification-rule"
MAX_RECIPIENTS: Final = 20
MAX_TAGS: Final = 20
MAX_CONDITIONS: Final = 10
MAX_SCOPE: Final = 3_000
_MEMBERS: Final = ("name", "filter", "recipients", "conditional_recipients", "bundle_config")


class NotificationRuleHandlers:
    """CRUD of notification rules."""

    def __init__(self, rules: Documents) -> None:
        self._rules = rules

    async def create(self, request: Request) -> Response:
        document = parse_rule(take_attributes(await read_json(request), TYPE))
        return reply(_render_one(await self._rules.create(document, new_id())))

    async def get(self, request: Request) -> Response:
        return reply(_render_one(await self._get(request)))

    async def update(self, request: Request) -> Response:
        before = await self._get(request)
        document = parse_rule(take_attributes(await read_json(request), TYPE))
        after = await self._rules.update(before.id, document)
        if after is None:
            raise _missing()
        return reply(_render_one(after))

    async def delete(self, request: Request) -> Response:
        if not await self._rules.delete([request.path_params["id"]]):
            raise _missing()
        return no_content()

    async def list_all(self, request: Request) -> Response:
        page, size = query_int(request, "page", 0), query_int(request, "per_page", 100, least=1, most=1_000)
        found = (await self._rules.find_all())[page * size : (page + 1) * size]
        return reply({"data": [_render(one) for one in found], "included": [INCLUDED_USER] if found else []})

    async def _get(self, request: Request) -> Resource:
        found = await self._rules.find(request.path_params["id"])
        if found is None:
            raise _missing()
        return found


def parse_rule(given: dict[str, Any]) -> dict[str, Any]:
    """The document that is kept. Raises: Refusal."""
    for member in given:
        if member not in _MEMBERS:
            raise invalid(f"Additional properties are not allowed ('{member}' was unexpected)")
    take_text(given, "name", most=1_000)
    if given.get("filter") is not None:
        _check_filter(take_object(given, "filter"))
    conditional = given.get("conditional_recipients")
    if (conditional is None) == (given.get("recipients") is None):
        raise invalid("Invalid payload: must specify exactly one of recipients and conditional_recipients")
    if conditional is None:
        _check_recipients(given)
    else:
        _check_conditions(take_object(given, "conditional_recipients"))
    bundle = given.get("bundle_config")
    if bundle is not None and (not isinstance(bundle, dict) or not _is_duration(bundle.get("duration"))):
        raise invalid("Invalid bundle_config: it must have a duration in seconds")
    document = {member: given[member] for member in _MEMBERS if given.get(member) is not None}
    try:
        parse_notification_rule(document)
    except InputError as error:
        raise invalid(f"Invalid notification rule: {error}") from None
    return document


def _check_filter(given: dict[str, Any]) -> None:
    if "scope" in given and "tags" not in given:
        _check_scope(given)
        return
    tags = take_texts(given, "tags", path="filter", most=MAX_TAGS)
    if "scope" in given or not tags:
        raise invalid("Invalid filter: must specify exactly one of tags and scope")
    if not all(":" in tag.strip(":") for tag in tags):
        raise invalid("Invalid filter: tags must be key:value pairs")


def _check_scope(given: dict[str, Any]) -> None:
    try:
        parse_downtime_scope(take_text(given, "scope", most=MAX_SCOPE))
    except QueryError as error:
        raise invalid(f"Invalid scope: {error}") from None


def _check_recipients(given: dict[str, Any], member: str = "recipients") -> None:
    recipients = take_texts(given, member, most=MAX_RECIPIENTS)
    if not recipients or len(set(recipients)) != len(recipients):
        raise invalid(f"Invalid recipients: 1 to {MAX_RECIPIENTS} different recipients are needed")
    if any(recipient.startswith("@") for recipient in recipients):
        raise invalid("Invalid recipients: Recipient handle should not start with '@'")


def _check_conditions(given: dict[str, Any]) -> None:
    conditions = take_list(given, "conditions", path="conditional_recipients", most=MAX_CONDITIONS)
    if not conditions or not all(isinstance(one, dict) for one in conditions):
        raise invalid(f"Invalid conditional_recipients: 1 to {MAX_CONDITIONS} conditions are needed")
    for condition in conditions:
        _check_scope(condition)
        _check_recipients(condition)
    if given.get("fallback_recipients") is not None:
        _check_recipients(given, "fallback_recipients")


def _is_duration(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


def _render(rule: Resource) -> dict[str, Any]:
    times = {"created_at": iso_time(rule.created_ns), "modified_at": iso_time(rule.modified_ns)}
    return {
        "type": TYPE,
        "id": rule.id,
        "attributes": rule.document | times,
        "relationships": {"created_by": USER_LINK},
    }


def _render_one(rule: Resource) -> dict[str, Any]:
    return {"data": _render(rule), "included": [INCLUDED_USER]}


def _missing() -> Exception:
    return not_found("Monitor Notification Rule not found")
