"""ExportLogsServiceRequest -> logs, and evaluations of the records that are the evaluation event."""

from typing import Any, Final

from lrcp.ingest.receivers.otlp.evaluations import EVENT as EVALUATION_EVENT
from lrcp.ingest.receivers.otlp.evaluations import read_evaluation
from lrcp.ingest.receivers.otlp.limits import MAX_MESSAGES_BYTES, MAX_TIME_NS, cut_bytes
from lrcp.ingest.receivers.otlp.origin import Origin, read_origin
from lrcp.ingest.receivers.otlp.taken import Arrival, Refusals, RefusedError, Taken
from lrcp.ingest.receivers.otlp.values import as_text, json_text, plain
from lrcp.model.batch import Batch
from lrcp.model.evaluation import Evaluation
from lrcp.model.log import Log
from lrcp.model.log_status import find_log_status
from lrcp.model.tags import normalize_tags

SOURCE: Final = "otlp"
"""Of logs that do not name theirs."""

CUT_KEY: Final = "lrcp.cut"

_SOURCE_KEYS: Final = ("datadog.log.source", "ddsource")
_STATUS_OF_NUMBER: Final = ("debug", "debug", "info", "warn", "error", "emergency")
"""By severity_number, four numbers each: TRACE, DEBUG, INFO, WARN, ERROR, FATAL."""


def read_logs(request: Any, arrival: Arrival) -> Taken:
    """A parsed request (protobuf or JSON twins) to logs. A record without any time gets the time of arrival."""
    taken = Taken(Batch(), Refusals())
    for resource_logs in request.resource_logs:
        origin = read_origin(resource_logs.resource)
        tags = normalize_tags(tag for tag in origin.tags() if not tag.startswith("host:"))
        for scope_logs in resource_logs.scope_logs:
            shared = {**origin.attributes, **({"otel.scope": scope_logs.scope.name} if scope_logs.scope.name else {})}
            for record in scope_logs.log_records:
                try:
                    log = _read_log(record, origin, tags, shared, arrival)
                    taken.batch.logs.append(log)
                    if record.event_name == EVALUATION_EVENT:
                        taken.batch.evaluations.extend(_evaluations(record, log, scope_logs.scope.name))
                except RefusedError as error:
                    taken.refusals.add(str(error))
                taken.timed = taken.timed and bool(record.time_unix_nano or record.observed_time_unix_nano)
    return taken


def _read_log(record: Any, origin: Origin, tags: tuple[str, ...], shared: dict[str, str], arrival: Arrival) -> Log:
    time_ns = record.time_unix_nano or record.observed_time_unix_nano or arrival.received_ns
    if time_ns > MAX_TIME_NS:
        raise RefusedError("a log's time must not be after 2100")
    attributes: dict[str, Any] = {**shared, **{pair.key: plain(pair.value) for pair in record.attributes}}
    if record.event_name:
        attributes["event.name"] = record.event_name
    source = next((as_text(attributes.pop(key)) for key in _SOURCE_KEYS if key in attributes), SOURCE)
    body = plain(record.body)
    message = body if isinstance(body, str) else "" if body is None else json_text(body)
    return Log(
        time_ns,
        cut_bytes(message, MAX_MESSAGES_BYTES),
        origin.service,
        _status(record.severity_number, record.severity_text),
        _id(record.trace_id, 16),
        _id(record.span_id, 8),
        origin.env,
        origin.host,
        source,
        tags,
        _attributes_text(attributes),
    )


def _evaluations(record: Any, log: Log, evaluator: str) -> list[Evaluation]:
    """What a record of the evaluation event judges of the span it belongs to; [] when it belongs to none."""
    attributes = {pair.key: plain(pair.value) for pair in record.attributes}
    found = read_evaluation(
        attributes, time_ns=log.time_ns, trace_id=log.trace_id, span_id=log.span_id, evaluator=as_text(evaluator)
    )
    return [found] if found is not None and log.trace_id else []


def _attributes_text(attributes: dict[str, Any]) -> str:
    """A JSON object; when it is over the bound, of as many attributes as fit, and CUT_KEY says so."""
    if not attributes:
        return ""
    text = json_text(attributes)
    if len(text) <= MAX_MESSAGES_BYTES:
        return text
    kept: dict[str, Any] = {CUT_KEY: "attributes"}
    room = MAX_MESSAGES_BYTES
    for key, value in attributes.items():
        room -= len(json_text({key: as_text(value)}))
        if room > 0:
            kept[key] = as_text(value)
    return json_text(kept)


def _id(raw: bytes, size_bytes: int) -> str:
    """An id as hex; '' when the record belongs to no trace (an id of another length says nothing)."""
    return raw.hex() if len(raw) == size_bytes and any(raw) else ""


def _status(number: int, text: str) -> str:
    """Datadog's word for a severity; info when none is given."""
    if 1 <= number <= 24:
        return _STATUS_OF_NUMBER[(number - 1) // 4]
    return find_log_status(text) or "info"
