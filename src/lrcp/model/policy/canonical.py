"""The one form in which a policy is kept: JSON of what differs from the defaults. Light: the gateway reads it at its start."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from lrcp.model.policy.check import find_mistakes
from lrcp.model.policy.document import Policy
from lrcp.model.policy.problems import PolicyError, PolicyProblem
from lrcp.model.policy.shape import find_misshapen


def encode_policy(policy: Policy) -> bytes:
    """Canonical JSON: equal policies are equal bytes."""
    return msgspec.json.encode(plain_policy(policy))


def plain_policy(value: Any) -> Any:
    """A record of a policy as plain values: members that equal their default are left out, names are sorted in maps."""
    if isinstance(value, msgspec.Struct):
        members = ((field, getattr(value, field.name)) for field in msgspec.structs.fields(value))
        return {
            field.name: plain_policy(inner) for field, inner in members if field.required or inner != _default(field)
        }
    if isinstance(value, (tuple, list)):
        return [plain_policy(inner) for inner in value]
    if isinstance(value, Mapping):
        return {name: plain_policy(value[name]) for name in sorted(value)}
    return value


def _default(field: msgspec.structs.FieldInfo) -> Any:
    # An empty map or list is made anew by msgspec each time, by a factory.
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def build_policy(value: Any) -> Policy:
    """A policy from plain values. Raises: PolicyError - with everything that has not the shape of one."""
    try:
        return msgspec.convert(value, Policy)
    except msgspec.ValidationError as error:
        found = list(find_misshapen(value, Policy)) or [("$", str(error))]
        raise PolicyError([PolicyProblem(place=place, message=message) for place, message in found]) from None


def decode_policy(document: bytes, *, providers: Collection[str] | None = None) -> Policy:
    """A policy from canonical JSON, whole or not at all; its meaning is checked when the known providers are given.

    Raises: PolicyError - it is no JSON, or no policy, or one that another version of LRCP wrote and this one cannot keep.
    """
    try:
        value = msgspec.json.decode(document)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise PolicyError([PolicyProblem(place="$", message=f"the text is not JSON: {error}")]) from None
    policy = build_policy(value)
    mistakes = find_mistakes(policy, providers=providers) if providers is not None else []
    if mistakes:
        raise PolicyError([PolicyProblem(place=place, message=message) for place, message in mistakes])
    return policy
