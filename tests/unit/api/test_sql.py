"""POST /api/sql: reads the tables, and nothing else."""

import pytest

from lrcp.model.span import Span
from tests.unit.api.conftest import Served


def test_rows_and_columns_come_back_with_types(served: Served) -> None:
    result = served.sql(
        "SELECT 1 AS one, 'x' AS word, [1, 2] AS list, nan AS hole, map('k', 2) AS pairs, NULL AS nothing"
    )
    assert [column["name"] for column in result["columns"]] == ["one", "word", "list", "hole", "pairs", "nothing"]
    assert result["columns"][0]["type"] == "UInt8"
    assert result["rows"] == [[1, "x", [1, 2], None, {"k": 2}, None]]


def test_the_telemetry_tables_can_be_read_and_joined(shop: tuple[Served, list[Span]]) -> None:
    served, spans = shop
    result = served.sql(
        "WITH costs AS (SELECT trace_id, sum(cost_nusd) AS c FROM spans WHERE kind IN ('llm', 'embedding') GROUP BY trace_id) "
        "SELECT sum(c) FROM costs WHERE trace_id IN (SELECT trace_id FROM default.spans)"
    )
    assert result["rows"] == [[sum(s.cost_nusd or 0 for s in spans)]]


@pytest.mark.parametrize(
    "query",
    [
        "SHOW TABLES", "SHOW CREATE TABLE spans", "DESCRIBE spans", "desc table spans", "EXPLAIN SELECT * FROM spans",
        "(SELECT 1) UNION ALL (SELECT 2)", "SELECT 1; ", "-- a word\nSELECT /* two */ 1 -- end", "SELECT ';' AS s, '''' AS q",
        "SELECT name FROM system.columns WHERE table = 'spans'", "SELECT number FROM numbers(3)", "SELECT 'file(x)', 'INTO OUTFILE'",
        "SELECT t.k FROM (SELECT arrayJoin(mapKeys(tags)) AS k FROM spans) AS t LIMIT 1", "SELECT format('{}', 'x')",
        "SELECT input, output, source FROM spans", "SELECT name AS url, 1 AS server_errors FROM evaluations", "SELECT arrayMap(lower, ['A'])",
        "FROM spans SELECT count()", "SELECT * FROM (VALUES (1), (2))", 'SELECT "name" FROM `spans`', "SELECT $$ file('x') ; $$ AS text",
    ],
)  # fmt: skip
def test_reading_statements_are_answered(served: Served, query: str) -> None:
    assert served.sql(query)["columns"]


@pytest.mark.parametrize(
    "query",
    [
        "", ";", "INSERT INTO spans (trace_id) VALUES ('x')", "DROP TABLE spans", "SET max_memory_usage = 0", "SYSTEM SHUTDOWN",
        "SELECT 1; DROP TABLE spans", "SELECT 1 -- ;\n; DROP TABLE spans", "ALTER TABLE spans DELETE WHERE 1", "ATTACH TABLE x",
        "SELECT * FROM file('/etc/passwd')", "SELECT * FROM FILE('/etc/passwd', 'LineAsString')", "SELECT file('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'", "SELECT * FROM `/etc/passwd`", 'SELECT * FROM "/etc/passwd"', "SELECT * FROM default.`/etc/passwd`",
        "SELECT 1 IN `/etc/passwd`", "SELECT 'a' IN Makefile", "SELECT 1 IN file('/etc/passwd')", "SELECT 1 IN system.users",
        "SELECT 'x' NOT IN (SELECT * FROM file('/etc/passwd'))", "EXPLAIN SELECT * FROM url('http://127.0.0.1/')",
        "DESCRIBE TABLE file('/etc/passwd')", "SELECT * FROM view(SELECT * FROM file('/etc/passwd'))",
        "SELECT * FROM merge('system', '.*')", "SELECT * FROM remote('127.0.0.1', 'default', 'spans')", "SELECT * FROM executable('id', 'TSV', 'x String')",
        "SELECT * FROM python('x')", "SELECT * FROM eval('SELECT 1')", "SELECT * FROM s3('http://x/y')", "SELECT dictGet('a', 'b', 1)",
        "SELECT * FROM system.settings", "SELECT * FROM system.users", "SELECT * FROM system.processes", "SELECT aiGenerate('x')",
        "SELECT 1 INTO OUTFILE '/tmp/lrcp-out'", "SELECT 1 SETTINGS max_execution_time = 0", "SELECT 1 FORMAT CSV", "SELECT sleep(3)",
        "SELECT getServerSetting('x')", "SHOW GRANTS", "SHOW CREATE TABLE system.users", "SHOW PROCESSLIST", "WITH x AS (SELECT 1) SELECT * FROM y",
        "SELECT 'unclosed", "SELECT 1 /* unclosed", "SELECT * FROM schema_migrations", "WITH file AS (SELECT 1) SELECT * FROM file('/etc/passwd')",
        "SELECT (SELECT count() FROM `/etc/passwd`)", "SELECT * FROM spans AS s JOIN url('http://x') AS u ON 1", "SELECT hostName()",
        "SELECT arrayMap(file, ['/etc/passwd'])", "SELECT arrayMap(`file`, ['/etc/passwd'])", "SELECT arrayMap(`\\x66ile`, ['/etc/passwd'])",
        "SELECT COLUMNS('n') APPLY(file) FROM (SELECT '/etc/passwd' AS n)", "SELECT * APPLY(x -> lower(x)) FROM spans", "SELECT arrayMap(x -> FILE(x), ['/etc/passwd'])",
        "EXPLAIN TABLE OVERRIDE mysql('a', 'b', 'c', 'd', 'e') PARTITION BY 1", "SELECT 1 PARALLEL WITH DROP TABLE spans",
        "FROM `/etc/passwd` SELECT *", "WITH RECURSIVE t AS (SELECT * FROM `/etc/passwd`) SELECT * FROM t", "SELECT * FROM loop(spans)",
        "SELECT arrayMap(\u201cfile\u201d, ['/etc/passwd'])", "SELECT * FROM \u2018/etc/passwd\u2019",
        "EXPLAIN INSERT INTO spans SELECT * FROM file('/etc/passwd')", "SELECT arrayMap(sleep, [1])", "SELECT __getScalar('x')",
    ],
)  # fmt: skip
def test_everything_else_is_refused(served: Served, query: str) -> None:
    problem = served.sql(query, expect=400)
    assert problem["detail"]
    assert "root:" not in str(problem)


def test_an_error_of_the_engine_is_placed_in_the_users_text(served: Served) -> None:
    query = "  SELECT count( FROM spans WHERE"
    problem = served.sql(query, expect=400)
    assert problem["engine_error"] == "SYNTAX_ERROR"
    assert 0 < problem["position"] <= len(query)
    assert "FORMAT Native" not in problem["detail"]
    unknown = served.sql("SELECT nope FROM spans", expect=400)
    assert "`nope`" in unknown["detail"]
    assert "SETTINGS" not in unknown["detail"]


@pytest.mark.parametrize(
    "query", ["SELECT number FROM numbers(20000)", "SELECT sum(number) FROM numbers(100000000000)"]
)
def test_a_statement_over_a_limit_is_stopped(served: Served, query: str) -> None:
    assert "imit" in served.sql(query, expect=413)["detail"]
