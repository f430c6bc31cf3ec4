"""What tests of several folders share: a browser and a PostgreSQL, where the machine has them."""

from collections.abc import Iterator

import pytest

from tests.support.needs import find_browser, find_postgres, missing


@pytest.fixture(scope="session")
def browser_path() -> str:
    """Path of a Chromium for Playwright's `executable_path`."""
    path = find_browser()
    if not path:
        missing("a browser", "apt-get install chromium, or: .venv/bin/playwright install chromium")
    return path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a PostgreSQL that only these tests use."""
    programs = find_postgres()
    if programs is None:
        missing("PostgreSQL", "apt-get install postgresql")
    from tests.support.postgres import running_postgres

    with running_postgres(programs) as url:
        yield url
