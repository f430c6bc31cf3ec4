"""Where a model's name leads."""

import pytest

from lrcp.gateway.providers import make_upstreams
from lrcp.gateway.routing.targets import Directory
from lrcp.model.errors import InputError, SettingsError

KEYS = {"OPENAI_API_KEY": "sk-openai", "GEMINI_API_KEY": "g"}


@pytest.mark.parametrize(
    ("default", "environ", "model", "expected"),
    [
        ("local", {}, "smollm2-135m-instruct", ("local", "smollm2-135m-instruct")),
        ("local", {}, "default", ("local", "smollm2-135m-instruct")),
        ("local", {}, "", ("local", "smollm2-135m-instruct")),
        ("local", {}, "openai/gpt-4o", ("openai", "gpt-4o")),
        ("openai", KEYS, "gpt-4o", ("openai", "gpt-4o")),
        ("openai", KEYS, "gemini/gemini-2.5-flash", ("gemini", "gemini-2.5-flash")),
        ("openai", KEYS, "meta-llama/Llama-3", ("openai", "meta-llama/Llama-3")),
        ("openai", KEYS, "openai/", ("openai", "openai/")),
        ("url", {}, "anthropic/claude-x", ("url", "anthropic/claude-x")),
        ("url", KEYS, "openai/gpt-4o", ("openai", "gpt-4o")),
        ("url", KEYS, "url/openai/gpt-4o", ("url", "openai/gpt-4o")),
    ],
)
def test_names_lead_to_providers(default: str, environ: dict[str, str], model: str, expected: tuple[str, str]) -> None:
    upstreams = make_upstreams(default, environ, url="https://example.com/v1" if default == "url" else "")
    chosen = upstreams[default]
    directory = Directory(upstreams=upstreams, default=chosen, default_model=chosen.provider.default_model)
    target = directory.find_direct(model)
    assert (target.upstream.name, target.model) == expected


def test_no_model_and_no_default_is_said() -> None:
    upstreams = make_upstreams("openai", KEYS)
    with pytest.raises(InputError, match="LRCP_UPSTREAM_MODEL"):
        Directory(upstreams=upstreams, default=upstreams["openai"]).find_direct("default")


@pytest.mark.parametrize(
    ("name", "requested", "expected"),
    [
        ("openai/gpt-4o", "chat", ("openai", "gpt-4o")),
        ("openai/*", "gpt-4o-mini", ("openai", "gpt-4o-mini")),
        ("openai/*", "openai/gpt-4o-mini", ("openai", "gpt-4o-mini")),
        ("local/*", "", ("local", "smollm2-135m-instruct")),
        ("local/a/b", "chat", ("local", "a/b")),
    ],
)
def test_a_policys_targets_name_a_model_or_take_the_requested_one(
    name: str, requested: str, expected: tuple[str, str]
) -> None:
    upstreams = make_upstreams("local", KEYS)
    target = Directory(upstreams=upstreams, default=upstreams["local"]).find_target(name, requested)
    assert (target.upstream.name, target.model) == expected


@pytest.mark.parametrize("name", ["nobody/x", "openai", "openai/", ""])
def test_a_target_that_leads_nowhere_is_refused_with_the_providers_there_are(name: str) -> None:
    upstreams = make_upstreams("local", KEYS)
    with pytest.raises(InputError, match=r"write provider/model; its providers are .*openai"):
        Directory(upstreams=upstreams, default=upstreams["local"]).find_target(name, "chat")


def test_what_no_route_takes_goes_to_the_policys_default_target() -> None:
    upstreams = make_upstreams("openai", KEYS)
    directory = Directory(upstreams=upstreams, default=upstreams["openai"], default_target="gemini/gemini-2.5-flash")
    assert directory.find_direct("anything").name == "gemini/gemini-2.5-flash"
    assert directory.find_direct("").name == "gemini/gemini-2.5-flash"
    assert directory.find_direct("openai/gpt-4o").name == "openai/gpt-4o"


def test_each_provider_gets_its_own_key_and_only_the_default_one_the_general_key() -> None:
    upstreams = make_upstreams("gemini", KEYS, key="general")
    assert {name: upstream.key for name, upstream in upstreams.items() if upstream.key} == {
        "openai": "sk-openai",
        "gemini": "general",
    }


def test_a_key_is_not_shown() -> None:
    assert "sk-openai" not in repr(make_upstreams("openai", KEYS))


def test_the_name_in_telemetry_of_an_address_is_its_host() -> None:
    assert make_upstreams("url", {}, url="https://api.groq.com/openai/v1/")["url"].system == "api.groq.com"


@pytest.mark.parametrize(("default", "url"), [("nobody", ""), ("url", ""), ("url", "api.groq.com/v1")])
def test_a_wrong_provider_or_address_is_refused(default: str, url: str) -> None:
    with pytest.raises(SettingsError, match="LRCP_UPSTREAM"):
        make_upstreams(default, {}, url=url)
