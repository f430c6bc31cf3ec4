"""Numbered migrations of the telemetry store, run once each, in order."""

import logging
import re
from importlib import resources

from clickhouse_connect.driver.client import Client

from lrcp.model.errors import SettingsError

log = logging.getLogger(__name__)

_LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migrations (number UInt32, name String, applied_at DateTime DEFAULT now())
ENGINE = MergeTree ORDER BY number
"""
_TABLES_WITH_RETENTION = {
    "spans": "toDateTime(start_time)",
    "evaluations": "toDateTime(time)",
    "metrics": "time",
    "logs": "toDateTime(time)",
    "events": "toDateTime(time)",
    "checks": "toDateTime(time)",
    "traffic_5m": "time",
    "monitor_evaluations": "time",
}


def list_migrations() -> list[tuple[int, str, str]]:
    """(number, name, SQL) of every migration file, in order."""
    folder = resources.files("lrcp.store.telemetry") / "migrations"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return [(int(file.name[:4]), file.name, file.read_text("utf-8")) for file in files]


_DERIVED = re.compile(r"\{(llm_metrics|gateway_exchanges|gateway_metrics):(.*)\}")


def llm_metrics_select(condition: str) -> str:
    """The SELECT that derives the llm.* metrics from the rows of `spans` that a condition in SQL chooses."""
    return _derived_select("llm_metrics", condition)


def gateway_exchanges_select(condition: str) -> str:
    """The SELECT of the spans, of those that a condition in SQL chooses, that each tell of one call that came to a gateway."""
    return _derived_select("gateway_exchanges", condition)


def gateway_metrics_select(condition: str) -> str:
    """The SELECT that derives the llm.gateway.* metrics from the rows of `spans` that a condition in SQL chooses."""
    return _derived_select("gateway_metrics", f"({gateway_exchanges_select(condition)})")


def _derived_select(name: str, rows: str) -> str:
    """One of the SELECTs; rows: what stands for its placeholder, a condition, or for gateway_metrics a table."""
    text = (resources.files("lrcp.store.telemetry") / f"{name}.sql").read_text("utf-8")
    return _without_comments(text).replace("{condition}", rows).replace("{exchanges}", rows)


def _without_comments(sql: str) -> str:
    return re.sub(r"^-- .*\n", "", sql, flags=re.M)


def migrate(client: Client, retention_days: int) -> list[str]:
    """Bring the store up to date. Returns: the names of the migrations that were run.

    Raises: SettingsError - the store was written by a newer version of LRCP.
    """
    client.command(_LEDGER)
    done = {row[0] for row in client.query("SELECT number FROM schema_migrations").result_rows}
    migrations = list_migrations()
    if unknown := done - {number for number, _, _ in migrations}:
        raise SettingsError(f"the telemetry store has migrations {sorted(unknown)} of a newer LRCP; upgrade LRCP")
    ran = []
    for number, name, sql in migrations:
        if number in done:
            continue
        for statement in _statements(sql, retention_days):
            client.command(_idempotent(statement))
        client.insert("schema_migrations", [[number, name]], column_names=["number", "name"])
        ran.append(name)
    _apply_retention(client, retention_days)
    return ran


def _statements(sql: str, retention_days: int) -> list[str]:
    filled = _DERIVED.sub(lambda match: _derived_select(match[1], match[2]), sql)
    return [part.replace("{retention_days}", str(retention_days)) for part in re.split(r"^;$", filled, flags=re.M)]


def _idempotent(statement: str) -> str:
    """A migration that was cut off between two statements is run again from its start."""
    return re.sub(r"^(CREATE (?:TABLE|MATERIALIZED VIEW)) (?!IF)", r"\1 IF NOT EXISTS ", statement, count=1, flags=re.M)


def _apply_retention(client: Client, retention_days: int) -> None:
    """Make a changed setting take hold of tables that exist."""
    for table, time in _TABLES_WITH_RETENTION.items():
        ddl = str(client.command(f"SHOW CREATE TABLE {table}"))
        if f"toIntervalDay({retention_days})" not in ddl:
            client.command(f"ALTER TABLE {table} MODIFY TTL {time} + INTERVAL {retention_days} DAY")
            log.info("retention of %s is now %d days", table, retention_days)
