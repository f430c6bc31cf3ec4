"""A monitor's document from a request's body, with what the server fills in and leaves out. Source: recordings, DATADOG.md 2.4."""

from typing import Any, Final

from lrcp.datadog.errors import invalid
from lrcp.datadog.shapes import take_list, take_texts
from lrcp.query.monitor.heads import MONITOR_TYPES

MAX_NAME: Final = 10_000
MEMBERS: Final = (
    "type",
    "name",
    "message",
    "tags",
    "query",
    "options",
    "priority",
    "restricted_roles",
    "draft_status",
    "assets",
)
"""Of the document; the others of a body are the server's own, or nothing."""
EVENT_TYPES: Final = frozenset(
    f"{source} alert"
    for source in (
        "log", "trace-analytics", "rum", "event-v2", "ci-pipelines", "ci-tests", "error-tracking", "audit",
        "database-monitoring", "network-performance", "network-path", "llm-observability",
    )
)  # fmt: skip
METRIC_TYPES: Final = frozenset({"metric alert", "query alert"})


def new_definition(body: dict[str, Any]) -> dict[str, Any]:
    """The document of a new monitor. Raises: Refusal."""
    for member in ("type", "query"):
        if not isinstance(body.get(member), str) or not body[member].strip():
            raise invalid(f"The value provided for parameter '{member}' is invalid")
    defaults = {
        "name": body["query"][:200],
        "message": "",
        "tags": [],
        "priority": None,
        "restricted_roles": None,
        "draft_status": "published",
        "assets": [],
    }
    return _normalise(defaults, {"options": {}} | body)


def change_definition(before: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """The document with the members of a body put in; options are replaced as a whole. Raises: Refusal."""
    after = _normalise(before, body)
    if before["type"] != after["type"] and not {before["type"], after["type"]} <= METRIC_TYPES:
        raise invalid("The value provided for parameter 'type' is invalid: a monitor's type cannot be changed")
    return after


def _normalise(before: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    given = {member: body[member] for member in MEMBERS if member in body}
    document = before | given
    if not isinstance(document.get("type"), str) or document["type"] not in MONITOR_TYPES:
        raise invalid("The value provided for parameter 'type' is invalid")
    _check_members(document)
    document["tags"] = take_texts(document, "tags")
    document["message"] = document["message"] or ""
    if "options" in given:
        document["options"] = _fill_options(given["options"], document["type"])
    document["assets"] = [_asset(one) for one in take_list(document, "assets", most=100)]
    return {member: document[member] for member in MEMBERS}


def _check_members(document: dict[str, Any]) -> None:
    priority = document["priority"]
    if priority is not None and not (type(priority) is int and 1 <= priority <= 5):
        raise invalid("The value provided for parameter 'priority' is invalid: it must be from 1 to 5, or null")
    if document["draft_status"] not in ("draft", "published"):
        raise invalid("The value provided for parameter 'draft_status' is invalid: it must be draft or published")
    if not isinstance(document["name"], str) or len(document["name"]) > MAX_NAME:
        raise invalid(f"The value provided for parameter 'name' is invalid: a text of at most {MAX_NAME} characters")
    if document["message"] is not None and not isinstance(document["message"], str):
        raise invalid("The value provided for parameter 'message' is invalid")
    if document["restricted_roles"] is not None:
        take_texts(document, "restricted_roles")
    if not isinstance(document["query"], str):
        raise invalid("The value provided for parameter 'query' is invalid")


def _fill_options(given: Any, type: str) -> dict[str, Any]:
    """Options as the server answers them: defaults filled in, null thresholds left out."""
    options = {} if given is None else given
    if not isinstance(options, dict):
        raise invalid("The value provided for parameter 'options' is invalid")
    options = dict(options)
    if isinstance(options.get("thresholds"), dict):
        kept = {name: value for name, value in options["thresholds"].items() if value is not None}
        options["thresholds"] = {name: _as_float(value) for name, value in kept.items()}
    if "on_missing_data" not in options:
        options.setdefault("notify_no_data", False)
    options.setdefault("notify_audit", False)
    if "new_group_delay" not in options:
        options.setdefault("new_host_delay", 300)
    options.setdefault("include_tags", True)
    if type in EVENT_TYPES:
        options.setdefault("groupby_simple_monitor", False)
    options.setdefault("silenced", {})
    return options


def _as_float(value: Any) -> Any:
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    try:
        return float(value)
    except OverflowError:
        raise invalid("The value provided for parameter 'options' is invalid: a threshold is too large") from None


def _asset(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or not isinstance(given.get("url"), str):
        raise invalid("The value provided for parameter 'assets' is invalid: an asset must have a name and a url")
    return {"template_variables": {}, "options": {}} | given
