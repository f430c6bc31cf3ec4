"""The application of Datadog's paths, empty, at a fixed time."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrcp.store.state.store import open_state
from tests.support.datadog_api import DatadogApi, open_datadog_api

NOW_S = 1_795_219_200
"""Saturday 2026-11-21 00:00:00 UTC."""


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state database whose tables are made; each test has a copy."""
    directory = tmp_path_factory.mktemp("state") / "data"
    directory.mkdir()
    open_state("", directory, now_ns=0).close()
    return directory


@pytest.fixture
def api(migrated: Path, tmp_path: Path) -> Iterator[DatadogApi]:
    directory = tmp_path / "data"
    shutil.copytree(migrated, directory)
    with open_datadog_api(directory, NOW_S) as opened:
        yield opened
