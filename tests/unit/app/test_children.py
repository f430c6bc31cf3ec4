"""Which processes `lrcp up` plans."""

from dataclasses import fields
from pathlib import Path

import pytest

from lrcp.app.children import TrafficPlan, plan_children, reachable_host, settings_environ
from lrcp.app.settings import Settings, load_settings


def names(settings: Settings, **options: object) -> list[str]:
    return [plan.name for plan in plan_children(settings, **options)]  # type: ignore[arg-type]


def test_everything_is_planned_server_first_and_traffic_last() -> None:
    assert names(Settings(), traffic=TrafficPlan()) == ["server", "model", "gateway", "app", "traffic"]


def test_the_local_model_is_planned_only_when_it_is_the_upstream() -> None:
    assert "model" not in names(Settings(upstream="openai"))
    assert "model" not in names(Settings(upstream="local", upstream_url="http://other:1/v1"))
    assert "model" not in names(Settings(), model=False)


def test_traffic_waits_for_the_others_and_can_be_done_without() -> None:
    traffic = plan_children(Settings(), traffic=TrafficPlan(rate=0.25))[-1]
    assert (traffic.last, traffic.essential, traffic.health_url) == (True, False, "")
    assert "0.25" in traffic.arguments


def test_every_port_of_a_process_is_looked_at_before_it_starts() -> None:
    uses = {use.setting: (use.port, use.kind) for plan in plan_children(Settings()) for use in plan.ports}
    ports = {field.name for field in fields(Settings) if field.name == "port" or field.name.endswith("_port")}
    assert uses.keys() == ports
    assert uses["dogstatsd_port"] == (8125, "udp")


def test_the_local_model_is_looked_for_on_the_loopback_whatever_the_host() -> None:
    plans = {plan.name: plan for plan in plan_children(Settings(host="0.0.0.0"))}
    assert plans["model"].ports[0].host == "127.0.0.1"
    assert plans["gateway"].ports[0].host == "0.0.0.0"


@pytest.mark.parametrize(
    ("host", "reachable"),
    [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("10.0.0.7", "10.0.0.7"), ("fe80::1", "[fe80::1]")],
)
def test_a_listening_host_becomes_one_to_connect_to(host: str, reachable: str) -> None:
    assert reachable_host(host) == reachable


def test_a_child_gets_the_settings_whole_by_variables(tmp_path: Path) -> None:
    settings = Settings(port=1, data_dir=tmp_path, upstream_key="secret", state_url="postgresql://h/d", commit_rows=3)
    assert load_settings(settings_environ(settings)) == settings


def test_processes_on_another_address_find_each_other() -> None:
    environ = settings_environ(Settings(host="127.0.0.9", gateway_port=1, agent_port=2))
    assert environ["LRCP_GATEWAY_URL"] == "http://127.0.0.9:1"
    assert environ["DD_TRACE_AGENT_URL"] == "http://127.0.0.9:2"
    assert "LRCP_GATEWAY_URL" not in settings_environ(Settings(host="0.0.0.0"))


def test_no_secret_is_in_the_command_line_of_a_child() -> None:
    settings = Settings(upstream_key="hunter2", state_url="hunter2", store_dsn="hunter2")
    plans = plan_children(settings, traffic=TrafficPlan())
    assert not [plan for plan in plans if any("hunter2" in argument for argument in plan.arguments)]
