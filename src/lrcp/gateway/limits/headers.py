"""The headers that tell a client how much it has left, by the names that OpenAI gave them."""

from collections.abc import Iterable, Iterator
from typing import Final

from lrcp.gateway.limits.rules import Claim

Headers = list[tuple[bytes, bytes]]
PREFIX: Final = b"x-ratelimit-"
_TOLD: Final = ("requests", "tokens")


def tell_left(claims: Iterable[Claim]) -> Headers:
    """For requests and tokens each: the limit of which the least is left."""
    tightest: dict[str, Claim] = {}
    for claim in claims:
        known = tightest.get(claim.rule.what)
        if known is None or claim.left < known.left:
            tightest[claim.rule.what] = claim
    return [header for what in _TOLD if what in tightest for header in _tell(what, tightest[what])]


def _tell(what: str, claim: Claim) -> Iterator[tuple[bytes, bytes]]:
    name = what.encode()
    yield PREFIX + b"limit-" + name, b"%d" % claim.rule.most
    yield PREFIX + b"remaining-" + name, b"%d" % claim.left
    yield PREFIX + b"reset-" + name, render_duration(claim.resets_ns)


def render_duration(duration_ns: int) -> bytes:
    """As OpenAI writes it: 120ms, 1.5s, 6m0s, 1h2m3s; rounded up, so that nobody comes too early."""
    milliseconds = -(-duration_ns // 1_000_000)
    if milliseconds < 1000:
        return b"%dms" % milliseconds
    if milliseconds < 60_000:
        return b"%gs" % (milliseconds / 1000)
    minutes, seconds = divmod(-(-milliseconds // 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return b"%dh%dm%ds" % (hours, minutes, seconds) if hours else b"%dm%ds" % (minutes, seconds)
