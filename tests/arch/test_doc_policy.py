"""docs/gateway/policy.md against the code: every member of every record with its default, and examples that are taken."""

import json
import re
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from lrcp.api.policy.routes import policy_router
from lrcp.gateway.policy.known import KNOWN_PROVIDERS
from lrcp.kit.clock import SystemClock
from lrcp.model.policy.canonical import plain_policy
from lrcp.model.policy.document import Policy
from lrcp.model.policy.parse import parse_policy

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "gateway" / "policy.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)


def records(kind: Any, found: dict[str, type[msgspec.Struct]]) -> dict[str, type[msgspec.Struct]]:
    """A record and all that it holds, by name."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        if kind.__name__ in found:
            return found
        found[kind.__name__] = kind
        for inner in get_type_hints(kind).values():
            records(inner, found)
    for inner in get_args(kind):
        records(inner, found)
    return found


def rows(kind: type[msgspec.Struct]) -> list[str]:
    """The beginnings of a record's rows."""
    found = []
    for field in msgspec.structs.fields(kind):
        default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
        shown = "required" if field.required else f"`{json.dumps(plain_policy(default), ensure_ascii=False)}`"
        found.append(f"| `{field.name}` | {shown} | ")
    return found


@pytest.mark.parametrize(("name", "kind"), records(Policy, {}).items())
def test_every_member_is_in_the_reference_with_its_default(name: str, kind: type[msgspec.Struct]) -> None:
    section = PAGE.partition(f"### {name}\n")[2].partition("\n### ")[0]
    assert [row for row in rows(kind) if row not in section] == []
    there = set(re.findall(r"^\| `(\w+)` \| ", section, re.MULTILINE))
    assert there == {field.name for field in msgspec.structs.fields(kind)}


def test_the_reference_has_no_record_that_is_gone() -> None:
    sections = re.findall(r"^### (\w+)$", PAGE.partition("## Reference")[2], re.MULTILINE)
    assert set(sections) == records(Policy, {}).keys()


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_taken(example: str) -> None:
    assert parse_policy(example.encode(), providers=KNOWN_PROVIDERS)


def test_every_route_of_the_api_is_in_the_table() -> None:
    router = policy_router(None, None, None, SystemClock())  # type: ignore[arg-type]
    there = {f"{method} {route.path}" for route in router.routes for method in route.methods}  # type: ignore[attr-defined]
    assert set(re.findall(r"^\| `((?:GET|PUT|POST) \S+)` \|", PAGE, re.MULTILINE)) == there
