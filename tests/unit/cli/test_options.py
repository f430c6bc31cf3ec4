"""The settings as options of the commands."""

from dataclasses import fields

import pytest
import typer
from typer.testing import CliRunner

from lrcp.app.settings import Settings
from lrcp.cli.options import KEY_VARIABLES, SETTING_HELP, takes_settings
from lrcp.model.errors import SettingsError


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [f"LRCP_{field.name.upper()}" for field in fields(Settings)] + [*KEY_VARIABLES.values(), "DD_ENV"]:
        monkeypatch.delenv(name, raising=False)


def settings_of(*arguments: str) -> Settings:
    """What a command gets for a command line. Raises what it raises."""
    app, got = typer.Typer(), []

    @app.command()
    @takes_settings
    def command(settings: Settings, loud: bool = False) -> None:
        got.append(settings)

    result = CliRunner().invoke(app, list(arguments))
    if isinstance(result.exception, SettingsError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return got[0]


def test_without_options_and_variables_the_defaults_hold() -> None:
    assert settings_of() == Settings()


def test_every_setting_is_an_option() -> None:
    for field in fields(Settings):
        value = "7" if isinstance(field.default, int) else "x"
        got = getattr(settings_of(f"--{field.name.replace('_', '-')}", value), field.name)
        assert str(got) == value


def test_every_setting_is_explained_and_nothing_else_is() -> None:
    assert SETTING_HELP.keys() == {field.name for field in fields(Settings)}


def test_an_option_stands_over_its_variable_over_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRCP_PORT", "9001")
    monkeypatch.setenv("LRCP_APP_PORT", "9002")
    settings = settings_of("--port", "9003")
    assert (settings.port, settings.app_port, settings.gateway_port) == (9003, 9002, 8100)


def test_a_variable_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRCP_PORT", "http")
    with pytest.raises(SettingsError, match="LRCP_PORT='http'"):
        settings_of()


def test_a_command_keeps_options_of_its_own() -> None:
    assert settings_of("--loud", "--port", "1").port == 1


@pytest.mark.parametrize(("upstream", "variable"), KEY_VARIABLES.items())
def test_a_provider_whose_key_is_set_is_the_upstream(
    monkeypatch: pytest.MonkeyPatch, upstream: str, variable: str
) -> None:
    monkeypatch.setenv(variable, "k")
    assert settings_of().upstream == upstream


def test_a_named_upstream_stands_over_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    assert settings_of("--upstream", "local").upstream == "local"
    monkeypatch.setenv("LRCP_UPSTREAM", "anthropic")
    assert settings_of().upstream == "anthropic"


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_is_none_is_named(port: str) -> None:
    with pytest.raises(SettingsError, match="LRCP_OTLP_HTTP_PORT"):
        settings_of(f"--otlp-http-port={port}")
