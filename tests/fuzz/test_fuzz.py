"""Fuzz runs, short by default; LRCP_FUZZ_N=1000000 for the full run, LRCP_FUZZ_SEED for another one."""

import asyncio
import os

from lrcp.ingest.http import Decoded, Receiver, Reply, Request, Route
from lrcp.ingest.receivers.datadog_intake import render_error, routes
from tests.fuzz.datadog_intake import NOW_S, seeds
from tests.fuzz.dogstatsd import fuzz_datagrams
from tests.fuzz.http_bodies import Seed, fuzz_receiver

COUNT = int(os.environ.get("LRCP_FUZZ_N", "20000"))
SEED = int(os.environ.get("LRCP_FUZZ_SEED", "1"))


def test_no_mutated_datagram_crashes_dogstatsd_or_makes_a_bucket_that_cannot_be_stored() -> None:
    assert fuzz_datagrams(COUNT, SEED) > COUNT / 1000


def test_no_mutated_body_makes_a_datadog_intake_answer_5xx_or_meet_an_unforeseen_error() -> None:
    receiver = Receiver("datadog_intake", routes(), render_error)
    findings = asyncio.run(fuzz_receiver(receiver, seeds(), COUNT, seed=SEED, now_s=NOW_S))
    assert findings.failures == []
    assert findings.statuses[202] > 0
    assert findings.statuses[400] > 0


def test_a_receiver_with_a_bug_is_found() -> None:
    def decode_carelessly(request: Request) -> Decoded:
        return Decoded(Reply(202, request.body.decode("ascii").encode()))

    receiver = Receiver("careless", {"/x": Route(decode_carelessly)}, render_error)
    findings = asyncio.run(fuzz_receiver(receiver, [Seed("/x", b"plain")], 500, seed=SEED))
    assert len(findings.failures) > 10
