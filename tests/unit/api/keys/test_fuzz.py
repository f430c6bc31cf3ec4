"""The key routes keep to their OpenAPI document, whatever is sent."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.unit.api.keys.conftest import KeyApi


def test_the_key_routes_keep_to_their_document_under_fuzz(api: KeyApi) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", api.client.app, headers={"host": "127.0.0.1"})
    results = list(schema.include(path_regex="^/api/keys").get_all_operations())
    operations = [result.ok() for result in results if isinstance(result, Ok)]
    assert len(operations) == 3
    for operation in operations:
        _check(operation.as_strategy())


def _check(cases: SearchStrategy[schemathesis.Case[Any]]) -> None:
    @given(case=cases)
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    def check(case: schemathesis.Case[Any]) -> None:
        # A name that is taken is refused, and so is the id of a page that never was: the schema cannot know.
        case.call_and_validate(headers={"host": "127.0.0.1"}, excluded_checks=[positive_data_acceptance])

    check()
