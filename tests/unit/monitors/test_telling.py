"""One notification from a transition: the message, the rules' recipients, the downtime."""

from lrcp.model.monitor import Monitor, parse_monitor
from lrcp.model.monitor_state import GroupState, State, Transition
from lrcp.monitors.downtime.definition import parse_downtime
from lrcp.monitors.evaluate.prepare import prepare
from lrcp.monitors.rules.definition import parse_rule
from lrcp.monitors.telling import context_of, tell

RULE = parse_rule({"filter": {"tags": ["team:a"]}, "recipients": ["slack-a", "ops"]})


def monitor(message: str = "{{host.name}} of {{env.name}} @ops") -> Monitor:
    query = "avg(last_5m):avg:cpu{env:prod} by {host} > 1"
    return parse_monitor(
        {"name": "CPU", "type": "query alert", "query": query, "message": message, "tags": ["team:a"]}, id=7
    )


def transition(**members: object) -> Transition:
    given = {
        "monitor_id": 7, "group": "host:a", "time_s": 100.0, "before": State.OK, "after": State.ALERT, "kind": "alert",
        "reason": "because", "notify": True,
    }  # fmt: skip
    return Transition(**(given | members))  # type: ignore[arg-type]


def test_it_has_the_message_the_recipients_of_rules_and_the_tags_that_the_query_is_narrowed_to() -> None:
    (told,) = tell(prepare(monitor(), {}), transition(), {}, rules=[RULE])
    assert told.body.startswith("a of prod @ops")
    assert told.handles == ("ops", "slack-a")
    assert told.muted_by == ""


def test_what_a_downtime_mutes_is_made_all_the_same_and_says_by_which() -> None:
    one = parse_downtime({"scope": "host:a", "monitor_identifier": {"monitor_id": 7}}, id="d1")
    (told,) = tell(prepare(monitor(), {}), transition(), {}, downtimes=[one])
    assert (told.muted_by, told.handles) == ("d1", ("ops",))


def test_a_transition_that_the_options_do_not_let_notify_is_not_told() -> None:
    assert tell(prepare(monitor(), {}), transition(notify=False), {}) == ()


def test_a_recovery_knows_when_the_group_last_triggered() -> None:
    states = {7: {"host:a": GroupState(group="host:a", state=State.OK, last_triggered_s=60.0)}}
    over = transition(before=State.ALERT, after=State.OK, kind="recovery", triggered_s=30.0)
    assert context_of(prepare(monitor(), {}), over, states).last_triggered_s == 60.0
