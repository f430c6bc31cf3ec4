"""The whole server as a process, for recordings of what it takes in and what it is asked about it."""

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode

from tests.oracle.recordings import Recording
from tests.oracle.replay import Send

TIMEOUT_S = 30


def sender(url: str, recording: Recording) -> Send:
    """How a recording's requests are sent to a server."""
    packed = {interaction.body: interaction.encoding for interaction in recording.interactions if interaction.encoding}

    def send(method: str, path: str, query: list[tuple[str, str]], body: Any) -> tuple[int, Any, str]:
        headers = {"content-type": "application/json", "dd-api-key": "a", "dd-application-key": "b"}
        if isinstance(body, bytes):
            headers["content-encoding"] = packed[body]
        else:
            body = None if body is None else json.dumps(body).encode()
        address = f"{url}{path}?{urlencode(query)}" if query else f"{url}{path}"
        return _ask(urllib.request.Request(address, data=body, headers=headers, method=method))

    return send


def _ask(request: urllib.request.Request) -> tuple[int, Any, str]:
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    return status, json.loads(text) if text else None, text
