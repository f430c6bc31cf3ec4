"""Where on the ladder things stand, and when they move: pure, time and pressure in, step and reason out."""

from typing import NamedTuple

from lrcp.gateway.ladder.traffic import Traffic
from lrcp.model.policy.admission import Pressure


class Reading(NamedTuple):
    """Pressure at one moment. over: what is too high, '' when nothing is; calm: everything is well below; urgent: do not wait.

    Neither over nor calm is the band between, in which the ladder stays where it is.
    """

    over: str = ""
    calm: bool = True
    urgent: bool = False


class Position(NamedTuple):
    """step: how many steps are in force, 0 none. reason: of the last step down. Times are seconds, None: not so now.

    over_since_s, calm_since_s: since when it has been so without a break, or since the last move. seen_s: last reading.
    """

    step: int = 0
    reason: str = ""
    over_since_s: float | None = None
    calm_since_s: float | None = None
    seen_s: float = 0.0


def judge_traffic(pressure: Pressure, traffic: Traffic) -> Reading:
    """The pressure of latency and errors; too few requests say nothing, which is calm."""
    if traffic.requests < pressure.min_requests:
        return Reading()
    latency = _judge("latency", traffic.p95_s, pressure.p95_seconds_above, pressure.recover_at)
    errors = _judge("errors", traffic.error_ratio, pressure.error_ratio_above, pressure.recover_at)
    return Reading(over=errors.over or latency.over, calm=errors.calm and latency.calm)


def judge_budget(pressure: Pressure, name: str, ratio: float, *, degrades: bool) -> Reading:
    """The pressure of one budget. degrades: at its cap no step is waited for."""
    reading = _judge(f"budget {name}", ratio, pressure.budget_above, pressure.recover_at)
    if degrades and ratio >= 1.0:
        return Reading(over=f"budget {name}", calm=False, urgent=True)
    return reading


def _judge(name: str, value: float, above: float | None, recover_at: float) -> Reading:
    if above is None:
        return Reading()
    if value > above:
        return Reading(over=name, calm=False)
    return Reading(calm=value <= above * recover_at)


def advance(position: Position, reading: Reading, pressure: Pressure, last_step: int, now_s: float) -> Position:
    """The position after a reading: at most one step down, and a step up for each hold_up_s of calm.

    After a gap without readings longer than the window, calm began when the window had emptied.
    """
    step = min(position.step, last_step)
    if reading.over:
        return _press(position._replace(step=step), reading, pressure, last_step, now_s)
    if not reading.calm or not step:
        return Position(step, position.reason if step else "", None, None, now_s)
    since_s = position.calm_since_s
    if since_s is None:
        emptied_s = position.seen_s + pressure.window_s
        since_s = min(now_s, emptied_s) if position.over_since_s is not None and emptied_s < now_s else now_s
    while step and now_s - since_s >= pressure.hold_up_s:
        step -= 1
        if not pressure.hold_up_s:
            break
        since_s += pressure.hold_up_s
    return Position(step, position.reason if step else "", None, since_s, now_s)


def _press(position: Position, reading: Reading, pressure: Pressure, last_step: int, now_s: float) -> Position:
    since_s = now_s if position.over_since_s is None else position.over_since_s
    hold_s = 0.0 if reading.urgent else pressure.hold_down_s
    if position.step < last_step and now_s - since_s >= hold_s:
        return Position(position.step + 1, reading.over, now_s, None, now_s)
    return Position(position.step, position.reason or reading.over, since_s, None, now_s)
