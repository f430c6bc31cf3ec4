"""Which headers pass."""

from lrcp.gateway.headers import client_headers, upstream_headers
from lrcp.gateway.providers import make_upstreams

SENT = {
    b"host": b"gateway",
    b"content-type": b"application/json",
    b"authorization": b"Bearer client",
    b"api-key": b"client",
    b"cookie": b"a=b",
    b"accept-encoding": b"gzip, br",
    b"connection": b"keep-alive",
    b"x-lrcp-session": b"s",
    b"x-datadog-trace-id": b"1",
    b"traceparent": b"old",
    b"user-agent": b"OpenAI/Python",
    b"x-stainless-lang": b"python",
}


def test_without_a_key_of_ours_the_clients_goes_on() -> None:
    assert dict(
        upstream_headers(
            SENT, make_upstreams("local", {})["local"], b"new", family="openai", translated=False, client_key=True
        )
    ) == {
        "content-type": "application/json",
        "authorization": "Bearer client",
        "api-key": "client",
        "user-agent": "OpenAI/Python",
        "x-stainless-lang": "python",
        "accept-encoding": "identity",
        "traceparent": "new",
    }


def test_with_a_key_of_ours_the_clients_stays() -> None:
    passed = upstream_headers(
        SENT,
        make_upstreams("local", {}, key="own")["local"],
        b"new",
        family="openai",
        translated=False,
        client_key=True,
    )
    assert [value for name, value in passed if name == "authorization"] == ["Bearer own"]
    assert "api-key" not in dict(passed)


def test_a_translated_call_carries_the_clients_key_where_the_target_looks_for_it() -> None:
    upstream = make_upstreams("anthropic", {})["anthropic"]
    passed = dict(upstream_headers(SENT, upstream, b"new", family="anthropic", translated=True, client_key=True))
    assert passed == {
        "content-type": "application/json",
        "accept": "*/*",
        "x-api-key": "client",
        "anthropic-version": "2023-06-01",
        "accept-encoding": "identity",
        "traceparent": "new",
    }


def test_what_belongs_to_the_connection_or_names_us_does_not_come_back() -> None:
    came = [(b"content-type", b"x"), (b"transfer-encoding", b"chunked"), (b"set-cookie", b"a"), (b"x-lrcp-model", b"m")]
    assert client_headers([*came, (b"x-ratelimit-remaining", b"3")]) == [
        (b"content-type", b"x"),
        (b"x-ratelimit-remaining", b"3"),
    ]
