"""What the policy routes take and give, for the API reference."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from lrcp.model.policy.diff import PolicyChange

_MAX_VERSION: Final = 2**31 - 1
MAX_EXPIRY_S: Final = 366 * 86_400
Version = Annotated[int, Field(ge=0, le=_MAX_VERSION)]


class Authorship(BaseModel):
    """Who changes the policy, and why."""

    model_config = ConfigDict(extra="forbid")

    author: str = Field(min_length=1, max_length=200, examples=["ann"])
    reason: str = Field(min_length=1, max_length=2000, examples=["the provider is slow, send a tenth elsewhere"])
    incident: str = Field("", max_length=200, description="Id of the incident it is changed for")


class PutQuery(Authorship):
    """The same as query parameters, with the time after which the version before comes back."""

    expires_in_s: float | None = Field(
        None,
        gt=0,
        le=MAX_EXPIRY_S,
        description="Seconds after which the version before it comes back; never by default",
    )


class RollBack(Authorship):
    """To which version."""

    to: Version = Field(description="The version whose document is put again; 0 is the empty one")


class VersionHead(BaseModel):
    """A version without its document."""

    version: int = Field(description="From 1; 0 while nobody put one")
    created_at: str = Field(examples=["2026-11-20T10:00:00.000000000Z"])
    author: str
    reason: str
    incident: str
    previous: int = Field(description="The version in force before it")
    expires_at: str | None = Field(description="When the version before it comes back; null is never")


class VersionDocument(VersionHead):
    """A version."""

    policy: dict[str, Any] = Field(description="The document; members with their default are left out")


class PutResult(VersionDocument):
    """The new version."""

    notes: list[str] = Field(description="What is worth knowing, such as faults that keep the end they had")
    changes: list["Change"] = Field(description="Against the version before")


class HistoryPage(BaseModel):
    """A page of the history, newest first."""

    versions: list[VersionHead]
    next_before: int | None = Field(description="`before` of the next page; null on the last one")


class Change(BaseModel):
    """A member that differs."""

    place: str = Field(examples=["$.routes[name=chat].targets[0].weight"])
    before: Any = Field(description="Defaults included; null also for an item that is not there")
    after: Any = None


class DiffResult(BaseModel):
    """What differs between two versions."""

    model_config = ConfigDict(populate_by_name=True)

    from_: int = Field(alias="from")
    to: int
    changes: list[Change]


class PolicyFault(BaseModel):
    """One thing that is wrong with a document."""

    place: str = Field(examples=["$.routes[0].targets[0].to"])
    message: str
    line: int | None = Field(description="Of the text, from 1; null for JSON")


class CheckResult(BaseModel):
    """Whether a document would be taken."""

    valid: bool
    errors: list[PolicyFault]
    notes: list[str]
    changes: list[Change] = Field(description="Against the version in force")


class Decided(BaseModel):
    """What a policy makes of one request."""

    target: str = Field(description="provider/model; empty when it is refused")
    route: str
    refused: str = Field(description="Empty, or limit:name, budget:name, shed")
    cached: bool = Field(description="Its exact duplicate was answered within the time that answers are kept")
    guards: list[str] = Field(description="Guards that are asked about it")
    cost_nusd: int | None = Field(description="Nano-dollars; null when the price is unknown")


class DecidedCounts(BaseModel):
    """What a policy makes of all requests."""

    served: int
    cached: int
    limited: int
    over_budget: int
    shed: int
    guarded: int
    cost_nusd: int
    unknown_costs: int = Field(description="Requests without a known price, which are not in cost_nusd")


class DecidedDifferences(BaseModel):
    """How many requests are decided otherwise; one may count under several heads."""

    requests: int
    rerouted: int
    cached: int
    refused: int
    guarded: int


class DryRunExample(BaseModel):
    """A request that is decided otherwise."""

    trace_id: str
    span_id: str
    start_time: str
    model: str
    before: Decided
    after: Decided


class DryRunResult(BaseModel):
    """What a document would have changed about recent traffic."""

    model_config = ConfigDict(populate_by_name=True)

    from_: str = Field(alias="from")
    to: str
    requests: int = Field(description="In that time")
    looked_at: int = Field(description="The newest of them, 20000 at most")
    traffic: Literal["gateway", "generations"] = Field(
        description="generations: none went through a gateway, so the model calls of any source were taken"
    )
    cost_difference_nusd: int = Field(description="After less before, of what has a known price")
    before: DecidedCounts = Field(description="By the policy in force")
    after: DecidedCounts = Field(description="By the document")
    changed: DecidedDifferences
    examples: list[DryRunExample] = Field(description="The newest, 20 at most")
    not_replayed: list[str] = Field(description="What of the two policies past requests cannot answer for")


PutResult.model_rebuild()


def render_changes(changes: list[PolicyChange]) -> list[dict[str, Any]]:
    """As Change."""
    return [{"place": one.place, "before": one.before, "after": one.after} for one in changes]
