"""Datadog's own parser of LLM Observability searches (package ddapm-test-agent) as a reference, in its own interpreter."""

import json
import subprocess
from typing import Any

from tests.support.ddapm import PROGRAM
from tests.support.processes import clean_environ

_SCRIPT = """
import json, sys
from lapdog.llmobs_query_parser import BooleanNode, FilterNode, FreeTextNode, NotNode, parse_query_to_ast

def tree(node):
    if isinstance(node, BooleanNode):
        return [node.operator.lower(), [tree(child) for child in node.children]]
    if isinstance(node, NotNode):
        return ["not", tree(node.child)]
    if isinstance(node, FreeTextNode):
        return ["text", node.text]
    return ["filter", node.filter] if isinstance(node, FilterNode) else None

print(json.dumps([tree(parse_query_to_ast(query)) for query in json.load(sys.stdin)]))
"""


def lapdog_trees(queries: list[str]) -> list[Any]:
    """What the reference makes of each search: nested lists, [kind, content].

    Raises: FileNotFoundError - it is not installed; `make test` installs it.
    """
    python = PROGRAM.with_name("python")
    if not PROGRAM.exists():
        raise FileNotFoundError(f"{PROGRAM} is missing: `make test` installs it from requirements/ddapm.lock")
    argv = [str(python), "-c", _SCRIPT]
    done = subprocess.run(
        argv, input=json.dumps(queries), env=clean_environ(), capture_output=True, text=True, timeout=120, check=True
    )
    found: list[Any] = json.loads(done.stdout)
    return found
