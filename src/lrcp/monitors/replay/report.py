"""The report of a replay: by monitor, when it would have fired, for how long, and how good that would have been."""

from collections.abc import Sequence

import msgspec

from lrcp.model.monitor_state import State
from lrcp.monitors.evaluate.prepare import Prepared
from lrcp.monitors.replay.episodes import Episode, find_episodes
from lrcp.monitors.replay.run import Replayed
from lrcp.monitors.replay.scoring import MarkedIncident, Score, score_episodes


class MonitorReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one monitor would have done. alerting_s: seconds that at least one group was in ALERT's episode.

    notifications: how often it would have told. error: why it could not be evaluated, '' when it could.
    score: None where no incidents are marked for it.
    """

    monitor_id: int
    name: str
    query: str
    episodes: tuple[Episode, ...]
    alerting_s: float
    notifications: int
    error: str = ""
    score: Score | None = None


def report_replay(
    done: Replayed, prepared: Sequence[Prepared], incidents: Sequence[MarkedIncident] = (), *, slack_s: float = 0.0
) -> list[MonitorReport]:
    """By monitor, those that alerted longest first. incidents: with names of monitors only for these."""
    by_monitor: dict[int, list[Episode]] = {one.monitor.id: [] for one in prepared}
    for episode in find_episodes(done.transitions):
        by_monitor[episode.monitor_id].append(episode)
    reports = [_report(done, one, by_monitor[one.monitor.id], incidents, slack_s) for one in prepared]
    return sorted(reports, key=lambda one: (-one.alerting_s, -len(one.episodes), one.name))


def _report(
    done: Replayed, one: Prepared, episodes: Sequence[Episode], incidents: Sequence[MarkedIncident], slack_s: float
) -> MonitorReport:
    monitor = one.monitor
    mine = [incident for incident in incidents if not incident.monitors or monitor.name in incident.monitors]
    told = sum(change.notify for change in done.transitions if change.monitor_id == monitor.id)
    return MonitorReport(
        monitor_id=monitor.id,
        name=monitor.name,
        query=monitor.query,
        episodes=tuple(episodes),
        alerting_s=_covered_s(episodes, done.until_s),
        notifications=told,
        error=done.errors.get(monitor.id, ""),
        score=score_episodes(episodes, mine, until_s=done.until_s, slack_s=slack_s) if mine else None,
    )


def _covered_s(episodes: Sequence[Episode], until_s: float) -> float:
    """Length of the union of the alerting episodes."""
    spans = sorted((one.alert_s or 0.0, one.start_s + one.lasted_s(until_s)) for one in episodes if _alerted(one))
    covered_s, reached_s = 0.0, 0.0
    for start_s, end_s in spans:
        covered_s += max(0.0, end_s - max(start_s, reached_s))
        reached_s = max(reached_s, end_s)
    return covered_s


def _alerted(one: Episode) -> bool:
    return one.worst is State.ALERT and one.alert_s is not None


def total_score(reports: Sequence[MonitorReport], incidents: Sequence[MarkedIncident], done: Replayed) -> Score | None:
    """All monitors together: an incident is detected when any of them saw it."""
    if not incidents:
        return None
    episodes = [episode for one in reports for episode in one.episodes]
    return score_episodes(episodes, incidents, until_s=done.until_s)
