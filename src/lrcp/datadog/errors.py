"""Refusals of Datadog's API in its own two shapes: a list of texts, or of JSON:API error objects."""

from typing import Any

from lrcp.model.errors import LrcpError


class Refusal(LrcpError):
    """A request that is answered with an error.

    status: HTTP. errors: what stands in the body's `errors`: texts, or objects with `title`, `detail`, `status`.
    """

    def __init__(self, status: int, *errors: str | dict[str, Any]) -> None:
        super().__init__("; ".join(_text_of(error) for error in errors))
        self.status = status
        self.errors = errors


def invalid(text: str) -> Refusal:
    """400 with one text."""
    return Refusal(400, text)


def not_found(text: str = "Not found") -> Refusal:
    """404 with one text."""
    return Refusal(404, text)


def _text_of(error: str | dict[str, Any]) -> str:
    return error if isinstance(error, str) else str(error.get("detail") or error.get("title") or "")
