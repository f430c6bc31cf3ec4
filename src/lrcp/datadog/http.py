"""What every route of Datadog's paths reads and writes: JSON bodies within a bound, query parameters, JSON replies."""

from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lrcp.datadog.errors import Refusal, invalid

MAX_BODY_BYTES: Final = 1024 * 1024
"""Of any request to these paths; telemetry does not pass here."""

MEDIA_TYPE: Final = "application/json"


async def read_json(request: Request) -> Any:
    """The body, decoded. Raises: Refusal - 413 it is over the bound, 400 it is not JSON."""
    body = await _read_body(request)
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise invalid(f"Invalid JSON: {error}") from None


async def read_object(request: Request) -> dict[str, Any]:
    """The body, an object. Raises: Refusal - as read_json, and 400 when it is something else."""
    document = await read_json(request)
    if not isinstance(document, dict):
        raise invalid("Invalid payload: the body must be a JSON object")
    return document


async def _read_body(request: Request) -> bytes:
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_BODY_BYTES:
            raise Refusal(413, f"The body is over the limit of {MAX_BODY_BYTES} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def reply(document: Any, status: int = 200) -> Response:
    """A JSON reply."""
    return Response(msgspec.json.encode(document), status_code=status, media_type=MEDIA_TYPE)


def no_content() -> Response:
    """204."""
    return Response(status_code=204)


def query_int(request: Request, name: str, default: int, *, least: int = 0, most: int = 2**53) -> int:
    """An integer parameter of the query. Raises: Refusal - 400 it is no integer of that range."""
    text = request.query_params.get(name)
    if text is None or text == "":
        return default
    try:
        number = int(text[:20])
    except ValueError:
        raise invalid(f"The value provided for parameter '{name}' is invalid") from None
    if not least <= number <= most:
        raise invalid(f"The value provided for parameter '{name}' is invalid: it must be from {least} to {most}")
    return number


def query_bool(request: Request, name: str, default: bool = False) -> bool:
    """A parameter that is true or false, as the clients write them. Raises: Refusal - 400 it is neither."""
    text = request.query_params.get(name, "").lower()
    if not text:
        return default
    if text not in _TRUTH:
        raise invalid(f"The value provided for parameter '{name}' is invalid")
    return _TRUTH[text]


_TRUTH: Final = {"true": True, "1": True, "false": False, "0": False}


def query_list(request: Request, name: str) -> tuple[str, ...]:
    """A parameter that holds a list, either comma-separated or repeated; empty entries are left out."""
    values = (part.strip() for text in request.query_params.getlist(name) for part in text.split(","))
    return tuple(value for value in values if value)
