"""A dashboard's document from a request's body. Server's words where they are recorded."""

import re
import secrets
import string
from typing import Any, Final

from lrcp.datadog.dashboards.widgets import MAX_WIDGETS, check_widgets
from lrcp.datadog.errors import invalid
from lrcp.datadog.shapes import take_list, take_optional_text, take_texts

MAX_TAGS: Final = 5
MAX_SLUG: Final = 80
_ALPHABET: Final = string.ascii_lowercase + string.digits
_SERVER_OWNED: Final = frozenset(
    ("id", "url", "author_handle", "author_name", "created_at", "modified_at", "deleted_at", "org_id")
)


def parse_dashboard(body: dict[str, Any]) -> dict[str, Any]:
    """The document that is kept: what was sent, with the server's defaults and an id for each widget. Raises: Refusal."""
    if not isinstance(body.get("title"), str):
        raise invalid("'title' is a required parameter")
    if body.get("layout_type") not in ("ordered", "free"):
        raise invalid("'layout_type' must be ordered or free")
    if body.get("reflow_type") not in (None, "auto", "fixed"):
        raise invalid("'reflow_type' must be auto or fixed")
    if body.get("is_read_only") not in (None, True, False):
        raise invalid("'is_read_only' must be true or false")
    take_optional_text(body, "description")
    for member in ("notify_list", "restricted_roles"):
        take_texts(body, member)
    _check_tags(take_texts(body, "tags"))
    for variable in take_list(body, "template_variables", most=500):
        _check_variable(variable)
    for preset in take_list(body, "template_variable_presets", most=500):
        _check_preset(preset)
    widgets = take_list(body, "widgets", most=MAX_WIDGETS)
    check_widgets(widgets)
    defaults: dict[str, Any] = {
        "description": None,
        "notify_list": None,
        "template_variables": None,
        "restricted_roles": [],
        "is_read_only": False,
    }
    kept = {name: value for name, value in body.items() if name not in _SERVER_OWNED}
    return defaults | kept | {"widgets": [{"id": _widget_id(), **widget} for widget in widgets]}


def _check_tags(tags: list[str]) -> None:
    if not all(tag.startswith("team:") and tag != "team:" for tag in tags):
        raise invalid("Invalid tag format. Valid tag keys are: team.")
    if len(tags) > MAX_TAGS:
        raise invalid(f"A dashboard may have at most {MAX_TAGS} tags")


def _check_variable(variable: Any) -> None:
    if not isinstance(variable, dict) or not isinstance(variable.get("name"), str):
        raise invalid("'template_variables' is invalid")
    if variable.get("default") is not None and variable.get("defaults") is not None:
        raise invalid("'template_variables' is invalid")
    if any(value == "" for value in take_list(variable, "defaults", path="template_variables")):
        raise invalid("Minimum length of parameter 'defaults' should be 1")


def _check_preset(preset: Any) -> None:
    if not isinstance(preset, dict):
        raise invalid("'template_variable_presets' is invalid")
    for variable in take_list(preset, "template_variables", path="template_variable_presets", most=500):
        if not isinstance(variable, dict):
            raise invalid("'template_variables' is invalid")
        if "value" in variable and "values" in variable:
            raise invalid(f"'template_variables' value '{_shown(variable)}' is invalid")
        if variable.get("values") == []:
            raise invalid("Minimum number of elements in parameter 'values' should be 1")


def _shown(value: dict[str, Any]) -> str:
    """As the server writes an object into a text; bounded."""
    return str(value)[:500]


def _widget_id() -> int:
    return secrets.randbelow(9 * 10**15) + 10**15


def new_dashboard_id() -> str:
    """Three groups of three letters or digits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(3)) for _ in range(3))


def url_of(id: str, title: str) -> str:
    """Path of a dashboard's page, with its title in a form for addresses."""
    slug = re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")[:MAX_SLUG].rstrip("-")
    return f"/dashboard/{id}/{slug}"
