"""The text of a policy to its record: read, shape, meaning; and whatever is wrong told at once, with its place."""

from collections.abc import Collection, Sequence

import yaml

from lrcp.model.policy.canonical import build_policy, plain_policy
from lrcp.model.policy.check import find_mistakes
from lrcp.model.policy.document import Policy
from lrcp.model.policy.problems import PolicyError, PolicyProblem
from lrcp.model.policy.shape import Found, find_misshapen
from lrcp.model.policy.text import NUMBER, Lines, read_policy_text


def parse_policy(text: bytes, *, providers: Collection[str], guards: Collection[str] | None = None) -> Policy:
    """A policy from YAML or JSON.

    Args:
        text: UTF-8, at most text.MAX_POLICY_BYTES; JSON when it begins with `{`.
        providers, guards: what the gateway knows by itself, as in check.find_mistakes.
    Raises: PolicyError - with each thing that is wrong, its place, and in YAML its line.
    """
    value, lines = read_policy_text(text)
    problems = _as_problems(list(find_misshapen(value, Policy)), lines)
    if problems:
        raise PolicyError(problems)
    policy = build_policy(value)
    problems = _as_problems(find_mistakes(policy, providers=providers, guards=guards), lines)
    if problems:
        raise PolicyError(problems)
    return policy


def _as_problems(found: Sequence[Found], lines: Lines) -> list[PolicyProblem]:
    problems = [PolicyProblem(place=place, message=message, line=_line(place, lines)) for place, message in found]
    return sorted(problems, key=lambda problem: problem.line or 0)


def _line(place: str, lines: Lines) -> int | None:
    """The line of a place, or of what it is in, where the place itself is not written."""
    while place and place not in lines:
        place = place[: max(place.rfind("."), place.rfind("["), 0)]
    return lines.get(place)


class _Dumper(yaml.SafeDumper):
    """Quotes the words that the core schema of YAML 1.2 reads as numbers and PyYAML does not, such as 1e3."""


_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", NUMBER, list("-+.0123456789"))


def render_yaml(policy: Policy) -> str:
    """A policy as YAML, members with their default left out."""
    return str(yaml.dump(plain_policy(policy), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100))
