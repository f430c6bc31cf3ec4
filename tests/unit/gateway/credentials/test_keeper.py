"""Tokens at hand: renewed ahead of their end, held through failures, refused when there is none."""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.gateway.credentials.keeper import Renew, Token, TokenKeeper, renew_after_s
from lrcp.gateway.errors import UpstreamError
from lrcp.kit.backoff import Backoff
from lrcp.kit.clock import FakeClock
from lrcp.model.errors import UnavailableError
from tests.support.processes import wait_until


@pytest.mark.parametrize(("lifetime_s", "after_s"), [(3600, 3300), (600, 300), (100, 50), (1, 1), (0, 1), (-5, 1)])
def test_a_token_is_renewed_ahead_of_its_end(lifetime_s: float, after_s: float) -> None:
    assert renew_after_s(lifetime_s) == after_s


@given(st.floats(2, 10**6))
def test_a_token_is_renewed_while_it_holds(lifetime_s: float) -> None:
    assert 0 < renew_after_s(lifetime_s) < lifetime_s


def replies(*answers: Token | UnavailableError) -> Renew:
    """Gives the answers in turn, the last for ever."""
    left = list(answers)

    def renew() -> Token:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, UnavailableError):
            raise answer
        return answer

    return renew


async def until(condition: Callable[[], bool]) -> None:
    await asyncio.to_thread(wait_until, condition, "the keeper to come so far")


def test_there_is_no_token_before_the_first_has_come() -> None:
    keeper = TokenKeeper("Vertex AI", replies(Token("a", 60)))
    with pytest.raises(UpstreamError, match="no access token for Vertex AI: it is on its way") as raised:
        keeper.token()
    assert (raised.value.status, raised.value.code) == (503, "no_credential")


def test_a_token_holds_until_its_end_and_no_longer() -> None:
    async def run() -> None:
        clock = FakeClock()
        keeper = TokenKeeper("Vertex AI", replies(Token("a", 60)), clock)
        await keeper.start()
        await until(lambda: keeper.describe()["renewals"] == 1)
        assert keeper.token() == "a"
        clock.advance(59)
        assert keeper.token() == "a"
        assert keeper.describe() == {"valid_s": 1, "renewals": 1, "failures": 0, "error": ""}
        clock.advance(1)
        with pytest.raises(UpstreamError):
            keeper.token()
        await keeper.stop()

    asyncio.run(run())


def test_the_token_before_goes_on_while_renewals_fail_and_the_reason_is_told() -> None:
    async def run() -> None:
        clock = FakeClock()
        renew = replies(Token("a", 1), UnavailableError("away"), UnavailableError("still away"), Token("b", 3600))
        keeper = TokenKeeper("Vertex AI", renew, clock, Backoff(base_s=0.01, cap_s=0.01))
        await keeper.start()
        await until(lambda: keeper.describe()["renewals"] == 1)
        assert keeper.token() == "a"
        await until(lambda: keeper.describe()["renewals"] == 2)
        assert keeper.token() == "b"
        await keeper.stop()

    asyncio.run(run())


def test_who_asks_while_renewals_fail_is_told_why() -> None:
    async def run() -> None:
        keeper = TokenKeeper("Vertex AI", replies(UnavailableError("RefreshError: invalid_grant")))
        await keeper.start()
        await until(lambda: keeper.describe()["failures"] == 1)
        with pytest.raises(UpstreamError, match="invalid_grant"):
            keeper.token()
        await keeper.stop()

    asyncio.run(run())


def test_a_token_does_not_show_itself() -> None:
    assert "secret" not in repr(Token("secret", 60))
