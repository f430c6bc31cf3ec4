"""Answers that are given again."""

from typing import Annotated, Literal

from msgspec import Meta

from lrcp.model.policy.admission import Positive, Ratio
from lrcp.model.policy.scope import Record, Scope

Tenant = Literal["key", "team", "user", "session", "all"]
"""Who shares a cache's entries with whom; `key` falls back to the credential that the request carries."""


class ExactCache(Record, frozen=True, kw_only=True):
    """The same request, after bringing its JSON to one form, gets the same answer. Errors are never kept."""

    enabled: bool = True
    match: Scope = Scope()
    ttl_s: Annotated[float, Meta(gt=0)] = 3600.0
    tenant: Tenant = "key"
    max_entries: Positive = 10_000
    max_bytes: Positive = 64 * 1024 * 1024
    single_flight: bool = True


class SemanticCache(Record, frozen=True, kw_only=True):
    """A request that means the same gets the same answer.

    threshold: cosine similarity from which two questions may be the same. embeddings: target that embeds them.
    shadow_ratio: share of the hits that are answered by the model all the same, to measure how often a hit is false.
    """

    enabled: bool = True
    match: Scope = Scope()
    threshold: Ratio = 0.92
    embeddings: str = "local/all-minilm-l6-v2"
    ttl_s: Annotated[float, Meta(gt=0)] = 3600.0
    tenant: Tenant = "key"
    max_entries: Positive = 5_000
    shadow_ratio: Ratio = 0.02
    timeout_ms: Positive = 250


class Cache(Record, frozen=True, kw_only=True):
    """Both caches; None is off."""

    exact: ExactCache | None = None
    semantic: SemanticCache | None = None
