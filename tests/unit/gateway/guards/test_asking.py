"""Asking guards: bounded in time and number, whatever they do."""

import asyncio
import threading
import time
from collections.abc import Callable

import pytest

from lrcp.gateway.exchange import Caller
from lrcp.gateway.guards.asking import OVERRUNS_BEFORE_THREAD, Asker, GuardState
from lrcp.gateway.guards.port import OK, GuardInput, GuardText, Verdict
from lrcp.gateway.guards.registry import load_guards
from lrcp.gateway.guards.threads import GuardThreads
from lrcp.model.errors import SettingsError

SEEN = GuardInput("request", [GuardText("user", "secret words")], Caller(), "m")


class Does:
    reach = None

    def __init__(self, judge: Callable[[], object], *, blocking: bool = False) -> None:
        self.blocking = blocking
        self._judge = judge

    def judge(self, seen: GuardInput) -> Verdict:
        return self._judge()  # type: ignore[return-value]  # some of them do wrong


def fails() -> object:
    raise KeyError("secret words")


def test_a_guard_that_takes_too_long_where_it_is_asked_is_moved_to_a_thread() -> None:
    state, threads = GuardState(), []

    def slow() -> Verdict:
        threads.append(threading.current_thread().name)
        time.sleep(0.005)
        return OK

    asker = Asker("slow", Does(slow), 1, state)

    async def ask_often() -> None:
        for _ in range(OVERRUNS_BEFORE_THREAD):
            assert await asker.ask(SEEN) is OK
        assert await asker.ask(SEEN) is None

    asyncio.run(ask_often())
    assert threads[: OVERRUNS_BEFORE_THREAD + 1] == ["MainThread"] * OVERRUNS_BEFORE_THREAD + ["guard"]
    assert (asker.counts.overruns, asker.counts.timeouts, asker.counts.on_thread) == (OVERRUNS_BEFORE_THREAD, 1, True)
    assert not Asker("slow", Does(slow), 1, state).inline


@pytest.mark.parametrize("blocking", [False, True])
@pytest.mark.parametrize("wrong", [fails, lambda: None])
def test_a_guard_that_fails_gives_no_verdict_and_its_words_are_not_logged(
    blocking: bool, wrong: Callable[[], object], caplog: pytest.LogCaptureFixture
) -> None:
    state = GuardState()
    asker = Asker("broken", Does(wrong, blocking=blocking), 1000, state)
    assert asyncio.run(asker.ask(SEEN)) is None
    assert state.describe()["guards"]["broken"]["failures"] == 1
    assert "the guard 'broken' failed" in caplog.text
    assert "secret" not in caplog.text


def test_guards_that_never_come_back_fill_the_threads_and_no_more_wait_than_may() -> None:
    stuck, state = threading.Event(), GuardState(threads=GuardThreads(max_threads=2, max_waiting=3))

    def never() -> Verdict:
        stuck.wait(30)
        return OK

    asker = Asker("stuck", Does(never, blocking=True), 20, state)

    async def ask_many() -> list[Verdict | None]:
        return await asyncio.gather(*(asker.ask(SEEN) for _ in range(20)))

    before = threading.active_count()
    assert asyncio.run(ask_many()) == [None] * 20
    assert threading.active_count() <= before + 2
    assert asker.counts.timeouts == 20
    assert state.describe()["threads"] == 2
    stuck.set()
    asyncio.run(state.stop())


def test_further_guards_are_named_by_module_and_attribute() -> None:
    guards = load_guards(f"mine={__name__}:make_mine")
    assert guards["mine"] is make_mine
    assert "patterns" in guards


def make_mine(options: object) -> Does:
    return Does(lambda: OK)


@pytest.mark.parametrize(
    "setting", ["mine", "mine=a", "patterns=os:path", "mine=no.such:thing", "mine=os:nothing", "mine=os:sep"]
)
def test_a_guard_that_cannot_be_loaded_is_said_at_the_start(setting: str) -> None:
    with pytest.raises(SettingsError, match="LRCP_GUARDS"):
        load_guards(setting)
