"""The kinds of faults and what puts them in, in the order in which they are met: time first, another model last."""

from collections.abc import Mapping
from typing import Final

from lrcp.gateway.faults.answers import inject_words
from lrcp.gateway.faults.errors import inject_error, inject_rate_limit
from lrcp.gateway.faults.injection import Injector
from lrcp.gateway.faults.streams import inject_cut_stream, inject_truncated_json
from lrcp.gateway.faults.timing import inject_latency, inject_slow_tokens, inject_timeout
from lrcp.gateway.faults.tokens import inject_inflated_tokens, inject_model_swap

INJECTORS: Final[Mapping[str, Injector]] = {
    "latency": inject_latency,
    "timeout": inject_timeout,
    "rate_limit": inject_rate_limit,
    "error": inject_error,
    "slow_tokens": inject_slow_tokens,
    "cut_stream": inject_cut_stream,
    "truncated_json": inject_truncated_json,
    "garbled": inject_words,
    "empty": inject_words,
    "repeated": inject_words,
    "off_topic": inject_words,
    "hallucinated_product": inject_words,
    "inflated_tokens": inject_inflated_tokens,
    "model_swap": inject_model_swap,
}
ORDER: Final = {kind: place for place, kind in enumerate(INJECTORS)}
CHAT_ONLY: Final = frozenset(kind for kind in INJECTORS if ORDER[kind] >= ORDER["garbled"] and kind != "model_swap")
"""Kinds that mean nothing for embeddings and counts of tokens."""
