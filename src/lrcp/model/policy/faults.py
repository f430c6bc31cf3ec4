"""Failures on purpose, and models that only pretend to be ones."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, get_args

from msgspec import Meta

from lrcp.model.policy.admission import Name, Positive, Ratio
from lrcp.model.policy.scope import Record, Scope

FaultKind = Literal[
    "latency",
    "error",
    "rate_limit",
    "timeout",
    "slow_tokens",
    "cut_stream",
    "truncated_json",
    "garbled",
    "empty",
    "repeated",
    "off_topic",
    "hallucinated_product",
    "inflated_tokens",
    "model_swap",
]
FAULT_KINDS: Final[tuple[str, ...]] = get_args(FaultKind)
MAX_FAULT_S: Final = 24 * 3600


class Fault(Record, frozen=True, kw_only=True):
    """One injected failure; it ends for_s after the policy with it came into force (or at `until`, Unix seconds), always.

    Which tries it hits is decided by seed, name and the request's trace id, so that a drill can be repeated; a later try
    of the same request has a chance of its own. match is about the request, targets (patterns of `provider/model`) about
    where a try goes: a storm at one target is escaped by going to another. attempts: only the first so many tries, 0 all.
    latency_ms: of `latency`; between two tokens of `slow_tokens`. status: of `error`. retry_after_s: of `rate_limit`.
    after_tokens: pieces that `cut_stream` and a streamed `truncated_json` let through. factor: of `inflated_tokens`. to: target of `model_swap`.
    text: what `off_topic` says; product ids of `hallucinated_product`, separated by spaces.
    """

    name: Name
    kind: FaultKind
    match: Scope = Scope()
    targets: tuple[str, ...] = ()
    attempts: Annotated[int, Meta(ge=0, le=100)] = 0
    probability: Ratio = 1.0
    seed: int = 0
    for_s: Annotated[float, Meta(gt=0, le=MAX_FAULT_S)] = 600.0
    until: float | None = None
    latency_ms: Positive = 2_000
    status: Annotated[int, Meta(ge=400, le=599)] = 500
    retry_after_s: Annotated[int, Meta(ge=0, le=3600)] = 2
    after_tokens: Annotated[int, Meta(ge=0)] = 5
    factor: Annotated[float, Meta(gt=1, le=1000)] = 10.0
    to: str = ""
    text: str = ""


class FaultsByHeader(Record, frozen=True, kw_only=True):
    """Which faults a request may ask for itself, by `x-lrcp-fault: kind` (with `;latency_ms=...` and such).

    A `model_swap` cannot be asked for: where calls go is for the policy to say.
    """

    kinds: tuple[FaultKind, ...] = ()
    match: Scope = Scope()
    max_latency_ms: Positive = 30_000


class SimulatedModel(Record, frozen=True, kw_only=True):
    """A model of the provider `simulated`. Times are milliseconds; the first token's follow a log-normal distribution.

    quality: share of answers that answer the question; the rest are vague, so that evaluators see the difference.
    error_ratio: share of calls that fail with `error_status`. *_usd_per_mtok: declared price, for telemetry and budgets.
    """

    ttft_ms: Annotated[float, Meta(ge=0)] = 200.0
    ttft_sigma: Annotated[float, Meta(ge=0, le=3)] = 0.3
    tokens_per_s: Annotated[float, Meta(gt=0)] = 80.0
    output_tokens: Positive = 120
    quality: Ratio = 0.95
    error_ratio: Ratio = 0.0
    error_status: Annotated[int, Meta(ge=400, le=599)] = 500
    input_usd_per_mtok: Annotated[float, Meta(ge=0)] = 0.5
    output_usd_per_mtok: Annotated[float, Meta(ge=0)] = 1.5
    seed: int = 0


class Simulation(Record, frozen=True, kw_only=True):
    """The simulated provider's models, by name; besides them `fast`, `slow`, `cheap`, `good` and `flaky` are known."""

    models: Mapping[str, SimulatedModel] = {}
