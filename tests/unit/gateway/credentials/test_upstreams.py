"""Vertex AI among the upstreams: its address, its credential, and what of the client's stays here."""

import pytest

from lrcp.app.gateway import make_keepers
from lrcp.gateway.dispatch import passed_query
from lrcp.gateway.headers import upstream_headers
from lrcp.gateway.providers import Upstream, declare_upstreams, make_upstreams
from lrcp.model.policy.routing import ProviderSettings

PROJECT = {"GOOGLE_CLOUD_PROJECT": "p-1"}
URL = "https://aiplatform.googleapis.com/v1/projects/p-1/locations/global/publishers/google"


def vertex(**environ: str) -> Upstream:
    return make_upstreams("local", environ, tokens={"vertex": lambda: "from-keeper"})["vertex"]


def test_without_a_project_or_an_address_there_is_no_vertex() -> None:
    upstreams = make_upstreams("local", {})
    assert "vertex" not in upstreams
    assert "vertex-express" in upstreams


def test_a_project_gives_the_address_and_the_keeper_the_token() -> None:
    upstream = vertex(**PROJECT)
    assert (upstream.endpoints, upstream.credential(), upstream.allow_private) == (
        {"gemini": URL},
        "from-keeper",
        False,
    )
    headers = dict(upstream_headers({}, upstream, b"t", family="gemini", translated=False, client_key=True))
    assert headers["authorization"] == "Bearer from-keeper"


def test_a_token_of_the_environment_goes_before_the_keepers() -> None:
    assert vertex(**PROJECT, VERTEX_ACCESS_TOKEN="given").credential() == "given"


def test_an_address_of_ones_own_is_geminis() -> None:
    upstream = vertex(VERTEX_BASE_URL="http://127.0.0.1:9/publishers/google/")
    assert upstream.endpoints == {"gemini": "http://127.0.0.1:9/publishers/google"}


def test_the_keepers_token_goes_to_no_address_of_a_policy() -> None:
    known = {"vertex": vertex(**PROJECT)}
    same = declare_upstreams(known, {"mine": ProviderSettings(like="vertex")}, {})["mine"]
    assert same.credential() == "from-keeper"
    elsewhere = ProviderSettings(like="vertex", endpoints={"gemini": "https://elsewhere.example/v1"})
    assert not declare_upstreams(known, {"mine": elsewhere}, {})["mine"].has_key


@pytest.mark.parametrize(
    ("environ", "kept"),
    [({}, []), (PROJECT, ["vertex"]), ({**PROJECT, "VERTEX_ACCESS_TOKEN": "t"}, []), ({"VERTEX_BASE_URL": "u"}, [])],
)
def test_tokens_are_kept_where_a_project_is_named_and_none_is_given(environ: dict[str, str], kept: list[str]) -> None:
    assert list(make_keepers(environ)) == kept


def test_the_clients_project_for_quotas_stays_here_with_its_credentials() -> None:
    sent = {b"authorization": b"Bearer client", b"x-goog-user-project": b"theirs", b"x-goog-api-client": b"c"}
    headers = dict(upstream_headers(sent, vertex(**PROJECT), b"t", family="gemini", translated=False, client_key=True))
    assert headers["authorization"] == "Bearer from-keeper"
    assert "x-goog-user-project" not in headers
    assert headers["x-goog-api-client"] == "c"


@pytest.mark.parametrize(
    ("query", "with_key", "without"),
    [
        (b"", b"", b""),
        (b"alt=sse", b"alt=sse", b"alt=sse"),
        (b"key=theirs&alt=sse", b"alt=sse", b"key=theirs&alt=sse"),
        (b"alt=sse&access_token=theirs", b"alt=sse", b"alt=sse&access_token=theirs"),
        (b"monkey=1&a=key=2", b"monkey=1&a=key=2", b"monkey=1&a=key=2"),
    ],
)
def test_a_credential_in_the_query_goes_on_only_where_the_gateway_has_none(
    query: bytes, with_key: bytes, without: bytes
) -> None:
    assert passed_query(query, vertex(**PROJECT)) == with_key
    assert passed_query(query, make_upstreams("local", {})["gemini"]) == without
