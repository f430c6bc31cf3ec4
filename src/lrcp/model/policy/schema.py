"""The JSON schema of a policy, made from its records, for editors and for whoever writes one by program."""

import inspect
from typing import Any, Final

import msgspec

from lrcp.model.policy.document import Policy

SCHEMA_PATH: Final = "/api/policy/schema"


def policy_schema() -> dict[str, Any]:
    """JSON Schema 2020-12. What it cannot say (names that exist, targets that lead somewhere) the check says."""
    (reference,), definitions = msgspec.json.schema_components((Policy,), ref_template="#/$defs/{name}")
    for definition in definitions.values():
        if "description" in definition:
            definition["description"] = inspect.cleandoc(definition["description"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_PATH,
        "title": "Policy of LRCP's gateway",
        **reference,
        "$defs": definitions,
    }
