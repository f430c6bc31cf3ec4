"""Every recording of monitors, downtimes, SLOs and dashboards is answered as it was recorded.

Status; the whole error where there is one; else every recorded member with its value, except ids, times and people; and
the official client makes its models of it. Those left out are in excluded.txt, with the reason.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest

from lrcp.store.state.store import StateStore
from tests.oracle.application import forget_all, open_test_state
from tests.oracle.outcomes import AREAS, LIST, Exclusions, list_recordings, play
from tests.oracle.recordings import Recording, folder, load_recordings
from tests.support.needs import missing

EXCLUSIONS = Exclusions.read()

RECORDINGS = [one for one in load_recordings() if one.area in AREAS and not EXCLUSIONS.reason(one.name)]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StateStore]:
    opened = open_test_state(tmp_path_factory.mktemp("oracle"))
    yield opened
    opened.close()


def test_the_recordings_are_here() -> None:
    if folder() is None:
        missing("the recordings of Datadog's client", "fetch them: .venv/bin/python scripts/oracle.py")
    assert len(RECORDINGS) > 250


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda one: one.name)
def test_a_recording_is_answered_as_it_was_recorded(recording: Recording, state: StateStore) -> None:
    forget_all(state)
    assert play(recording, state, EXCLUSIONS) == []


def test_every_exclusion_names_a_recording_and_a_reason() -> None:
    known = [one.name for one in load_recordings()]
    if known:
        assert [name for name in EXCLUSIONS.names if not any(fnmatchcase(one, name) for one in known)] == []


def test_the_list_of_recordings_says_how_each_is_played() -> None:
    if load_recordings():
        assert LIST.read_text() == list_recordings()
