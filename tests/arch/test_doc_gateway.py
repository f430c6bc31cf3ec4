"""docs/gateway.md against the gateway: providers, time-outs and limits, headers, error codes, the price file."""

import re
from pathlib import Path

from lrcp.evaluators.cost.declared import DeclaredModel, DeclaredPrice, load_price_file
from lrcp.gateway.config import Limits, TelemetryConfig, Timeouts
from lrcp.gateway.providers import PROVIDERS
from lrcp.gateway.upstream import FAILURES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "gateway.md").read_text()
CODE = "".join(path.read_text() for path in (ROOT / "src" / "lrcp" / "gateway").rglob("*.py"))


def test_every_provider_is_in_the_table_with_its_address_key_and_name_in_telemetry() -> None:
    for provider in PROVIDERS:
        if provider.name == "url":
            continue
        key = f" `{provider.key_variable}` " if provider.key_variable else " "
        addresses = (provider.url_variable, provider.base_url)
        address = " or ".join(f"`{known}`" for known in addresses if known)
        assert f"| `{provider.name}` | {address} |{key}| `{provider.system}` |" in PAGE


def test_time_outs_and_limits_are_those_of_the_code() -> None:
    timeouts, limits, mib = Timeouts(), Limits(), 1024 * 1024
    for row in (
        f"| connect | {timeouts.connect_s:g} s |",
        f"| first byte | {timeouts.first_byte_s:g} s |",
        f"| between two pieces of the answer | {timeouts.idle_s:g} s |",
        f"| whole call | {timeouts.whole_s:g} s |",
        f"| request | {limits.max_request_bytes // mib} MiB |",
        f"| whole reply | {limits.max_reply_bytes // mib} MiB |",
        f"| one event of a stream | {limits.max_event_bytes // mib} MiB |",
        f"| kept of prompt and of answer, each | {limits.max_capture_bytes // 1024} KiB |",
        f"| calls in progress | {limits.max_connections:,} |",
    ):
        assert row in PAGE


def test_what_waits_for_the_server_is_that_of_the_code() -> None:
    config, mib = TelemetryConfig(), 1024 * 1024
    assert f"batches of {config.batch_spans} or {config.batch_bytes // mib} MiB" in PAGE
    assert f"{config.max_spans:,} spans or {config.max_bytes // mib} MiB wait" in PAGE
    assert f"for {config.final_flush_s:g} s at most" in PAGE


def test_every_header_of_ours_is_on_the_page() -> None:
    sent_or_read = set(re.findall(r'b"(x-lrcp-[a-z-]+[a-z])"', CODE))
    assert len(sent_or_read) > 5
    assert [name for name in sent_or_read if f"`{name}`" not in PAGE] == []


def test_every_code_of_a_failed_call_is_on_the_page() -> None:
    codes = {code for _, code, _ in FAILURES.values()} | {"upstream_timeout", "reply_too_large"}
    assert [code for code in codes if f"`{code}`" not in PAGE] == []


def test_the_price_file_of_the_page_is_one(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_text(re.findall(r"```json\n(.*?)```", PAGE, re.S)[0])
    (model,) = load_price_file(file).models
    assert len(model.prices) == 2


def test_every_member_of_the_price_file_is_on_the_page() -> None:
    members = {
        "from" if name == "start" else name
        for name in (*DeclaredPrice.__struct_fields__, *DeclaredModel.__struct_fields__)
    }
    table = PAGE.partition("## Price file")[2]
    assert [name for name in members if f"`{name}`" not in table] == []
