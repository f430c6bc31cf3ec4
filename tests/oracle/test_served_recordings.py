"""Recordings of metrics, events and checks are answered by the whole server, over a socket, as they were recorded.

What was recorded of another organisation's data is held to its status and its shape; the rest as in test_recordings.
"""

from collections.abc import Iterator

import pytest

from tests.oracle.outcomes import SERVED_AREAS, Exclusions, play_served
from tests.oracle.recordings import Recording, load_recordings
from tests.support.lrcp_server import LrcpServer, running_server

EXCLUSIONS = Exclusions.read()
RECORDINGS = [one for one in load_recordings() if one.area in SERVED_AREAS and not EXCLUSIONS.reason(one.name)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LrcpServer]:
    with running_server(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda one: one.name)
def test_a_recording_is_answered_by_the_server_as_it_was_recorded(recording: Recording, server: LrcpServer) -> None:
    assert play_served(recording, server.url, EXCLUSIONS) == []
