"""docs/gateway/resilience.md against the code: the decision table, the policy's defaults, the bounds, what is told."""

import re
from pathlib import Path

import msgspec

from lrcp.gateway.config import Limits
from lrcp.gateway.resilience import beginning, pursuit, state
from lrcp.gateway.resilience.decision import RULES, Rule
from lrcp.kit.percentile import DurationHistogram
from lrcp.kit.retry_budget import RetryBudget
from lrcp.model.policy.document import Policy
from lrcp.model.policy.routing import Breaker, Hedge, Resilience, Retries

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "gateway" / "resilience.md").read_text()
SOURCE = "".join(path.read_text() for path in (ROOT / "src" / "lrcp" / "gateway" / "resilience").glob("*.py"))


def row(rule: Rule) -> str:
    yes = {True: "yes", False: "no"}
    cells = (
        rule.name,
        " ".join(map(str, rule.statuses)),
        " ".join(f"`{code}`" for code in rule.codes),
        rule.again,
        yes[rule.next],
        yes[rule.counts],
        yes[rule.rests],
        rule.why,
    )
    return f"| {' | '.join(cells)} |"


def test_the_decision_table_is_the_codes() -> None:
    shown = [line for line in PAGE.splitlines() if re.match(r"\| \w+ \|.*\| (yes|no) \|", line)]
    assert shown == [row(rule) for rule in RULES]


def test_the_policy_of_the_page_is_one_and_holds_the_defaults() -> None:
    text = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)[0]
    policy = msgspec.yaml.decode(text, type=Policy)
    assert policy.resilience is not None
    assert policy.resilience.retries == Retries()
    assert policy.resilience.breaker == Breaker()
    assert policy.resilience.hedge == Hedge()
    assert Policy().resilience == Resilience(retries=Retries(), breaker=Breaker(), hedge=None)


def test_the_bounds_are_the_codes() -> None:
    budget = RetryBudget()
    assert budget.balance(0.0) == 10
    assert budget.balance(1e6) == 20
    mib = 1024 * 1024
    for words in (
        f"{beginning.MAX_HELD_EVENTS} events, {Limits().max_event_bytes // mib} MiB and {beginning.MAX_HELD_PIECES} pieces",
        f"{state.LEAST_REST_S:g} s at least and {state.MAX_REST_S:g} s at most",
        f"The {state.MAX_TARGETS:,} targets used last",
        f"of the {state.MAX_TOLD} targets used last",
        "one a second flows in, 10\nare there at the start, 20 are saved at most",
        f"{state._MAX_HEDGES_SAVED:g} saved up at most",
    ):
        assert words in PAGE
    times = DurationHistogram()
    for _ in range(5000):
        times.add(1.0)
    assert 500 <= len(times) <= 1000
    assert "the last 1,000 weigh most" in PAGE


def test_everything_that_is_noted_on_a_span_is_on_the_page() -> None:
    noted = set(re.findall(r'notes\["(\w+)"\]', SOURCE))
    assert len(noted) == 5
    assert [name for name in noted if f"| `{name}`" not in PAGE] == []
    for why in (pursuit.CIRCUIT_OPEN, pursuit.RESTING, pursuit.HEDGE):
        assert f"`{why}`" in PAGE
