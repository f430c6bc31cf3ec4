"""What is wrong with a policy, where, and what would be right; all of it at once."""

from collections.abc import Sequence
from typing import Final

import msgspec

from lrcp.model.errors import InputError

MAX_PROBLEMS: Final = 50
"""More are not told: who wrote that many made one mistake, and sees it by then."""


class PolicyProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong. place: `$.routes[2].targets[0].to`. line: of the text, from 1; None when it is not known."""

    place: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        line = "" if self.line is None else f"line {self.line}, "
        return f"{line}{self.place}: {self.message}"


class PolicyError(InputError):
    """A policy that cannot be taken; nothing of it is. problems: in the order of the document, one at least."""

    def __init__(self, problems: Sequence[PolicyProblem]) -> None:
        self.problems = tuple(problems[:MAX_PROBLEMS])
        more = len(problems) - len(self.problems)
        said = [str(problem) for problem in self.problems] + ([f"and {more} more"] if more else [])
        super().__init__("; ".join(said))


class PolicyConflictError(InputError):
    """Somebody else changed the policy in between. current: the version that is in force."""

    def __init__(self, expected: int, current: int) -> None:
        super().__init__(f"the policy is at version {current} by now, not at {expected}: read it again, then change it")
        self.expected = expected
        self.current = current
