"""The reference application's simulate_ parameters, through a real gateway that obeys the demo's policy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lrcp.app.first_policy import DEMO_POLICY, load_first_policy
from lrcp.gateway.config import TelemetryConfig
from tests.support.ddapm import DdapmAgent
from tests.support.gateway_thread import gateway_thread
from tests.support.http_thread import serving
from tests.support.model_server import running_model_server
from tests.support.model_wires import ANSWER, USAGE
from tests.support.reference_app import ReferenceApp, running_reference_app
from tests.support.span_listener import SpanListener

pytestmark = pytest.mark.e2e
QUESTION = {"question": "When does the parcel arrive?", "document": "Parcels arrive on Friday."}


@pytest.fixture
def listener() -> SpanListener:
    return SpanListener()


@pytest.fixture
def app(listener: SpanListener, test_agent: DdapmAgent, tmp_path: Path) -> Iterator[ReferenceApp]:
    policy = load_first_policy(str(DEMO_POLICY))
    with running_model_server() as model, serving(listener.build()) as url:
        telemetry = TelemetryConfig(url=f"{url}/v1/traces")
        with (
            gateway_thread(model.url, policy=policy, telemetry=telemetry) as gateway,
            running_reference_app(tmp_path, gateway_url=gateway, agent_url=test_agent.url) as running,
        ):
            yield running


def test_each_parameter_does_what_it_says_and_telemetry_names_the_fault(
    app: ReferenceApp, listener: SpanListener
) -> None:
    plain = app.post("/qa", QUESTION)
    assert plain.body["answer"] == ANSWER

    late = app.post("/qa?simulate_latency=true", QUESTION)
    assert (late.body["answer"], late.body["metadata"]["latency_ms"] > 2500) == (ANSWER, True)

    again = app.post("/reason?simulate_retry=true", {"prompt": "Think."})
    assert again.body["answer"] == ANSWER

    astray = app.post("/qa?simulate_bad_prompt=true", QUESTION)
    assert astray.body["answer"] != ANSWER

    dear = app.post("/qa?simulate_long_context=1&simulate_bad_prompt=false", QUESTION)
    assert dear.body["metadata"]["input_tokens"] == 20 * USAGE.input

    spans = listener.wait_for(5)
    tags = [{a["key"]: a["value"].get("stringValue") for a in span["attributes"]} for span in spans]
    told = [tag.get("faults") for tag in tags]
    assert told == [None, "header:latency", "header:error", "header:off_topic", "header:inflated_tokens"]
    tries = [a["value"].get("intValue") for span in spans for a in span["attributes"] if a["key"] == "lrcp.attempts"]
    assert tries == ["1", "1", "2", "1", "1"]


def test_a_stress_test_asks_for_the_fault_every_time(app: ReferenceApp, listener: SpanListener) -> None:
    reply = app.post("/stress?simulate_bad_prompt=true", {"prompt": "Tell me.", "repetitions": 3})
    assert reply.status == 200
    assert all(
        {"key": "faults", "value": {"stringValue": "header:off_topic"}} in span["attributes"]
        for span in listener.wait_for(3)
    )


def test_a_parameter_that_is_no_yes_or_no_is_refused(app: ReferenceApp) -> None:
    assert app.post("/qa?simulate_latency=perhaps", QUESTION).status == 422
