"""What there is to ask for, from a list in a file: JSON {metric: [keys]}, or a metric a line with its keys behind it."""

from pathlib import Path

import msgspec

from lrcp.model.errors import InputError
from lrcp.monitors.lint.finding import Known


def read_known(path: Path) -> Known:
    """Raises: InputError - the file cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    listed = _json(path, text) if text.lstrip().startswith("{") else _lines(text)
    return Known(metrics=frozenset(listed), tags={name: frozenset(keys) for name, keys in listed.items() if keys})


def _json(path: Path, text: str) -> dict[str, list[str]]:
    try:
        return msgspec.json.decode(text.encode(), type=dict[str, list[str]])
    except msgspec.MsgspecError as error:
        raise InputError(f"{path} is not a JSON object of metrics with their tag keys: {error}") from error


def _lines(text: str) -> dict[str, list[str]]:
    """`llm.request.count service,model`; a metric alone says nothing of its tags."""
    words = [line.split() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return {line[0]: [key for word in line[1:] for key in word.split(",") if key] for line in words}
