"""Who may call, how much, for how many dollars, and what gives way under pressure."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta

from lrcp.model.policy.scope import Per, Record, Scope

Positive = Annotated[int, Meta(gt=0)]
Ratio = Annotated[float, Meta(ge=0.0, le=1.0)]
Name = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_.:-]{0,63}$")]
"""A name that goes into tags and headers as it is."""


class Authentication(Record, frozen=True, kw_only=True):
    """required: a request without a valid virtual key is refused with 401. Else a key counts when one is sent."""

    required: bool = True


class Limit(Record, frozen=True, kw_only=True):
    """So many requests or tokens in each window, or so many at the same time; those over it are refused with 429.

    tokens are input and output together; input is counted before the call by estimate, and settled after it.
    """

    name: Name
    match: Scope = Scope()
    per: Per = "all"
    requests: Positive | None = None
    tokens: Positive | None = None
    every: Literal["second", "minute", "hour", "day"] = "minute"
    concurrent: Positive | None = None


class Budget(Record, frozen=True, kw_only=True):
    """Dollars in each UTC hour, day or month; what a call may cost is reserved before it and settled after it.

    usd: the cap. warn_at: share of it from which replies carry x-lrcp-budget-warning; the ladder feels pressure from
    its own pressure.budget_above on.
    at_cap: `reject` with 429, or `degrade`: go down the ladder without waiting, and reject only what still costs money.
    unknown_price: whether a model without a price may be called, as its spend could not be counted.
    answer_tokens: what is reserved for an answer to a request that does not bound it.
    """

    name: Name
    usd: Annotated[float, Meta(gt=0)]
    every: Literal["hour", "day", "month"] = "day"
    match: Scope = Scope()
    per: Literal["all", "key", "team", "service", "model"] = "all"
    warn_at: Ratio = 0.8
    at_cap: Literal["reject", "degrade"] = "reject"
    unknown_price: Literal["reject", "allow"] = "reject"
    answer_tokens: Positive = 2_048


class LadderStep(Record, frozen=True, kw_only=True):
    """One step down; those above it stay in force.

    do: `cache_exact` and `cache_semantic` switch that cache on (with the settings of `cache`, or their defaults), and
    let it answer whatever the request's own wish; `smaller_model` sends to the target `to` what asks for one of
    `models`; `shorter_answers` lowers max_tokens to `max_tokens`; `shed` refuses requests of the `priorities`.
    """

    do: Literal["cache_exact", "cache_semantic", "smaller_model", "shorter_answers", "shed"]
    models: tuple[str, ...] = ("*",)
    to: str = ""
    max_tokens: Positive = 256
    priorities: tuple[Literal["low", "normal", "high"], ...] = ("low",)


class Pressure(Record, frozen=True, kw_only=True):
    """When to go a step down and when up again, each judged over the last window_s.

    A step is taken when any of the `_above` is passed for hold_down_s, and given back when all are under their
    `recover_at` share for hold_up_s. budget_above is a share of the fullest matching budget.
    """

    budget_above: Ratio | None = 0.9
    p95_seconds_above: Annotated[float, Meta(gt=0)] | None = None
    error_ratio_above: Ratio | None = None
    recover_at: Ratio = 0.8
    window_s: Annotated[float, Meta(gt=0)] = 30.0
    hold_down_s: Annotated[float, Meta(ge=0)] = 5.0
    hold_up_s: Annotated[float, Meta(ge=0)] = 60.0
    min_requests: Positive = 20


class Ladder(Record, frozen=True, kw_only=True):
    """Declared steps, taken one by one from the first. at_step holds it at a step by hand (0: none taken)."""

    steps: Annotated[tuple[LadderStep, ...], Meta(min_length=1)]
    pressure: Pressure = Pressure()
    at_step: Annotated[int, Meta(ge=0)] | None = None


class Guard(Record, frozen=True, kw_only=True):
    """An evaluator asked before the call, after it, or both.

    uses: the name of a registered guard; options are its own. action: what is done when it objects; to `redact` it must
    name places, else `block` is done. timeout_ms bounds it; on_timeout (and when it fails, or cannot read what it is
    given) the call passes, marked as unchecked, or is refused.
    """

    name: Name
    uses: str
    match: Scope = Scope()
    on: Literal["request", "reply", "both"] = "both"
    action: Literal["block", "redact", "mark"] = "mark"
    timeout_ms: Positive = 50
    on_timeout: Literal["pass", "block"] = "pass"
    options: Mapping[str, Any] = {}
