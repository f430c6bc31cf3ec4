"""The policy of the gateway's benchmarks: every stage on, none of them in the way of a good request."""

from typing import Any


def make_policy() -> dict[str, Any]:
    """A document for PUT /api/policy. Caches are asked and miss; limits, budgets and faults look and let pass."""
    return {
        "authentication": {"required": True},
        "limits": [
            {"name": "per-key", "per": "key", "requests": 10_000_000, "tokens": 2_000_000_000, "concurrent": 4096},
            {"name": "per-model", "per": "model", "requests": 10_000_000, "every": "hour"},
        ],
        "budgets": [
            {"name": "team", "per": "team", "usd": 1_000_000, "every": "month"},
            {"name": "key", "per": "key", "usd": 1_000_000, "every": "day"},
        ],
        "ladder": {"steps": [{"do": "shorter_answers"}, {"do": "shed"}]},
        "guards": [{"name": "words", "uses": "patterns", "options": {"words": ["forbidden-word"]}}],
        "cache": {"exact": {"ttl_s": 60, "max_entries": 1000}},
        "routes": [
            {
                "name": "bench",
                "models": ["fast", "paced"],
                "targets": [{"to": "url/*"}],
                "when": {"prompt_tokens_below": 1_000_000},
                "sticky": "session",
            }
        ],
        "faults": [
            {"name": "elsewhere", "kind": "latency", "match": {"teams": ["another"]}, "for_s": 86_400},
        ],
    }
