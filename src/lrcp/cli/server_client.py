"""Asking the server's own API, for commands that work on a running server."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

from lrcp.app.settings import Settings, reachable_host
from lrcp.model.errors import InputError, UnavailableError

TIMEOUT_S: Final = 60.0
_MAX_REPLY_BYTES: Final = 64 * 1024 * 1024


class RefusedByServer(InputError):
    """A reply that is a problem document. lines: what to tell, one a line."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        errors = problem.get("errors") or []
        said = [f"{one['field'].removeprefix('body').lstrip('.') or '$'}: {one['message']}" for one in errors]
        self.lines = said or [str(problem.get("detail", f"the server answered {status}"))]
        self.status = status
        super().__init__("\n      ".join(self.lines))


class ServerClient:
    """The server that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self._url = (settings.server_url or f"http://{reachable_host(settings.host)}:{settings.port}").rstrip("/")

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> bytes:
        """The body of a reply. query: members that are None are left out.

        Raises: RefusedByServer - the reply is an error; UnavailableError - nobody answers.
        """
        given = {name: value for name, value in (query or {}).items() if value is not None}
        url = f"{self._url}{path}" + (f"?{urlencode(given)}" if given else "")
        request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as reply:
                content: bytes = reply.read(_MAX_REPLY_BYTES)
                return content
        except urllib.error.HTTPError as error:
            raise RefusedByServer(error.code, _problem_of(error)) from error
        except (OSError, ValueError) as error:
            raise UnavailableError(
                f"the server at {self._url} does not answer ({error}); start it with `lrcp serve`, or name it with --server-url"
            ) from error

    def ask_lines(self, path: str, body: bytes, *, headers: dict[str, str]) -> Iterator[Any]:
        """The lines of a reply to a POST, decoded from JSON as they come. Raises: as ask."""
        request = urllib.request.Request(f"{self._url}{path}", data=body, method="POST", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as reply:
                for line in reply:
                    yield json.loads(line)
        except urllib.error.HTTPError as error:
            raise RefusedByServer(error.code, _problem_of(error)) from error
        except (OSError, ValueError) as error:
            raise UnavailableError(f"the server at {self._url} does not answer ({error})") from error

    def ask_json(self, method: str, path: str, **request: Any) -> Any:
        """The same, decoded."""
        return json.loads(self.ask(method, path, **request))


def _problem_of(error: urllib.error.HTTPError) -> dict[str, Any]:
    try:
        problem = json.loads(error.read(_MAX_REPLY_BYTES))
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}
