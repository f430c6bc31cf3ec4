"""The documents of /api/monitors."""

from datetime import UTC, datetime

from pydantic import BaseModel, Field

from lrcp.api.timerange import NS, iso_time
from lrcp.model.monitor_state import DATADOG_NAMES, GroupState, State, Transition
from lrcp.model.monitor_tick import MonitorEvaluation, MonitorStatus
from lrcp.model.notification import StoredNotification
from lrcp.model.resource import Resource


class MonitorHead(BaseModel):
    """One monitor in a list."""

    id: int
    name: str
    type: str = Field(examples=["query alert"])
    query: str
    tags: list[str]
    priority: int | None
    state: str = Field(description="OK, Warn, Alert, No Data, Unknown or Skipped", examples=["OK"])
    evaluated_at: str | None = Field(description="null: not evaluated yet")


class MonitorList(BaseModel):
    """The most worrying first, then by name."""

    monitors: list[MonitorHead]
    counts: dict[str, int] = Field(description="How many there are of each state", examples=[{"OK": 30, "Alert": 1}])


class GroupDocument(BaseModel):
    """One group of a monitor."""

    group: str = Field(description="'*' where there are none", examples=["model:gpt-5-mini,service:shop"])
    state: str
    value: float | None = Field(description="When the state last changed; evaluations have the newest")
    since: str | None = Field(description="In this state since")
    last_triggered: str | None
    last_resolved: str | None
    last_notified: str | None
    last_data: str | None


class MonitorDetail(BaseModel):
    """One monitor with its definition, in Datadog's own JSON, and its groups, the most worrying first, at most 1,000."""

    monitor: MonitorHead
    definition: dict[str, object]
    groups: list[GroupDocument]


class FoundGroup(BaseModel):
    """What an evaluation found of a group, and why its state is as it is."""

    group: str
    state: str
    value: float | None
    reason: str


class EvaluationDocument(BaseModel):
    """One evaluation: of `group_count` groups the most worrying, at most 100."""

    time: str
    state: str
    took_s: float
    group_count: int
    note: str = Field(description="Why it could not be evaluated, or a bound that was reached; empty: nothing")
    groups: list[FoundGroup]


class EvaluationList(BaseModel):
    """Newest first."""

    evaluations: list[EvaluationDocument]


class TransitionDocument(BaseModel):
    """A change of a group's state, or a renotification."""

    monitor_id: int
    group: str
    time: str
    before: str
    after: str
    kind: str = Field(examples=["alert"])
    reason: str
    value: float | None
    threshold: float | None
    notified: bool = Field(description="Whether the monitor's options let it notify")


class TransitionList(BaseModel):
    """Newest first."""

    transitions: list[TransitionDocument]


class NotificationDocument(BaseModel):
    """What was told of a transition."""

    id: int
    monitor_id: int
    group: str
    time: str
    kind: str
    title: str
    body: str
    handles: list[str] = Field(description="Recipients, without @")
    muted_by: str = Field(description="Id of the downtime that silenced it; empty where none did")
    delivered_at: str | None


class NotificationPage(BaseModel):
    """Newest first; the next page begins before `next_before`."""

    notifications: list[NotificationDocument]
    next_before: int | None


def render_head(resource: Resource, status: MonitorStatus | None) -> MonitorHead:
    """A definition with its state."""
    document = resource.document
    return MonitorHead(
        id=int(resource.id),
        name=str(document.get("name", "")),
        type=str(document.get("type", "")),
        query=str(document.get("query", "")),
        tags=list(document.get("tags") or []),
        priority=document.get("priority"),
        state=DATADOG_NAMES[status.state if status else State.SKIPPED],
        evaluated_at=None if status is None else iso_time(status.evaluated_s * NS),
    )


def render_group(group: GroupState, evaluated_s: float | None) -> GroupDocument:
    """A group; evaluated_s: time of the monitor's last evaluation, which had data unless the group misses it."""
    has_data = group.data_s is not None and group.missing_s is None
    return GroupDocument(
        group=group.group,
        state=DATADOG_NAMES[group.state],
        value=group.value,
        since=_iso(group.since_s),
        last_triggered=_iso(group.last_triggered_s),
        last_resolved=_iso(group.last_resolved_s),
        last_notified=_iso(group.notified_s),
        last_data=_iso(evaluated_s if has_data and evaluated_s else group.data_s),
    )


def render_evaluation(evaluation: MonitorEvaluation) -> EvaluationDocument:
    return EvaluationDocument(
        time=iso_time(evaluation.at_s * NS),
        state=DATADOG_NAMES[evaluation.state],
        took_s=evaluation.took_s,
        group_count=evaluation.group_count,
        note=evaluation.note,
        groups=[
            FoundGroup(group=one.group, state=DATADOG_NAMES[one.state], value=one.value, reason=one.reason)
            for one in evaluation.groups
        ],
    )


def render_transition(transition: Transition) -> TransitionDocument:
    return TransitionDocument(
        monitor_id=transition.monitor_id,
        group=transition.group,
        time=_iso(transition.time_s) or "",
        before=DATADOG_NAMES[transition.before],
        after=DATADOG_NAMES[transition.after],
        kind=transition.kind,
        reason=transition.reason,
        value=transition.value,
        threshold=transition.threshold,
        notified=transition.notify,
    )


def render_notification(stored: StoredNotification) -> NotificationDocument:
    told = stored.notification
    return NotificationDocument(
        id=stored.id,
        monitor_id=told.monitor_id,
        group=told.group,
        time=_iso(told.time_s) or "",
        kind=told.kind,
        title=told.title,
        body=told.body,
        handles=list(told.handles),
        muted_by=told.muted_by,
        delivered_at=None if stored.delivered_ns is None or told.muted_by else iso_time(stored.delivered_ns),
    )


def _iso(moment_s: float | None) -> str | None:
    return None if moment_s is None else f"{datetime.fromtimestamp(moment_s, UTC):%Y-%m-%dT%H:%M:%SZ}"
