"""The official client's models: whether a reply is what the client makes its objects of."""

import importlib
import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from datadog_api_client import ApiClient, Configuration
from datadog_api_client.model_utils import OpenApiModel, UnparsedObject

_MODULES: Final = {
    "v1": (
        "dashboard_lists", "dashboards", "downtimes", "events", "metrics", "monitors",
        "service_level_objective_corrections", "service_level_objectives",
    ),
    "v2": ("dashboard_lists", "downtimes", "events", "metrics", "monitors", "service_level_objectives"),
}  # fmt: skip


@lru_cache(maxsize=1)
def _operations() -> list[tuple[str, re.Pattern[str], Any]]:
    """(method, pattern of the path, type of the response) of every operation of our areas."""
    client, found = _client(), []
    for version, names in _MODULES.items():
        for name in names:
            module = importlib.import_module(f"datadog_api_client.{version}.api.{name}_api")
            kind = next(v for k, v in vars(module).items() if k.lower() == f"{name.replace('_', '')}api")
            for endpoint in vars(kind(client)).values():
                settings = getattr(endpoint, "settings", None)
                if settings:
                    path = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(settings["endpoint_path"]))
                    found.append((settings["http_method"], re.compile(path), settings["response_type"]))
    # A path without parameters comes before one whose parameter would take its last part.
    return sorted(found, key=lambda one: one[1].pattern.count("[^/]+"))


def _client() -> ApiClient:
    return ApiClient(Configuration())  # type: ignore[no-untyped-call]


def problem_of(method: str, path: str, text: str) -> str:
    """'' when the client makes its model of a reply; else what it says, or where it could not."""
    types = next((one[2] for one in _operations() if one[0] == method and one[1].fullmatch(path)), None)
    if types is None:
        return ""
    try:
        made = _client().deserialize(text, types, True)
    except Exception as error:
        return f"the client's model refuses it: {type(error).__name__}: {error}"[:500]
    unread = _unread(made)
    return f"the client could not read {unread}" if unread else ""


def _unread(value: Any, path: str = "$") -> str:
    """The innermost place that the client kept as it came, because no model of its fits; '' nowhere."""
    if isinstance(value, list):
        return _first((f"{path}[{at}]", one) for at, one in enumerate(value))
    if isinstance(value, dict):
        return _first((f"{path}.{name}", one) for name, one in value.items())
    if not isinstance(value, OpenApiModel) or not value._unparsed:
        return ""
    if isinstance(value, UnparsedObject):
        return path
    return _first((f"{path}.{name}", one) for name, one in value._data_store.items()) or path


def _first(parts: Iterable[tuple[str, Any]]) -> str:
    return next((found for path, one in parts if (found := _unread(one, path))), "")


def as_text(document: Any) -> str:
    """A document as a reply's body."""
    return json.dumps(document)
