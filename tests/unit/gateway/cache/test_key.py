"""Which requests are the same."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.gateway.cache.key import find_key, read_fields
from lrcp.gateway.exchange import Exchange
from lrcp.model.policy.caching import Tenant
from tests.support.exchanges import new_exchange

MAX = 1024 * 1024


def key_of(exchange: Exchange, tenant: Tenant = "key", directions: str = "") -> bytes:
    fields = read_fields(exchange.body, MAX)
    assert fields is not None
    key = find_key(exchange, fields, tenant, directions)
    assert key is not None
    return key


def with_body(exchange: Exchange, body: bytes) -> Exchange:
    exchange.body = body
    return exchange


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def shuffled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: shuffled(value[name]) for name in reversed(value)}
    return [shuffled(item) for item in value] if isinstance(value, list) else value


@given(st.dictionaries(st.text(min_size=1), json_values, max_size=6))
def test_members_in_another_order_and_with_other_white_space_are_the_same_request(members: dict[str, Any]) -> None:
    for name in ("conversation", "background", "container"):
        members.pop(name, None)
    one = with_body(new_exchange(), json.dumps(members).encode())
    other = with_body(
        new_exchange(), json.dumps(shuffled(members), indent=3, ensure_ascii=False).encode("utf-8", "replace")
    )
    if read_fields(one.body, MAX) is None or json.loads(one.body) != json.loads(other.body):
        return  # a lone half of a character, which JSON in UTF-8 cannot hold
    assert key_of(one) == key_of(other)


@given(st.text(min_size=1), st.text(min_size=1))
def test_other_words_are_another_request(one: str, other: str) -> None:
    exchanges = [new_exchange(messages=[{"role": "user", "content": text}]) for text in (one, other)]
    if any(read_fields(exchange.body, MAX) is None for exchange in exchanges):
        return
    assert (key_of(exchanges[0]) == key_of(exchanges[1])) == (one == other)


@given(
    st.sampled_from(["key", "team", "user", "session"]),
    st.lists(
        st.tuples(st.sampled_from(["a", "b", ""]), st.sampled_from(["a", "b", ""])), min_size=2, max_size=2, unique=True
    ),
)
def test_no_two_credentials_ever_share_an_answer_however_they_call_themselves(
    tenant: Tenant, callers: list[tuple[str, str]]
) -> None:
    keys = []
    for credential, name in callers:
        headers = {"x-lrcp-user": name, "x-lrcp-session": name, "x-lrcp-tags": f"team:{name}"}
        exchange = new_exchange(headers=headers | ({"authorization": f"Bearer {credential}"} if credential else {}))
        keys.append((credential, key_of(exchange, tenant)))
    (one, first), (other, second) = keys
    if one != other:
        assert first != second


def test_a_team_shares_among_its_virtual_keys() -> None:
    one, other = new_exchange(), new_exchange()
    for exchange, key in ((one, "k1"), (other, "k2")):
        exchange.caller.key_id, exchange.caller.team = key, "search"
    assert key_of(one, "team") == key_of(other, "team")
    assert key_of(one) != key_of(other)


@pytest.mark.parametrize("member", ["user", "metadata", "service_tier", "stream_options", "safety_identifier"])
def test_members_that_do_not_change_the_answer_do_not_change_the_key(member: str) -> None:
    assert key_of(
        new_exchange(**{member: {"a": "b"}} if member in ("metadata", "stream_options") else {member: "x"})
    ) == key_of(new_exchange())


@pytest.mark.parametrize(
    "changed",
    [
        {"temperature": 0.5},
        {"max_tokens": 5},
        {"stream": True},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}]},
        {"seed": 1},
        {"response_format": {"type": "json_object"}},
    ],
)
def test_members_that_change_the_answer_change_the_key(changed: dict[str, Any]) -> None:
    assert key_of(new_exchange(**changed)) != key_of(new_exchange())


def test_a_number_is_the_same_however_it_is_written_and_null_is_as_good_as_nothing() -> None:
    assert key_of(new_exchange(temperature=1.0)) == key_of(new_exchange(temperature=1))
    assert key_of(new_exchange(temperature=None)) == key_of(new_exchange())
    assert key_of(new_exchange(temperature=0)) != key_of(new_exchange())


def test_another_model_route_or_policy_is_another_answer() -> None:
    routed = new_exchange()
    routed.route = "cheap"
    assert (
        len(
            {
                key_of(new_exchange()),
                key_of(new_exchange("gpt-5")),
                key_of(routed),
                key_of(new_exchange(), directions="v2"),
            }
        )
        == 4
    )


def test_a_key_in_the_query_belongs_to_the_tenant_and_the_rest_of_it_to_the_answer() -> None:
    assert key_of(new_exchange(query="alt=sse&key=1")) != key_of(new_exchange(query="alt=sse&key=2"))
    assert key_of(new_exchange(query="alt=sse&key=1"), "all") == key_of(new_exchange(query="key=2&alt=sse"), "all")
    assert key_of(new_exchange(query="alt=sse"), "all") != key_of(new_exchange(), "all")


@pytest.mark.parametrize(
    "body", [b"", b"[1]", b"{", b"\xff", b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", b"{}" + b" " * MAX]
)
def test_what_cannot_be_read_or_is_too_large_is_not_cached(body: bytes) -> None:
    assert read_fields(body, MAX) is None


@pytest.mark.parametrize("member", ["conversation", "background", "container"])
def test_a_request_tied_to_something_that_changes_at_the_provider_is_not_cached(member: str) -> None:
    assert read_fields(new_exchange(**{member: "x"}).body, MAX) is None


def test_a_number_beyond_64_bits_does_not_break_the_key() -> None:
    exchange = with_body(new_exchange(), b'{"messages":[],"seed":123456789012345678901234567890}')
    fields = read_fields(exchange.body, MAX)
    assert fields is None or find_key(exchange, fields, "key", "") is None or len(key_of(exchange)) == 32
