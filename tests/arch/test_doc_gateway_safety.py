"""docs/gateway/safety.md and guards.md say the figures that the code has."""

import pytest

from lrcp.gateway import server
from lrcp.gateway.config import DRAIN_S, Limits, Timeouts
from lrcp.gateway.guards import asking, held, hook, streams, threads
from lrcp.gateway.http1 import client, connection, serving
from lrcp.gateway.http1.serving import ServerProtocol
from lrcp.model.policy.admission import Guard
from tests.arch.packages import SRC

DOCS = SRC.parent / "docs" / "gateway"
KIB, MIB = 1024, 1024 * 1024

SAFETY = [
    f"| connections | {ServerProtocol.max_connections:,}, or",
    f"| head of a request | {ServerProtocol.head_timeout_s:g} s from",
    f"| head of a request | {serving.MAX_HEAD_BYTES // KIB} KiB, each header counted with {serving._BYTES_A_HEADER} bytes",
    f"| body of a request | {ServerProtocol.min_progress_bytes // KIB} KiB in each {ServerProtocol.body_timeout_s:g} s",
    f"| body of a request | {Limits().max_request_bytes // MIB} MiB",
    f"| requests sent ahead on one connection | {serving._MAX_WAITING_REQUESTS} |",
    f"{ServerProtocol.write_timeout_s:g} s over the socket's buffer; at the end {ServerProtocol.min_progress_bytes // KIB} KiB",
    f"| idle connection | {server._KEEPALIVE_S} s",
    f"answered already | {ServerProtocol.linger_s:g} s",
    f"| connection, TLS included | {Timeouts().connect_s:g} s",
    f"| first byte | {Timeouts().first_byte_s:g} s",
    f"| between two pieces of the answer | {Timeouts().idle_s:g} s",
    f"| the whole call | {Timeouts().whole_s:g} s",
    f"| calls in progress | {Limits().max_connections:,} |",
    f"| answer that is no stream | {Limits().max_reply_bytes // MIB} MiB",
    f"| one event of a stream | {Limits().max_event_bytes // MIB} MiB",
    f"while the client is slow | {connection._PAUSE_ABOVE_BYTES // KIB} KiB",
    f"interim answers included | {connection._MAX_HEAD_BYTES // KIB} KiB",
    f"| idle connection kept | {client._KEEPALIVE_S:g} s, {client._MAX_IDLE_PER_ORIGIN} for",
    f"calls in progress have {DRAIN_S:g} s",
]
GUARDS = [
    f"| `timeout_ms` | {Guard(name='a', uses='b').timeout_ms} by default",
    f"({streams.MAX_SEEN_CHARS:,} characters of it at most)",
    f"At most {held.MAX_HELD_BYTES:,} bytes are held back",
    f"There are {threads.MAX_THREADS} threads; {threads.MAX_WAITING} calls wait",
    {3: "three times"}[asking.OVERRUNS_BEFORE_THREAD],
    f"`{hook.HEADER.decode()}: <name>`",
    f"`{hook.UNCHECKED_HEADER.decode()}: <name>`",
    f"| `{hook.BLOCKED}`, 400 |",
    f"| `{hook.UNCHECKED}`, 503 |",
]


@pytest.mark.parametrize("said", SAFETY)
def test_the_page_on_safety_says_the_bounds_that_there_are(said: str) -> None:
    assert said in (DOCS / "safety.md").read_text()


@pytest.mark.parametrize("said", GUARDS)
def test_the_page_on_guards_says_the_bounds_and_words_that_there_are(said: str) -> None:
    assert said in (DOCS / "guards.md").read_text()
