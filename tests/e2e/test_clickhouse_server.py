"""The whole server on a ClickHouse server: stores there, reads from there, and keeps the password to itself."""

import json
import logging
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.clickhouse_server import PASSWORD, ClickHouseServer, running_clickhouse
from tests.support.lrcp_server import LrcpServer, running_server
from tests.support.processes import wait_until
from tests.wire.agent import pack, wire_span

pytestmark = pytest.mark.e2e
UPSTREAM_KEY = "sk-upstream-secret-4711"


@dataclass(frozen=True)
class Pair:
    """LRCP and the ClickHouse that it stores in; folder holds the log."""

    lrcp: LrcpServer
    clickhouse: ClickHouseServer
    folder: Path

    def send_trace(self, number: int) -> int:
        """Returns: the status."""
        span = wire_span(trace_id=number, span_id=number, start=0)
        request = urllib.request.Request(f"{self.lrcp.agent_url}/v0.4/traces", pack([span]), method="PUT")
        request.add_header("content-type", "application/msgpack")
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return int(reply.status)
        except urllib.error.HTTPError as error:
            return error.code

    def health(self) -> str:
        try:
            with urllib.request.urlopen(f"{self.lrcp.url}/health", timeout=60) as reply:
                return str(reply.read().decode())
        except urllib.error.HTTPError as error:
            return error.read().decode()

    def search_status(self, word: str) -> int:
        try:
            with urllib.request.urlopen(f"{self.lrcp.url}/api/traces?q={word}", timeout=60) as reply:
                return int(reply.status)
        except urllib.error.HTTPError as error:
            return error.code

    def refusal(self, query: str) -> str:
        """What /api/sql says of a query that it refuses."""
        with pytest.raises(urllib.error.HTTPError) as raised:
            self.lrcp.sql(query)
        assert raised.value.code == 400
        return str(json.load(raised.value)["detail"])

    def log(self) -> str:
        return (self.folder / "server.log").read_text()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    with running_clickhouse(folder) as clickhouse:
        clickhouse.execute("CREATE DATABASE lrcp")
        variables = {"LRCP_STORE_DSN": clickhouse.dsn("lrcp"), "LRCP_UPSTREAM_KEY": UPSTREAM_KEY}
        with running_server(folder, **variables) as lrcp:
            yield Pair(lrcp, clickhouse, folder)


def test_a_trace_is_stored_on_the_server_and_read_by_the_api(pair: Pair) -> None:
    assert pair.send_trace(7) == 200
    assert pair.clickhouse.execute("SELECT trace_id FROM lrcp.spans WHERE span_id = '0000000000000007'").strip()
    with urllib.request.urlopen(f"{pair.lrcp.url}/api/traces/{7:032x}", timeout=30) as reply:
        assert json.load(reply)["trace_id"] == f"{7:032x}"
    with urllib.request.urlopen(f"{pair.lrcp.url}/api/traces?service=shop", timeout=30) as reply:
        assert json.load(reply)["traces"]
    with urllib.request.urlopen(f"{pair.lrcp.url}/api/overview", timeout=30) as reply:
        assert json.load(reply)


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO spans (trace_id) VALUES ('x')",
        "DROP TABLE spans",
        "ALTER TABLE spans DELETE WHERE 1",
        "SELECT * FROM url('http://127.0.0.1:1/')",
        "SELECT * FROM file('/etc/passwd')",
        "SELECT * FROM remote('127.0.0.1', 'lrcp', 'spans')",
        "SELECT * FROM system.users",
        "SELECT 1 SETTINGS readonly = 0",
    ],
)
def test_sql_of_users_only_reads_our_tables_there_too(pair: Pair, query: str) -> None:
    assert pair.refusal(query)


def test_an_error_in_sql_reads_as_from_the_embedded_engine(pair: Pair) -> None:
    detail = pair.refusal("SELECT nope FROM spans")
    assert detail.startswith("Unknown expression")
    assert "http" not in detail


def test_without_its_clickhouse_it_says_so_and_asks_to_come_back_and_then_it_works_again(pair: Pair) -> None:
    pair.clickhouse.stop()
    try:
        assert pair.send_trace(8) == 503
        assert '"down"' in pair.health()
        assert pair.search_status("Sesamwort") == 503
    finally:
        pair.clickhouse.start()
    wait_until(lambda: pair.send_trace(8) == 200, "a trace to be taken again")
    assert pair.lrcp.sql("SELECT count() AS n FROM spans WHERE span_id = '0000000000000008'") == [{"n": 1}]


def test_secrets_are_in_no_log_and_in_no_answer(pair: Pair) -> None:
    said = pair.log() + pair.health() + json.dumps(pair.lrcp.sql("SHOW CREATE TABLE spans"))
    assert "Connection refused" in said  # the outage above is told
    for secret in (PASSWORD, UPSTREAM_KEY, pair.clickhouse.dsn("lrcp"), "Sesamwort"):
        assert secret not in said


@pytest.mark.parametrize(("password", "says"), [("wrong-1234", "Authentication failed"), (PASSWORD, "nowhere")])
def test_a_server_that_refuses_us_ends_the_start_with_the_reason(
    pair: Pair, tmp_path: Path, password: str, says: str
) -> None:
    dsn = pair.clickhouse.dsn("nowhere" if password == PASSWORD else "lrcp", password)
    with pytest.raises(RuntimeError) as raised, running_server(tmp_path, LRCP_STORE_DSN=dsn):
        logging.error("the server started")
    assert says in str(raised.value)
    assert "Traceback" not in str(raised.value)
    assert password not in (tmp_path / "server.log").read_text()
