"""Resolve the lock files anew: `lock.py [options of uv pip compile, such as --upgrade]`.

dev.lock is resolved first and bounds the others, so that a version is the same in every environment but ddapm's, whose
protobuf pins exclude ours. Hashes are kept, addresses of registries are not.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
COMPILE = [
    *(str(ROOT / ".venv" / "bin" / "uv"), "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-annotate", "--no-header", "--no-emit-index-url"),
]
PROJECT = str(ROOT / "pyproject.toml")
AS_DEV = ["-c", str(LOCKS / "dev.lock")]

SOURCES: dict[str, list[str]] = {
    "dev.lock": ["--all-extras", PROJECT],
    "run.lock": ["--extra", "server", "--extra", "local", *AS_DEV, PROJECT],
    "bootstrap.lock": [*AS_DEV, str(LOCKS / "bootstrap.in")],
    "node.lock": [str(LOCKS / "node.in")],
    "ddapm.lock": [str(LOCKS / "ddapm.in")],
}


def main(options: list[str]) -> int:
    """Resolve each lock in turn; returns the exit code of the first that fails."""
    for name, sources in SOURCES.items():
        print(f"resolving requirements/{name} …", flush=True)
        done = subprocess.run([*COMPILE, *options, *sources, "-o", str(LOCKS / name)], cwd=ROOT, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
