"""The address of DogStatsD's Unix socket."""

from pathlib import Path

import pytest

from lrcp.app.server import unix_sockets
from lrcp.model.errors import SettingsError


@pytest.mark.parametrize(
    ("address", "sockets"),
    [
        ("", (None, None)),
        ("/run/dsd.socket", (Path("/run/dsd.socket"), None)),
        ("unix:///run/dsd.socket", (Path("/run/dsd.socket"), None)),
        ("unixgram:///run/dsd.socket", (Path("/run/dsd.socket"), None)),
        ("unixstream:///run/dsd.socket", (None, Path("/run/dsd.socket"))),
    ],
)
def test_an_address_names_the_kind_of_socket(address: str, sockets: tuple[Path | None, Path | None]) -> None:
    assert unix_sockets(address) == sockets


@pytest.mark.parametrize("address", ["udp://127.0.0.1:8125", "unixstream://"])
def test_another_address_is_refused_with_what_is_possible(address: str) -> None:
    with pytest.raises(SettingsError, match="unixstream://path"):
        unix_sockets(address)
