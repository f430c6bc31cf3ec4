"""The end that every fault gets when its policy is put, so that it always comes and no later version moves it."""

from collections.abc import Iterable, Mapping

import msgspec

from lrcp.model.policy.document import Policy
from lrcp.model.policy.faults import MAX_FAULT_S, Fault
from lrcp.model.policy.problems import PolicyError, PolicyProblem


def with_fault_ends(policy: Policy, before: Policy, *, now_s: float) -> tuple[Policy, list[str]]:
    """The policy with `until` on every fault, and notes about faults that keep the end they had.

    A fault that stands in the policy before with the same words keeps its end: to put the same file again, as tools do
    that keep files and systems alike, neither extends a failure nor begins it anew.
    Args:
        now_s: Unix seconds.
    Raises: PolicyError - a fault is to end later than MAX_FAULT_S from now.
    """
    known = {fault.name: fault for fault in before.faults}
    problems = list(_too_late(policy.faults, known, now_s))
    if problems:
        raise PolicyError(problems)
    ended = tuple(_with_end(fault, known.get(fault.name), now_s) for fault in policy.faults)
    notes = [
        _note(new, now_s)
        for new, old in zip(ended, policy.faults, strict=True)
        if old.until is None and _kept(new, known)
    ]
    return msgspec.structs.replace(policy, faults=ended), notes


def _too_late(faults: Iterable[Fault], known: Mapping[str, Fault], now_s: float) -> Iterable[PolicyProblem]:
    for number, fault in enumerate(faults):
        if fault.until is not None and fault.until > now_s + MAX_FAULT_S and not _kept(fault, known):
            message = (
                f"a fault ends within {MAX_FAULT_S // 3600} hours; this one would go on for {fault.until - now_s:.0f} s"
            )
            yield PolicyProblem(place=f"$.faults[{number}].until", message=message)


def _with_end(fault: Fault, before: Fault | None, now_s: float) -> Fault:
    if fault.until is not None:
        return fault
    if before is not None and before.until is not None and _alike(fault, before):
        return msgspec.structs.replace(fault, until=before.until)
    return msgspec.structs.replace(fault, until=round(now_s + fault.for_s, 3))


def _kept(fault: Fault, known: Mapping[str, Fault]) -> bool:
    before = known.get(fault.name)
    return before is not None and before.until == fault.until and _alike(fault, before)


def _alike(one: Fault, other: Fault) -> bool:
    """Whether two faults are the same but for their end."""
    return msgspec.structs.replace(one, until=None) == msgspec.structs.replace(other, until=None)


def _note(fault: Fault, now_s: float) -> str:
    left_s = (fault.until or 0.0) - now_s
    state = f"ends in {left_s:.0f} s" if left_s > 0 else f"ended {-left_s:.0f} s ago"
    return f"the fault {fault.name!r} was there already and {state}; to run it again, name it otherwise or give `until`"
