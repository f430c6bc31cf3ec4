"""The receivers on sockets, once for all tests that need them; each test begins with an empty collector."""

from collections.abc import Iterator

import pytest

from tests.wire.otlp.servers import Servers, serving


@pytest.fixture(scope="session")
def _running() -> Iterator[Servers]:
    with serving() as servers:
        yield servers


@pytest.fixture
def servers(_running: Servers) -> Servers:
    _running.collector.batches.clear()
    _running.collector.failures.clear()
    return _running
