"""Service check intake: `/api/v1/check_run`, an array of checks (or one)."""

from typing import Any, Final

from lrcp.ingest.http import Decoded, Reply, Request
from lrcp.ingest.receivers.datadog_intake.body import (
    Refusals,
    as_list,
    as_number,
    as_object,
    as_tags,
    as_text,
    is_timely,
    parse_json,
)
from lrcp.ingest.receivers.datadog_intake.replies import ACCEPTED_OK
from lrcp.model.batch import Batch
from lrcp.model.errors import InputError
from lrcp.model.event import CHECK_STATUSES, ServiceCheck
from lrcp.model.ids import payload_digest
from lrcp.model.tags import normalize_tags

MAX_PAST_S: Final = 600
MAX_FUTURE_S: Final = 600


def decode_checks(request: Request) -> Decoded:
    """Service checks; wrong ones are refused and the others go on. Raises: InputError - there was no other one."""
    body = parse_json(request.body)
    refusals, checks, all_timed = Refusals(), [], True
    for index, one in enumerate([body] if isinstance(body, dict) else as_list(body, "the body")):
        try:
            check, time_s = _read_check(as_object(one, "a check"))
        except InputError as error:
            refusals.note_wrong(f"[{index}]", error)
            continue
        if time_s is None:
            check.time_ns, all_timed = request.received_ns, False
            checks.append(check)
        elif is_timely(time_s, request.received_ns, past_s=MAX_PAST_S, future_s=MAX_FUTURE_S):
            check.time_ns = int(time_s * 1_000_000_000)
            checks.append(check)
        else:
            refusals.note_untimely()
    refusals.raise_if_nothing_else(len(checks))
    digest = payload_digest(request.path.encode(), request.body) if all_timed else b""
    batch = Batch(checks=checks, digest=digest, size_bytes=len(request.body))
    return Decoded(Reply(202, ACCEPTED_OK), batch, refusals.count)


def _read_check(fields: dict[str, Any]) -> tuple[ServiceCheck, float | None]:
    """A check without its time, and its time (Unix seconds, None when not sent). Raises: InputError."""
    name = as_text(fields.get("check"), "check")
    if not name:
        raise InputError("check is required")
    status = fields.get("status")
    if isinstance(status, bool) or not isinstance(status, int) or not 0 <= status < len(CHECK_STATUSES):
        raise InputError("status must be 0, 1, 2 or 3")
    sent_s = fields.get("timestamp")
    check = ServiceCheck(0, name, CHECK_STATUSES[status])
    check.host = as_text(fields.get("host_name"), "host_name")
    check.message = as_text(fields.get("message"), "message")
    check.tags = normalize_tags(as_tags(fields.get("tags")))
    return check, None if sent_s is None else as_number(sent_s, "timestamp")
