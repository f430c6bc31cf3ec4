"""What is typical: tokens of a model's answers and the time of calls, as far as this process has seen them."""

from typing import Final

from lrcp.gateway.exchange import Exchange, Outcome
from lrcp.gateway.wire.format import CHAT

FIRST_OUTPUT_TOKENS: Final = 256
"""Of a model's answer before one was seen."""
FIRST_DURATION_NS: Final = 10**9
_SHARE_OF_NEW: Final = 0.1
_MAX_NAMES: Final = 512


class Typical:
    """Moving averages, bounded: names beyond the bound are not remembered."""

    def __init__(self) -> None:
        self._outputs: dict[str, float] = {}
        self._durations: dict[str, float] = {}

    def output_tokens(self, exchange: Exchange) -> int:
        """What an answer may take: the client's own bound, or else what answers of this model mostly take."""
        if exchange.call.operation != CHAT:
            return 0
        if exchange.call.max_tokens is not None:
            return max(0, exchange.call.max_tokens)
        return int(self._outputs.get(exchange.call.model, FIRST_OUTPUT_TOKENS))

    def note_output(self, exchange: Exchange, outcome: Outcome) -> None:
        """An answer that ended well."""
        if outcome.output_tokens and not outcome.error and not outcome.cancelled:
            _note(self._outputs, exchange.call.model, outcome.output_tokens)

    def duration_ns(self, limit: str) -> int:
        """Of a call under a limit."""
        return int(self._durations.get(limit, FIRST_DURATION_NS))

    def note_duration(self, limit: str, duration_ns: int) -> None:
        _note(self._durations, limit, duration_ns)


def _note(averages: dict[str, float], name: str, value: float) -> None:
    before = averages.get(name)
    if before is not None:
        averages[name] = before + _SHARE_OF_NEW * (value - before)
    elif len(averages) < _MAX_NAMES:
        averages[name] = value
