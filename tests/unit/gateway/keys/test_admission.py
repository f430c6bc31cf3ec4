"""Whether a request may do what it asks, by its virtual key; and that the key goes no further."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from lrcp.gateway.errors import RefusedError
from lrcp.gateway.exchange import Exchange, Reply
from lrcp.gateway.headers import upstream_headers
from lrcp.gateway.keys.admission import make_listing_admission
from lrcp.gateway.keys.credentials import find_virtual_key, query_without_virtual_keys, without_virtual_keys
from lrcp.gateway.keys.follower import KeyFollower
from lrcp.gateway.providers import make_upstreams
from lrcp.gateway.stages.authentication import make_authentication_stage
from lrcp.gateway.wire.openai_formats import OPENAI_EMBEDDINGS
from lrcp.model.errors import UnavailableError
from lrcp.model.policy.admission import Authentication
from lrcp.model.virtual_key import VirtualKey, digest_of, is_key_text, new_key_id, new_key_text
from tests.support.exchanges import new_exchange
from tests.support.processes import wait_until

TEXT = new_key_text()
NOW_NS = new_exchange().started_ns
BEARER = {"authorization": f"Bearer {TEXT}"}


class Ring:
    """The keys of a test, as a keys.source.KeyRing; None stands for a source that never answered."""

    def __init__(self, keys: Sequence[VirtualKey] | None) -> None:
        self._keys = keys

    def find(self, digest: bytes) -> VirtualKey | None:
        if self._keys is None:
            raise UnavailableError("the virtual keys are not known: the state database does not answer")
        return next((key for key in self._keys if key.hash == digest.hex()), None)


def key_of(text: str = TEXT, **members: Any) -> VirtualKey:
    digest = digest_of(text).hex()
    return VirtualKey(**{"id": new_key_id(), "name": "shop", "created_ns": 0, "hash": digest, **members})


def run(exchange: Exchange, *keys: VirtualKey, required: bool = True, ring: Ring | None = None) -> Exchange:
    """The exchange as it goes on from the stage. Raises: RefusedError."""
    stage = make_authentication_stage(Authentication(required=required), ring or Ring(keys))
    assert stage is not None
    passed: list[Exchange] = []

    async def proceed(exchange: Exchange) -> Reply:
        passed.append(exchange)
        return Reply(200)

    async def through() -> None:
        await stage(exchange, proceed)

    asyncio.run(through())
    return passed[0]


def refusal(exchange: Exchange, *keys: VirtualKey, ring: Ring | None = None) -> tuple[int, str]:
    with pytest.raises(RefusedError) as raised:
        run(exchange, *keys, ring=ring)
    assert "lrcp_" not in str(raised.value).replace("lrcp_...", "")
    return raised.value.status, raised.value.code


def test_a_key_has_256_random_bits() -> None:
    texts = {new_key_text() for _ in range(100)}
    assert len(texts) == 100
    assert {len(text) for text in texts} == {48}
    assert all(is_key_text(text) for text in texts)
    assert not any(is_key_text(text) for text in ("lrcp_", TEXT[:-1], TEXT + "x", TEXT + "\n", "sk-" + TEXT))


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        (BEARER, ""),
        ({"Authorization": f"bearer   {TEXT} "}, ""),
        ({"x-api-key": TEXT}, ""),
        ({"x-goog-api-key": TEXT}, ""),
        ({"api-key": TEXT}, ""),
        ({}, f"alt=sse&key={TEXT}"),
        ({}, f"%6bey={TEXT.replace('_', '%5F', 1)}"),
        ({"authorization": "Bearer sk-own", "x-api-key": TEXT}, ""),
    ],
)
def test_a_key_is_found_wherever_clients_put_it_and_goes_no_further(headers: dict[str, str], query: str) -> None:
    exchange = run(new_exchange(headers=headers, query=query), key_of())
    assert exchange.caller.key_name == "shop"
    left = b"".join(exchange.headers.values()) + exchange.query
    assert TEXT.encode() not in left
    assert b"lrcp" not in left
    assert (b"sk-own" in left) == ("sk-own" in str(headers))
    assert exchange.query in (b"", b"alt=sse")


def test_who_calls_is_told_by_the_key_before_the_headers() -> None:
    headers = BEARER | {"x-lrcp-tags": "team:others, service:theirs"}
    caller = run(new_exchange(headers=headers), key_of(team="search")).caller
    assert (caller.key_name, caller.team, caller.service) == ("shop", "search", "theirs")
    assert caller.key_id.startswith("key_")


def test_other_credentials_pass_where_no_key_is_required() -> None:
    exchange = run(new_exchange(headers={"authorization": "Bearer sk-own"}), key_of(), required=False)
    assert exchange.headers[b"authorization"] == b"Bearer sk-own"
    assert exchange.caller.key_id == ""


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer sk-own"}, {"authorization": "lrcp"}])
def test_a_request_without_a_key_is_refused_where_one_is_required(headers: dict[str, str]) -> None:
    assert refusal(new_exchange(headers=headers), key_of()) == (401, "invalid_api_key")


@pytest.mark.parametrize("required", [True, False])
def test_a_wrong_key_is_refused_whether_or_not_one_is_required(required: bool) -> None:
    for text in (new_key_text(), "lrcp_short", TEXT + "x"):
        exchange = new_exchange(headers={"x-api-key": text})
        with pytest.raises(RefusedError, match="not known here") as raised:
            run(exchange, key_of(), required=required)
        assert raised.value.status == 401


def test_an_expired_or_revoked_key_is_refused() -> None:
    assert refusal(new_exchange(headers=BEARER), key_of(expires_ns=NOW_NS)) == (401, "invalid_api_key")
    assert refusal(new_exchange(headers=BEARER), key_of(revoked_ns=1)) == (401, "invalid_api_key")
    assert run(new_exchange(headers=BEARER), key_of(expires_ns=NOW_NS + 1)).caller.key_id


def test_a_key_is_for_its_scopes_only() -> None:
    embeds = new_exchange(headers=BEARER, format=OPENAI_EMBEDDINGS, path="/v1/embeddings", input="Hello?")
    assert refusal(embeds, key_of(scopes=("chat", "models"))) == (403, "scope_not_allowed")
    assert run(embeds, key_of(scopes=("embeddings",))).caller.key_id


@pytest.mark.parametrize(
    ("patterns", "model", "allowed"),
    [
        (("*",), "gpt-5", True),
        (("*",), "", True),
        (("gpt-4o*", "tiny"), "gpt-4o-mini", True),
        (("gpt-4o*", "tiny"), "tiny-1", False),
        (("gpt-4o*",), "", False),
        (("default",), "", True),
        ((), "gpt-5", False),
    ],
)
def test_a_key_is_for_its_models_only(patterns: tuple[str, ...], model: str, allowed: bool) -> None:
    exchange, key = new_exchange(model, headers=BEARER), key_of(allowed_models=patterns)
    if allowed:
        assert run(exchange, key).caller.key_id == key.id
    else:
        assert refusal(exchange, key) == (403, "model_not_allowed")


def test_nobody_is_let_in_while_the_keys_are_not_known() -> None:
    assert refusal(new_exchange(headers=BEARER), ring=Ring(None)) == (503, "keys_unavailable")
    assert refusal(new_exchange(), ring=Ring(None)) == (401, "invalid_api_key")


def test_an_absent_section_is_no_stage() -> None:
    assert make_authentication_stage(None, Ring(())) is None


def test_a_virtual_key_never_goes_to_a_provider_even_where_no_policy_asks_for_one() -> None:
    upstream = make_upstreams("url", {}, url="https://example.com/v1")["url"]
    for translated in (False, True):
        for name in (b"authorization", b"x-api-key", b"x-goog-api-key"):
            value = (b"Bearer " if name == b"authorization" else b"") + TEXT.encode()
            passed = upstream_headers(
                {name: value}, upstream, b"00", family="openai", translated=translated, client_key=True
            )
            assert "lrcp_" not in str(passed)


def test_what_is_no_virtual_key_stays_as_it_is() -> None:
    headers = {b"authorization": b"Bearer sk-1", b"x-other": b"lrcp_not-a-credential"}
    assert without_virtual_keys(headers) is headers
    query = b"alt=sse&key=AIza&%zz&a=b%20c"
    assert query_without_virtual_keys(query) == query
    assert find_virtual_key(headers, query) == ""


def test_the_list_of_models_takes_a_key_of_that_scope() -> None:
    headers = {b"authorization": b"Bearer " + TEXT.encode()}
    for scopes, section in ((("models",), Authentication()), (("chat",), None)):
        admit = make_listing_admission(section, Ring([key_of(scopes=scopes)]))
        assert admit(headers, b"key=" + TEXT.encode(), NOW_NS) == ({}, b"")
    admit = make_listing_admission(Authentication(), Ring([key_of(scopes=("chat",))]))
    with pytest.raises(RefusedError, match="this key is for chat, not models"):
        admit(headers, b"", NOW_NS)


class Source:
    """A source that a test changes by hand."""

    def __init__(self) -> None:
        self.revision, self.keys, self.closed = 1, [key_of()], False
        self.failure: UnavailableError | None = UnavailableError("the state database does not answer")

    def load_if_changed(self, known: int | None) -> tuple[int, Sequence[VirtualKey]] | None:
        if self.failure is not None:
            raise self.failure
        return None if known == self.revision else (self.revision, list(self.keys))

    def close(self) -> None:
        self.closed = True


def test_a_follower_knows_nothing_until_its_source_answers_and_keeps_what_it_knows_while_it_is_away() -> None:
    source = Source()
    follower = KeyFollower(source, poll_s=0.01)
    digest = digest_of(TEXT)

    def knows() -> bool:
        try:
            return follower.find(digest) is not None
        except UnavailableError:
            return False

    async def live() -> None:
        await follower.start()
        with pytest.raises(UnavailableError, match="does not answer"):
            follower.find(digest)
        source.failure = None
        wait_until(knows, "the keys to be known")
        assert follower.describe() == {"known": 1, "revision": 1, "source": "ok"}
        source.failure = UnavailableError("away again")
        wait_until(lambda: follower.describe()["source"] == "away again", "the source to be away")
        assert knows()
        source.keys, source.revision, source.failure = [], 2, None
        wait_until(lambda: not knows(), "the key to be gone")
        await follower.stop()

    asyncio.run(live())
    assert source.closed


def test_a_follower_without_a_source_lets_nobody_in() -> None:
    with pytest.raises(UnavailableError, match="was not told where keys are kept"):
        KeyFollower(None).find(digest_of(TEXT))
