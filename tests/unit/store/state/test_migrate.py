"""Telling whether a migration is due, without loading what runs one."""

import subprocess
import sys
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from lrcp.store.state import migrate
from lrcp.store.state.store import open_state

FOLDER = Path(migrate.__file__).with_name("migrations")


def test_the_newest_file_is_the_head_that_alembic_sees() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.newest_revision()]


def test_a_database_that_is_up_to_date_is_opened_without_alembic(tmp_path: Path) -> None:
    open_state("", tmp_path, now_ns=1).close()
    code = (
        "import sys, pathlib; from lrcp.store.state.store import open_state;"
        "open_state('', pathlib.Path(sys.argv[1]), now_ns=1).close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
