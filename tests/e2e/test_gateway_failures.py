"""What the gateway makes of upstreams that fail, on real sockets: told to the official client, to telemetry, and tidied up."""

import datetime
import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google import genai
from google.genai import errors as genai_errors
from google.genai import types

from lrcp.gateway.config import TelemetryConfig, Timeouts
from lrcp.model.policy.document import Policy
from lrcp.model.policy.routing import (
    Breaker,
    Hedge,
    ProviderSettings,
    Resilience,
    Retries,
    Route,
    WeightedTarget,
)
from tests.support import raw_upstream as raw
from tests.support.gateway_thread import RunningGateway, running_gateway
from tests.support.http_thread import serving
from tests.support.processes import free_port, wait_until
from tests.support.raw_upstream import Manner, RawUpstream, raw_upstream
from tests.support.span_listener import SeenSpan, SpanListener
from tests.support.wayward_upstream import WORDS, Wayward

pytestmark = pytest.mark.e2e

ASK: Any = [{"role": "user", "content": "What shall I do?"}]
SHORT = Timeouts(connect_s=2.0, first_byte_s=0.4, idle_s=0.4, whole_s=1.5)
ONCE = Resilience(retries=None)
AGAIN = Resilience(retries=Retries(max=1, base_ms=1, cap_ms=5))


class Stage:
    """A gateway before one upstream that fails and, where it is asked for, one that is well; and what they told."""

    def __init__(self, gateway: RunningGateway, listener: SpanListener, well: Wayward) -> None:
        self.gateway = gateway
        self.listener = listener
        self.well = well
        self.idle_tasks = gateway.tasks()

    def client(self, **options: Any) -> openai.OpenAI:
        options = {"max_retries": 0, **options}
        return openai.OpenAI(base_url=f"{self.gateway.url}/v1", api_key="sk-none", **options)

    def ask(self, model: str = "ailing", **members: Any) -> Any:
        with self.client() as client:
            return client.chat.completions.with_raw_response.create(model=model, messages=ASK, **members)

    def tries(self) -> list[tuple[str, str]]:
        """(model, error) of each try that telemetry tells."""
        told = sorted((SeenSpan(span) for span in self.listener.attempts), key=lambda span: str(span["attempt"]))
        return [(span["gen_ai.request.model"], span["error.type"] or "") for span in told]

    def assert_nothing_is_left(self) -> None:
        """No request in progress, no connection to a provider in use, no task more than before."""
        app = self.gateway.app
        wait_until(lambda: app._in_progress == 0, "the gateway to end its requests", within_s=10)
        wait_until(lambda: app._client.connections == 0, "the gateway to give its connections back", within_s=10)
        wait_until(lambda: self.gateway.tasks() == self.idle_tasks, "the gateway's tasks to end", within_s=10)
        assert self.gateway.health()["faults"] == 0


class Scenes:
    """Makes stages, and takes them down."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def upstream(self, manner: Manner, tls: ssl.SSLContext | None = None) -> RawUpstream:
        return self._stack.enter_context(raw_upstream(manner, tls))

    def stage(self, url: str, resilience: Resilience | None = ONCE, timeouts: Timeouts = SHORT) -> Stage:
        """`ailing` leads to the url alone, `rescued` to it and then to an upstream that is well."""
        well, listener = Wayward(), SpanListener()
        well_url = self._stack.enter_context(serving(well.build()))
        listener_url = self._stack.enter_context(serving(listener.build()))
        ailing = (WeightedTarget(to="ailing/raw"),)
        policy = Policy(
            providers={
                "ailing": ProviderSettings(base_url=f"{url}/v1", allow_private=True),
                "claude": ProviderSettings(like="anthropic", endpoints={"anthropic": f"{url}/v1"}, allow_private=True),
                "well": ProviderSettings(base_url=f"{well_url}/v1", allow_private=True),
            },
            routes=(
                Route(name="alone", models=("ailing",), targets=ailing),
                Route(name="native", models=("claude",), targets=(WeightedTarget(to="claude/raw"),)),
                Route(name="rescue", models=("rescued",), targets=ailing, fallback=("well/plain",)),
            ),
            resilience=resilience,
        )
        telemetry = TelemetryConfig(url=f"{listener_url}/v1/traces", flush_interval_s=0.01)
        gateway = self._stack.enter_context(
            running_gateway(well_url, policy=policy, timeouts=timeouts, telemetry=telemetry)
        )
        return Stage(gateway, listener, well)


@pytest.fixture
def scenes() -> Iterator[Scenes]:
    with ExitStack() as stack:
        yield Scenes(stack)


WHOLE_FAILURES = [
    (raw.resets, 502, "upstream_disconnected"),
    (raw.hangs, 504, "upstream_timeout"),
    (raw.drips_its_head, 504, "upstream_timeout"),
    (raw.drips_its_body, 504, "upstream_timeout"),
    (raw.half_closes, 502, "upstream_disconnected"),
    (raw.half_closes_within, 502, "upstream_cut"),
    (raw.speaks_otherwise, 502, "upstream_invalid"),
    (raw.never_ends_its_head, 502, "upstream_invalid"),
    (raw.cuts_its_json, 502, "upstream_not_json"),
    (raw.shows_a_page, 502, "upstream_not_json"),
    (raw.sends_100_mb, 502, "reply_too_large"),
]
STREAM_FAILURES = [
    (raw.pings_only, 504, "upstream_timeout"),
    (raw.cuts_before_the_first_token, 502, "upstream_cut"),
]


def _name(value: object) -> str | None:
    return getattr(value, "__name__", None)


def assert_told(stage: Stage, error: openai.APIStatusError, status: int, code: str) -> None:
    """The same story everywhere: status and code at the client, on the span and on the try below it."""
    assert (error.status_code, error.code, error.type) == (status, code, "upstream_error")
    assert error.response.headers["x-lrcp-attempts"] == "1"
    assert error.response.headers["x-lrcp-model"] == "ailing/raw"
    span = stage.listener.only()
    assert span.raw["traceId"] == error.response.headers["x-lrcp-trace-id"]
    assert (span["error.type"], span["http.status_code"]) == (code, str(status))
    assert span["lrcp.cost_nusd"] is None
    assert stage.tries() == [("raw", code)]


@pytest.mark.parametrize(("manner", "status", "code"), WHOLE_FAILURES, ids=_name)
def test_an_upstream_that_fails_is_an_error_with_its_reason(
    scenes: Scenes, manner: Manner, status: int, code: str
) -> None:
    upstream = scenes.upstream(manner)
    stage = scenes.stage(upstream.url)
    with pytest.raises(openai.APIStatusError) as caught:
        stage.ask()
    assert_told(stage, caught.value, status, code)
    stage.assert_nothing_is_left()
    wait_until(lambda: upstream.busy == 0, "the upstream to be hung up on", within_s=10)


@pytest.mark.parametrize(("manner", "status", "code"), STREAM_FAILURES, ids=_name)
def test_a_stream_that_fails_before_its_first_token_is_an_error_too(
    scenes: Scenes, manner: Manner, status: int, code: str
) -> None:
    upstream = scenes.upstream(manner)
    stage = scenes.stage(upstream.url)
    with pytest.raises(openai.APIStatusError) as caught:
        stage.ask(stream=True)
    assert_told(stage, caught.value, status, code)
    stage.assert_nothing_is_left()
    wait_until(lambda: upstream.busy == 0, "the upstream to be hung up on", within_s=10)


# Not drips_its_body, whose pieces each come in time: only the end of the whole call stops it, and then no time is left;
# nor sends_100_mb, which is final.
RESCUED = [row for row in WHOLE_FAILURES if row[0] not in (raw.drips_its_body, raw.sends_100_mb)]


@pytest.mark.parametrize(("manner", "status", "code"), RESCUED, ids=_name)
def test_with_a_fallback_the_client_sees_a_good_answer(scenes: Scenes, manner: Manner, status: int, code: str) -> None:
    stage = scenes.stage(scenes.upstream(manner).url, timeouts=Timeouts(first_byte_s=0.4, idle_s=0.4, whole_s=10.0))
    reply = stage.ask("rescued")
    assert reply.parse().choices[0].message.content == "".join(WORDS)
    assert (reply.headers["x-lrcp-attempts"], reply.headers["x-lrcp-model"]) == ("2", "well/plain")
    span = stage.listener.only()
    assert span["fallback"] in ("broken", "slow")
    assert (span["error.type"], span["gen_ai.request.model"], span["lrcp.attempts"]) == (None, "plain", 2)
    assert stage.tries() == [("raw", code), ("plain", "")]
    stage.assert_nothing_is_left()


@pytest.mark.parametrize("manner", [raw.cuts_before_the_first_token, raw.pings_only, raw.resets], ids=_name)
def test_with_a_fallback_a_stream_that_fails_before_its_first_token_is_not_noticed(
    scenes: Scenes, manner: Manner
) -> None:
    stage = scenes.stage(scenes.upstream(manner).url, AGAIN, Timeouts(first_byte_s=0.4))
    with stage.client() as client:
        stream = client.chat.completions.create(model="rescued", messages=ASK, stream=True)
        words = [piece.choices[0].delta.content or "" for piece in stream]
    assert "".join(words) == "".join(WORDS)
    assert stage.listener.only()["error.type"] is None
    assert stage.tries()[-1] == ("plain", "")
    stage.assert_nothing_is_left()


@pytest.mark.parametrize(
    ("manner", "code"),
    [(raw.cuts_after_the_first_token, "upstream_cut"), (raw.goes_silent_after_the_first_token, "upstream_timeout")],
    ids=_name,
)
def test_a_stream_that_breaks_after_its_first_token_ends_with_an_error_event_and_is_never_tried_again(
    scenes: Scenes, manner: Manner, code: str
) -> None:
    upstream = scenes.upstream(manner)
    stage = scenes.stage(upstream.url, AGAIN)
    with stage.client() as client:
        stream = client.chat.completions.create(model="rescued", messages=ASK, stream=True)
        assert next(stream).choices[0].delta.content == WORDS[0]
        with pytest.raises(openai.APIError) as caught:
            list(stream)
    assert caught.value.code == code
    span = stage.listener.only()
    assert (span["error.type"], span["lrcp.attempts"]) == (code, 1)
    assert stage.tries() == [("raw", code)]
    assert stage.gateway.health()["resilience"]["targets"]["ailing/raw"]["bad"] == 1
    assert (upstream.asked, stage.well.bodies) == (1, [])
    stage.assert_nothing_is_left()


@pytest.mark.parametrize(
    ("manner", "model"),
    [(raw.cuts_an_anthropic_stream, "claude"), (raw.cuts_after_the_first_token, "ailing")],
    ids=["as it is", "translated"],
)
def test_a_stream_to_anthropics_client_that_breaks_ends_with_an_error_event_of_anthropics(
    scenes: Scenes, manner: Manner, model: str
) -> None:
    stage = scenes.stage(scenes.upstream(manner).url, AGAIN)
    with anthropic.Anthropic(base_url=stage.gateway.url, api_key="sk-none", max_retries=0) as client:
        stream = client.messages.create(model=model, max_tokens=10, messages=ASK, stream=True)
        assert [next(stream).type for _ in range(3)][-1] == "content_block_delta"
        with pytest.raises(anthropic.APIStatusError) as caught:
            list(stream)
    assert "broke off in the middle of its answer" in str(caught.value)
    assert stage.listener.only()["error.type"] == "upstream_cut"
    stage.assert_nothing_is_left()


def gemini_client(stage: Stage) -> genai.Client:
    options = types.HttpOptions(base_url=stage.gateway.url, retry_options=types.HttpRetryOptions(attempts=1))
    return genai.Client(api_key="none", vertexai=False, http_options=options)


def test_geminis_client_is_told_in_its_own_words(scenes: Scenes) -> None:
    stage = scenes.stage(scenes.upstream(raw.resets).url)
    client = gemini_client(stage)  # one that nobody holds closes itself
    with pytest.raises(genai_errors.ServerError) as caught:
        client.models.generate_content(model="ailing", contents="What shall I do?")
    assert (caught.value.code, caught.value.status) == (502, "UNAVAILABLE")
    assert "closed the connection without an answer" in str(caught.value.message)
    assert stage.listener.only()["error.type"] == "upstream_disconnected"
    stage.assert_nothing_is_left()


def test_a_stream_to_geminis_client_that_breaks_ends_with_an_error_of_its_own(scenes: Scenes) -> None:
    stage = scenes.stage(scenes.upstream(raw.cuts_after_the_first_token).url, AGAIN)
    client = gemini_client(stage)
    stream = client.models.generate_content_stream(model="ailing", contents="What shall I do?")
    assert next(stream).text == WORDS[0]
    with pytest.raises(genai_errors.APIError) as caught:
        list(stream)
    assert "broke off in the middle of its answer" in str(caught.value)
    assert stage.listener.only()["error.type"] == "upstream_cut"
    stage.assert_nothing_is_left()


def test_an_upstream_that_is_not_there_is_told_and_fallen_back_from(scenes: Scenes) -> None:
    stage = scenes.stage(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(openai.APIStatusError) as caught:
        stage.ask()
    assert_told(stage, caught.value, 502, "upstream_unreachable")
    assert stage.ask("rescued").headers["x-lrcp-model"] == "well/plain"
    stage.assert_nothing_is_left()


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's side of TLS with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder: Path = tmp_path_factory.mktemp("tls")
    pem, encoding = folder / "server.pem", serialization.Encoding.PEM
    plain = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem.write_bytes(plain + certificate.public_bytes(encoding))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def test_a_certificate_that_nobody_vouches_for_is_refused_and_not_tried_again(
    scenes: Scenes, self_signed: ssl.SSLContext
) -> None:
    upstream = scenes.upstream(raw.shows_a_page, self_signed)
    stage = scenes.stage(upstream.url, AGAIN)
    with pytest.raises(openai.APIStatusError) as caught:
        stage.ask()
    assert_told(stage, caught.value, 502, "upstream_tls")
    assert upstream.asked == 0  # neither prompt nor key went there
    assert stage.ask("rescued").headers["x-lrcp-model"] == "well/plain"
    stage.assert_nothing_is_left()


def test_an_upstream_that_speaks_no_tls_where_it_should_is_refused(scenes: Scenes) -> None:
    upstream = scenes.upstream(raw.hangs)
    stage = scenes.stage(upstream.url.replace("http:", "https:"))
    with pytest.raises(openai.APIStatusError) as caught:
        stage.ask()
    assert caught.value.code in ("upstream_tls", "upstream_connect_timeout")
    assert upstream.asked == 0
    stage.assert_nothing_is_left()


def test_a_wait_that_the_provider_asks_for_is_kept_to(scenes: Scenes) -> None:
    upstream = scenes.upstream(raw.fails_and_recovers(1, 429, "1"))
    stage = scenes.stage(upstream.url, Resilience(), Timeouts())
    reply = stage.ask()
    assert (reply.parse().choices[0].message.content, reply.headers["x-lrcp-attempts"]) == ("".join(WORDS), "2")
    first, second = sorted(
        int(span["startTimeUnixNano"]) for span in stage.listener.wait_for(1) and stage.listener.attempts
    )
    assert second - first >= 1_000_000_000
    assert float(reply.headers["x-lrcp-overhead-ms"]) < 900  # the wait is not the gateway's
    assert stage.listener.only()["retries"] == "1"


def test_a_wait_that_is_too_long_is_the_clients_to_know(scenes: Scenes) -> None:
    upstream = scenes.upstream(raw.fails_and_recovers(9, 429, "30"))
    stage = scenes.stage(upstream.url, Resilience(), Timeouts())
    with pytest.raises(openai.RateLimitError) as caught:
        stage.ask()
    assert (caught.value.response.headers["retry-after"], caught.value.code, upstream.asked) == ("30", "busy", 1)
    assert stage.ask("rescued").headers["x-lrcp-model"] == "well/plain"
    assert upstream.asked == 1  # it asked to be left alone, and there is another one


def test_an_open_circuit_refuses_at_once_with_the_time_to_wait_and_closes_after_a_good_probe(scenes: Scenes) -> None:
    upstream = scenes.upstream(raw.fails_and_recovers(3, 500, "0"))
    stage = scenes.stage(upstream.url, Resilience(retries=None, breaker=Breaker(min_calls=3, open_s=2.0)), Timeouts())
    for _ in range(3):
        with pytest.raises(openai.InternalServerError):
            stage.ask()
    with pytest.raises(openai.InternalServerError) as caught:
        stage.ask()
    assert (caught.value.status_code, caught.value.code, upstream.asked) == (503, "circuit_open", 3)
    assert 1 <= int(caught.value.response.headers["retry-after"]) <= 2
    assert caught.value.response.headers["x-lrcp-attempts"] == "0"
    target = stage.gateway.health()["resilience"]["targets"]["ailing/raw"]
    assert (target["circuit"], target["bad"]) == ("open", 3)
    with stage.client(max_retries=3) as patient:  # the official client keeps to the time it is told
        assert patient.chat.completions.create(model="ailing", messages=ASK).choices[0].message.content
    assert stage.gateway.health()["resilience"]["targets"]["ailing/raw"]["circuit"] == "closed"


def test_a_slow_answer_is_overtaken_by_a_hedge_and_the_loser_is_hung_up_on(scenes: Scenes) -> None:
    answers = raw.fails_and_recovers(0, 200, "0")
    slow = False

    async def sometimes(reader: Any, writer: Any) -> None:
        await (raw.hangs if slow else answers)(reader, writer)

    upstream = scenes.upstream(sometimes)
    hedge = Hedge(percentile=90.0, min_samples=5, max_ratio=0.5)
    stage = scenes.stage(upstream.url, Resilience(hedge=hedge), Timeouts())
    for _ in range(6):
        stage.ask("rescued")
    slow = True
    reply = stage.ask("rescued")
    assert (reply.headers["x-lrcp-model"], reply.headers["x-lrcp-attempts"]) == ("well/plain", "2")
    assert upstream.gone.wait(timeout=10)
    span = SeenSpan(stage.listener.wait_for(7)[-1])
    assert (span["hedged"], span["fallback"], span["gen_ai.request.model"]) == ("won", "hedge", "plain")
    stage.assert_nothing_is_left()


@pytest.mark.parametrize(
    ("manner", "streams"),
    [(raw.hangs, False), (raw.drips_its_body, False), (raw.hangs, True), (raw.streams_on_and_on, True)],
    ids=_name,
)
def test_when_the_client_goes_the_upstream_is_hung_up_on(scenes: Scenes, manner: Manner, streams: bool) -> None:
    upstream = scenes.upstream(manner)
    stage = scenes.stage(upstream.url, AGAIN, Timeouts())
    client = stage.client(timeout=0.5)
    if manner is raw.streams_on_and_on:
        stream = client.chat.completions.create(model="rescued", messages=ASK, stream=True)
        next(stream)
        stream.close()
    else:
        with pytest.raises(openai.APITimeoutError):
            client.chat.completions.create(model="rescued", messages=ASK, stream=streams)
    client.close()
    assert upstream.gone.wait(timeout=10)
    stage.assert_nothing_is_left()
    span = stage.listener.only()
    assert (span["gen_ai.response.finish_reasons"], span["lrcp.attempts"]) == (["cancelled"], 1)
    assert (upstream.asked, stage.well.bodies) == (1, [])  # nobody is asked on behalf of a client that is gone
    assert stage.gateway.health()["resilience"]["targets"]["ailing/raw"]["bad"] == 0


def test_when_the_client_goes_during_a_wait_no_more_tries_are_made(scenes: Scenes) -> None:
    upstream = scenes.upstream(raw.fails_and_recovers(9, 429, "2"))
    stage = scenes.stage(upstream.url, Resilience(), Timeouts())
    with stage.client(timeout=0.5) as client, pytest.raises(openai.APITimeoutError):
        client.chat.completions.create(model="ailing", messages=ASK)
    stage.assert_nothing_is_left()
    assert stage.listener.only()["gen_ai.response.finish_reasons"] == ["cancelled"]
    assert upstream.asked == 1
