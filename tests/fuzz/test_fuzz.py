"""Fuzz runs: a short one always, the full one with `make soak`.

LRCP_FUZZ_N is the number of datagrams of the full run, and ten times the number of bodies per HTTP receiver;
LRCP_FUZZ_SEED gives another run.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from lrcp.ingest.http import Decoded, Receiver, Reply, Request, Route
from lrcp.ingest.receivers import datadog_agent as agent
from lrcp.ingest.receivers import datadog_intake as intake
from lrcp.ingest.receivers.llmobs import llmobs_routes
from lrcp.ingest.receivers.otlp.receiver import receiver as otlp_receiver
from lrcp.ingest.receivers.otlp.signals import otlp_signals
from tests.fuzz import datadog_agent, datadog_intake, otlp
from tests.fuzz.dogstatsd import fuzz_datagrams
from tests.fuzz.http_bodies import Findings, Seed, fuzz_receiver, send_seeds, with_every_path

FULL = int(os.environ.get("LRCP_FUZZ_N", "1000000"))
SEED = int(os.environ.get("LRCP_FUZZ_SEED", "1"))
_FULL_RUN = [pytest.mark.soak, pytest.mark.timeout(7200)]


@dataclass(frozen=True)
class Case:
    """A receiver, good requests for it, and the time at which they are good."""

    receiver: Receiver
    seeds: Sequence[Seed]
    now_s: float


def agent_case() -> Case:
    receiver = agent.receiver(version="0.1.0", env="test", port=8126, dogstatsd_port=8125)
    return Case(receiver, datadog_agent.seeds(), datadog_agent.NOW_S)


def otlp_case() -> Case:
    return Case(otlp_receiver(otlp_signals((otlp.NOW_S - 3600) * 10**9)), otlp.seeds(), otlp.NOW_S)


def main_port_case() -> Case:
    receiver = Receiver("datadog_intake", {**intake.routes(), **llmobs_routes()}, intake.render_error)
    return Case(receiver, [*datadog_intake.seeds(), *datadog_agent.llmobs_seeds()], datadog_intake.NOW_S)


CASES = (agent_case, otlp_case, main_port_case)


@pytest.mark.parametrize("count", [20_000, pytest.param(FULL, marks=_FULL_RUN)])
def test_no_mutated_datagram_crashes_dogstatsd_or_makes_a_bucket_that_cannot_be_stored(count: int) -> None:
    assert fuzz_datagrams(count, SEED) > count / 1000


@pytest.mark.parametrize("count", [3_000, pytest.param(FULL // 10, marks=_FULL_RUN)])
@pytest.mark.parametrize("make_case", CASES)
def test_no_mutated_body_makes_a_receiver_answer_5xx_meet_an_unforeseen_error_or_keep_what_cannot_be_stored(
    make_case: Callable[[], Case], count: int
) -> None:
    case = make_case()
    seeds = with_every_path(case.receiver, case.seeds)
    findings = asyncio.run(fuzz_receiver(case.receiver, seeds, count, seed=SEED, now_s=case.now_s))
    assert findings.failures == []
    assert findings.statuses[200] + findings.statuses[202] > count / 20
    assert findings.statuses[400] > count / 20


@pytest.mark.parametrize("make_case", CASES)
def test_every_seed_is_a_good_request(make_case: Callable[[], Case]) -> None:
    case = make_case()
    findings = {seed.path: send(case, seed) for seed in case.seeds}
    assert {path: found for path, found in findings.items() if set(found.statuses) - {200, 202}} == {}


def send(case: Case, seed: Seed) -> Findings:
    return asyncio.run(send_seeds(case.receiver, [seed], now_s=case.now_s))


def test_a_receiver_with_a_bug_is_found() -> None:
    def decode_carelessly(request: Request) -> Decoded:
        return Decoded(Reply(202, request.body.decode("ascii").encode()))

    receiver = Receiver("careless", {"/x": Route(decode_carelessly)}, intake.render_error)
    findings = asyncio.run(fuzz_receiver(receiver, [Seed("/x", b"plain")], 500, seed=SEED))
    assert len(findings.failures) > 10
