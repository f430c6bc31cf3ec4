import pytest

from lrcp.reference.asking import parse_cost
from lrcp.reference.prompts import QA
from lrcp.reference.settings import load_reference_settings, with_version_path
from lrcp.reference.tracing import set_tracing_defaults


def test_the_gateway_is_local_unless_named() -> None:
    assert load_reference_settings({}).gateway_url == "http://127.0.0.1:8100/v1"
    assert load_reference_settings({"LRCP_GATEWAY_PORT": "9100"}).gateway_url == "http://127.0.0.1:9100/v1"
    assert load_reference_settings({"LRCP_GATEWAY_URL": "http://gw:1/v1"}).gateway_url == "http://gw:1/v1"


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://gw:1", "http://gw:1/v1"),
        ("http://gw:1/", "http://gw:1/v1"),
        ("http://gw/team/v1/", "http://gw/team/v1"),
    ],
)
def test_a_gateway_without_a_path_gets_the_version_path(given: str, used: str) -> None:
    assert with_version_path(given) == used


def test_a_port_that_is_no_number_is_named() -> None:
    with pytest.raises(ValueError, match="LRCP_APP_PORT='x'"):
        load_reference_settings({"LRCP_APP_PORT": "x"})


def test_the_tracers_variables_that_are_set_stay_as_they_are() -> None:
    environ = {"DD_SERVICE": "mine", "LRCP_AGENT_PORT": "9126", "LRCP_ENV": "stage"}
    set_tracing_defaults(environ)
    assert (environ["DD_SERVICE"], environ["DD_ENV"]) == ("mine", "stage")
    assert environ["DD_TRACE_AGENT_URL"] == "http://127.0.0.1:9126"


@pytest.mark.parametrize(
    ("text", "cost"), [("0.00012", 0.00012), ("0", 0.0), ("unknown", None), ("", None), (None, None), ("nan", None)]
)
def test_a_cost_that_is_not_stated_is_unknown_and_not_zero(text: str | None, cost: float | None) -> None:
    assert parse_cost(text) == cost


def test_braces_in_what_a_caller_sends_are_only_text() -> None:
    filled = QA.fill(question="{document} {0} {", document="{question}")
    assert filled.messages()[1]["content"] == "Facts:\n{question}\n\nQuestion: {document} {0} {"


@pytest.mark.parametrize(
    ("environ", "model"),
    [
        ({}, "smollm2-135m-instruct"),
        ({"LRCP_UPSTREAM": "openai"}, "default"),
        ({"LRCP_UPSTREAM": "openai", "LRCP_UPSTREAM_MODEL": "gpt-5-mini"}, "gpt-5-mini"),
        ({"LRCP_UPSTREAM_MODEL": "gpt-5-mini", "LRCP_APP_MODEL": "mine"}, "mine"),
    ],
)
def test_the_model_is_named_as_closely_as_it_is_known(environ: dict[str, str], model: str) -> None:
    assert load_reference_settings(environ).model == model
