"""The document: sections that are absent are off, and cost nothing."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from msgspec import Meta

from lrcp.model.policy.admission import Authentication, Budget, Guard, Ladder, Limit
from lrcp.model.policy.caching import Cache
from lrcp.model.policy.faults import Fault, FaultsByHeader, Simulation
from lrcp.model.policy.routing import ProviderSettings, Resilience, Route
from lrcp.model.policy.scope import Record


class Policy(Record, frozen=True, kw_only=True):
    """What the gateway obeys. format is that of this document; versions of its content are counted by the state database.

    default_target takes every model that no route takes and that names no provider ('' the gateway's own default).
    """

    format: Literal[1] = 1
    authentication: Authentication | None = None
    limits: Annotated[tuple[Limit, ...], Meta(max_length=200)] = ()
    budgets: Annotated[tuple[Budget, ...], Meta(max_length=200)] = ()
    ladder: Ladder | None = None
    guards: Annotated[tuple[Guard, ...], Meta(max_length=50)] = ()
    cache: Cache = Cache()
    providers: Mapping[str, ProviderSettings] = {}
    routes: Annotated[tuple[Route, ...], Meta(max_length=500)] = ()
    default_target: str = ""
    resilience: Resilience | None = Resilience()
    faults: Annotated[tuple[Fault, ...], Meta(max_length=100)] = ()
    faults_by_header: FaultsByHeader | None = None
    simulation: Simulation = Simulation()


class PolicyHead(Record, frozen=True, kw_only=True):
    """A version without what it says: who put it, when, why. Members as in PolicyVersion."""

    version: int
    created_ns: int
    author: str
    reason: str
    previous: int = 0
    incident: str = ""
    expires_ns: int | None = None


class PolicyVersion(PolicyHead, frozen=True, kw_only=True):
    """One version of the policy, as it was put. version counts from 1; 0 is the policy of a gateway nobody told anything.

    previous: the version in force before it. expires_ns: Unix nanoseconds at which `previous` comes back, None never.
    incident: id of the incident it was put for, ''. document is canonical JSON of a Policy.
    """

    document: bytes


NO_POLICY: Final = PolicyVersion(version=0, created_ns=0, author="lrcp", reason="nobody put one", document=b"{}")
"""What is in force before the first version."""
