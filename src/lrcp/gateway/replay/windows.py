"""Sums per window of time: how limits and budgets of a policy would have counted requests that were."""

import heapq
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from lrcp.gateway.exchange import Exchange
from lrcp.gateway.replay.past import PastRequest
from lrcp.gateway.scope import compile_scope
from lrcp.model.policy.admission import Budget, Limit
from lrcp.model.policy.scope import Per

NS: Final = 1_000_000_000
_WINDOW_NS: Final = {"second": NS, "minute": 60 * NS, "hour": 3600 * NS, "day": 86_400 * NS}

_VALUE_OF: Final[dict[Per, Callable[[Exchange], str]]] = {
    "all": lambda exchange: "",
    "key": lambda exchange: exchange.caller.key_id or exchange.caller.key_name,
    "team": lambda exchange: exchange.caller.team,
    "service": lambda exchange: exchange.caller.service,
    "model": lambda exchange: exchange.call.model,
    "session": lambda exchange: exchange.caller.session,
    "user": lambda exchange: exchange.caller.user,
}


class LimitReplay:
    """One limit. Requests must come in the order of their start; windows are those of the clock."""

    def __init__(self, limit: Limit) -> None:
        self.name = limit.name
        self._limit = limit
        self._matches = compile_scope(limit.match)
        self._requests: dict[tuple[str, int], int] = defaultdict(int)
        self._tokens: dict[tuple[str, int], int] = defaultdict(int)
        self._ends_ns: dict[str, list[int]] = defaultdict(list)

    def refuses(self, exchange: Exchange) -> bool:
        """Whether a request finds its window full."""
        if self._matches is not None and not self._matches(exchange):
            return False
        limit, key = self._limit, self._key(exchange)
        running = self._ends_ns[key[0]]
        while running and running[0] <= exchange.started_ns:
            heapq.heappop(running)
        return (
            (limit.requests is not None and self._requests[key] >= limit.requests)
            or (limit.tokens is not None and self._tokens[key] + exchange.prompt_tokens() > limit.tokens)
            or (limit.concurrent is not None and len(running) >= limit.concurrent)
        )

    def count(self, exchange: Exchange, request: PastRequest) -> None:
        """Count a request that was let through."""
        if self._matches is None or self._matches(exchange):
            key = self._key(exchange)
            self._requests[key] += 1
            self._tokens[key] += request.tokens
            heapq.heappush(self._ends_ns[key[0]], request.start_ns + request.duration_ns)

    def _key(self, exchange: Exchange) -> tuple[str, int]:
        return _VALUE_OF[self._limit.per](exchange), exchange.started_ns // _WINDOW_NS[self._limit.every]


class BudgetReplay:
    """One budget, counted from the first request that is replayed."""

    def __init__(self, budget: Budget) -> None:
        self.name = budget.name
        self.at_cap = budget.at_cap
        self._budget = budget
        self._cap_nusd = round(budget.usd * 10**9)
        self._matches = compile_scope(budget.match)
        self._spent: dict[tuple[str, str], int] = defaultdict(int)

    def objects(self, exchange: Exchange, cost_nusd: int | None) -> bool:
        """Whether a request would go over the cap, or has no price where one is needed."""
        if self._matches is not None and not self._matches(exchange):
            return False
        if cost_nusd is None:
            return self._budget.unknown_price == "reject"
        return cost_nusd > 0 and self._spent[self._key(exchange)] + cost_nusd > self._cap_nusd

    def count(self, exchange: Exchange, cost_nusd: int | None) -> None:
        """Count the cost of a request that was made."""
        if cost_nusd and (self._matches is None or self._matches(exchange)):
            self._spent[self._key(exchange)] += cost_nusd

    def _key(self, exchange: Exchange) -> tuple[str, str]:
        moment = datetime.fromtimestamp(exchange.started_ns / NS, UTC)
        window = {"hour": f"{moment:%Y-%m-%dT%H}", "day": f"{moment:%Y-%m-%d}", "month": f"{moment:%Y-%m}"}
        return _VALUE_OF[self._budget.per](exchange), window[self._budget.every]
