"""Logs intake: `/api/v2/logs` and `/v1/input`, as JSON, text lines or logplex frames."""

from typing import Any, Final

import msgspec

from lrcp.ingest.http import Decoded, Reply, Request
from lrcp.ingest.mend import decode_mended
from lrcp.ingest.receivers.datadog_intake.body import Refusals, is_timely, parse_json, read_query
from lrcp.ingest.receivers.datadog_intake.log_record import Defaults, ReadLog, read_log
from lrcp.ingest.receivers.datadog_intake.logplex import read_frames
from lrcp.ingest.receivers.datadog_intake.replies import ACCEPTED_EMPTY
from lrcp.model.batch import Batch
from lrcp.model.errors import DecodeError, InputError, TooLargeError
from lrcp.model.ids import payload_digest
from lrcp.model.log import Log

MAX_ITEMS: Final = 1000
MAX_PAST_S: Final = 18 * 3600
MAX_FUTURE_S: Final = 2 * 3600
_LINES: Final = msgspec.json.Decoder()
_LOGPLEX_TYPES: Final = frozenset({"application/logplex-1", "application/logplex"})


def decode_logs_v2(request: Request) -> Decoded:
    """Logs v2, answered 202. Raises: InputError - not decodable, or more than 1000 items."""
    return _decode(request, Reply(202, ACCEPTED_EMPTY))


def decode_logs_v1(request: Request) -> Decoded:
    """Logs v1, answered 200. Raises: InputError - not decodable, or more than 1000 items."""
    return _decode(request, Reply(200, ACCEPTED_EMPTY))


def _decode(request: Request, reply: Reply) -> Decoded:
    items = _split_items(request)
    if len(items) > MAX_ITEMS:
        raise TooLargeError(f"the body has {len(items)} logs, the limit is {MAX_ITEMS}")
    defaults = _read_defaults(request)
    refusals, logs, all_timed = Refusals(), list[Log](), True
    for index, item in enumerate(items):
        try:
            found = read_log(item, defaults)
        except InputError as error:
            refusals.note_wrong(f"[{index}]", error)
            continue
        all_timed = all_timed and found.has_own_time
        _keep_timely(found, request.received_ns, logs, refusals)
    refusals.raise_if_nothing_else(len(logs))
    digest = payload_digest(request.path.encode(), request.query, request.body) if all_timed else b""
    return Decoded(reply, Batch(logs=logs, digest=digest, size_bytes=len(request.body)), refusals.count)


def _keep_timely(found: ReadLog, now_ns: int, logs: list[Log], refusals: Refusals) -> None:
    if is_timely(found.log.time_ns / 1e9, now_ns, past_s=MAX_PAST_S, future_s=MAX_FUTURE_S):
        logs.append(found.log)
    else:
        refusals.note_untimely()


def _split_items(request: Request) -> list[Any]:
    """The logs of a body, as objects or texts. An empty object or body holds none: agents ask that way who is there."""
    content_type, body = request.content_type(), request.body
    if content_type in _LOGPLEX_TYPES:
        return read_frames(body)
    if content_type.startswith("text/") and content_type != "text/json":
        return [line.rstrip("\r") for line in body.decode("utf-8", "replace").split("\n") if line.strip()]
    if not body.strip():
        return []
    value = _parse_items(body)
    if isinstance(value, list):
        return value
    return [value] if value != {} else []


def _parse_items(body: bytes) -> Any:
    """JSON, or several JSON values on lines of their own. Raises: DecodeError - says where the JSON is wrong."""
    try:
        return parse_json(body)
    except DecodeError as error:
        try:
            return decode_mended(_LINES.decode_lines, body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise error from None


def _read_defaults(request: Request) -> Defaults:
    """What the query says of all logs of a request."""
    query = read_query(request)
    return Defaults(
        received_ns=request.received_ns,
        source=query.get("ddsource", ""),
        tags=query.get("ddtags", ""),
        service=query.get("service", ""),
        host=query.get("hostname") or query.get("host", ""),
    )
