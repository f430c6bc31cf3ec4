"""Episodes out of transitions, their differences, and how good they are."""

import pytest

from lrcp.model.errors import InputError
from lrcp.model.monitor_state import State, Transition
from lrcp.monitors.replay.episodes import Episode, compare_episodes, find_episodes
from lrcp.monitors.replay.scoring import MarkedIncident, score_episodes


def change(at_s: float, after: State, group: str = "*", before: State = State.OK, value: float = 1.0) -> Transition:
    return Transition(
        monitor_id=1,
        group=group,
        time_s=at_s,
        before=before,
        after=after,
        kind="x",
        reason="r",
        notify=True,
        value=value,
    )


def episode(start_s: float, end_s: float | None, group: str = "*", worst: State = State.ALERT) -> Episode:
    alert_s = start_s if worst is State.ALERT else None
    return Episode(monitor_id=1, group=group, worst=worst, start_s=start_s, end_s=end_s, alert_s=alert_s)


def test_an_episode_goes_from_the_first_worry_to_the_recovery_and_keeps_the_worst() -> None:
    (one,) = find_episodes(
        [change(10, State.WARN), change(20, State.ALERT, value=9.0), change(30, State.WARN), change(40, State.OK)]
    )
    assert (one.start_s, one.end_s, one.worst, one.alert_s, one.value) == (10, 40, State.ALERT, 20, 9.0)


def test_a_renotification_begins_no_episode_and_groups_are_apart() -> None:
    found = find_episodes(
        [
            change(10, State.ALERT, "a"),
            change(15, State.ALERT, "b"),
            change(20, State.ALERT, "a"),
            change(30, State.OK, "a"),
        ]
    )
    assert [(one.group, one.start_s, one.end_s) for one in found] == [("a", 10, 30), ("b", 15, None)]


def test_a_recovery_of_nothing_is_no_episode() -> None:
    assert find_episodes([change(10, State.OK)]) == []


def test_two_versions_are_compared_by_overlap() -> None:
    old = [episode(0, 10), episode(50, 60), episode(70, None)]
    new = [episode(5, 20), episode(30, 40), episode(90, 95), episode(50, 60, "other")]
    found = compare_episodes(old, new, until_s=100)
    assert [(one.start_s, other.start_s) for one, other in found.kept] == [(0, 5), (70, 90)]
    assert [one.start_s for one in found.dropped] == [50]
    assert [(one.start_s, one.group) for one in found.added] == [(30, "*"), (50, "other")]


def test_precision_recall_and_time_to_detect() -> None:
    incidents = [
        MarkedIncident(start_s=100, end_s=200, name="first"),
        MarkedIncident(start_s=300, end_s=400, name="second"),
        MarkedIncident(start_s=900, end_s=950, name="unseen"),
    ]
    alerts = [
        episode(120, 150),
        episode(160, 180),
        episode(280, 310),
        episode(600, 610),
        episode(905, 920, worst=State.WARN),
    ]
    score = score_episodes(alerts, incidents, until_s=1000)
    assert (score.alerts, score.right, score.incidents, score.detected) == (4, 3, 3, 2)
    assert (score.precision, score.recall) == (0.75, pytest.approx(2 / 3))
    assert score.detect_s == 10.0
    assert score.missed == ("unseen",)


def test_slack_lets_a_late_alert_count() -> None:
    incidents = [MarkedIncident(start_s=100, end_s=110)]
    assert score_episodes([episode(115, 120)], incidents, until_s=200).detected == 0
    assert score_episodes([episode(115, 120)], incidents, until_s=200, slack_s=5).detected == 1


def test_without_alerts_or_incidents_there_is_no_ratio() -> None:
    score = score_episodes([], [], until_s=10)
    assert (score.precision, score.recall, score.detect_s) == (None, None, None)


def test_an_incident_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InputError, match="ends before it starts"):
        score_episodes([], [MarkedIncident(start_s=2, end_s=1, name="x")], until_s=10)
