"""The rows of tests/spec/money: what providers answered, with what it must cost, and the requests that go with them."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec
import yaml

from lrcp.gateway.caller import read_caller
from lrcp.gateway.exchange import Exchange, Target
from lrcp.gateway.providers import PROVIDER_NAMES, Upstream, make_upstreams
from lrcp.gateway.tracecontext import continue_trace
from lrcp.gateway.wire.format import Format
from lrcp.gateway.wire.formats import FORMATS

_FOLDER: Final = Path(__file__).parents[1] / "spec" / "money"
_ASK: Final = {"messages": [{"role": "user", "content": "Hello?"}]}
_CONTENTS: Final = {"contents": [{"role": "user", "parts": [{"text": "Hello?"}]}]}
_REQUESTS: Final[dict[str, dict[str, Any]]] = {
    "openai.chat": _ASK,
    "openai.responses": {"input": "Hello?"},
    "openai.embeddings": {"input": "Hello?"},
    "anthropic.messages": {**_ASK, "max_tokens": 64},
    "anthropic.count_tokens": _ASK,
    "gemini.generate": _CONTENTS,
    "gemini.count_tokens": _CONTENTS,
    "gemini.embed": {"content": {"parts": [{"text": "Hello?"}]}},
}
_PATHS: Final = {
    "openai.chat": "/v1/chat/completions",
    "openai.responses": "/v1/responses",
    "openai.embeddings": "/v1/embeddings",
    "anthropic.messages": "/v1/messages",
    "anthropic.count_tokens": "/v1/messages/count_tokens",
}
_GEMINI_CALLS: Final = {
    "gemini.generate": "generateContent",
    "gemini.count_tokens": "countTokens",
    "gemini.embed": "embedContent",
}


class MoneyRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer and what it costs.

    provider: by its name in the gateway, or a host. date: the day or the time (UTC; a day means its noon). reply is the whole
    body, or events the data of a stream's. tokens: input holds cached and written, output holds reasoning; left out: none.
    cost: the formula to check, tokens times dollars per million (10000 is what one web search costs at $10 per thousand),
    dollars where the provider tells them, or `none`. nusd and source: what must come out. translated: False where the
    answer cannot be put in another format. end_to_end: also sent through a real gateway.
    """

    name: str
    provider: str
    model: str
    date: str
    format: str
    tokens: dict[str, int]
    cost: str
    nusd: int | None
    source: str
    reply: str = ""
    events: list[str] = []
    status: int = 200
    translated: bool = True
    end_to_end: bool = False

    @property
    def streams(self) -> bool:
        return bool(self.events)

    @property
    def wire(self) -> Format:
        return FORMATS[self.format]

    @property
    def started_ns(self) -> int:
        moment = self.date if "T" in self.date else f"{self.date}T12:00:00"
        return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()) * 10**9

    def body(self) -> bytes:
        """The bytes that the provider sends."""
        if not self.events:
            return self.reply.strip().encode()
        return b"".join(_frame(self.format, event) for event in self.events)

    def formula_nusd(self) -> int | None:
        """The formula's value, rounded half up."""
        if self.cost == "none":
            return None
        value = sum((_value(term) for term in self.cost.split(" + ")), Fraction(0))
        return int(value * 1000 + Fraction(1, 2))


def load_money_rows() -> list[MoneyRow]:
    """All rows, in the order of their files."""
    return [row for path in sorted(_FOLDER.glob("*.yaml")) for row in _load(path)]


def _load(path: Path) -> list[MoneyRow]:
    rows = yaml.safe_load(path.read_text())
    return [msgspec.convert(row | {"date": row["date"].isoformat()}, MoneyRow) for row in rows]


def _value(term: str) -> Fraction:
    """A term in dollars per million tokens."""
    if term.startswith("$"):
        return Fraction(term[1:]) * 10**6
    tokens, price = re.fullmatch(r"(\d+)\*([\d.]+)", term).groups()  # type: ignore[union-attr]
    return int(tokens) * Fraction(price)


def _frame(format: str, event: str) -> bytes:
    """An event as its provider frames it."""
    if format.startswith("anthropic"):
        return f"event: {json.loads(event)['type']}\ndata: {event}\n\n".encode()
    return f"data: {event}\n\n".encode()


def request_path(format: str, model: str, *, streams: bool) -> str:
    """The gateway's path for a call, with its query."""
    if format in _PATHS:
        return _PATHS[format]
    call = "streamGenerateContent?alt=sse" if streams else _GEMINI_CALLS[format]
    return f"/v1beta/models/{quote(model, safe='')}:{call}"


def request_body(format: str, model: str, *, streams: bool) -> bytes:
    """A short question, `Hello?`."""
    members = dict(_REQUESTS[format])
    if not format.startswith("gemini"):
        members["model"] = model
        if streams:
            members["stream"] = True
    return json.dumps(members).encode()


def make_row_upstream(provider: str, address: str = "") -> Upstream:
    """The row's provider, at another address where one is given."""
    if provider in PROVIDER_NAMES:
        needs = {"azure": {"AZURE_OPENAI_BASE_URL": "https://house.openai.azure.com/openai/v1"}}
        upstream = make_upstreams(provider, needs.get(provider, {}))[provider]
    else:
        upstream = make_upstreams("url", {}, url=f"https://{provider}/v1")["url"]
    if not address:
        return upstream
    families = {FORMATS[name].family for name in upstream.provider.formats}
    return msgspec.structs.replace(
        upstream, endpoints=dict.fromkeys(families, f"{address}/v1"), key="k", allow_private=True
    )


def make_row_exchange(row: MoneyRow, asked: str = "") -> Exchange:
    """An exchange that has gone to the row's provider; asked: the client's format, where it is another one."""
    format = asked or row.format
    path = request_path(format, row.model, streams=row.streams).partition("?")[0]
    body = request_body(format, row.model, streams=row.streams)
    headers: Mapping[bytes, bytes] = {}
    return Exchange(
        method="POST",
        path=path,
        query=b"",
        headers=headers,
        body=body,
        trace=continue_trace(headers),
        started_ns=row.started_ns,
        started_tick=0,
        format=FORMATS[format],
        call=FORMATS[format].decode_call(path, body),
        caller=read_caller(headers),
        target=Target(make_row_upstream(row.provider), row.model),
    )
