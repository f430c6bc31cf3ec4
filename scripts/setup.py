"""Make this checkout ready: `python3 setup.py run|test|web`. Standard library only; the Makefile calls it.

Each step is skipped when what it depends on (lock files, web sources, the Python) has the fingerprint of its last
success, so that a second call takes a fraction of a second. The output of the tools goes to build/setup/log; its end is
shown when a step fails, with what to do about it where that is known.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
PYTHON = BIN / "python"
DDAPM = ROOT / ".venv-ddapm"
LOCKS = ROOT / "requirements"
WEB = ROOT / "web"
STATIC = ROOT / "src" / "lrcp" / "web" / "static"
STATE = ROOT / "build" / "setup"
LOG = STATE / "log"
MAX_LOG_BYTES = 5_000_000

NO_NETWORK = re.compile(
    r"name resolution|failed to fetch|dns error|failed to establish a new connection|error sending request"
    r"|ENOTFOUND|ETIMEDOUT|ECONNREFUSED|EAI_AGAIN|network is unreachable|no matching distribution found",
    re.IGNORECASE,
)


class SetupError(Exception):
    """A step failed; the message says what to do."""


@dataclass(frozen=True)
class Step:
    """One step: what it is called, what it depends on, what it does, and whether its result is still there."""

    title: str
    stamp: Path
    inputs: Callable[[], Iterable[Path]]
    perform: Callable[[], None]
    present: Callable[[], bool]

    def fingerprint(self) -> str:
        """A digest of the inputs' names and bytes, of .venv's Python, and of the checkout's place (an editable install names it)."""
        digest = hashlib.sha256(str(ROOT).encode())
        for path in sorted([*self.inputs(), VENV / "pyvenv.cfg"]):
            digest.update(str(path).encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()

    def is_done(self) -> bool:
        made = (VENV / "pyvenv.cfg").exists() and self.stamp.exists() and self.present()
        return made and self.stamp.read_text() == self.fingerprint()


def main(target: str) -> int:
    """Bring the checkout to `target`; returns the exit code."""
    STATE.mkdir(parents=True, exist_ok=True)
    with _lock():
        if LOG.exists() and LOG.stat().st_size > MAX_LOG_BYTES:
            LOG.unlink()
        steps = STEPS[target]
        for number, step in enumerate(steps, 1):
            try:
                _take(step, f"[{number}/{len(steps)}] {step.title}")
            except SetupError as error:
                print(f"\nSet-up failed at: {step.title}\n{error}\nThe whole output: {LOG}", file=sys.stderr)
                return 1
    return 0


def _take(step: Step, label: str) -> None:
    if step.is_done():
        return
    print(f"{label} …", flush=True)
    started = time.monotonic()
    step.perform()
    step.stamp.parent.mkdir(parents=True, exist_ok=True)
    step.stamp.write_text(step.fingerprint())
    print(f"{label} done in {time.monotonic() - started:.0f} s", flush=True)


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    """One set-up at a time: a second `make` waits for the first."""
    with (STATE / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another set-up of this checkout …", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run(command: list[str], *, hint: str = "", env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> None:
    """Run a tool with its output in the log.

    Raises: SetupError - it failed; with the end of its output, and `hint` or what is known about the failure.
    """
    with LOG.open("a+") as log:
        print(f"\n$ {' '.join(command)}", file=log, flush=True)
        start = log.tell()
        done = subprocess.run(command, cwd=cwd, stdout=log, stderr=log, env={**os.environ, **(env or {})}, check=False)
        log.seek(start)
        output = log.read()
    if done.returncode:
        raise SetupError(_explain(command, output, hint))


def _explain(command: list[str], output: str, hint: str) -> str:
    lines = output.strip().splitlines()
    shown = lines if len(lines) <= 24 else [*lines[:8], "…", *lines[-14:]]
    tail = "\n".join(f"    {line}" for line in shown)
    advice = hint
    if NO_NETWORK.search(output):
        advice = "The packages could not be fetched: check the network (or the proxy settings) and run it again."
    elif "No space left" in output:
        advice = "The disk is full: set-up needs about 3 GB."
    return f"  {Path(command[0]).name} said:\n{tail}\n{advice}".rstrip()


# Python


def make_venv() -> None:
    """A virtual environment with the installer in it; one of an older or vanished Python is made anew."""
    if not _venv_works():
        run([sys.executable, "-m", "venv", "--clear", str(VENV)], hint=_venv_hint())
    if not _succeeds(PYTHON, "-m", "pip", "--version"):
        run([str(PYTHON), "-m", "ensurepip", "--upgrade"], hint=_venv_hint())
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes", "--no-deps"]
    run([*pip, "-r", str(LOCKS / "bootstrap.lock")])


def _venv_hint() -> str:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return (
        "This Python cannot make virtual environments. On Debian and Ubuntu:\n"
        f"    sudo apt-get install python3-venv    (or python{version}-venv)\n"
        "or name another Python: make run PYTHON=/path/to/python3"
    )


def _venv_works() -> bool:
    return PYTHON.exists() and _succeeds(PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))")


def _succeeds(*command: str | Path) -> bool:
    return subprocess.run([*map(str, command)], capture_output=True, check=False).returncode == 0


def install(lock: str, python: Path = PYTHON) -> None:
    """Install exactly what a lock file lists, each file checked against its hash."""
    uv = [str(BIN / "uv"), "pip", "install", "--python", str(python), "--require-hashes", "--no-deps"]
    run([*uv, "-r", str(LOCKS / lock)])


def install_lrcp() -> None:
    """LRCP itself, editable, built by the back-end of the bootstrap lock: nothing is fetched."""
    uv = [str(BIN / "uv"), "pip", "install", "--python", str(PYTHON), "--offline"]
    run([*uv, "--no-deps", "--no-build-isolation", "--reinstall-package", "lrcp", "-e", str(ROOT)])


def make_ddapm_venv() -> None:
    """Datadog's test agent, apart from ours: its protobuf and vcrpy pins exclude ours."""
    run([str(BIN / "uv"), "venv", "--clear", "--python", str(PYTHON), str(DDAPM)])
    install("ddapm.lock", DDAPM / "bin" / "python")


# Web


def web_sources() -> Iterator[Path]:
    """Every file that the build of the web app reads."""
    for folder, folders, names in os.walk(WEB):
        folders[:] = [name for name in folders if name not in ("node_modules", "dist", "test-results")]
        yield from (Path(folder, name) for name in names)
    yield LOCKS / "node.lock"


def build_web() -> None:
    """The static files of the web app, by the Node on PATH or else one from a wheel."""
    node = _find_node()
    env = {"PATH": f"{node}{os.pathsep}{os.environ['PATH']}"}
    npm = str(Path(node) / "npm")
    if not _node_modules_fresh():
        run([npm, "ci", "--no-audit", "--no-fund"], env=env, cwd=WEB)
        (WEB / "node_modules" / ".lrcp-stamp").write_text(_package_lock_digest())
    run([npm, "run", "build"], env=env, cwd=WEB)
    if not (STATIC / "index.html").exists():
        raise SetupError(f"The build left no {STATIC / 'index.html'}.")


def _package_lock_digest() -> str:
    return hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()


def _node_modules_fresh() -> bool:
    stamp = WEB / "node_modules" / ".lrcp-stamp"
    return stamp.exists() and stamp.read_text() == _package_lock_digest()


def _find_node() -> str:
    """The folder of a Node that is new enough and has npm beside it; installs one into .venv when PATH has none."""
    node = shutil.which("node")
    if node and shutil.which("npm") and _is_new_enough(_node_version(node)):
        return str(Path(shutil.which("npm") or "").parent)
    install("node.lock")
    return str(BIN)


def _node_version(node: str) -> tuple[int, int]:
    """(major, minor) of a Node; (0, 0) when it does not run."""
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    match = re.match(r"v(\d+)\.(\d+)", said)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _is_new_enough(version: tuple[int, int]) -> bool:
    """Vite 8 demands Node 20.19 or 22.12 and newer; 21 is not among its supported versions."""
    return (20, 19) <= version < (21, 0) or version >= (22, 12)


# What the tests use of the system


def find_browser() -> str | None:
    """A Chromium that the browser tests can start, as tests/conftest.py looks for it."""
    return os.environ.get("LRCP_TEST_BROWSER") or shutil.which("chromium") or shutil.which("chromium-browser")


def install_system_packages() -> None:
    """Debian's Chromium and PostgreSQL where we may install them; elsewhere Playwright's own browser, if it will come."""
    wanted = [] if find_browser() else ["chromium"]
    wanted += [] if _has_postgres() else ["postgresql"]
    if wanted and os.geteuid() == 0 and shutil.which("apt-get"):
        _apt_install(wanted)
    elif "chromium" in wanted:
        _try([str(BIN / "playwright"), "install", "chromium"])
    if not _has_postgres():
        print("      no PostgreSQL here: its tests are skipped (failed under CI=true)", flush=True)


def _apt_install(packages: list[str]) -> None:
    # Debian's package would start a cluster of its own on port 5432; the tests start one of theirs.
    env = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    _try(["apt-get", "update", "-q"], env)
    for package in packages:
        _try(["apt-get", "install", "-y", "-q", "--no-install-recommends", package], env)


def _try(command: list[str], env: Mapping[str, str] | None = None) -> None:
    """A failure here only skips tests (CI=true makes those fail), so it is said and set-up goes on."""
    try:
        run(command, env=env)
    except SetupError as error:
        print(f"      without success: {' '.join(command)}\n{error}", flush=True)


def fetch_oracle() -> None:
    """The recordings of Datadog's own client; without them their tests are skipped (failed under CI=true)."""
    _try([str(PYTHON), str(ROOT / "scripts" / "oracle.py")])


def _has_postgres() -> bool:
    return bool(shutil.which("postgres") or list(Path("/usr/lib/postgresql").glob("*/bin/postgres")))


def _always() -> bool:
    return True


def _stamp(name: str) -> Path:
    return STATE / "stamps" / name


VENV_STEP = Step(
    "making .venv",
    _stamp("venv"),
    lambda: [LOCKS / "bootstrap.lock"],
    make_venv,
    lambda: PYTHON.exists() and (BIN / "uv").exists(),
)
RUN_STEP = Step(
    "installing Python packages",
    _stamp("run"),
    lambda: [LOCKS / "run.lock"],
    lambda: install("run.lock"),
    lambda: (BIN / "uvicorn").exists(),
)
DEV_STEP = Step(
    "installing Python packages, with the tests'",
    _stamp("dev"),
    lambda: [LOCKS / "dev.lock"],
    lambda: install("dev.lock"),
    lambda: (BIN / "pytest").exists(),
)
LRCP_STEP = Step(
    "installing LRCP itself",
    _stamp("lrcp"),
    lambda: [ROOT / "pyproject.toml", ROOT / "src" / "lrcp" / "__init__.py"],
    install_lrcp,
    lambda: (BIN / "lrcp").exists(),
)
WEB_STEP = Step("building the web app", _stamp("web"), web_sources, build_web, lambda: (STATIC / "index.html").exists())
DDAPM_STEP = Step(
    "installing Datadog's test agent",
    _stamp("ddapm"),
    lambda: [LOCKS / "ddapm.lock"],
    make_ddapm_venv,
    lambda: (DDAPM / "bin" / "ddapm-test-agent").exists(),
)
SYSTEM_STEP = Step("looking for a browser and PostgreSQL", _stamp("system"), list, install_system_packages, _always)
ORACLE_STEP = Step(
    "fetching the recordings of Datadog's client",
    _stamp("oracle"),
    lambda: [LOCKS / "oracle.txt"],
    fetch_oracle,
    lambda: bool(list((ROOT / "build" / "oracle").glob("*/sha256"))),
)

WEB_STEPS = [WEB_STEP] if (WEB / "package.json").exists() else []
STEPS = {
    "run": [VENV_STEP, RUN_STEP, LRCP_STEP, *WEB_STEPS],
    "web": [VENV_STEP, *WEB_STEPS],
    "test": [VENV_STEP, DEV_STEP, LRCP_STEP, *WEB_STEPS, DDAPM_STEP, ORACLE_STEP, SYSTEM_STEP],
}

if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "run"))
    except KeyboardInterrupt:
        sys.exit("\nset-up was interrupted; the next one goes on where it stopped")
