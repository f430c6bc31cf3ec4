"""`import lrcp` is what an application pays for; it loads nothing but the standard library."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

LIST_THIRD_PARTY = """
import json, sys
before = set(sys.modules)
import {module}
roots = {{name.split(".")[0] for name in set(sys.modules) - before}}
print(json.dumps(sorted(roots - set(sys.stdlib_module_names) - {{"lrcp"}})))
"""


def third_party_of(module: str) -> list[str]:
    """The packages beyond the standard library that importing a module loads, in a fresh interpreter."""
    code = LIST_THIRD_PARTY.format(module=module)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "src", capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_importing_lrcp_loads_no_third_party_module() -> None:
    assert third_party_of("lrcp") == []


@pytest.mark.skipif(not (ROOT / "src/lrcp/sdk").exists(), reason="there is no SDK package yet")
def test_importing_the_sdk_loads_no_third_party_module() -> None:
    assert third_party_of("lrcp.sdk") == []


def test_a_third_party_module_is_noticed() -> None:
    assert "rich" in third_party_of("rich")
