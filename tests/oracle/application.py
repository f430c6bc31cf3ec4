"""The application that the recordings are played to: ours, in this process, with a clock at the time of the recording."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import delete

from lrcp.kit.clock import FakeClock
from lrcp.store.state.store import StateStore, open_state
from lrcp.store.state.tables import resource
from tests.oracle.replay import Send
from tests.support.datadog_api import DatadogApi


def open_test_state(directory: Path) -> StateStore:
    """A state database of the tests."""
    return open_state("", directory, now_ns=0)


def forget_all(state: StateStore) -> None:
    """Empty it for the next recording."""
    with state.transaction() as connection:
        connection.execute(delete(resource))


@contextmanager
def playing(state: StateStore, now_s: float) -> Iterator[Send]:
    """How requests are sent to an application over a state, at a time. Nothing was ever counted of any metric."""
    clock = FakeClock(now_s)
    with DatadogApi(state, clock).client as client:

        def send(method: str, path: str, query: list[tuple[str, str]], body: Any) -> tuple[int, Any, str]:
            answer = client.request(method, path, params=dict(query), json=body)
            clock.advance(0.01)
            return answer.status_code, answer.json() if answer.content else None, answer.text

        yield send
