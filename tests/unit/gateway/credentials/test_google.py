"""Tokens of a service account, from a real key file and a token endpoint on this machine."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrcp.gateway.credentials.google import FILE_VARIABLE, make_google_keeper, make_google_renewal
from lrcp.model.errors import UnavailableError
from tests.support.processes import wait_until
from tests.support.token_endpoint import ACCOUNT, TokenEndpoint, token_endpoint, write_key_file


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    with token_endpoint() as made:
        yield made


@pytest.fixture
def key_file(endpoint: TokenEndpoint, tmp_path: Path) -> Path:
    return write_key_file(tmp_path, endpoint.url)


def test_a_service_account_is_granted_a_token(endpoint: TokenEndpoint, key_file: Path) -> None:
    token = make_google_renewal(str(key_file))()
    assert token.value == "token-1"
    assert 3500 < token.lifetime_s <= 3600
    [claims] = endpoint.claims
    assert claims["iss"] == ACCOUNT
    assert claims["scope"] == "https://www.googleapis.com/auth/cloud-platform"


def test_a_token_of_a_short_life_is_renewed_without_being_asked_for(endpoint: TokenEndpoint, key_file: Path) -> None:
    endpoint.lifetime_s = 2

    async def run() -> str:
        keeper = make_google_keeper({FILE_VARIABLE: str(key_file)})
        await keeper.start()
        await asyncio.to_thread(wait_until, lambda: keeper.describe()["renewals"] >= 2, "a second token")
        endpoint.lifetime_s = 3600
        await asyncio.to_thread(wait_until, lambda: keeper.describe()["valid_s"] > 60, "a token of a long life")
        token = keeper.token()
        await keeper.stop()
        return token

    assert asyncio.run(run()) == f"token-{len(endpoint.claims)}"


def test_a_refused_account_is_told_in_words_without_its_key(endpoint: TokenEndpoint, key_file: Path) -> None:
    endpoint.status = 400
    with pytest.raises(UnavailableError, match="invalid_grant") as raised:
        make_google_renewal(str(key_file))()
    assert "PRIVATE KEY" not in str(raised.value)


@pytest.mark.parametrize(
    "content", [None, "", "{", "{}", '{"type":"service_account"}', '{"type":"service_account","private_key":"x"}']
)
def test_a_file_that_is_no_key_is_told_in_words(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "account.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UnavailableError):
        make_google_renewal(str(path))()
