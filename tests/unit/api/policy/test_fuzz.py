"""The policy routes keep to their OpenAPI document, whatever is sent."""

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.unit.api.policy.conftest import PolicyApi


def test_the_policy_routes_keep_to_their_document_under_fuzz(api: PolicyApi) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", api.client.app, headers={"host": "127.0.0.1"})
    operations = [result.ok() for result in schema.include(path_regex="^/api/policy").get_all_operations()]
    assert len(operations) == 9
    for operation in operations:
        _check(operation.as_strategy())


def _check(cases: SearchStrategy[schemathesis.Case]) -> None:
    @given(case=cases)
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    def check(case: schemathesis.Case) -> None:
        # Any object is a body by the schema, and only a policy is taken.
        case.call_and_validate(headers={"host": "127.0.0.1"}, excluded_checks=[positive_data_acceptance])

    check()
