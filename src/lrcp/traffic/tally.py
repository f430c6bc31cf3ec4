"""What came of the traffic: counts, latencies, tokens, cost."""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

LATENCIES_KEPT = 10_000


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one request. error: '' when it was answered. Tokens and cost (dollars) are None when not stated."""

    latency_s: float
    error: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None


@dataclass
class Tally:
    """The sums so far. Percentiles are over the last LATENCIES_KEPT answers; unpriced counts answers without a cost."""

    sent: int = 0
    ok: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    unpriced: int = 0
    latencies_s: deque[float] = field(default_factory=lambda: deque(maxlen=LATENCIES_KEPT))

    def add(self, outcome: Outcome) -> None:
        self.sent += 1
        if outcome.error:
            self.errors[outcome.error] += 1
            return
        self.ok += 1
        self.latencies_s.append(outcome.latency_s)
        self.input_tokens += outcome.input_tokens or 0
        self.output_tokens += outcome.output_tokens or 0
        self.cost_usd += outcome.cost_usd or 0.0
        self.unpriced += outcome.cost_usd is None

    def render(self, elapsed_s: float) -> str:
        """One line of what happened so far."""
        errors = ", ".join(f"{count} {kind}" for kind, count in self.errors.most_common()) or "0"
        return (
            f"sent {self.sent}  ok {self.ok}  errors {errors}  {self.sent / max(elapsed_s, 1e-9):.2f}/s"
            f"  p50 {percentile(self.latencies_s, 0.5):.2f} s  p95 {percentile(self.latencies_s, 0.95):.2f} s"
            f"  tokens {self.input_tokens:,} in {self.output_tokens:,} out  cost {self.render_cost()}"
        )

    def render_cost(self) -> str:
        """Dollars, and how many answers had no known price."""
        unknown = f" ({self.unpriced} of unknown price)" if self.unpriced else ""
        return f"${self.cost_usd:.6f}{unknown}"


def percentile(values: Sequence[float], ratio: float) -> float:
    """The nearest-rank percentile; 0.0 of nothing."""
    ordered = sorted(values)
    return ordered[min(int(ratio * len(ordered)), len(ordered) - 1)] if ordered else 0.0
