"""Answers that are given again."""

from typing import Annotated, Final, Literal

from msgspec import Meta

from lrcp.model.policy.admission import Positive, Ratio
from lrcp.model.policy.scope import Record, Scope

Tenant = Literal["key", "team", "user", "session", "all"]
"""Who shares a cache's entries with whom.

`key`: the virtual key, or else the credential that the request carries. `user` and `session` are apart within that.
`team` falls back to `key` where a request has none.
"""

BUILTIN_EMBEDDINGS: Final = "builtin/all-minilm-l6-v2"
"""The embedder that comes with the gateway (extra `semantic`), run in its own process."""


class ExactCache(Record, frozen=True, kw_only=True):
    """The same request, after bringing its JSON to one form, gets the same answer. Errors are never kept.

    max_bytes bounds the answers kept, together; max_answer_bytes one of them. Requests over max_request_bytes pass by.
    single_flight: identical requests in progress at the same time are one call to the provider.
    """

    enabled: bool = True
    match: Scope = Scope()
    ttl_s: Annotated[float, Meta(gt=0)] = 3600.0
    tenant: Tenant = "key"
    max_entries: Positive = 10_000
    max_bytes: Positive = 64 * 1024 * 1024
    max_answer_bytes: Positive = 2 * 1024 * 1024
    max_request_bytes: Positive = 1024 * 1024
    single_flight: bool = True


class SemanticCache(Record, frozen=True, kw_only=True):
    """A question that means the same gets the same answer, all else of the request being equal.

    threshold: cosine similarity from which two questions may be the same. embeddings: `provider/model` that embeds
    them, or the built-in one. max_question_chars: longer ones pass by, since an embedding blurs them. max_bytes and
    max_answer_bytes are as of ExactCache.
    shadow_ratio: share of the hits that are asked of the model all the same, beside the reply, to measure how often a
    hit is false: when the two answers are less alike than agree_from. shadow_per_minute bounds them.
    timeout_ms: how long a request waits for its embedding; then it goes on as a miss.
    """

    enabled: bool = True
    match: Scope = Scope()
    threshold: Ratio = 0.8
    embeddings: str = BUILTIN_EMBEDDINGS
    ttl_s: Annotated[float, Meta(gt=0)] = 3600.0
    tenant: Tenant = "key"
    max_entries: Positive = 5_000
    max_bytes: Positive = 32 * 1024 * 1024
    max_answer_bytes: Positive = 1024 * 1024
    max_question_chars: Positive = 600
    shadow_ratio: Ratio = 0.02
    shadow_per_minute: Positive = 10
    agree_from: Ratio = 0.75
    timeout_ms: Positive = 250


class Cache(Record, frozen=True, kw_only=True):
    """Both caches; None is off."""

    exact: ExactCache | None = None
    semantic: SemanticCache | None = None
