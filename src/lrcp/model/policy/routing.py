"""Where calls go, and what is done when they fail."""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta

from lrcp.model.policy.admission import Name, Positive, Ratio
from lrcp.model.policy.scope import Record, Scope

Seconds = Annotated[float, Meta(gt=0)]
KeyVariable = Annotated[str, Meta(pattern=r"^([A-Z][A-Z0-9_]*_API_KEY)?$")]
"""Only such variables, so that a policy cannot have any secret of the environment sent to an address of its choice."""


class ProviderSettings(Record, frozen=True, kw_only=True):
    """A provider of one's own, or another address for a known one.

    like: the known provider whose row holds for what is not given here ('' OpenAI-compatible). base_url is that of
    its OpenAI form; endpoints give one for each wire family (`openai`, `anthropic`, `gemini`). key_variable names the
    environment variable of its key: keys themselves are never in a policy. formats: the wire formats it speaks, such as
    `openai.responses`, where they are not those of its row.
    client_keys: whether a key that a caller brings may be sent to it, where the gateway has none of its own.
    allow_private: whether its address may be private or link-local; loopback too.
    """

    like: str = ""
    base_url: str = ""
    endpoints: Mapping[Literal["openai", "anthropic", "gemini"], str] = {}
    key_variable: KeyVariable = ""
    formats: tuple[str, ...] = ()
    client_keys: bool = False
    allow_private: bool = False


class WeightedTarget(Record, frozen=True, kw_only=True):
    """to: `provider/model`. weight: its share among the targets of its route. tags end up on the span."""

    to: str
    weight: Annotated[float, Meta(ge=0)] = 1.0


class Condition(Record, frozen=True, kw_only=True):
    """When a route holds: all that is given. prompt tokens are estimated; hours are UTC, `22-6` goes past midnight.

    healthy: only while a target of the route has its circuit closed.
    """

    match: Scope = Scope()
    prompt_tokens_above: Positive | None = None
    prompt_tokens_below: Positive | None = None
    hours: Annotated[str, Meta(pattern=r"^([01]?\d|2[0-3])-([01]?\d|2[0-4])$")] | None = None
    healthy: bool = False


class Canary(Record, frozen=True, kw_only=True):
    """percent of the requests of a route go to another target first."""

    to: str
    percent: Annotated[float, Meta(ge=0, le=100)]


class Shadow(Record, frozen=True, kw_only=True):
    """A share of the requests is sent to another target as well; its answer is measured and thrown away."""

    to: str
    ratio: Ratio = 0.05


class Timeouts(Record, frozen=True, kw_only=True):
    """Seconds: until the connection stands; until the first token; between two pieces; from start to end."""

    connect_s: Seconds | None = None
    first_token_s: Seconds | None = None
    idle_s: Seconds | None = None
    whole_s: Seconds | None = None


class Retries(Record, frozen=True, kw_only=True):
    """max: tries after the first. budget_ratio: retries at most, as a share of requests, so that they cannot pile up.

    Waits grow from base_ms to cap_ms with full jitter; a provider's Retry-After is kept to when at most max_wait_s.
    """

    max: Annotated[int, Meta(ge=0, le=10)] = 2
    base_ms: Positive = 100
    cap_ms: Positive = 2_000
    max_wait_s: Annotated[float, Meta(ge=0)] = 5.0
    budget_ratio: Ratio = 0.2
    statuses: tuple[int, ...] = (408, 429, 500, 502, 503, 504, 529)


class Breaker(Record, frozen=True, kw_only=True):
    """Opens when of at least min_calls in window_s the share error_ratio failed; after open_s one call may try."""

    error_ratio: Ratio = 0.5
    min_calls: Positive = 10
    window_s: Seconds = 30.0
    open_s: Seconds = 15.0


class Hedge(Record, frozen=True, kw_only=True):
    """A second try beside the first when it has no first byte after this percentile of the target's own times.

    Needs min_samples of them; max_ratio bounds the share of requests that are hedged.
    """

    percentile: Annotated[float, Meta(gt=0, lt=100)] = 95.0
    min_samples: Positive = 50
    max_ratio: Ratio = 0.1


class Resilience(Record, frozen=True, kw_only=True):
    """None is off."""

    timeouts: Timeouts = Timeouts()
    retries: Retries | None = Retries()
    breaker: Breaker | None = Breaker()
    hedge: Hedge | None = None


class Route(Record, frozen=True, kw_only=True):
    """The first route that takes the requested model, and whose condition holds, decides.

    models: names as requested; `*` for any run of characters. fallback: targets tried in order when the chosen one
    fails. sticky keeps a session (or user, key) on its target. router names a registered router that chooses among
    the targets instead of their weights. resilience replaces the policy's own for this route.
    """

    name: Name
    models: Annotated[tuple[str, ...], Meta(min_length=1)]
    targets: Annotated[tuple[WeightedTarget, ...], Meta(min_length=1)]
    when: Condition = Condition()
    fallback: tuple[str, ...] = ()
    canary: Canary | None = None
    shadow: Shadow | None = None
    sticky: Literal["session", "user", "key"] | None = None
    router: str = ""
    resilience: Resilience | None = None
