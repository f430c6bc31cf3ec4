"""The use cases behind /api/policy: read, change, compare. They block; the routes call them beside the event loop."""

from typing import Any, Final

import msgspec

from lrcp.api.policy.schemas import PutQuery, RollBack, render_changes
from lrcp.api.problems import ApiError
from lrcp.api.timerange import NS, iso_time
from lrcp.gateway.policy.known import KNOWN_PROVIDERS
from lrcp.model.policy.canonical import decode_policy, encode_policy
from lrcp.model.policy.diff import PolicyChange, diff_policies
from lrcp.model.policy.document import NO_POLICY, Policy, PolicyHead, PolicyVersion
from lrcp.model.policy.fault_ends import with_fault_ends
from lrcp.model.policy.parse import parse_policy
from lrcp.model.policy.problems import PolicyConflictError, PolicyError
from lrcp.store.state.policies import PolicyStore

_TRIES: Final = 5
"""Of a change over whatever is in force, while others change it at the same time."""


def load_version(policies: PolicyStore, version: int | None, now_ns: int) -> PolicyVersion:
    """One version, or the one in force when none is named. Raises: ApiError 404."""
    found = policies.current(now_ns) if version is None else policies.find(version)
    if found is None:
        raise ApiError(404, f"there is no version {version} of the policy")
    return found


def put_policy(
    policies: PolicyStore, text: bytes, query: PutQuery, expected: int | None, now_ns: int
) -> dict[str, Any]:
    """Take a document as the new version. Raises: ApiError 412 - expected is not in force; 422 - the document."""
    expires_ns = None if query.expires_in_s is None else now_ns + int(query.expires_in_s * NS)
    for tries_left in reversed(range(_TRIES)):
        before = policies.current(now_ns)
        policy, notes = read_policy(text, before, now_ns)
        try:
            version = policies.put(
                encode_policy(policy),
                author=query.author,
                reason=query.reason,
                incident=query.incident,
                expires_ns=expires_ns,
                now_ns=now_ns,
                # Its faults were given their ends by what was in force: that must still be so.
                expected=before.version if expected is None else expected,
            )
            break
        except PolicyConflictError as error:
            if expected is not None or not tries_left:
                raise _conflict(error) from error
    return {**render_version(version), "notes": notes, "changes": render_changes(_changes(before, policy))}


def roll_back(policies: PolicyStore, to: RollBack, expected: int | None, now_ns: int) -> dict[str, Any]:
    """Put a former document again. Raises: ApiError 404 - no such version; 409 - this LRCP cannot take it; 412."""
    former = load_version(policies, to.to, now_ns)
    try:
        policy = decode_policy(former.document, providers=KNOWN_PROVIDERS)
    except PolicyError as error:
        raise ApiError(409, f"version {to.to} cannot be in force again: {error}") from error
    before = policies.current(now_ns)
    try:
        version = policies.roll_back(
            to.to, author=to.author, reason=to.reason, incident=to.incident, now_ns=now_ns, expected=expected
        )
    except PolicyConflictError as error:
        raise _conflict(error) from error
    return {**render_version(version), "notes": [], "changes": render_changes(_changes(before, policy))}


def check_policy(policies: PolicyStore, text: bytes, now_ns: int) -> dict[str, Any]:
    """Whether a document would be taken now, as CheckResult; nothing is changed."""
    before = policies.current(now_ns)
    try:
        policy, notes = _parse(text, before, now_ns)
    except PolicyError as error:
        errors = [{"place": one.place, "message": one.message, "line": one.line} for one in error.problems]
        return {"valid": False, "errors": errors, "notes": [], "changes": []}
    return {"valid": True, "errors": [], "notes": notes, "changes": render_changes(_changes(before, policy))}


def diff_versions(policies: PolicyStore, from_: int | None, to: int | None, now_ns: int) -> dict[str, Any]:
    """As DiffResult: by default what the version in force changed. Raises: ApiError 404."""
    after = load_version(policies, to, now_ns)
    before = load_version(policies, after.previous if from_ is None else from_, now_ns)
    changes = diff_policies(policy_of(before), policy_of(after))
    return {"from": before.version, "to": after.version, "changes": render_changes(changes)}


def list_history(policies: PolicyStore, before: int | None, limit: int) -> dict[str, Any]:
    """One page, as HistoryPage."""
    heads = policies.history(limit=limit + 1, before=before)
    more = len(heads) > limit
    return {
        "versions": [render_head(head) for head in heads[:limit]],
        "next_before": heads[limit - 1].version if more else None,
    }


def read_policy(text: bytes, before: PolicyVersion, now_ns: int) -> tuple[Policy, list[str]]:
    """A document as it would be put, with notes. Raises: ApiError 422 - with every place that is wrong."""
    try:
        return _parse(text, before, now_ns)
    except PolicyError as error:
        errors = [
            {
                "field": f"body{one.place[1:]}",
                "message": one.message if one.line is None else f"line {one.line}: {one.message}",
            }
            for one in error.problems
        ]
        raise ApiError(422, str(error), errors=errors) from error


def _parse(text: bytes, before: PolicyVersion, now_ns: int) -> tuple[Policy, list[str]]:
    policy = parse_policy(text, providers=KNOWN_PROVIDERS)
    return with_fault_ends(policy, policy_of(before), now_s=now_ns / NS)


def policy_of(version: PolicyVersion) -> Policy:
    """What a version says. One that another LRCP wrote, and this one cannot read, counts as empty."""
    try:
        return decode_policy(version.document)
    except PolicyError:
        return decode_policy(NO_POLICY.document)


def _changes(before: PolicyVersion, after: Policy) -> list[PolicyChange]:
    return diff_policies(policy_of(before), after)


def _conflict(error: PolicyConflictError) -> ApiError:
    return ApiError(412, str(error), current=error.current)


def render_head(head: PolicyHead) -> dict[str, Any]:
    """As VersionHead."""
    return {
        "version": head.version,
        "created_at": iso_time(head.created_ns),
        "author": head.author,
        "reason": head.reason,
        "incident": head.incident,
        "previous": head.previous,
        "expires_at": None if head.expires_ns is None else iso_time(head.expires_ns),
    }


def render_version(version: PolicyVersion) -> dict[str, Any]:
    """As VersionDocument."""
    return {**render_head(version), "policy": msgspec.Raw(version.document)}
