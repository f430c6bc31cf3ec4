"""The past of groups from transitions and from what is remembered of them now."""

from lrcp.model.monitor_state import GroupState, State, Transition
from lrcp.monitors.slo.past import GroupPast, past_of_groups

FROM_S, TO_S = 1000.0, 2000.0


def change(at_s: float, before: State, after: State, group: str = "*") -> Transition:
    return Transition(
        monitor_id=1, group=group, time_s=at_s, before=before, after=after, kind="", reason="", notify=False
    )


def now(state: State, seen_s: float, group: str = "*") -> GroupState:
    return GroupState(group=group, state=state, seen_s=seen_s)


def test_a_group_that_never_changed_is_what_it_is_now() -> None:
    assert past_of_groups([], [now(State.ALERT, 10)], FROM_S, TO_S) == {"*": GroupPast(State.ALERT)}


def test_a_group_that_was_seen_first_in_the_period_was_not_there_before() -> None:
    assert past_of_groups([], [now(State.OK, 1500)], FROM_S, TO_S) == {"*": GroupPast(None, ((1500, State.OK),))}
    born = [change(1500, State.SKIPPED, State.ALERT)]
    assert past_of_groups(born, [now(State.ALERT, 1500)], FROM_S, TO_S) == {
        "*": GroupPast(None, ((1500, State.ALERT),))
    }


def test_the_first_transition_tells_what_was_before_also_when_it_comes_after_the_period() -> None:
    found = past_of_groups([change(2500, State.ALERT, State.OK)], [now(State.OK, 10)], FROM_S, TO_S)
    assert found == {"*": GroupPast(State.ALERT)}


def test_renotifications_change_nothing() -> None:
    given = [
        change(1100, State.OK, State.ALERT),
        change(1200, State.ALERT, State.ALERT),
        change(1300, State.ALERT, State.OK),
    ]
    found = past_of_groups(given, [now(State.OK, 10)], FROM_S, TO_S)
    assert found == {"*": GroupPast(State.OK, ((1100, State.ALERT), (1300, State.OK)))}


def test_an_alert_of_a_group_that_was_forgotten_ends_when_the_definition_changed() -> None:
    given = [change(1100, State.OK, State.ALERT, "host:a")]
    found = past_of_groups(given, [now(State.OK, 1400, "env:b")], FROM_S, TO_S, modified_s=1390)
    assert found["host:a"] == GroupPast(State.OK, ((1100, State.ALERT), (1390, State.OK)))
    assert found["env:b"] == GroupPast(None, ((1400, State.OK),))


def test_an_alert_of_a_group_that_began_anew_ends_then() -> None:
    alert = change(1100, State.OK, State.ALERT)
    found = past_of_groups([alert], [now(State.OK, 1400)], FROM_S, TO_S, modified_s=1390)
    assert found == {"*": GroupPast(State.OK, ((1100, State.ALERT), (1400, State.OK)))}
    again = [alert, change(1600, State.OK, State.ALERT)]
    found = past_of_groups(again, [now(State.ALERT, 1400)], FROM_S, TO_S, modified_s=1390)
    assert found == {"*": GroupPast(State.OK, ((1100, State.ALERT), (1400, State.OK), (1600, State.ALERT)))}


def test_a_group_that_aged_away_after_the_definition_changed_keeps_its_own_end() -> None:
    given = [change(1100, State.OK, State.ALERT), change(1700, State.ALERT, State.OK)]
    assert past_of_groups(given, [], FROM_S, TO_S, modified_s=500) == {
        "*": GroupPast(State.OK, ((1100, State.ALERT), (1700, State.OK)))
    }
