"""NotificationRule: Datadog's document as a record. Source: DATADOG.md 2.4; checked by tests/unit/monitors/rules."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from lrcp.model.errors import InputError
from lrcp.monitors.downtime.limits import check_rule_scope
from lrcp.monitors.downtime.scope import parse_downtime_scope
from lrcp.query.metric.ast import Scope

MAX_RECIPIENTS: Final = 20
"""Of one list."""
MAX_RULE_RECIPIENTS: Final = 50
"""Of all lists of a rule together."""
MAX_TAGS: Final = 20
MAX_CONDITIONS: Final = 10


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """scope: of the transition, such as `transition_type:is_alert`, or of its tags."""

    scope: Scope
    recipients: tuple[str, ...]


class NotificationRule(msgspec.Struct, frozen=True, kw_only=True):
    """tags: all must be among the monitor's tags and the group's; or scope. recipients, without `@`.

    conditions: the recipients of those that hold are added; fallback: when none does. bundle_s: how long notifications are
    held to be sent as one, 0 not at all.
    """

    id: str
    name: str = ""
    tags: tuple[str, ...] = ()
    scope: Scope | None = None
    recipients: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    fallback: tuple[str, ...] = ()
    bundle_s: int = 0


def parse_rule(document: Mapping[str, Any], *, id: str = "") -> NotificationRule:
    """A rule from the attributes of Datadog's v2 JSON, or from a whole body (`data.attributes`).

    Raises: InputError - neither tags nor scope to filter by, or too many of anything, or a recipient with `@`.
    """
    data = document.get("data")
    if isinstance(data, Mapping):
        return parse_rule(_object(data, "attributes"), id=str(data.get("id") or id))
    given = _object(document, "filter")
    scope, tags = given.get("scope"), _texts(given.get("tags"), "tags", MAX_TAGS)
    if bool(scope) == bool(tags):
        raise InputError("a notification rule filters by tags or by a scope")
    conditional = _object(document, "conditional_recipients")
    rule = NotificationRule(
        id=id,
        name=str(document.get("name") or ""),
        tags=tags,
        scope=_scope(str(scope)) if scope else None,
        recipients=_recipients(document.get("recipients")),
        conditions=tuple(_conditions(conditional.get("conditions"))),
        fallback=_recipients(conditional.get("fallback_recipients")),
        bundle_s=_whole(_object(document, "bundle_config").get("duration")),
    )
    lists = (rule.recipients, rule.fallback, *(one.recipients for one in rule.conditions))
    if sum(map(len, lists)) > MAX_RULE_RECIPIENTS:
        raise InputError(f"a notification rule has at most {MAX_RULE_RECIPIENTS} recipients")
    return rule


def _scope(text: str) -> Scope:
    scope = parse_downtime_scope(text)
    check_rule_scope(scope, text)
    return scope


def _object(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A member that is an object; absent it is empty."""
    found = document.get(name)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise InputError(f"{name} of a notification rule must be an object")
    return found


def _whole(given: Any) -> int:
    if given is None:
        return 0
    if isinstance(given, bool) or not isinstance(given, int) or given < 0:
        raise InputError("the duration of a notification rule's bundle_config must be a whole number")
    return given


def _conditions(given: Any) -> Iterator[Condition]:
    if given is None:
        return
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        raise InputError("conditions of a notification rule must be a list of objects")
    if len(given) > MAX_CONDITIONS:
        raise InputError(f"a notification rule has at most {MAX_CONDITIONS} conditions")
    for one in given:
        yield Condition(scope=_scope(str(one.get("scope") or "*")), recipients=_recipients(one.get("recipients")))


def _recipients(given: Any) -> tuple[str, ...]:
    found = _texts(given, "recipients", MAX_RECIPIENTS)
    if any(one.startswith("@") for one in found):
        raise InputError("Invalid recipients: Recipient handle should not start with '@'")
    return found


def _texts(given: Any, name: str, most: int) -> tuple[str, ...]:
    if given is None:
        return ()
    if isinstance(given, str) or not isinstance(given, Sequence) or len(given) > most:
        raise InputError(f"{name} of a notification rule must be a list of at most {most}")
    return tuple(str(one) for one in given)
