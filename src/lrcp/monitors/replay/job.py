"""A whole replay, from definitions to the report; what the API and the command both run."""

from collections.abc import Sequence

import msgspec

from lrcp.model.monitor_state import Transition
from lrcp.monitors.replay.episodes import Differences, compare_episodes
from lrcp.monitors.replay.report import MonitorReport, report_replay, total_score
from lrcp.monitors.replay.run import DEFAULT_EVERY_S, Progress, replay
from lrcp.monitors.replay.scoring import MarkedIncident, Score
from lrcp.monitors.replay.versions import Versions
from lrcp.query.scan.source import Source


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A new version against the one in force."""

    new_id: int
    old_id: int
    differences: Differences


class ReplayReport(msgspec.Struct, frozen=True, kw_only=True):
    """since_s, until_s: Unix seconds. score: all monitors together, None where no incidents are marked."""

    since_s: int
    until_s: int
    evaluations: int
    unknown: int
    monitors: tuple[MonitorReport, ...]
    comparisons: tuple[Comparison, ...]
    score: Score | None = None


class ReplayJob(msgspec.Struct, frozen=True, kw_only=True):
    """What to replay, checked. slack_s: how far beside an incident an alert still counts as right."""

    versions: Versions
    since_s: int
    until_s: int
    every_s: int = DEFAULT_EVERY_S
    incidents: tuple[MarkedIncident, ...] = ()
    slack_s: float = 0.0


async def run_job(
    job: ReplayJob, source: Source, progress: Progress | None = None
) -> tuple[ReplayReport, Sequence[Transition]]:
    """Replay, and report. Raises: as replay."""
    prepared = job.versions.prepared
    done = await replay(
        prepared, source, since_s=job.since_s, until_s=job.until_s, every_s=job.every_s, progress=progress
    )
    reports = report_replay(done, prepared, job.incidents, slack_s=job.slack_s)
    report = ReplayReport(
        since_s=job.since_s,
        until_s=job.until_s,
        evaluations=done.evaluations,
        unknown=done.unknown,
        monitors=tuple(reports),
        comparisons=_compare(job, reports),
        score=total_score(reports, job.incidents, done),
    )
    return report, done.transitions


def _compare(job: ReplayJob, reports: Sequence[MonitorReport]) -> tuple[Comparison, ...]:
    episodes = {one.monitor_id: one.episodes for one in reports}
    return tuple(
        Comparison(new_id=new, old_id=old, differences=compare_episodes(episodes[old], episodes[new], job.until_s))
        for new, old in job.versions.replaced.items()
    )
