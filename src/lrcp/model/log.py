"""Log: one line that an application or the system wrote."""

import msgspec


class Log(msgspec.Struct):
    """One row of `logs`. attributes is a JSON object as text ('' when there are none); status is Datadog's word for the level."""

    time_ns: int
    message: str
    service: str = ""
    status: str = "info"
    trace_id: str = ""
    span_id: str = ""
    env: str = ""
    host: str = ""
    source: str = ""
    tags: tuple[str, ...] = ()
    attributes: str = ""
