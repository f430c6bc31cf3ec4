"""Good requests of every Datadog intake, to be mutated; their times are those of the fuzz clock."""

import gzip
import zlib

from tests.fuzz.http_bodies import Seed
from tests.wire.datadog_intake.protobuf_writer import bytes_field, double_field, number_field, varint, zigzag

NOW_S = 1_700_000_000
_JSON = {"content-type": "application/json"}

_SERIES_V2 = (
    b'{"series":[{"metric":"shop.load","type":1,"interval":10,"unit":"request","tags":["env:test","a"],'
    b'"points":[{"timestamp":1700000000,"value":0.5},{"timestamp":1699999999,"value":"7"}],'
    b'"resources":[{"type":"host","name":"web-1"}],"source_type_name":"x","metadata":{"origin":{"product":1}}}]}'
)
_SERIES_V1 = (
    b'{"series":[{"metric":"shop.load","type":"rate","interval":10,"host":"h","device":"d","tags":null,'
    b'"points":[[1700000000,0.5],[1700000009.5,"1e3"]]},{"metric":"b","points":[[1700000000,-1]]}]}'
)
_DISTRIBUTION = (
    b'{"series":[{"metric":"d","host":"h","tags":["a:b"],"points":[[1700000000,[1,2.5,-3]],[1700000010,[4]]]}]}'
)
_LOGS = (
    b'[{"message":"{\\"msg\\":\\"inner\\",\\"level\\":\\"error\\",\\"dd\\":{\\"trace_id\\":\\"5\\"}}","ddsource":"js",'
    b'"ddtags":"env:test,a:b","hostname":"h","service":"s","timestamp":1700000000000,"a":{"b":[1,2.5,null,true]}},'
    b'{"message":"x","date":"2023-11-14T22:13:20Z","status":3,"trace_id":"68f0b1c2000000001122334455667788"}]'
)
_LOGPLEX = b"60 <187>1 2023-11-14T22:13:20+00:00 d.1 api web.3 - State x\n40 <40>1 - - - - - two"
_EVENT_V1 = (
    b'{"title":"Deploy","text":"v2","date_happened":1700000000,"aggregation_key":"k","alert_type":"success",'
    b'"priority":"low","host":"h","source_type_name":"g","tags":["a:b"],"device_name":"e","related_event_id":5}'
)
_CHANGE = (
    b'{"data":{"type":"event","attributes":{"title":"Flag","category":"change","timestamp":"2023-11-14T22:13:20Z",'
    b'"tags":["a:b"],"attributes":{"changed_resource":{"name":"f","type":"feature_flag"},"impacted_resources":[{}],'
    b'"new_value":{"on":true}}}}}'
)
_ALERT = (
    b'{"data":{"type":"event","attributes":{"title":"Slow","message":"p95","category":"alert","host":"h",'
    b'"attributes":{"status":"warn","priority":"2","links":[{"url":"x"}]}}}}'
)
_CHECKS = b'[{"check":"up","host_name":"h","status":2,"tags":["a:b"],"message":"m","timestamp":1700000000},{"check":"b","status":0}]'


def _series_protobuf() -> bytes:
    point = bytes_field(4, double_field(1, 2.5) + number_field(2, NOW_S))
    resource = bytes_field(1, bytes_field(1, b"host") + bytes_field(2, b"web-1"))
    return bytes_field(1, resource + bytes_field(2, b"m") + bytes_field(3, b"a:b") + point + number_field(5, 1))


def _sketches() -> bytes:
    numbers = number_field(1, NOW_S) + number_field(2, 4) + b"".join(double_field(field, 2.0) for field in (3, 4, 5, 6))
    keys = bytes_field(7, b"".join(varint(zigzag(key)) for key in (-1, 0, 1338)))
    sketch = numbers + keys + bytes_field(8, bytes([1, 1, 2]))
    return bytes_field(1, bytes_field(1, b"lat") + bytes_field(4, b"a:b") + bytes_field(7, sketch))


def seeds() -> list[Seed]:
    """One or more requests per path."""
    protobuf = {"content-type": "application/x-protobuf"}
    query = b"ddsource=nginx&ddtags=env%3Atest&service=web&hostname=h1"
    return [
        Seed("/api/v2/series", _SERIES_V2, _JSON),
        Seed("/api/v2/series", gzip.compress(_SERIES_V2, mtime=0), _JSON | {"content-encoding": "gzip"}),
        Seed("/api/v2/series", _series_protobuf(), protobuf),
        Seed("/api/v1/series", _SERIES_V1, _JSON),
        Seed("/api/v1/series", zlib.compress(_SERIES_V1), _JSON | {"content-encoding": "deflate"}),
        Seed("/api/v1/distribution_points", _DISTRIBUTION, _JSON),
        Seed("/api/beta/sketches", _sketches(), protobuf),
        Seed("/api/v2/logs", _LOGS, _JSON, query=query),
        Seed("/api/v2/logs", b"one\ntwo\n", {"content-type": "text/plain"}),
        Seed("/api/v2/logs", _LOGPLEX, {"content-type": "application/logplex-1"}),
        Seed("/v1/input", _LOGS, _JSON, query=query),
        Seed("/api/v1/events", _EVENT_V1, _JSON),
        Seed("/api/v2/events", _CHANGE, _JSON),
        Seed("/api/v2/events", _ALERT, _JSON),
        Seed("/api/v1/check_run", _CHECKS, _JSON),
        Seed("/api/v1/validate", b"", {"dd-api-key": "k"}, method="GET", query=b"api_key=k"),
    ]
